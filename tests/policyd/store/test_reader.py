"""Reading a record without the thread that writes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from mdafilter_policyd.store import Record
from mdafilter_policyd.store.reader import Reader
from mdafilter_policyd.store.sqlite import VERSION, Sqlite

COUNT = "SELECT count(*) FROM record"


def made(path: Path) -> None:
    async def work() -> None:
        store = Sqlite(str(path))
        await store.touch("grey", "a", 1.0, 10.0)
        await store.close()

    asyncio.run(work())


def test_it_sees_what_was_committed_before(tmp_path: Path) -> None:
    async def work() -> None:
        store, other = Sqlite(f"{tmp_path}/a ?%b.db"), Sqlite(f"{tmp_path}/a ?%b.db")
        for number in range(1, 20):
            await store.touch("grey", "a", float(number), 10.0)
            assert await store.get("grey", "a", 1.0) == Record(1.0, float(number), number)
            assert await other.get("grey", "a", 1.0) == Record(1.0, float(number), number)
        await store.delete("grey", "a")
        assert await other.get("grey", "a", 1.0) is None
        await store.close()
        await other.close()

    asyncio.run(work())


def test_a_file_that_is_not_there_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    reader = Reader(f"{tmp_path}/none", VERSION)
    for _ in range(2):
        with pytest.raises(sqlite3.Error):
            reader.row(COUNT, ())
    assert os.listdir(tmp_path) == []
    made(tmp_path / "none")
    assert reader.row(COUNT, ()) == (1,)
    reader.close()
    reader.close()


def test_a_file_of_another_version_is_an_error(tmp_path: Path) -> None:
    made(tmp_path / "a")
    with pytest.raises(sqlite3.DatabaseError, match="another version"):
        Reader(f"{tmp_path}/a", VERSION + 1).row(COUNT, ())


def test_nothing_can_be_written(tmp_path: Path) -> None:
    made(tmp_path / "a")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        Reader(f"{tmp_path}/a", VERSION).row("DELETE FROM record", ())
