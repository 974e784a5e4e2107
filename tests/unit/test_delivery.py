"""What is found for a delivery: envelope, mailbox, journal, from arguments and the environment; and that it is done."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from mdafilter import delivery, limits, settings
from mdafilter.arguments import Arguments
from mdafilter.delivery import Account, become, deliver, give_up_root, prepare
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.perform import Receipts
from tests.support.commandline import ordinary_home
from tests.support.processes import child, status

MESSAGE = b"From: a@example.test\nSubject: hello\n\nbody\n"
FROM_LINE = b"From sender@example.org  Sun Nov 22 10:00:00 2026"
NOBODY = 65534


@pytest.fixture(autouse=True)
def _no_site_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SITE_FILE", str(tmp_path / "no-site-file"))


def environ(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "USER": "alice", **more}


@pytest.fixture
def as_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests look at what is found for a user; that root has to name one is tested by itself."""
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)


@pytest.mark.usefixtures("as_a_user")
class TestPrepare:
    def test_the_envelope_comes_from_postfix(self, tmp_path: Path) -> None:
        given = environ(tmp_path, SENDER="s@example.org", RECIPIENT="alice+x@example.net", EXTENSION="x")
        _setup, envelope = prepare(Arguments(rules=()), given)
        assert (envelope.sender, envelope.recipient, envelope.extension) == (
            "s@example.org",
            "alice+x@example.net",
            "x",
        )

    def test_options_say_it_before_the_environment(self, tmp_path: Path) -> None:
        given = environ(tmp_path, SENDER="s@example.org", RECIPIENT="alice@example.net")
        _setup, envelope = prepare(Arguments(sender="", recipient="bob@example.net"), given)
        assert (envelope.sender, envelope.recipient) == ("", "bob@example.net")

    def test_without_either_the_from_line_tells_the_sender(self, tmp_path: Path) -> None:
        _setup, envelope = prepare(Arguments(), environ(tmp_path), FROM_LINE)
        assert envelope.sender == "sender@example.org"

    @pytest.mark.parametrize(
        ("there", "mailbox"),
        [((), "Maildir"), ((".maildir",), ".maildir"), (("Maildir",), "Maildir"), (("Maildir", ".maildir"), "Maildir")],
    )
    def test_the_usual_mailbox(self, tmp_path: Path, there: tuple[str, ...], mailbox: str) -> None:
        for name in there:
            (tmp_path / name).mkdir()
        assert prepare(Arguments(), environ(tmp_path))[0].mailbox == str(tmp_path / mailbox)

    def test_a_template_for_virtual_mailboxes(self, tmp_path: Path) -> None:
        arguments = Arguments(maildir="/var/mail/%d/%n", recipient="Alice@Example.NET")
        assert prepare(arguments, environ(tmp_path))[0].mailbox == "/var/mail/example.net/Alice"

    @pytest.mark.parametrize("recipient", ["../../etc/x@example.net", "a@../b", "x@", ""])
    def test_an_address_that_leaves_the_template_is_try_again(self, tmp_path: Path, recipient: str) -> None:
        with pytest.raises(TryAgain):
            prepare(Arguments(maildir="/var/mail/%d/%n", recipient=recipient), environ(tmp_path))

    def test_a_broken_configuration_is_try_again(self, tmp_path: Path) -> None:
        config = tmp_path / "c.toml"
        config.write_text("maildir = 3")
        with pytest.raises(TryAgain, match=r"c\.toml:1: maildir must be a text"):
            prepare(Arguments(config=str(config)), environ(tmp_path))

    def test_the_journal_is_in_the_users_state_folder(self, tmp_path: Path) -> None:
        assert prepare(Arguments(), environ(tmp_path))[0].journal.path.startswith(f"{tmp_path}/.local/state/mdafilter/")


# --- whose ---


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "will not deliver as root; say -u USER"),
        ("no-such-user", "there is no user 'no-such-user'"),
        ("root", "will not deliver as root"),
    ],
)
def test_root_names_a_user_that_is_not_root(name: str, text: str) -> None:
    with pytest.raises(TryAgain, match=text) as caught:
        become(name, {})
    assert caught.value.status == "4.3.5"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_becomes_that_user_for_good() -> None:
    entry = pwd.getpwnam("nobody")

    def work() -> int:
        os.setgroups([0, 4])
        environ = {"HOME": "/root", "USER": "root"}
        assert become("nobody", environ) == Account("nobody", entry.pw_dir)
        assert environ["HOME"] == entry.pw_dir
        assert os.getresuid() == (entry.pw_uid,) * 3
        assert os.getresgid() == (entry.pw_gid,) * 3
        assert set(os.getgroups()) == set(os.getgrouplist("nobody", entry.pw_gid))
        for back in (os.setuid, os.seteuid, os.setgid):
            with pytest.raises(PermissionError):
                back(0)
        return 0

    assert status(child(work)) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("number", [-1, 2**32 - 1])
