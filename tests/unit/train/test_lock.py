"""The lock of the learner."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from mdafilter.train.lock import Busy, Lock
from tests.support.processes import child


def test_one_learner_at_a_time(tmp_path: Path) -> None:
    with Lock(str(tmp_path)), pytest.raises(Busy, match="another learner is at work"):
        Lock(str(tmp_path))
    with Lock(str(tmp_path)):
        pass


def test_it_ends_with_whoever_held_it(tmp_path: Path) -> None:
    ready, told = os.pipe()

    def hold() -> int:
        with Lock(str(tmp_path)):
            os.write(told, b"x")
            signal.pause()
        return 0

    pid = child(hold)
    os.read(ready, 1)
    with pytest.raises(Busy):
        Lock(str(tmp_path))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with Lock(str(tmp_path)):
        pass


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match="Too many levels"):
        Lock(str(tmp_path))
    assert not (tmp_path / "other").exists()
