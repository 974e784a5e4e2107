"""Beside other programs in the same mailbox: procmail, formail and lockfile in mbox files, procmail and nmh in MH folders."""

from __future__ import annotations

import mailbox as stdlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.acts import Box
from mdafilter.files import CALLS
from mdafilter.message import Message
from mdafilter.perform import perform
from mdafilter.targets.mboxlock import MboxLock
from tests.support.mailboxes import ENVELOPE, decision, in_mbox, mailbox, message
from tests.support.processes import child, status

UID = 65534
EACH = 20  # deliveries of each program
RCVSTORE = "/usr/lib/mh/rcvstore"
pytestmark = pytest.mark.skipif(not shutil.which("formail"), reason="procmail is missing")
nmh = pytest.mark.skipif(not os.path.exists(RCVSTORE), reason="nmh is missing")


def deliver(home: Path, number: int) -> int:
    about = message(number)
    perform(decision(about, Box(f"{home}/box")), about, ENVELOPE, mailbox(home)).forget()
    return 0


def split(box: Path) -> list[str]:
    """The Subject of each message, as formail sees them: a From line counts only behind an empty line."""
    first = "sed -n '1{/^From /!s/.*/no From line/p};1,/^$/s/^Subject: //p'"
    with box.open("rb") as content:
        done = subprocess.run(["formail", "-s", "sh", "-c", first], stdin=content, capture_output=True, check=True)
    return done.stdout.decode().splitlines()


# --- mbox files that others have left ----------------------------------------------------------------------------------

WHOLE = b"From a@example.org  Sun Nov 22 10:00:00 2026\nSubject: whole\n\nwhole\n\n"
CUT = b"From b@example.org  Sun Nov 22 11:00:00 2026\nSubject: cut\n\nOne line\n\nand one more\n"


@pytest.mark.parametrize("octets", range(0, len(CUT) + 1, 3))
def test_behind_a_message_that_is_cut_off(tmp_path: Path, octets: int) -> None:
    """By a full disk, or a power failure; no draft tells of it."""
    (tmp_path / "box").write_bytes(WHOLE + CUT[:octets])
    for number in (1, 2):
        deliver(tmp_path, number)
    found = split(tmp_path / "box")
    assert (found[0], found[-2:]) == ("whole", ["number 1", "number 2"])
    assert "no From line" not in found
    box = stdlib.mbox(tmp_path / "box", create=False)
    assert [one["subject"] for one in box][-2:] == ["number 1", "number 2"]
    box.close()


@pytest.mark.parametrize("end", [b"\0" * 4096, b"\r\n", b"\n \n", b"Content-Length: 0", b">From x"])
def test_behind_an_odd_end(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "box").write_bytes(WHOLE + CUT + end)
    deliver(tmp_path, 1)
    assert split(tmp_path / "box") == ["whole", "cut", "number 1"]


def test_a_length_that_lies_hides_nothing(tmp_path: Path) -> None:
    """formail(1): -s goes by Content-Length, if there is one."""
    about = Message.parse(b"Subject: first\nContent-Length: 5000\n\nshort\n")
    perform(decision(about, Box(f"{tmp_path}/box")), about, ENVELOPE, mailbox(tmp_path)).forget()
    for number in range(2, 9):
        deliver(tmp_path, number)
    assert split(tmp_path / "box") == ["first", *(f"number {number}" for number in range(2, 9))]


# --- locks -------------------------------------------------------------------------------------------------------------

FCNTL = """
import fcntl, sys
box = open(sys.argv[1], "a")
fcntl.lockf(box, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.readline()
"""


def waits_for(home: Path) -> int:
    """A delivery that has come to the locks, or soon will have: its draft is there."""
    pid = child(lambda: deliver(home, 1))
    while not list(home.glob("Maildir/tmp/*")):
        time.sleep(0.01)
    time.sleep(0.3)
    return pid


def test_a_lock_file_of_lockfile_is_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "box.lock"
    subprocess.run(["lockfile", str(lock)], check=True)
    pid = waits_for(tmp_path)
    assert not (tmp_path / "box").exists()
    lock.unlink()
    assert status(pid) == 0
    assert split(tmp_path / "box") == ["number 1"]


def test_ours_is_one_that_lockfile_waits_for(tmp_path: Path) -> None:
    with MboxLock(CALLS, str(tmp_path / "box"), time.monotonic() + 5):
        held = subprocess.run(["lockfile", "-r", "0", str(tmp_path / "box.lock")], capture_output=True, check=False)
    assert held.returncode == os.EX_CANTCREAT
    subprocess.run(["lockfile", "-r", "0", str(tmp_path / "box.lock")], check=True)