def test_what_is_no_change_is_no_user(number: int) -> None:
    """setresuid(2): "If one of the arguments equals -1, the corresponding value is not changed"."""

    def give_up(uid: int, gid: int) -> int:
        with pytest.raises((TryAgain, OverflowError)):
            give_up_root(uid, gid)
        return 0

    assert status(child(lambda: give_up(number, NOBODY))) == 0
    assert status(child(lambda: give_up(NOBODY, number))) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="root gives its rights up first")
def test_who_cannot_is_told_so() -> None:
    def work() -> int:
        os.setresuid(NOBODY, NOBODY, NOBODY)
        with pytest.raises(TryAgain, match="cannot become 'daemon': Operation not permitted"):
            become("daemon", {})
        return 0

    assert status(child(work)) == 0


# --- the whole of it ---


def described(content: bytes) -> int:
    fd = os.memfd_create("message")
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def delivered(home: Path, content: bytes = MESSAGE, arguments: Arguments | None = None, **more: str) -> Receipts:
    """As a worker delivers, which knows whose process it is."""
    (home / "rules.sieve").touch()
    given = (arguments or Arguments()).replace(rules=(str(home / "rules.sieve"),))
    fd = described(content)
    try:
        receipts = deliver(given, environ(home, **more), fd, Account("alice", str(home)))
    finally:
        os.close(fd)
    receipts.forget()
    return receipts


def inbox(home: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((home / "Maildir" / "new").iterdir())]


def test_it_is_in_the_mailbox_and_in_the_journal(tmp_path: Path) -> None:
    receipts = delivered(tmp_path, SENDER="s@example.org", RECIPIENT="alice@example.net")
    assert (receipts.exit_code, [receipt.done for receipt in receipts.receipts]) == (0, ["delivered"])
    (content,) = inbox(tmp_path)
    assert content.endswith(MESSAGE)
    (journal,) = (tmp_path / ".local" / "state" / "mdafilter").iterdir()
    assert b"alice@example.net" in journal.read_bytes()


def test_the_from_line_is_no_part_of_it(tmp_path: Path) -> None:
    delivered(tmp_path, FROM_LINE + b"\n" + MESSAGE)
    (content,) = inbox(tmp_path)
    assert FROM_LINE not in content


@pytest.mark.parametrize("octets", [limits.SPOOL_IN_MEMORY - 1, limits.SPOOL_IN_MEMORY, 3 * limits.SPOOL_IN_MEMORY])
def test_it_is_whole_whatever_its_size_and_leaves_nothing_open(tmp_path: Path, octets: int) -> None:
    whole = MESSAGE + b"x" * (octets - len(MESSAGE))
    delivered(tmp_path)
    before = os.listdir("/proc/self/fd")
    delivered(tmp_path, whole)
    assert os.listdir("/proc/self/fd") == before
    assert sum(content.endswith(whole) for content in inbox(tmp_path)) == 1


def test_a_refused_one_has_its_reply(tmp_path: Path) -> None:
    (tmp_path / "rules.sieve").write_text('require "reject";\nreject "no";\n')
    receipts = delivered(tmp_path)
    assert (receipts.exit_code, receipts.reply) == (77, "5.7.1 no")
    assert not (tmp_path / "Maildir").exists() or inbox(tmp_path) == []


def test_what_cannot_be_done_now_is_tried_again(tmp_path: Path) -> None:
    with pytest.raises(TryAgain):
        delivered(tmp_path, arguments=Arguments(maildir="/proc/nowhere"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_root_reads_no_octet_before_it_is_the_user() -> None:
    fd = described(MESSAGE)
    read, write = os.pipe()
    os.write(write, MESSAGE)
    try:
        for source in (fd, read):
            with pytest.raises(TryAgain, match="will not deliver as root"):
                deliver(Arguments(), {"HOME": "/root"}, source)
        assert os.lseek(fd, 0, os.SEEK_CUR) == 0
        assert os.read(read, 1000) == MESSAGE
    finally:
        for each in (fd, read, write):
            os.close(each)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_delivers_as_the_user_that_it_names() -> None:
    with ordinary_home() as home:
        rules = home / "rules.sieve"
        rules.touch(0o644)

        def work() -> int:
            settings.SITE_FILE = "/nonexistent"  # in a folder that this user may enter
            arguments = Arguments(user="nobody", maildir=str(home / "box"), rules=(str(rules),))
            deliver(arguments, {"HOME": "/root", "XDG_STATE_HOME": str(home)}, described(MESSAGE)).forget()
            return 0

        assert status(child(work)) == 0
        (made,) = (home / "box" / "new").iterdir()
        assert (made.stat().st_uid, made.stat().st_mode & 0o777) == (NOBODY, 0o600)


def test_without_a_home_there_is_no_usual_place() -> None:
    text = "there is no home and no maildir is configured: say -m, or maildir = in the configuration"
    with pytest.raises(SettingsError, match=text):
        delivery.usual("")
