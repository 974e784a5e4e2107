"""What Dovecot and we both write in a Maildir: keywords, at the same time and after a kill; names of folders; ids."""

from __future__ import annotations

import imaplib
import os
import pwd
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.files import CALLS, Calls
from mdafilter.mailboxes import with_id
from mdafilter.targets.foldername import folder_path, spelled, utf7
from mdafilter.targets.keywords import FILE, LOCK, letters
from tests.support import daemons
from tests.support import dovecot as server

pytestmark = pytest.mark.e2e
USER = "nobody"


class Dovecot:
    """A session of a user who runs as nobody; `folder` is the inbox with one message in it."""

    def __init__(self, folder: Path, session: imaplib.IMAP4) -> None:
        self.folder = folder
        self.session = session

    def flags(self) -> set[str]:
        _status, parts = self.session.fetch("1", "(FLAGS)")
        assert isinstance(parts[0], bytes)
        return {flag.decode() for flag in imaplib.ParseFlags(parts[0]) if not flag.startswith(b"\\")}

    def add(self, word: str) -> None:
        assert self.session.store("1", "+FLAGS", f"({word})")[0] == "OK"
        self.session.check()

    def keywords(self) -> dict[str, int]:
        lines = [line.split(" ") for line in (self.folder / FILE).read_text().splitlines()]
        assert len({number for number, _word in lines}) == len(lines)
        return {word: int(number) for number, word in lines}


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """Without a namespace of its own: Dovecot tells a lock that was left by the number of its process."""
    if reason := server.why_not():
        pytest.skip(reason)
    if os.geteuid():
        pytest.skip("only root starts a Dovecot")
    if server.is_new():
        pytest.skip("the settings here are those of Dovecot 2.3")
    account = pwd.getpwnam(USER)
    with tempfile.TemporaryDirectory(prefix="mdafilter-dovecot.") as name:
        top = Path(name)
        top.chmod(0o755)
        folder = top / "home" / "Maildir"
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True)
        (folder / "new" / "1.first.host").write_text("Subject: x\n\nbody\n")
        for path in (top / "home", folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
        port = daemons.free_port()
        settings = server.settings(top / "dovecot", port, "first_valid_uid = 1\nfirst_valid_gid = 1\n")
        who = f"driver = static\n  args = uid={account.pw_uid} gid={account.pw_gid} home={top}/home"
        settings.write_text(settings.read_text().replace("driver = passwd", who))
        with daemons.running(["/usr/sbin/dovecot", "-F", "-c", str(settings)], port, top / "out"):
            session = imaplib.IMAP4("127.0.0.1", port)
            session.login("anybody", "test")
            session.select("INBOX")
            yield Dovecot(folder, session)
            session.logout()


def as_user(folder: Path, words: list[str], calls: Calls = CALLS) -> int:
    """A process of the user's that wants these keywords, one after the other; its number."""
    child = os.fork()
    if not child:
        try:
            account = pwd.getpwnam(USER)
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
            notes = [letters(calls, str(folder), [word])[1] for word in words]
            os.write(2, "\n".join(notes).encode())
            os._exit(sum(map(bool, notes)))
        finally:
            os._exit(99)
    return child


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_no_keyword_takes_the_number_of_another(dovecot: Dovecot) -> None:
    ours, theirs = [f"Ours{number}" for number in range(11)], [f"Theirs{number}" for number in range(11)]
    child = as_user(dovecot.folder, ours)
    for word in theirs:
        dovecot.add(word)
    assert ended(child) == 0
    assert sorted(dovecot.keywords()) == sorted([*ours, *theirs])
    dovecot.session.noop()
    assert dovecot.flags() == set(theirs)


class Last(Calls):
    """The process is killed when the new file is to take the place of the old one."""

    @staticmethod
    def rename(old: str, new: str) -> None:  # type: ignore[override]
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_lock_of_a_killed_process_does_not_hold_up_dovecot(dovecot: Dovecot) -> None:
    dovecot.add("Theirs")
    assert ended(as_user(dovecot.folder, ["Ours"], Last())) == -signal.SIGKILL
    assert (dovecot.folder / LOCK).exists()
    dovecot.add("More")
    assert dovecot.keywords() == {"Theirs": 0, "More": 1}
    assert ended(as_user(dovecot.folder, ["Ours"])) == 0
    assert dovecot.keywords() == {"Theirs": 0, "More": 1, "Ours": 2}
    assert dovecot.flags() == {"Theirs", "More"}


NAMES = "a&b Größe 日本語 😀 %d #news Ünter.Ördner x-&-y & a\u0301 -".split()


def test_folders_are_where_dovecot_has_them(dovecot: Dovecot) -> None:
    """RFC 3501 section 5.1.3; on the disk as in IMAP, with a dot between the levels."""
    for name in [*NAMES, "with blank"]:
        assert dovecot.session.create(f'"{utf7(name)}"')[0] == "OK"
        path = Path(folder_path(str(dovecot.folder), name))
        assert (path / "cur").is_dir(), sorted(os.listdir(dovecot.folder))
        assert spelled(path.name[1:]) == name


def test_the_id_of_a_folder_stays_when_it_is_renamed(dovecot: Dovecot) -> None:
    """RFC 8474 section 4.1: "The server MUST retain the same MAILBOXID" when a mailbox is renamed."""
    session = dovecot.session
    assert session.create("Before")[0] == "OK"
    _status, (answer,) = session.status("Before", "(X-GUID)")
    assert isinstance(answer, bytes)
    guid = answer.decode().partition("X-GUID ")[2].rstrip(")")
    assert with_id(str(dovecot.folder), guid) == "Before"
    assert session.rename("Before", '"Gr&APYA3w-e"')[0] == "OK"
    assert with_id(str(dovecot.folder), guid) == "Größe"
