"""The command: what it writes where, who may ask for whose report, and a letter by sendmail(1)."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import settings
from mdafilter.cli import report
from mdafilter.reporting import days, rights
from mdafilter.reporting.gather import Wish
from mdafilter.settings import Settings
from tests.support.commandline import NOBODY, invoke, run
from tests.support.mail import Mail

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
SENDMAIL = '#!/bin/sh\n{ echo "$@"; cat; } >"$(dirname "$0")/sent"\nexit ${1+0}\n'


@pytest.fixture
def mail() -> Iterator[Mail]:
    """Of nobody, where root runs the tests."""
    home = Path(tempfile.mkdtemp(prefix="mdafilter-test."))
    made = Mail(home)
    made.deliver("hello")
    made.deliver("pills <b>")
    program = home / "sendmail"
    program.write_text(SENDMAIL)
    program.chmod(0o755)
    (home / "more.toml").write_text(f'[delivery]\nsendmail = "{program}"\n[train]\nstate = "{home}/none"\n')
    owned(home)
    yield made
    shutil.rmtree(home)


def owned(home: Path) -> None:
    home.chmod(0o755)
    for path in [home, *home.rglob("*")] if os.geteuid() == 0 else ():
        os.chown(path, NOBODY, NOBODY)


def asked(mail: Mail, *options: str) -> str:
    done = run(mail.home, "report", "-c", str(mail.home / "more.toml"), *options)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_of_oneself_on_the_terminal_and_as_json(mail: Mail) -> None:
    text = asked(mail)
    assert "Mail of " in text and "\x1b" not in text
    assert "In the folder Trash is one message" in text and "pills <b>" in text
    told = json.loads(asked(mail, "--json", "--days", "30", "--older", "2d"))
    assert len(told["days"]) == 30
    assert [told["days"][-1][name] for name in ("delivered", "spam")] == [2, 1]
    assert told["held"][0]["expires"] - told["held"][0]["time"] == 2 * 86400


def test_as_a_page(mail: Mail) -> None:
    path = mail.home / "report.html"
    assert asked(mail, "--html", str(path)) == ""
    assert "pills &lt;b&gt;" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert asked(mail, "--html", "-").startswith("<!DOCTYPE html>")


def test_by_mail(mail: Mail) -> None:
    assert asked(mail, "--mail", "ann@example.org") == ""
    sent = (mail.home / "sent").read_text()
    assert sent.startswith("-i -f <> -- ann@example.org\nFrom: mdafilter <MAILER-DAEMON>\nTo: ann@example.org\n")
    assert "multipart/alternative" in sent and "pills <b>" in sent


def test_the_letter_goes_by_the_program_of_ones_own_configuration(mail: Mail) -> None:
    own = mail.home / ".config/mdafilter/mdafilter.toml"
    own.parent.mkdir(parents=True)
    (mail.home / "more.toml").rename(own)
    owned(mail.home)
    done = run(mail.home, "report", "--mail", "ann@example.org")
    assert (done.returncode, done.stderr) == (0, "")
    assert "To: ann@example.org\n" in (mail.home / "sent").read_text()


def test_a_letter_that_cannot_be_sent_is_an_error(mail: Mail) -> None:
    (mail.home / "sendmail").write_text("#!/bin/sh\necho no >&2\nexit 75\n")
    done = run(mail.home, "report", "-c", str(mail.home / "more.toml"), "--mail", "ann@example.org")
    assert (done.returncode, "was not sent" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--site",), "needs root"),
        (("--user", "root"), "needs root"),
        (("--days", "0"), "days"),
        (("--older", "30"), "is no age"),
        (("--folder", "INBOX"), "does not expire"),
        (("--mail", "--json"), "goes without"),
        (("--user", "root", "--mail"), "needs root"),
    ],
)
def test_a_wrong_command_line(mail: Mail, options: tuple[str, ...], says: str) -> None:
    done = run(mail.home, "report", *options)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


@needs_root
def test_root_says_whose_report(tmp_path: Path) -> None:
    """As root nothing is shown of several users at once, but the sums."""
    for options in ((), ("--user", "a", "--user", "b"), ("--mail", "a@x"), ("--site", "--mail"), ("--site", "-u", "a")):
        done = invoke(tmp_path, "report", *options)
        assert (done.exit_code, "--user" in done.stderr) == (2, True), (options, done.stderr)


@needs_root
def test_as_root_of_a_user_and_of_all(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    """`bob` has a home that nobody may enter: it is said, and counts for nothing."""
    entry = pwd.struct_passwd(("ann", "x", NOBODY, NOBODY, "", str(mail.home), "/bin/sh"))
    closed = Path(tempfile.mkdtemp(prefix="mdafilter-test."))
    (closed / "Maildir" / "cur").mkdir(parents=True)
    (closed / "Maildir").chmod(0o711)
    closed.chmod(0o711)
    other = pwd.struct_passwd(("bob", "x", NOBODY, NOBODY, "", str(closed), "/bin/sh"))
    monkeypatch.setattr(
        rights, "people", lambda names: [one for one in (entry, other) if one.pw_name in (names or (one.pw_name,))]
    )
    monkeypatch.setattr(settings, "load", lambda *_any: Settings(maildir="%h/Maildir"))
    wish = Wish(days.dates(time.time(), 2), time.time() + 9)
    try:
        one = report.of_user("ann", wish)
        assert (one.who, one.total().numbers(), len(one.held)) == ("ann", (2, 1, 0, 0, 0), 1)
        all_of_them = report.of_site(wish)
        assert (all_of_them.total().numbers(), all_of_them.held, all_of_them.held_count) == ((2, 1, 0, 0, 0), (), 1)
        assert all_of_them.who in ("all users (1)", "all users (2)")
    finally:
        shutil.rmtree(closed)
