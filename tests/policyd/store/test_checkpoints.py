"""The -wal comes into the file, beside what goes on."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from mdafilter_policyd.store.checkpoints import Checkpoints
from mdafilter_policyd.store.sqlite import Sqlite


def test_what_is_written_comes_from_the_wal_into_the_file_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mdafilter_policyd.limits.SQLITE_CHECKPOINT", 10)
    path = tmp_path / "state.db"

    async def work() -> None:
        subject = Sqlite(str(path))
        end = time.monotonic() + 60
        while path.stat().st_size < 10 * 4096 if path.exists() else True:
            await asyncio.gather(*(subject.touch("grey", f"{n} " + "x" * 1000, 1.0, 9.0) for n in range(100)))
            await asyncio.sleep(0.01)
            assert time.monotonic() < end
        await subject.close()

    asyncio.run(work())


def test_a_wal_that_never_comes_to_its_end_has_all_wait_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter_policyd.limits.SQLITE_CHECKPOINT", 10)
    monkeypatch.setattr("mdafilter_policyd.limits.SQLITE_WAL_PAGES", 50)

    async def work() -> None:
        subject = Sqlite(str(tmp_path / "state.db"))
        for number in range(3000):
            await subject.touch("grey", f"{number} " + "x" * 1000, 1.0, 9.0)
            if number % 100 == 0:
                await asyncio.sleep(0.01)
        assert (tmp_path / "state.db-wal").stat().st_size < 2_000 * 4096
        await subject.close()

    asyncio.run(work())


def test_a_file_that_was_not_yet_made_is_looked_at_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter_policyd.limits.SQLITE_CHECKPOINT", 10)
    path = tmp_path / "state.db"
    path.touch()

    async def work() -> None:
        subject = Sqlite(str(path))
        subject._checkpoints.written(10)  # it finds an empty file, without a -wal
        await asyncio.sleep(0.2)
        end = time.monotonic() + 60
        while path.stat().st_size < 10 * 4096:
            for number in range(100):
                await subject.touch("grey", f"{number} " + "x" * 1000, 1.0, 9.0)
            await asyncio.sleep(0.01)
            assert time.monotonic() < end
        await subject.close()

    asyncio.run(work())


def test_a_file_that_is_none_is_no_trouble(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        checkpoints = Checkpoints(str(path))
        checkpoints.written(10**6)
        checkpoints.close()
    assert list(tmp_path.iterdir()) == []
