"""Drafts and directories, on a real disk."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import files, limits
from mdafilter.files import CALLS, Calls, Draft, claim, make, remove, sweep, sync, touch
from tests.support.drafts import Text, claimed, draft, nameless, never
from tests.support.faults import Faulty, nth


def test_a_draft_is_for_its_owner_alone(tmp_path: Path) -> None:
    os.umask(0)
    try:
        one = draft(tmp_path)
    finally:
        os.umask(0o022)
    assert os.stat(one.path).st_mode & 0o777 == 0o600
    assert (one.path, one.links) == (f"{tmp_path}/name", 1)
    one.close()


def test_it_is_on_the_disk_before_it_gets_its_place(tmp_path: Path) -> None:
    calls = Faulty()
    one = draft(tmp_path, calls)
    assert one.write(Text(b"hello\n")) == 6
    assert one.put(f"{tmp_path}/place")
    sync(calls, str(tmp_path))
    assert calls.made == ["open", "flock", "fstat", "pour", "fsync", "link", "open", "fsync", "close"]
    assert (tmp_path / "place").read_bytes() == b"hello\n"
    assert os.stat(tmp_path / "name").st_nlink == 2
    one.close()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Text]:
    """A message in a file without a name, on the file system of tmp_path."""
    with nameless(tmp_path) as text:
        yield text


def test_a_file_without_a_name_becomes_the_draft(tmp_path: Path, whole: Text) -> None:
    calls = Faulty()
    one = claimed(tmp_path, whole, calls)
    assert whole.nameless is not None
    assert os.stat(one.path).st_ino == os.fstat(whole.nameless).st_ino
    assert one.write(whole) == 6
    assert one.put(f"{tmp_path}/place")
    assert calls.made == ["fstat", "open", "flock", "name", "fstat", "fsync", "link"]
    assert (tmp_path / "place").read_bytes() == b"hello\n"
    one.close()


def test_it_becomes_one_draft_only(tmp_path: Path, whole: Text) -> None:
    one, two = claimed(tmp_path, whole), claimed(tmp_path, whole, name="second")
    assert one.whole and not two.whole
    assert (one.write(whole), two.write(whole)) == (6, 6)
    assert not os.path.samefile(one.path, two.path)
    for each in (one, two):
        assert Path(each.path).read_bytes() == b"hello\n"
        each.close()


@pytest.mark.parametrize("call", ["open", "flock", "name"])
def test_where_it_cannot_get_the_name_it_is_copied(tmp_path: Path, whole: Text, call: str) -> None:
    calls = Faulty()
    calls.fails = lambda _n, name: errno.EXDEV if name == call and calls.made.count(name) == 1 else None
    one = claimed(tmp_path, whole, calls)
    assert not one.whole
    assert one.write(whole) == 6
    assert (one.path, Path(one.path).read_bytes()) == (f"{tmp_path}/name", b"hello\n")
    one.close()


def test_what_an_earlier_try_left_is_looked_at_first(tmp_path: Path, whole: Text) -> None:
    (tmp_path / "name").write_bytes(b"hello\n")
    seen: list[int] = []

    def finished(draft: Draft) -> bool:
        seen.append(draft.state.st_size)
        return False

    one = claim(CALLS, str(tmp_path), "name", "other", finished, whole)
    assert (seen, one.whole) == ([6], True)
    one.close()


def test_its_lock_goes_with_the_draft(tmp_path: Path, whole: Text) -> None:
    """The descriptor of the message stays open: a retry must not wait for it."""
    one = claimed(tmp_path, whole)
    other = os.open(one.path, os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    one.close()
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


# --- one file for several directories ------------------------------------------------------------------------------


@pytest.fixture
def other(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    return tmp_path / "other"


def test_the_same_octets_are_written_once(tmp_path: Path, other: Path) -> None:
    calls = Faulty()
    one = draft(tmp_path, calls)
    two = claim(calls, str(other), "name", "own", never, twins=(one,))
    assert (one.write(Text(b"hello\n")), two.write(Text(b"hello\n"))) == (6, 6)
    assert one.put(f"{tmp_path}/place") and two.put(f"{other}/place")
    two.close()
    one.close()
    assert os.path.samefile(tmp_path / "place", other / "place")
    assert [calls.made.count(name) for name in ("pour", "fsync")] == [1, 1]


@pytest.mark.parametrize("error", [errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EIO])
def test_where_no_link_leads_they_are_copied(tmp_path: Path, other: Path, error: int) -> None:
    one = draft(tmp_path)
    calls = Faulty(lambda _n, name: error if name == "link" else None)
    two = claim(calls, str(other), "name", "own", never, twins=(one,))
    assert (two.lent, two.path, two.write(Text(b"hello\n"))) == (False, f"{other}/name", 6)
    one.close()
    two.close()


def test_another_name_that_an_earlier_try_left_is_looked_at(tmp_path: Path, other: Path) -> None:
    """We hold its lock already, by its other name."""
    (tmp_path / "name").write_bytes(b"hello\n")
    os.link(tmp_path / "name", other / "name")
    one = draft(tmp_path, finished=True)
    two = claim(CALLS, str(other), "name", "own", lambda d: d.state.st_size == 6, twins=(one,))
    assert (two.lent, two.whole, two.path) == (True, False, f"{other}/name")
    three = claim(CALLS, str(other), "name", "own", never, twins=(one, two))
    assert (three.lent, three.whole, three.write(Text(b""))) == (True, True, 6)
    for each in (one, two, three):
        each.close()


def test_the_lock_of_one_file_ends_with_the_last_of_its_names(
    tmp_path: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "DRAFT_SECONDS", 0)
    one = draft(tmp_path)
    two = claim(CALLS, str(other), "name", "own", never, twins=(one,))
    one.close()
    assert claim(CALLS, str(other), "name", "own", never).path == f"{other}/own"
    two.close()
    assert claim(CALLS, str(other), "name", "own", lambda _: True).path == f"{other}/name"


def test_another_file_that_an_earlier_try_left_goes(tmp_path: Path, other: Path) -> None:
    (other / "name").write_bytes(b"half a mess")
    one = draft(tmp_path)
    two = claim(CALLS, str(other), "name", "own", never, twins=(one,))
    assert two.lent and os.path.samefile(one.path, two.path)
    one.close()
    two.close()


def test_a_place_that_is_taken_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "place").write_bytes(b"old")
    one = draft(tmp_path)
    one.write(Text(b"new"))
    with pytest.raises(FileExistsError):
        one.put(f"{tmp_path}/place")
    assert (tmp_path / "place").read_bytes() == b"old"
    one.close()


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK])
def test_without_hard_links_it_is_renamed(tmp_path: Path, error: int) -> None:
    one = draft(tmp_path, Faulty(lambda _n, name: error if name == "link" else None))
    one.write(Text(b"new"))
    assert not one.put(f"{tmp_path}/place")
    assert os.listdir(tmp_path) == ["place"]
    one.close()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.ENOENT])
def test_other_errors_of_link_are_errors(tmp_path: Path, error: int) -> None:
    one = draft(tmp_path, Faulty(lambda _n, name: error if name == "link" else None))
    with pytest.raises(OSError, match=os.strerror(error)):
        one.put(f"{tmp_path}/place")
    one.close()


def test_a_failed_fsync_is_a_failed_write(tmp_path: Path) -> None:
    one = draft(tmp_path, Faulty(lambda _n, name: errno.EIO if name == "fsync" else None))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        one.write(Text(b"new"))
    one.close()


# --- what an earlier try left --------------------------------------------------------------------------------------


def test_what_is_not_finished_is_begun_anew_in_another_file(tmp_path: Path) -> None:
    """Never truncated: the inode may have another name, and be somebody's mail."""
    first = draft(tmp_path)
    first.write(Text(b"half a mess"))
    first.put(f"{tmp_path}/elsewhere")
    first.close()
    second = draft(tmp_path, finished=False)
    assert second.state.st_ino != first.state.st_ino
    assert second.state.st_size == 0
    assert (tmp_path / "elsewhere").read_bytes() == b"half a mess"
    second.close()


