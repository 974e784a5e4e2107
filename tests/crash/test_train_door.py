"""The door of the spool: each system call fails in turn, or is the last one. A report is whole and durable, or not there.

What was answered with 0 had been fsynced under its name; what was not answered so is in the spool whole or not at all.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mdafilter.train import Report, spool
from mdafilter.train.door import PARTIAL, write
from tests.support.faults import Faulty, Killed, nth
from tests.support.house import ROOT

REPORT = Report("spam", "alias", {"sender": "bob@example.org"}, b"Subject: x\n\n" + b"body\n" * 1000)
REST = b"and the rest of it\n" * 50_000
ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EROFS, errno.EINTR, errno.EMFILE]
CALLS = 40  # more than a report takes


def named(fails: Callable[[int, str], int | None]) -> Callable[[int, str], int | None]:
    """On a file system without nameless files."""
    return lambda number, name: errno.EOPNOTSUPP if number == 1 else fails(number, name)


def nameless(fails: Callable[[int, str], int | None]) -> Callable[[int, str], int | None]:
    return fails


WAYS = pytest.mark.parametrize("way", [nameless, named])


def put(folder: Path, calls: Faulty) -> str:
    rest = os.memfd_create("rest")
    try:
        os.write(rest, REST)
        os.lseek(rest, 0, os.SEEK_SET)
        return write(str(folder), REPORT, rest, calls)
    finally:
        os.close(rest)
        calls.bury()


def whole(folder: Path) -> int:
    """How many reports there are; every one that can be seen is whole."""
    found = list(spool.take(str(folder)))
    for one in found:
        assert isinstance(one, Report)
        assert (one.verdict, one.facts, one.message) == (REPORT.verdict, REPORT.facts, REPORT.message + REST)
    return len(found)


@WAYS
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_each_call_fails(tmp_path: Path, way: Callable[..., Callable[[int, str], int | None]], error: int) -> None:
    accepted = 0
    for number in range(2 if way is named else 1, CALLS):
        calls = Faulty(way(nth(number, error)), half=True)
        try:
            put(tmp_path, calls)
            accepted += 1
        except OSError:
            pass  # 75
        assert whole(tmp_path) == accepted
        assert not [entry for entry in tmp_path.iterdir() if entry.name.startswith(PARTIAL)]
    assert 5 < accepted < CALLS - 5


@WAYS
def test_each_call_is_the_last_one(tmp_path: Path, way: Callable[..., Callable[[int, str], int | None]]) -> None:
    ended = 0
    for last in range(1, CALLS):
        folder = tmp_path / str(last)
        folder.mkdir()
        calls = Faulty(way(lambda _n, _c: None), last=last)
        try:
            put(folder, calls)
            ended += 1
            assert whole(folder) == 1
            continue
        except Killed:
            pass
        there = whole(folder)
        placed = "name" in calls.made or "rename" in calls.made
        assert there == placed
        put(folder, Faulty())  # the retry
        assert whole(folder) == there + 1
    assert 5 < ended < CALLS - 5


@WAYS
def test_it_is_on_the_disk_before_it_has_its_name_and_once_more_then(
    tmp_path: Path, way: Callable[..., Callable[[int, str], int | None]]
) -> None:
    calls = Faulty(way(lambda _n, _c: None))
    put(tmp_path, calls)
    at = calls.made.index("rename" if way is named else "name")
    before, after = calls.made[:at], calls.made[at + 1 :]
    assert [name for name in before if name in ("read", "write", "fsync")][-1] == "fsync"
    assert after == ["fsync", "open", "fsync", "close", "close"]


# --- a real process, and a real SIGKILL ---

TRACED = ("umask", "fchmod", "write", "fsync", "link", "linkat", "exit_group")


def door(folder: Path, *strace: str) -> int:
    command = [sys.executable, "-m", "mdafilter.cli.start", "train", "spam", "--spool", str(folder)]
    environ = {"PYTHONPATH": str(ROOT), "SENDER": "bob@example.org", "PYTHONDONTWRITEBYTECODE": "1", "USER": ""}
    done = subprocess.run(
        [*strace, *command], input=REPORT.message + REST, env=environ, capture_output=True, check=False, cwd=ROOT
    )
    return done.returncode


def test_a_real_SIGKILL_at_each_system_call(tmp_path: Path) -> None:
    """strace(1): "signal=SIG: deliver the specified signal on entering every syscall specified by the set"."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    trace = ["strace", "-qq", "-o", "/dev/null"]
    if subprocess.run([*trace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a process may not be traced here")
    seen: dict[tuple[str, int], int] = {}
    for call in TRACED:
        for number in range(1, 30):
            folder = tmp_path / f"{call}.{number}"
            folder.mkdir()
            code = door(folder, *trace, "-e", f"inject={call}:signal=SIGKILL:when={number}")
            if code == 0:
                assert whole(folder) == 1
                break
            assert code in (-signal.SIGKILL, 128 + signal.SIGKILL)
            seen[call, number] = whole(folder)
        assert code == 0
    linked = "linkat" if ("linkat", 1) in seen else "link"
    assert (seen["fsync", 1], seen[linked, 1], seen["fsync", 2], seen["fsync", 3]) == (0, 0, 1, 1)
    assert seen["exit_group", 1] == 1
    assert {seen[call, 1] for call in ("umask", "fchmod", "write")} == {0}
