"""One statement at once, without the thread."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from mdafilter_policyd.store import Record
from mdafilter_policyd.store.direct import Direct
from mdafilter_policyd.store.sqlite import TOUCH, VERSION, Sqlite

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
    direct = Direct(f"{tmp_path}/none", VERSION)
    for _ in range(2):
        with pytest.raises(sqlite3.Error):
            direct.row(COUNT, ())
    assert os.listdir(tmp_path) == []
    made(tmp_path / "none")
    assert direct.row(COUNT, ()) == (1,)
    direct.close()
    direct.close()


def test_a_file_of_another_version_is_an_error(tmp_path: Path) -> None:
    made(tmp_path / "a")
    with pytest.raises(sqlite3.DatabaseError, match="another version"):
        Direct(f"{tmp_path}/a", VERSION + 1).row(COUNT, ())


def test_what_is_written_is_committed_before_it_is_told(tmp_path: Path) -> None:
    """As who is killed after that leaves it: the connection is never closed."""
    made(tmp_path / "a")
    direct = Direct(f"{tmp_path}/a", VERSION)
    assert direct.row(TOUCH, ("grey", b"a", 2.0, 10.0, b"")) == (1.0, 2.0, 2, b"")
    with sqlite3.connect(tmp_path / "a") as other:
        assert other.execute("SELECT count FROM record").fetchall() == [(2,)]
    other.close()
    direct.close()


def test_while_another_one_writes_it_does_not_wait_and_keeps_its_connection(tmp_path: Path) -> None:
    made(tmp_path / "a")
    direct = Direct(f"{tmp_path}/a", VERSION)
    assert direct.row(COUNT, ()) == (1,)
    other = sqlite3.connect(tmp_path / "a", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    kept = direct._file
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        direct.row(TOUCH, ("grey", b"a", 2.0, 10.0, b""))
    assert direct.row(COUNT, ()) == (1,), "who reads waits for nobody"
    other.execute("ROLLBACK")
    assert direct.row(TOUCH, ("grey", b"a", 2.0, 10.0, b"")) == (1.0, 2.0, 2, b"")
    assert direct._file is kept
    other.close()
    direct.close()