def test_what_is_finished_is_returned_as_it_is(tmp_path: Path) -> None:
    first = draft(tmp_path)
    first.write(Text(b"whole"))
    first.put(f"{tmp_path}/place")
    first.close()
    second = draft(tmp_path, finished=True)
    assert (second.state.st_ino, second.links) == (first.state.st_ino, 2)
    second.close()


def test_an_empty_one_is_used_again_without_asking(tmp_path: Path) -> None:
    touch(CALLS, f"{tmp_path}/name")
    one = claim(CALLS, str(tmp_path), "name", "other", lambda _: pytest.fail("asked"))
    assert one.path.endswith("/name")
    one.close()


def test_what_another_delivery_has_made_under_its_name_is_not_forgotten(tmp_path: Path) -> None:
    """The lock goes first, and then the answer; the same message may come again before the name goes."""
    one = draft(tmp_path)
    one.write(Text(b"hello\n"))
    one.put(f"{tmp_path}/place")
    one.close()
    two = draft(tmp_path)
    one.forget()
    assert os.path.samestat(os.stat(f"{tmp_path}/name"), two.state)
    two.forget()
    assert os.listdir(tmp_path) == ["place"]
    two.close()


@pytest.mark.parametrize("places", [0, 2])
def test_one_that_went_away_while_it_was_opened_is_made_again(tmp_path: Path, places: int) -> None:
    """Between open(2) and flock(2) the other process finished, and removed it: in how many places it is says nothing."""

    class Late(Calls):
        done = False

        def __init__(self) -> None:
            self.flock = self._flock  # type: ignore[assignment]

        def _flock(self, fd: int, operation: int) -> None:
            if not self.done:
                self.done = True
                os.unlink(tmp_path / "name")
            fcntl.flock(fd, operation)

    (tmp_path / "name").write_bytes(b"hello\n")
    for number in range(places):
        os.link(tmp_path / "name", tmp_path / str(number))
    one = draft(tmp_path, Late(), finished=True)
    assert (one.links, one.state.st_size) == (1, 0)
    assert os.stat(one.path).st_ino == one.state.st_ino
    one.close()