def test_a_lock_by_fcntl_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(WHOLE)
    command = [sys.executable, "-c", FCNTL, str(tmp_path / "box")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == b"locked\n"
        pid = waits_for(tmp_path)
        assert (tmp_path / "box").read_bytes() == WHOLE
        holder.stdin.write(b"that will do\n")
        holder.stdin.flush()
        assert status(pid) == 0
    assert split(tmp_path / "box") == ["whole", "number 1"]


# --- at the same time --------------------------------------------------------------------------------------------------


@pytest.fixture
def home() -> Iterator[Path]:
    """Of nobody, with an MH folder."""
    path = Path(tempfile.mkdtemp(prefix="mdafilter-others."))
    (path / "mh").mkdir()
    (path / ".config" / "mdafilter").mkdir(parents=True)
    (path / ".config" / "mdafilter" / "mdafilter.toml").write_text(
        '[spamd]\nenabled = "off"\n[delivery]\nlabel = false\n'
    )
    (path / ".mh_profile").write_text(f"Path: {path}\n")
    for one in [path, *path.rglob("*")]:
        os.chown(one, UID, UID)
        one.chmod(0o755 if one.is_dir() else 0o644)
    yield path
    shutil.rmtree(path)


def text(number: int) -> bytes:
    return b"From: a@example.org\nSubject: %d\n\n%s" % (number, b"line of %d\n" % number * 2000)


def start(home: Path, command: list[str], number: int) -> subprocess.Popen[bytes]:
    """A delivery by somebody; the message comes from a file, so that all of them run at the same time."""
    path = home / f"message.{number}"
    path.write_bytes(b"From a@example.org  Sun Nov 22 10:00:00 2026\n" * ("rcvstore" not in command[0]) + text(number))
    environ = {"HOME": str(home), "LOGNAME": "nobody", "USER": "nobody", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    with path.open("rb") as content, (home / f"said.{number}").open("wb") as said:
        return subprocess.Popen(
            command, stdin=content, stderr=said, env=environ, user=UID, group=UID, extra_groups=[], cwd=home
        )


def at_once(home: Path, commands: list[list[str]]) -> None:
    running = [start(home, command, number) for number, command in enumerate(EACH * commands, 1)]
    ended = [one.wait(300) for one in running]
    said = [(home / f"said.{number}").read_text() for number in range(1, len(running) + 1)]
    assert set(ended) == {0}, said
    until = time.monotonic() + 60
    while list(home.rglob("*.mdafilter")) and time.monotonic() < until:
        time.sleep(0.01)  # the traces go when the answer was given


def rules(home: Path, action: str) -> tuple[list[str], str]:
    """procmail and the rules that both go by."""
    path = home / "rc.procmailrc"
    path.write_text(f"HOME={home}\nMAILDIR={home}\nDEFAULT={home}/default\n{action}\n")
    return ["procmail", "-m", "LOCKSLEEP=1", str(path)], str(path)


@pytest.mark.slow
@pytest.mark.parametrize("action", [":0:\nbox", ":0\nbox"], ids=["lock file", "fcntl alone"])
def test_procmail_appends_to_the_same_mbox(home: Path, installation: Path, action: str) -> None:
    procmail, path = rules(home, action)
    at_once(home, [procmail, [str(installation / "bin" / "mdafilter-deliver"), "-R", path]])
    assert sorted(map(int, split(home / "box"))) == list(range(1, 2 * EACH + 1))
    bodies = sorted(one.rstrip(b"\n") for one in in_mbox((home / "box").read_bytes()))
    assert bodies == sorted(text(number).rstrip(b"\n") for number in range(1, 2 * EACH + 1))
    assert sorted(path.name for path in home.glob("box*")) == ["box"]


@nmh
@pytest.mark.slow
def test_procmail_and_nmh_file_into_the_same_mh_folder(home: Path, installation: Path) -> None:
    procmail, path = rules(home, ":0\nmh/.")
    at_once(home, [procmail, [str(installation / "bin" / "mdafilter-deliver"), "-R", path], [RCVSTORE, "+mh"]])
    names = [name for name in os.listdir(home / "mh") if name != ".mh_sequences"]
    numbers = list(range(1, 3 * EACH + 1))
    assert sorted(map(int, names)) == numbers
    found = sorted(without_from_line((home / "mh" / name).read_bytes()).rstrip(b"\n") for name in names)
    assert found == sorted(text(number).rstrip(b"\n") for number in numbers)


@nmh
def test_nmh_reads_what_was_delivered(home: Path, installation: Path) -> None:
    _, path = rules(home, ":0\nnew/.")
    for number in (1, 2):
        one = start(home, [str(installation / "bin" / "mdafilter-deliver"), "-R", path], number)
        assert one.wait(60) == 0
    command = ["/usr/bin/mh/scan", "+new", "-format", "%(msg) %{subject}"]
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, env=environ, user=UID, group=UID, extra_groups=[], capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines() == ["1 1", "2 2"]


def without_from_line(content: bytes) -> bytes:
    """procmail leaves the one that a message came with."""
    return content.partition(b"\n")[2] if content.startswith(b"From ") else content
