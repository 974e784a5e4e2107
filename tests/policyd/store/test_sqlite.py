"""The store in one file: what is in it, what it refuses, and several that share it."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.store import Record
from mdafilter_policyd.store.sqlite import Sqlite
from tests.support import policyd_store as support


async def asked(path: Path) -> Record | None:
    """One question, to a store of its own."""
    subject = Sqlite(str(path))
    try:
        return await subject.get("grey", "k", 1.0)
    finally:
        await subject.close()


async def touched(path: Path, *keys: str) -> None:
    subject = Sqlite(str(path))
    await asyncio.gather(*(subject.touch("grey", key, 1.0, 9.0) for key in keys))
    await subject.close()


def test_the_file_is_for_its_owner_alone_and_a_table_for_people(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    asyncio.run(touched(path, "192.0.2.0/24"))
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as file:
        rows = file.execute("SELECT kind, CAST(key AS TEXT), first, last, count, until FROM record").fetchall()
        assert rows == [("grey", "192.0.2.0/24", 1.0, 1.0, 1, 10.0)]
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
    file.close()


def test_what_waits_at_the_same_moment_is_one_transaction(tmp_path: Path) -> None:
    """As while another process writes: nothing can be done at once then."""
    path = tmp_path / "state.db"
    asyncio.run(touched(path, "first"))
    other = sqlite3.connect(path, isolation_level=None)

    async def work() -> None:
        subject = Sqlite(str(path))
        statements: list[str] = []
        await subject._do(lambda file: file.set_trace_callback(statements.append))
        statements.clear()
        other.execute("BEGIN IMMEDIATE")
        touches = asyncio.gather(*(subject.touch("grey", str(n), 1.0, 9.0) for n in range(50)))
        await asyncio.sleep(0)
        other.execute("COMMIT")
        assert {record.count for record in await touches} == {1}
        assert [s for s in statements if s.startswith("BEGIN")] == ["BEGIN IMMEDIATE"]
        await subject.close()

    asyncio.run(work())
    other.close()


def test_what_can_be_done_at_once_needs_no_thread(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    asyncio.run(touched(path, "k"))

    async def work() -> None:
        subject = Sqlite(str(path))
        for wanted in range(2, 10):
            assert (await subject.touch("grey", "k", 1.0, 9.0)).count == wanted
        await subject.put("grey", "l", Record(1.0, 1.0, 3), 9.0)
        await subject.delete("grey", "k")
        assert await subject.add("rate", "k", 4, 1.0, 60.0) == 4
        assert await subject.get("grey", "k", 1.0) is None
        assert subject._thread is None
        await subject.close()

    asyncio.run(work())


def test_where_the_disk_is_waited_for_all_is_written_by_the_thread(tmp_path: Path) -> None:
    async def work() -> None:
        subject = Sqlite(str(tmp_path / "state.db"), "full")
        for wanted in (1, 2):
            assert (await subject.touch("grey", "k", 1.0, 9.0)).count == wanted
        assert subject._direct._file is None
        assert await subject.get("grey", "k", 1.0) is not None
        await subject.close()

    asyncio.run(work())


@pytest.mark.parametrize(("option", "number"), [("normal", 1), ("full", 2)])
def test_synchronous(tmp_path: Path, option: str, number: int) -> None:
    async def work() -> None:
        subject = Sqlite(str(tmp_path / "state.db"), option)
        assert await subject._do(lambda file: file.execute("PRAGMA synchronous").fetchone()) == (number,)
        await subject.close()

    asyncio.run(work())


def _other(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE mine (x)")
    file.close()


def _later(path: Path) -> None:
    asyncio.run(touched(path, "k"))
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 7")
    file.close()


def _text(path: Path) -> None:
    path.write_bytes(b"192.0.2.1 OK\n" * 1000)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_other, "the database of another program: give the store another path"),
        (_later, "its version is 7, and this mdafilter-policyd knows 1"),
        (_text, "file is not a database: the file is damaged, and left as it is"),
        (_folder, "unable to open database file: the folder has to be there"),
    ],
)
def test_a_file_that_is_not_ours_is_left_as_it_is(tmp_path: Path, make: object, why: str) -> None:
    path = tmp_path / "state.db"
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StoreError) as caught:
        asyncio.run(asked(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert why in str(caught.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_it_goes_on_when_there_is_a_folder(tmp_path: Path) -> None:
    async def work() -> None:
        subject = Sqlite(str(tmp_path / "lib" / "state.db"))
        for _ in range(2):
            with pytest.raises(StoreError, match="No such file"):
                await subject.touch("grey", "k", 1.0, 9.0)
        (tmp_path / "lib").mkdir()
        assert (await subject.touch("grey", "k", 1.0, 9.0)).count == 1
        await subject.close()

    asyncio.run(work())


def test_while_another_holds_the_file_it_waits_and_then_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mdafilter_policyd.limits.SQLITE_BUSY_SECONDS", 0.1)
    path = tmp_path / "state.db"
    asyncio.run(touched(path, "k"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def work() -> None:
        subject = Sqlite(str(path))
        with pytest.raises(StoreError, match="another process holds it"):
            await subject.touch("grey", "k", 2.0, 9.0)
        other.execute("COMMIT")
        assert (await subject.touch("grey", "k", 2.0, 9.0)).count == 2
        await subject.close()

    asyncio.run(work())
    other.close()


def test_several_share_the_file(tmp_path: Path) -> None:
    """As processes do: each has its own thread and connection. They also make the file at the same moment."""

    async def work() -> None:
        subjects = [Sqlite(str(tmp_path / "state.db")) for _ in range(4)]
        records = await asyncio.gather(*(s.touch("grey", "k", float(n), 99.0) for n in range(25) for s in subjects))
        assert sorted(r.count for r in records) == list(range(1, 101))
        await subjects[0].put("open", "k", Record(1.0, 1.0, 1), 9.0)
        assert await subjects[1].get("open", "k", 1.0) == Record(1.0, 1.0, 1)
        await subjects[2].delete("open", "k")
        assert [await s.get("open", "k", 1.0) for s in subjects] == [None] * 4
        await asyncio.gather(*(s.close() for s in subjects))

    asyncio.run(work())


def test_the_loop_goes_on_while_the_file_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    asyncio.run(touched(path, "k"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def work() -> None:
        subject = Sqlite(str(path))
        waiting = asyncio.ensure_future(subject.touch("grey", "k", 2.0, 9.0))
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert not waiting.done()
        other.execute("COMMIT")
        assert (await waiting).count == 2
        await subject.close()

    asyncio.run(work())
    other.close()


def test_who_gave_up_disturbs_nobody_and_the_touch_counts(tmp_path: Path) -> None:
    async def work() -> None:
        subject = Sqlite(str(tmp_path / "state.db"))
        one = asyncio.ensure_future(subject.touch("grey", "k", 1.0, 9.0))
        two = asyncio.ensure_future(subject.touch("grey", "k", 2.0, 9.0))
        await asyncio.sleep(0)
        one.cancel()
        assert (await two).count == 2
        await subject.close()

    asyncio.run(work())


def test_a_number_that_no_file_can_hold_is_the_fault_of_its_batch_alone(tmp_path: Path) -> None:
    async def work() -> None:
        subject = Sqlite(str(tmp_path / "state.db"))
        with pytest.raises(StoreError):
            await subject.put("grey", "k", Record(1.0, 1.0, 2**70), 9.0)
        assert (await subject.touch("grey", "k", 1.0, 9.0)).count == 1
        await subject.close()

    asyncio.run(work())


def test_closed_is_closed_and_one_that_was_never_asked_closes_too(tmp_path: Path) -> None:
    async def work() -> None:
        subject = Sqlite(str(tmp_path / "state.db"))
        await subject.close()
        await subject.close()
        with pytest.raises(StoreError, match="closed"):
            await subject.get("grey", "k", 1.0)
        assert not (tmp_path / "state.db").exists()
        last = Sqlite(str(tmp_path / "state.db"))
        touches = [asyncio.ensure_future(last.touch("grey", str(n), 1.0, 9.0)) for n in range(5)]
        await asyncio.sleep(0)
        await last.close()
        assert [r.count for r in await asyncio.gather(*touches)] == [1] * 5, "what waited is answered first"
        assert not (tmp_path / "state.db-wal").exists()

    asyncio.run(work())


def test_a_file_from_one_loop_to_the_next(tmp_path: Path) -> None:
    subject = Sqlite(str(tmp_path / "state.db"))
    assert asyncio.run(subject.touch("grey", "k", 1.0, 9.0)).count == 1
    assert asyncio.run(subject.touch("grey", "k", 1.0, 9.0)).count == 2
    asyncio.run(subject.close())


def test_expiry_walks_in_bites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter_policyd.limits.STORE_BITE", 10)

    async def work() -> None:
        subject = Sqlite(str(tmp_path / "state.db"))
        for n in range(100):
            await subject.put("grey" if n % 3 else "known", f"{n}", Record(0.0, 0.0, 1), float(n))
            await subject.add("rate", f"{n}", 1, float(n), 1.0)
        others = asyncio.gather(*(subject.touch("grey", "busy", 50.0, 99.0) for _ in range(5)))
        assert await subject.expire(50.0) == 50
        await others
        assert len(await support.rows(subject.scan("grey", 0.0))) == 33 + 1
        left = await subject._do(lambda file: file.execute("SELECT min(until), count(*) FROM sum").fetchone())
        assert left == (50.0, 52)
        await subject.close()

    asyncio.run(work())