@pytest.mark.parametrize("make_it", ["directory", "symlink"])
def test_a_name_that_is_taken_by_something_else_is_left_alone(tmp_path: Path, make_it: str) -> None:
    if make_it == "directory":
        (tmp_path / "name").mkdir()
    else:
        (tmp_path / "name").symlink_to(tmp_path / "victim")
    one = draft(tmp_path)
    assert one.path.endswith("/other")
    assert not (tmp_path / "victim").exists()
    one.close()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_claim_that_fails_leaves_no_descriptor_open(tmp_path: Path, number: int) -> None:
    calls = Faulty(nth(number, errno.EIO))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        claim(calls, str(tmp_path), "name", "other", never)
    assert calls.fds == set()


def test_renewing_keeps_the_time_of_the_mail(tmp_path: Path) -> None:
    os.close(os.open(tmp_path / "name", os.O_CREAT | os.O_RDWR))
    os.utime(tmp_path / "name", (1000, 1000))
    one = draft(tmp_path, finished=True)
    one.renew()
    state = os.stat(one.path)
    assert state.st_mtime == 1000
    assert state.st_atime > time.time() - 60
    one.close()


# --- directories ---------------------------------------------------------------------------------------------------


def test_make_tells_whether_it_made(tmp_path: Path) -> None:
    assert make(CALLS, f"{tmp_path}/a")
    assert not make(CALLS, f"{tmp_path}/a")
    assert os.stat(tmp_path / "a").st_mode & 0o777 == 0o700
    with pytest.raises(FileNotFoundError):
        make(CALLS, f"{tmp_path}/b/c")


def test_remove_takes_a_missing_name_as_removed(tmp_path: Path) -> None:
    assert remove(CALLS, f"{tmp_path}/missing")
    assert not remove(CALLS, str(tmp_path))


def test_the_sweep_takes_what_is_old(tmp_path: Path) -> None:
    """maildir(5): a file in tmp/ that has not been accessed for 36 hours may be removed."""
    for name in ("mine.mdafilter", "theirs", "kept.mdafilter"):
        (tmp_path / name).touch()
    now = time.time()

    def swept(after: float, *, ours: float = 100, others: float = 1000, most: int = 10) -> list[str]:
        sweep(CALLS, str(tmp_path), keep="kept.mdafilter", now=now + after, ours=ours, others=others, most=most)
        return sorted(os.listdir(tmp_path))

    assert swept(50) == ["kept.mdafilter", "mine.mdafilter", "theirs"]
    assert swept(500) == ["kept.mdafilter", "theirs"]
    assert swept(5000) == ["kept.mdafilter"]


def test_the_sweep_looks_at_so_many_names(tmp_path: Path) -> None:
    for i in range(20):
        (tmp_path / f"{i}.mdafilter").touch()
    calls = Faulty()
    sweep(calls, str(tmp_path), keep="", now=time.time(), ours=100, others=100, most=5)
    assert calls.made.count("lstat") <= 6


def test_the_sweep_fails_nothing(tmp_path: Path) -> None:
    sweep(CALLS, f"{tmp_path}/missing", keep="", now=0, ours=1, others=1, most=1)
    (tmp_path / "directory").mkdir()
    sweep(CALLS, str(tmp_path), keep="", now=time.time() + 1e6, ours=1, others=1, most=9)
    assert os.listdir(tmp_path) == ["directory"]


def test_every_call_of_the_table_is_wrapped_by_the_faults() -> None:
    assert {n for n in vars(files.Calls) if not n.startswith("_")} <= set(vars(Faulty()))
