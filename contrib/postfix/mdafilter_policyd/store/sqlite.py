"""sqlite:///path -- a Store in one file, for all processes of this host (SQLite, https://www.sqlite.org/wal.html).

A record alone is read and written where it is asked for (direct.py). What cannot be done at once, because another one
writes just now or something is wrong, is done by a thread: what waits for it at the same moment is one transaction, and
whoever waits is answered after its commit. Several processes may share the file: a transaction that writes has the lock
of the file from its beginning (BEGIN IMMEDIATE), and nothing is remembered outside of SQLite, whose page cache knows
when another process has written.

?synchronous=normal, the default: what was answered survives the end of the process in whatever way (kill -9), for it
is with the kernel. A power failure may take the last seconds with it, and never the file: a client is greylisted once
more. ?synchronous=full waits for the disk at each commit, and so has the thread write all.

In:    a path. The file is made when there is none, for its owner alone (0600).
Out:   records in `record`, sums in `sum`. Keys and values are UTF-8 in blobs: SELECT CAST(key AS TEXT) shows them.
Fails: StoreError for a disk that is full, a file that is damaged, of another program, or of another version. Such a
       file is neither changed nor removed. Each later question opens it anew, and so goes on where it is good again.
Known bugs: not for a file on a network file system (WAL needs shared memory). A file that root has made is not the
       daemon's: run what makes it (mdafilter-policyd open) after the daemon, or as its user.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import stat
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mdafilter_policyd import limits
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.store import Record, slid
from mdafilter_policyd.store.checkpoints import Checkpoints
from mdafilter_policyd.store.direct import Direct

APPLICATION = 0x6D646166  # PRAGMA application_id: "mdaf"
VERSION = 1  # PRAGMA user_version
SCHEMA = (
    """CREATE TABLE record (kind TEXT, key BLOB, first REAL, last REAL, count INTEGER, value BLOB, until REAL,
                            PRIMARY KEY (kind, key)) WITHOUT ROWID""",
    """CREATE TABLE sum (kind TEXT, key BLOB, window REAL, bucket INTEGER, current INTEGER, previous INTEGER,
                         until REAL, PRIMARY KEY (kind, key, window)) WITHOUT ROWID""",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
TOUCH = """INSERT INTO record (kind, key, first, last, count, value, until) VALUES (?1, ?2, ?3, ?3, 1, ?5, ?3 + ?4)
    ON CONFLICT DO UPDATE SET
        first = iif(until < ?3, ?3, first), last = ?3, count = iif(until < ?3, 1, count + 1),
        value = iif(until < ?3 OR ?5 != x'', ?5, value), until = max(until, ?3 + ?4)
    RETURNING first, last, count, value"""
ADD = """INSERT INTO sum (kind, key, window, bucket, current, previous, until)
    VALUES (?1, ?2, ?3, ?4, ?5, 0, (?4 + 2) * ?3)
    ON CONFLICT DO UPDATE SET
        previous = CASE WHEN ?4 <= bucket THEN previous WHEN ?4 = bucket + 1 THEN current ELSE 0 END,
        current = iif(?4 <= bucket, current, 0) + ?5, bucket = max(bucket, ?4), until = max(until, (?4 + 2) * ?3)
    RETURNING bucket, current, previous"""
GET = "SELECT first, last, count, value FROM record WHERE kind = ? AND key = ? AND until >= ?"
PUT = "INSERT OR REPLACE INTO record (kind, key, first, last, count, value, until) VALUES (?, ?, ?, ?, ?, ?, ?)"
DELETE = "DELETE FROM record WHERE kind = ? AND key = ?"
SCAN = """SELECT key, first, last, count, value, until FROM record
    WHERE kind = ? AND key > ? ORDER BY key LIMIT ?"""
# By the primary key. An index on `until` would have to be changed by each touch, at two places: a third of the rate.
BITE = "SELECT kind, key FROM {} WHERE (kind, key) > (?, ?) ORDER BY kind, key LIMIT 1 OFFSET ?"
EXPIRE = "DELETE FROM {} WHERE (kind, key) > (?, ?) AND (kind, key) <= (?, ?) AND until < ?"
BEGIN: tuple[str, bytes | str] = ("", "")  # any text sorts before any blob
END: tuple[bytes, bytes] = (b"\xff", b"")  # and any blob after it

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One operation, and who waits for it."""

    work: Callable[[sqlite3.Connection], Any]
    writes: bool
    future: asyncio.Future[Any]


