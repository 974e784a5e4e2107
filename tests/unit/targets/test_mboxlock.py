"""The locks of an mbox file; tests/e2e/test_other_programs.py has real programs that hold them."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.targets.mboxlock import MboxLock
from tests.support.faults import Faulty
from tests.support.processes import child, status


def lock(path: Path, seconds: float = 5.0, calls: Faulty | None = None) -> MboxLock:
    return MboxLock(calls or Faulty(), str(path), time.monotonic() + seconds)


def test_both_locks_are_held_and_given_up(tmp_path: Path) -> None:
    box = tmp_path / "box"

    def other() -> int:
        fd = os.open(box, os.O_RDWR)
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 1
        return 0

    with lock(box) as fd:
        os.write(fd, b"x")
        assert (tmp_path / "box.lock").exists()
        assert status(child(other)) == 1
    assert status(child(other)) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["box"]


def test_it_is_written_at_the_end(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(b"old")
    with lock(box) as fd:
        os.write(fd, b"new")
    assert box.read_bytes() == b"oldnew"


def test_the_lock_file_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "box.lock").touch()
    with pytest.raises(TryAgain, match=r"box\.lock is there"), lock(tmp_path / "box", 0.2):
        pass
    assert not (tmp_path / "box").exists()


def test_fcntl_is_waited_for(tmp_path: Path) -> None:
    def hold() -> int:
        fd = os.open(tmp_path / "box", os.O_RDWR | os.O_CREAT)
        fcntl.lockf(fd, fcntl.LOCK_EX)
        (tmp_path / "locked").touch()
        time.sleep(30)
        return 0

    pid = child(hold)
    while not (tmp_path / "locked").exists():
        time.sleep(0.01)
    with pytest.raises(TryAgain, match="locked by another program"), lock(tmp_path / "box", 0.2):
        pass
    assert not (tmp_path / "box.lock").exists()
    os.kill(pid, 9)
    status(pid)
    with lock(tmp_path / "box"):
        pass


def test_a_stale_lock_file_is_taken_away(tmp_path: Path) -> None:
    """procmailrc(5), LOCKTIMEOUT: "locks older than this are removed by force"."""
    stale = tmp_path / "box.lock"
    stale.touch()
    now = time.time()
    os.utime(stale, (now, now - limits.LOCK_STALE - 60))
    with lock(tmp_path / "box"):
        pass
    assert not stale.exists()


def test_where_no_lock_file_can_be_made_fcntl_has_to_do(tmp_path: Path) -> None:
    """/var/mail belongs to root."""
    (tmp_path / "box").touch()
    calls = Faulty(lambda n, _name: 13 if n == 1 else None)
    with lock(tmp_path / "box", calls=calls):
        assert not (tmp_path / "box.lock").exists()
    assert calls.made == ["open", "open", "fstat", "lockf", "fstat", "lstat", "close"]


@pytest.mark.parametrize("way", ["moved", "replaced"])
def test_a_file_that_is_gone_when_the_lock_comes_is_not_written_to(tmp_path: Path, way: str) -> None:
    """Who moves the mailbox away while we wait gets nothing more into it."""
    box = tmp_path / "box"
    box.write_bytes(b"old")

    calls = Faulty()
    lockf = calls.lockf

    def too_late(*_locked: object) -> None:
        calls.lockf = lockf
        os.rename(box, tmp_path / "old")
        if way == "replaced":
            box.write_bytes(b"new")

    calls.lockf = too_late
    with lock(box, calls=calls) as fd:
        os.write(fd, b" message")
    assert box.read_bytes() == (b"new message" if way == "replaced" else b" message")
    assert (tmp_path / "old").read_bytes() == b"old"


@pytest.mark.parametrize("what", ["folder", "link", "fifo", "two names"])
def test_what_is_no_mailbox_is_left_alone(tmp_path: Path, what: str) -> None:
    box = tmp_path / "box"
    match what:
        case "folder":
            box.mkdir()
        case "link":
            box.symlink_to(tmp_path / "elsewhere")
        case "fifo":
            os.mkfifo(box)
        case _:
            box.touch()
            os.link(box, tmp_path / "other")
    with pytest.raises((TryAgain, OSError)), lock(box):
        pass
    assert not (tmp_path / "box.lock").exists()


def test_a_lock_file_that_stays_is_told(tmp_path: Path) -> None:
    held = lock(tmp_path / "box", calls=Faulty(lambda _n, name: 5 if name == "unlink" else None))
    with held:
        pass
    assert "could not be removed" in held.left


def test_when_anything_fails_both_locks_are_given_up(tmp_path: Path) -> None:
    for number in range(1, 20):
        calls = Faulty(lambda n, _name: 5 if n == number else None)  # noqa: B023
        try:
            with lock(tmp_path / "box", calls=calls):
                pass
        except OSError:
            pass
        assert not (tmp_path / "box.lock").exists(), calls.made
        assert calls.fds == set(), calls.made
        if not calls.failed:
            break
    assert number > 5
