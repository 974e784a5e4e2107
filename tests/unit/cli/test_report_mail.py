"""The digest to each user: who gets a letter, as whom it is sent, and what becomes of the others when one fails."""

from __future__ import annotations

import email.policy
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from mdafilter import settings
from mdafilter.cli.report_mail import LETTER, to_each
from mdafilter.reporting import days, rights
from mdafilter.reporting.gather import Wish
from mdafilter.settings import Settings
from mdafilter.targets import Options
from tests.support.commandline import NOBODY, run
from tests.support.mail import Mail

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
# Each letter is a file beside it: the user who sent it, then the command line, then the letter.
SENDMAIL = """#!/bin/sh
for last; do :; done
[ "$last" != carl ] || { echo no room >&2; exit 75; }
{ id -u; echo "$@"; cat; } >"${0%/*}/sent.$last"
"""


@pytest.fixture
def top() -> Iterator[Path]:
    """With a sendmail(1), and room for homes that their users can enter."""
    made = Path(tempfile.mkdtemp(prefix="mdafilter-test."))
    (made / "sendmail").write_text(SENDMAIL)
    for path, mode in ((made, 0o777), (made / "sendmail", 0o755)):
        path.chmod(mode)
    yield made
    shutil.rmtree(made)


def home(top: Path, name: str, subjects: tuple[str, ...] = ()) -> pwd.struct_passwd:
    """A user, who is nobody under another name, and what he has got."""
    mail = Mail(top / name)
    (mail.root / "cur").mkdir(parents=True)
    for subject in subjects:
        mail.deliver(subject)
    for path in [mail.home, *mail.home.rglob("*")] if os.geteuid() == 0 else ():
        os.chown(path, NOBODY, NOBODY)
    return pwd.struct_passwd((name, "x", NOBODY, NOBODY, "", str(mail.home), "/bin/sh"))


def sent(top: Path) -> dict[str, tuple[str, EmailMessage]]:
    """Each recipient; the uid and the letter."""
    found = {}
    for path in top.glob("sent.*"):
        uid, command, letter = path.read_bytes().split(b"\n", 2)
        assert command.decode() == f"-i -f <> -- {path.name[5:]}"
        read = email.message_from_bytes(letter, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        found[path.name[5:]] = uid.decode(), read
    return found


def wish() -> Wish:
    return Wish(days.dates(time.time(), 7), time.time() + 9)


@needs_root
def test_each_has_his_own_and_one_that_fails_holds_up_nobody(
    top: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """carl's letter is not taken, dora's journal is none, emma has nothing, and fred has no Maildir."""
    users = [home(top, "anna", ("hello", "pills")), home(top, "bert", ("pills",)), home(top, "carl", ("hello",))]
    users += [home(top, "dora"), home(top, "emma"), home(top, "fred"), home(top, "gerd", ("hello",))]
    (top / "dora/.local/state/mdafilter/journal.jsonl").mkdir(parents=True)
    shutil.rmtree(top / "fred/Maildir")
    monkeypatch.setattr(rights, "people", lambda names: [one for one in users if one.pw_name in names or not names])
    chosen = Settings(maildir="%h/Maildir", delivery=Options(sendmail=f"{top}/sendmail"))
    monkeypatch.setattr(settings, "load", lambda *_any: chosen)
    assert to_each((), wish()) == 1
    said = capsys.readouterr()
    assert said.out == "4 letters sent\n"
    assert said.err == f"carl: the report was not sent: {top}/sendmail ended with 75: no room\n"
    letters = sent(top)
    assert {name: uid for name, (uid, _letter) in letters.items()} == dict.fromkeys(
        ("anna", "bert", "dora", "gerd"), str(NOBODY)
    )
    assert letters["anna"][1]["To"] == "anna" and "2 delivered, 1 filed" in letters["anna"][1]["Subject"]
    body = letters["dora"][1].get_body(("plain",))
    assert body is not None and "cannot be read" in " ".join(body.get_content().split())
    assert (to_each(("anna", "bert"), wish()), to_each(("emma",), wish())) == (0, 0)
    assert capsys.readouterr().out == "2 letters sent\nNothing to report: no letter was sent.\n"


@needs_root
def test_virtual_mailboxes_have_a_letter_each(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of one owner, in whose home is the journal of them all: each is told of what it got itself."""
    vmail = home(top, "vmail", ("hello", "pills", "pills"))
    journal = top / "vmail/.local/state/mdafilter/journal.jsonl"
    first, *others = (
        journal.read_text().replace('"recipient":"ann"', '"recipient":"ann+lists@Example.org"').splitlines()
    )
    journal.write_text("\n".join([first.replace("ann+lists", "bob"), *others]) + "\n")
    for name in ("ann", "bob", "eve"):
        (top / "mail/example.org" / name / "cur").mkdir(parents=True)
    for path in [top / "mail", *(top / "mail").rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    monkeypatch.setattr(rights, "people", lambda _names: [vmail])
    chosen = Settings(maildir=f"{top}/mail/%d/%n", delivery=Options(sendmail=f"{top}/sendmail"))
    monkeypatch.setattr(settings, "load", lambda *_any: chosen)
    assert to_each(("vmail",), wish()) == 0
    subjects = {name: letter["Subject"].partition(": ")[2] for name, (_uid, letter) in sent(top).items()}
    assert subjects == {
        "ann@example.org": "2 delivered, 2 filed as spam",
        "bob@example.org": "1 delivered, 0 filed as spam",
    }


def test_ones_own(top: Path) -> None:
    """The letter can be read as plain text by any reader: RFC 5322 section 2.1.1, "no more than 78 characters"."""
    home(top, "anna", ("hello", "pills " + "x" * 300))
    (top / "more.toml").write_text(f'[delivery]\nsendmail = "{top}/sendmail"\n[train]\nstate = "{top}/none"\n')
    (top / "more.toml").chmod(0o644)
    done = run(top / "anna", "report", "-c", f"{top}/more.toml", "--mail")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 letter sent\n", "")
    ((name, (_uid, letter)),) = sent(top).items()
    assert (letter["To"], letter["Auto-Submitted"]) == (name, "auto-generated")
    body = letter.get_body(("plain",))
    assert body is not None
    assert max(map(len, body.get_content().splitlines())) <= LETTER
