"""The policy daemon's file of state: killed at any moment, on a disk that is full, damaged, used by several processes.

Answered and not in the file: none. Where it cannot be written, whoever asks is told, and it goes on when it can be.
"""

from __future__ import annotations

import asyncio
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.store import Record
from mdafilter_policyd.store.sqlite import Sqlite
from tests.support import policyd_store as support
from tests.support.processes import child, status

PACKAGE = Path(limits.__file__).parents[1]

# Ten connections that touch, each its own keys and one that all have; what was answered goes to a pipe.
WRITER = """
import asyncio, os, sys
from mdafilter_policyd.store import open

async def connection(store, name):
    for number in range(10**9):
        record = await store.touch("grey", f"{name} {number}", 1.0, 1e9)
        shared = await store.touch("client", "shared", 1.0, 1e9)
        assert record.count == 1, record
        os.write(1, f"{name} {number}\\n".encode())

async def main():
    store = open(sys.argv[1])
    async def tidy():
        while True:
            await store.expire(0.5)
    await asyncio.gather(tidy(), *(connection(store, f"{os.getpid()}.{n}") for n in range(10)))

asyncio.run(main())
"""


def started(path: Path) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-c", WRITER, f"sqlite://{path}"]
    return subprocess.Popen(argv, cwd=PACKAGE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def answered(process: subprocess.Popen[bytes], seconds: float) -> list[str]:
    """What it was told in so many seconds from its first answer, and then until it was dead."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    data = os.read(descriptor, 1)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([descriptor], [], [], left)[0]:
            data += os.read(descriptor, 65536)
    process.send_signal(signal.SIGKILL)
    while more := os.read(descriptor, 65536):
        data += more
    process.wait()
    process.stdout.close()
    return data.decode().splitlines()


async def stored(path: Path) -> tuple[dict[str, Record], int]:
    """By the store itself, as the daemon does when it starts again: the records, and what all have touched."""
    subject = Sqlite(str(path))
    try:
        found = await support.rows(subject.scan("grey", 1.0))
        shared = await subject.get("client", "shared", 1.0)
        return found, shared.count if shared else 0
    finally:
        await subject.close()


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_killed_at_any_moment_what_was_answered_is_there(tmp_path: Path, processes: int) -> None:
    path = tmp_path / "state.db"
    told: Counter[str] = Counter()
    for seed in range(8):
        running = [started(path) for _ in range(processes)]
        for process in running:
            told.update(answered(process, random.Random(seed).uniform(0.0, 0.4)))
        found, shared = asyncio.run(stored(path))
        assert told.keys() - found.keys() == set()
        assert shared >= len(told)
        assert {record.count for record in found.values()} == {1}
    assert told.total() == len(told) > 100
    file = sqlite3.connect(path)
    assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


def test_processes_that_share_it_lose_nothing(tmp_path: Path) -> None:
    """They start together on a file that is not there yet."""
    path = tmp_path / "state.db"

    async def touches() -> None:
        subject = Sqlite(str(path))
        for _ in range(30):
            await asyncio.gather(*(subject.touch("client", "shared", 1.0, 9.0) for _ in range(10)))
            await subject.add("rate", "shared", 1, 1.0, 60.0)
        await subject.close()

    def work() -> int:
        asyncio.run(touches())
        return 0

    pids = [child(work) for _ in range(4)]
    assert [status(pid) for pid in pids] == [0] * 4
    assert asyncio.run(stored(path))[1] == 4 * 300


# --- disks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of a megabyte."""
    home = tmp_path / "small"
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "small", str(home)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield home
    subprocess.run(["umount", "-l", str(home)], check=False)


def test_a_full_disk_is_said_and_when_there_is_room_it_goes_on(disk: Path) -> None:
    path = disk / "state.db"

    async def work() -> None:
        subject = Sqlite(str(path))
        written: list[str] = []

        async def fill() -> None:
            for number in range(10**5):
                keys = [f"{number} {n} " + "x" * 300 for n in range(9)]
                await asyncio.gather(*(subject.touch("grey", key, 1.0, 9.0) for key in keys))
                written.extend(keys)

        with pytest.raises(StoreError, match=r"make room on its disk|I/O error") as caught:
            await fill()
        assert str(path) in str(caught.value)
        for _ in range(3):
            with pytest.raises(StoreError):
                await subject.touch("grey", "x" * 100_000, 1.0, 9.0)
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        assert (await subject.touch("grey", "after", 1.0, 9.0)).count == 1
        found = await support.rows(subject.scan("grey", 1.0))
        assert set(written) - found.keys() == set()
        await subject.close()

    asyncio.run(work())


def test_a_disk_that_is_full_from_the_beginning(disk: Path) -> None:
    path = disk / "state.db"
    with pytest.raises(OSError, match="No space"):
        (disk / "filling").write_bytes(bytes(2_000_000))

    async def work() -> None:
        subject = Sqlite(str(path))
        with pytest.raises(StoreError):
            await subject.touch("grey", "k", 1.0, 9.0)
        (disk / "filling").unlink()
        assert (await subject.touch("grey", "k", 1.0, 9.0)).count == 1
        await subject.close()

    asyncio.run(work())


# --- damage --------------------------------------------------------------------------------------------------------


async def filled(path: Path) -> None:
    subject = Sqlite(str(path))
    await asyncio.gather(*(subject.touch("grey", f"{n} " + "x" * 200, 1.0, 9.0) for n in range(500)))
    await subject.close()


@pytest.mark.parametrize("place", [0, 4096, 4096 * 5], ids=["header", "root", "leaf"])
def test_a_damaged_file_is_said_and_left_as_it_is(tmp_path: Path, place: int) -> None:
    path = tmp_path / "state.db"
    asyncio.run(filled(path))
    octets = bytearray(path.read_bytes())
    octets[place : place + 4096] = b"\xa5" * 4096
    path.write_bytes(octets)

    async def work() -> None:
        subject = Sqlite(str(path))
        with pytest.raises(StoreError, match="the file is damaged, and left as it is: stop the daemon, move it away"):
            await support.rows(subject.scan("grey", 1.0))
        await subject.close()

    asyncio.run(work())
    assert path.stat().st_size == len(octets)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_file_that_was_cut_ends_no_process(tmp_path: Path, keep: float) -> None:
    """While it is open, too: SQLite reads it, and does not map it (SIGBUS)."""
    path = tmp_path / "state.db"
    asyncio.run(filled(path))

    async def touches() -> None:
        subject = Sqlite(str(path))
        await subject.get("grey", "none", 1.0)
        os.truncate(path, int(path.stat().st_size * keep))
        for n in range(500):
            try:
                await subject.touch("grey", f"{n} " + "x" * 200, 1.0, 9.0)
            except StoreError:
                pass  # what is wanted, where the page is gone
        await subject.close()

    def work() -> int:
        asyncio.run(touches())
        return 0

    assert status(child(work)) == 0
