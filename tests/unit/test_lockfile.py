"""Lock files; tests/e2e/test_other_programs.py has real programs that make them."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.lockfile import LockFile
from tests.support.faults import Faulty


def lock(path: Path | str, seconds: float = 0.2, calls: Faulty | None = None) -> LockFile:
    return LockFile(calls or Faulty(), str(path), time.monotonic() + seconds)


def test_it_is_there_meanwhile(tmp_path: Path) -> None:
    with lock(tmp_path / "x.lock") as held:
        assert held
        assert (tmp_path / "x.lock").exists()
    assert list(tmp_path.iterdir()) == []


def test_it_is_waited_for(tmp_path: Path) -> None:
    with (
        lock(tmp_path / "x.lock"),
        pytest.raises(TryAgain, match=r"x\.lock is there: another program is at work"),
        lock(tmp_path / "x.lock"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_stale_is_taken_away(tmp_path: Path) -> None:
    """procmailrc(5), LOCKTIMEOUT: "if not specified, it defaults to 1024 seconds"."""
    (tmp_path / "x.lock").touch()
    old = time.time() - limits.LOCK_STALE - 1
    os.utime(tmp_path / "x.lock", (old, old))
    with lock(tmp_path / "x.lock") as held:
        assert held


@pytest.mark.parametrize("error", [errno.EACCES, errno.ENOENT], ids=errno.errorcode.__getitem__)
def test_where_none_can_be_made_there_is_none(tmp_path: Path, error: int) -> None:
    calls = Faulty(lambda _n, name: error if name == "open" else None)
    with lock(tmp_path / "x.lock", calls=calls) as held:
        assert not held


def test_no_name_is_no_lock() -> None:
    with lock("") as held:
        assert not held


def test_one_that_stays_is_told(tmp_path: Path) -> None:
    one = lock(tmp_path / "x.lock", calls=Faulty(lambda _n, name: errno.EIO if name == "unlink" else None))
    with one:
        pass
    assert one.left == f"{tmp_path}/x.lock could not be removed: others wait until it is stale"


def test_other_failures_pass_through(tmp_path: Path) -> None:
    full = Faulty(lambda _n, name: errno.ENOSPC if name == "open" else None)
    with pytest.raises(OSError, match="No space"), lock(tmp_path / "x", calls=full):
        pass
