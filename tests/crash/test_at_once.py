"""The same message twice at the same time: a try that outlives whoever asked for it, and the next one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mdafilter.files import CALLS, Draft, claim
from tests.support.mailboxes import message


def draft(directory: Path, finished: Callable[[Draft], bool] = lambda _: False) -> Draft:
    return claim(CALLS, str(directory), "name", "other", finished)


def test_while_it_is_locked_it_is_waited_for_and_then_another_name_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = draft(tmp_path)
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 3:
            monkeypatch.setattr(time, "monotonic", lambda: float("inf"))

    monkeypatch.setattr(time, "sleep", pause)
    two = draft(tmp_path)
    assert (one.path, two.path) == (f"{tmp_path}/name", f"{tmp_path}/other")
    one.close()
    two.close()


@pytest.mark.parametrize("completed", [True, False])
def test_what_it_left_who_held_the_lock_is_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, completed: bool
) -> None:
    """An earlier try that nobody waits for any more comes to its end, in whatever way, before ours begins."""
    one = draft(tmp_path)
    size = one.write(message())

    def pause(_seconds: float) -> None:
        one.put(f"{tmp_path}/placed") if completed else os.unlink(one.path)
        one.close()

    monkeypatch.setattr(time, "sleep", pause)
    two = draft(tmp_path, lambda _: True)
    assert two.path == f"{tmp_path}/name"
    assert (two.links, two.state.st_size) == ((2, size) if completed else (1, 0))
    two.close()