class Sqlite:
    def __init__(self, path: str, synchronous: str = "normal") -> None:
        self._path = path
        self._synchronous = synchronous
        self._waiting: list[Job] = []
        self._batches: queue.SimpleQueue[list[Job] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed: asyncio.Future[None] | None = None
        self._direct = Direct(path, VERSION)
        self._checkpoints = Checkpoints(path)

    async def touch(self, kind: str, key: str, now: float, ttl: float, value: str = "") -> Record:
        return _record(await self._row(TOUCH, (kind, _blob(key), now, ttl, _blob(value))))

    async def get(self, kind: str, key: str, now: float) -> Record | None:
        found = await self._row(GET, (kind, _blob(key), now), writes=False)
        return _record(found) if found else None

    async def put(self, kind: str, key: str, record: Record, until: float) -> None:
        await self._row(PUT, (kind, _blob(key), record.first, record.last, record.count, _blob(record.value), until))

    async def delete(self, kind: str, key: str) -> None:
        await self._row(DELETE, (kind, _blob(key)))

    async def add(self, kind: str, key: str, amount: int, now: float, window: float) -> int:
        arguments = (kind, _blob(key), window, int(now // window), min(amount, limits.STORE_AMOUNT))
        bucket, current, previous = await self._row(ADD, arguments)
        return slid(bucket, current, previous, now, window)

    async def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
        after: bytes | str = ""
        while True:
            arguments = (kind, after, limits.STORE_BITE)

            def work(file: sqlite3.Connection, arguments: tuple[Any, ...] = arguments) -> list[tuple[Any, ...]]:
                return file.execute(SCAN, arguments).fetchall()

            rows = await self._do(work, writes=False)
            for key, *row, until in rows:
                if now <= until:
                    yield _text(key), _record(row)
            if len(rows) < limits.STORE_BITE:
                return
            after = rows[-1][0]

    async def expire(self, now: float) -> int:
        removed = {"record": 0, "sum": 0}
        for table in removed:
            after: tuple[Any, Any] = BEGIN
            while after != END:

                def work(
                    file: sqlite3.Connection, table: str = table, after: tuple[Any, Any] = after
                ) -> tuple[Any, int]:
                    last = file.execute(BITE.format(table), (*after, limits.STORE_BITE)).fetchone() or END
                    return last, file.execute(EXPIRE.format(table), (*after, *last, now)).rowcount

                after, number = await self._do(work)
                removed[table] += number
        return removed["record"]

    async def close(self) -> None:
        self._direct.close()
        if self._closed is None:
            self._closed = asyncio.get_running_loop().create_future()
            if self._waiting:
                self._submit()
            if self._thread is not None:
                self._batches.put(None)
                await self._closed
            await asyncio.to_thread(self._checkpoints.close)

    # --- in the loop -----------------------------------------------------------------------------------------------

    async def _row(self, statement: str, arguments: tuple[Any, ...], writes: bool = True) -> Any:
        """What the statement gives first; None for nothing. At once where that can be."""
        if self._closed is None and not (writes and self._synchronous == "full"):
            try:
                found = self._direct.row(statement, arguments)
            except (sqlite3.Error, OverflowError):
                pass  # nothing has changed: the long way waits, or says what is wrong
            else:
                if writes:
                    self._checkpoints.written(1)
                return found
        return await self._do(lambda file: file.execute(statement, arguments).fetchone(), writes)

    async def _do(self, work: Callable[[sqlite3.Connection], T], writes: bool = True) -> T:
        if self._closed is not None:
            raise StoreError(f"{self._path}: it is closed")
        loop = asyncio.get_running_loop()
        job = Job(work, writes, loop.create_future())
        if not self._waiting:
            loop.call_soon(self._submit)  # after all that the loop has to do now: what they ask is one batch
        self._waiting.append(job)
        result: T = await job.future
        return result

    def _submit(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="store", daemon=True)
            self._thread.start()
        jobs, self._waiting = self._waiting, []
        if jobs:
            self._batches.put(jobs)
            self._checkpoints.written(len(jobs))

    # --- in the threads --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        file: sqlite3.Connection | None = None
        more: list[Job] | None = []
        while more is not None:
            jobs: list[Job] = []
            more = self._batches.get()
            while more is not None:
                jobs += more
                if self._batches.empty() or len(jobs) >= limits.STORE_BATCH:
                    break
                more = self._batches.get()
            results: list[Any] | StoreError
            try:
                file = file or opened(self._path, self._synchronous)
                results = _transaction(file, jobs)
            except (sqlite3.Error, OSError, OverflowError, MemoryError, StoreError) as problem:
                # Nothing of the batch is in the file: closing it rolls back.
                results = _trouble(self._path, problem)
                _close(file)
                file = None
            _answer(jobs, results)
        _close(file)
        if self._closed is not None:
            _tell(self._closed.get_loop(), _resolve, [(self._closed, None)])


def opened(path: str, synchronous: str) -> sqlite3.Connection:
    """The file, made where there is none; StoreError for one that is not ours."""
    file = _connected(path)
    try:
        _patiently(lambda: _prepare(file, path))
        file.execute(f"PRAGMA synchronous = {synchronous}")
        file.execute("PRAGMA wal_autocheckpoint = 0")
        file.execute(f"PRAGMA cache_size = {-limits.SQLITE_CACHE_OCTETS // 1024}")
    except BaseException:
        file.close()
        raise
    return file


def _connected(path: str) -> sqlite3.Connection:
    try:
        # Not open(2): to close a descriptor of the file gives up all locks that the process has on it (fcntl(2)).
        os.mknod(path, 0o600 | stat.S_IFREG)
    except FileExistsError:
        pass  # as it mostly is
    return sqlite3.connect(path, timeout=limits.SQLITE_BUSY_SECONDS, isolation_level=None)


def _prepare(file: sqlite3.Connection, path: str) -> None:
    """Whose file it is is asked before it is changed in any way."""
    file.execute("BEGIN IMMEDIATE")
    try:
        (application,) = file.execute("PRAGMA application_id").fetchone()
        (version,) = file.execute("PRAGMA user_version").fetchone()
        (tables,) = file.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and application != APPLICATION:
            raise StoreError(f"{path}: this is the database of another program: give the store another path")
        if tables and version != VERSION:
            raise StoreError(
                f"{path}: its version is {version}, and this mdafilter-policyd knows {VERSION}:"
                " start the one that has made it, or move the file away, with its -wal and -shm"
            )
        for statement in () if tables else SCHEMA:
            file.execute(statement)
        file.execute("COMMIT")
    except BaseException:
        if file.in_transaction:
            file.execute("ROLLBACK")
        raise
    file.execute("PRAGMA journal_mode = WAL")


def _patiently(work: Callable[[], None]) -> None:
    """sqlite3_busy_handler(3): it is not always asked, as when several processes make one file at once."""
    end = time.monotonic() + limits.SQLITE_BUSY_SECONDS
    while True:
        try:
            return work()
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.01)


def _transaction(file: sqlite3.Connection, jobs: Sequence[Job]) -> list[Any]:
    """The results, after the commit."""
    writes = any(job.writes for job in jobs)
    if writes:
        file.execute("BEGIN IMMEDIATE")
    results = [job.work(file) for job in jobs]
    if writes:
        file.execute("COMMIT")
    return results


def _close(file: sqlite3.Connection | None) -> None:
    try:
        if file is not None:
            file.close()
    except sqlite3.Error:
        pass  # the file cannot be brought up to date now; whoever opens it next does that, from its -wal


def _trouble(path: str, problem: Exception) -> StoreError:
    if isinstance(problem, StoreError):
        return problem
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        hint = (
            "the file is damaged, and left as it is: stop the daemon, move it away with its -wal and -shm, and start"
            " again (what it knew is learned anew), or get it back by sqlite3's .recover"
        )
    else:
        hint = {
            sqlite3.SQLITE_FULL: "make room on its disk",
            sqlite3.SQLITE_BUSY: "another process holds it",
            sqlite3.SQLITE_READONLY: "the file and its folder have to be the daemon's",
            sqlite3.SQLITE_CANTOPEN: "the folder has to be there, with room, and the daemon's",
        }.get(code, "it is tried again at the next question")
    return StoreError(f"{path}: {problem}: {hint}")


def _answer(jobs: Sequence[Job], results: list[Any] | StoreError) -> None:
    """All that wait in one loop at once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for number, job in enumerate(jobs):
        result = results if isinstance(results, StoreError) else results[number]
        by_loop.setdefault(job.future.get_loop(), []).append((job.future, result))
    for loop, answers in by_loop.items():
        _tell(loop, _resolve, answers)


def _resolve(answers: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in answers:
        if future.done():
            continue  # nobody waits any more
        if isinstance(result, StoreError):
            future.set_exception(StoreError(*result.args))
        else:
            future.set_result(result)


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[Any], None], argument: object) -> None:
    try:
        loop.call_soon_threadsafe(what, argument)
    except RuntimeError:
        pass  # the loop is closed: nobody waits


def _blob(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # what a client sends need not be UTF-8


def _text(blob: bytes) -> str:
    return blob.decode("utf-8", "surrogatepass")


def _record(row: Sequence[Any]) -> Record:
    first, last, count, value = row
    return Record(first, last, count, _text(value))
