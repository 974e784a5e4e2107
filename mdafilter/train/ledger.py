"""The ledger: a line for each message that was reported, with what became of it. The proof of training.

One SQLite file, STATE/ledger.db, 0600 of the learner. A line is added before the teacher is asked, with the result "",
and finished after it; so a learner that was killed in between finds it again (`unfinished`), asks the teacher again,
which knows what it has learned, and finishes that line: no report is lost, and none is learned or counted twice.
Each pair of a database and a teacher has lines of its own.

What was learned is kept beside it for a while (`keep`), so that it can be taken back: sa-learn --forget wants the
message.

In:    lines; the octets of messages.
Out:   lines; who has reported how much.
Fails: LedgerFailed where the file cannot be opened, is of a later version, is locked for longer than
       limits.LEDGER_SECONDS, or is damaged: the learner stops, and all reports stay in the spool.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import contextmanager

from mdafilter import limits
from mdafilter.errors import MdafilterError
from mdafilter.train import RESULTS, SOURCES
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Self

NAME = "ledger.db"
VERSION = 1
STANDS = ("learned", "known", "changed", "forgotten")  # the results that say where a message stands
TEXT = 1000  # characters of a text in it

SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, reporter TEXT NOT NULL, how TEXT NOT NULL,
    verdict TEXT NOT NULL, source TEXT NOT NULL, hash TEXT NOT NULL, message_id TEXT NOT NULL, subject TEXT NOT NULL,
    result TEXT NOT NULL, why TEXT NOT NULL, database TEXT NOT NULL, teacher TEXT NOT NULL,
    before_spam INTEGER, before_ham INTEGER, after_spam INTEGER, after_ham INTEGER, report TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS line_hash ON line (hash);
CREATE INDEX IF NOT EXISTS line_message_id ON line (message_id);
CREATE INDEX IF NOT EXISTS line_reporter ON line (reporter, time);
CREATE INDEX IF NOT EXISTS line_report ON line (report);
CREATE INDEX IF NOT EXISTS line_unfinished ON line (id) WHERE result = '';
CREATE TABLE IF NOT EXISTS message (hash TEXT PRIMARY KEY, time REAL NOT NULL, raw BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS message_time ON message (time);
"""


class LedgerFailed(MdafilterError):
    """The ledger cannot be read or written; nothing was changed in it."""


class Line(Value):
    """One message of one report, for one database of one teacher. Counts are None where the teacher tells none."""

    time: float  # when it was reported
    reporter: str  # "" is nobody that is known
    how: str  # as Reporter.how; "" where there is none
    verdict: str
    source: str
    hash: str = ""
    message_id: str = ""
    subject: str = ""
    result: str = ""  # of RESULTS; "" while it is worked on
    why: str = ""
    database: str = "site"  # or the user's name
    teacher: str = ""
    before_spam: int | None = None
    before_ham: int | None = None
    after_spam: int | None = None
    after_ham: int | None = None
    report: str = ""  # the id of the spool's file
    id: int = 0


COLUMNS = ", ".join(Line._fields)


class Ledger:
    """The ledger in a file, made if it is not there. For a `with`, or `close` it."""

    def __init__(self, path: str, *, reading: bool = False) -> None:
        """`path` is the file. `reading`: it must be there, and nothing will be written."""
        self.path = path
        try:
            if not reading:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            mode = "ro" if reading else "rw"
            self._base = sqlite3.connect(
                f"file:{_quoted(path)}?mode={mode}", limits.LEDGER_SECONDS, isolation_level=None, uri=True
            )
        except (OSError, sqlite3.Error) as failed:
            raise LedgerFailed(f"{path}: the ledger cannot be opened: {failed}") from failed
        try:
            version = int(self._ask("PRAGMA user_version")[0][0])
            if version > VERSION:
                raise LedgerFailed(f"{path}: the ledger is of a later version of mdafilter ({version})")
            if not reading:
                self._ask("PRAGMA synchronous = FULL")
                if version < VERSION:
                    self._create()
        except BaseException:
            self._base.close()
            raise

    def add(self, line: Line) -> int:
        """Adds a line, durably; returns its id."""
        names = [name for name in Line._fields if name != "id"]
        marks = ", ".join("?" * len(names))
        values = [_clean(getattr(line, name)) for name in names]
        found = self._ask(f"INSERT INTO line ({', '.join(names)}) VALUES ({marks}) RETURNING id", values)
        return int(found[0][0])

    def finish(
        self,
        id: int,
        result: str,
        why: str = "",
        before: tuple[int, int] | None = None,
        after: tuple[int, int] | None = None,
    ) -> None:
        """Says what became of a line. `before` and `after` are the teacher's counts of (spam, ham)."""
        if result not in RESULTS:
            raise ValueError(f"{result!r} is no result")
        counts = (*(before or (None, None)), *(after or (None, None)))
        self._ask(
            "UPDATE line SET result = ?, why = ?, before_spam = ?, before_ham = ?, after_spam = ?, after_ham = ?"
            " WHERE id = ?",
            (result, _clean(why), *counts, id),
        )

    def line(self, id: int) -> Line | None:
        """The line of that id."""
        return next(iter(self._lines("WHERE id = ?", (id,))), None)

    def find(self, key: str, database: str | None = None, teacher: str | None = None) -> tuple[Line, ...]:
        """The newest line of each database and teacher that says where the message stands: learned, known, changed or
        forgotten. `key` is its hash, or its Message-ID. None is any."""
        if not key:
            return ()
        stands = ", ".join("?" * len(STANDS))
        return self._lines(
            "WHERE id IN (SELECT max(id) FROM line"
            f" WHERE (hash = ? OR message_id = ?) AND result IN ({stands})"
            " AND database = ifnull(?, database) AND teacher = ifnull(?, teacher) GROUP BY database, teacher)"
            " ORDER BY id DESC",
            (_clean(key), _clean(key), *STANDS, database, teacher),
        )

    def unfinished(self, report: str | None = None) -> tuple[Line, ...]:
        """The lines without a result, of one report or of all, in the order in which they were added."""
        return self._lines("WHERE result = '' AND report = ifnull(?, report) ORDER BY id", (report,))

    def lines(
        self,
        reporter: str | None = None,
        since: float = 0.0,
        limit: int = 100,
        report: str | None = None,
    ) -> tuple[Line, ...]:
        """The newest lines, the newest first."""
        return self._lines(
            "WHERE reporter = ifnull(?, reporter) AND report = ifnull(?, report) AND time >= ?"
            " ORDER BY id DESC LIMIT ?",
            (reporter, report, since, limit),
        )

    def count_since(self, reporter: str, time: float, sources: Sequence[str] = SOURCES) -> int:
        """How many reports this reporter has made since then in these ways, whatever became of them."""
        marks = ", ".join("?" * len(sources))
        found = self._ask(
            f"SELECT count(DISTINCT report) FROM line WHERE reporter = ? AND time >= ? AND source IN ({marks})",
            (_clean(reporter), time, *sources),
        )
        return int(found[0][0])

    def totals(self, since: float = 0.0) -> dict[tuple[str, str], int]:
        """How many lines there are of each (verdict, result)."""
        found = self._ask("SELECT verdict, result, count(*) FROM line WHERE time >= ? GROUP BY 1, 2", (since,))
        return {(verdict, result): count for verdict, result, count in found}

    def keep(self, hash: str, raw: bytes, time: float) -> None:
        """Keeps the octets of a message that was learned, for `undo`."""
        self._ask("INSERT OR REPLACE INTO message (hash, time, raw) VALUES (?, ?, ?)", (hash, time, zlib.compress(raw)))

    def kept(self, hash: str) -> bytes | None:
        """The octets of a message that was learned; None where they are not kept (any more)."""
        found = self._ask("SELECT raw FROM message WHERE hash = ?", (hash,))
        return zlib.decompress(found[0][0]) if found else None

    def expire(self, before: float) -> int:
        """Drops the octets that were kept before that time; returns how many messages."""
        return len(self._ask("DELETE FROM message WHERE time < ? RETURNING 1", (before,)))

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is on the disk at its end, all of it or none: a batch costs one fsync(2)."""
        self._ask("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._base.in_transaction:  # SQLite ends it itself where the disk is full
                self._ask("ROLLBACK")
            raise
        self._ask("COMMIT")

    def close(self) -> None:
        """Closes the file."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failed: object) -> None:
        self.close()

    def _create(self) -> None:
        """The tables, all or none: a process that is killed here leaves an empty file, which the next one fills."""
        try:
            self._base.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        except sqlite3.Error as failed:
            raise LedgerFailed(f"{self.path}: {failed}") from failed

    def _lines(self, where: str, values: Sequence[Any]) -> tuple[Line, ...]:
        return tuple(Line(*row) for row in self._ask(f"SELECT {COLUMNS} FROM line {where}", values))

    def _ask(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """But for those `together`, each is a transaction of its own, on the disk when this returns (synchronous)."""
        try:
            return self._base.execute(statement, values).fetchall()
        except sqlite3.Error as failed:
            raise LedgerFailed(f"{self.path}: {failed}") from failed


def _clean(value: Any) -> Any:
    """A text as SQLite can have it (UTF-8), and not longer than TEXT; anything else as it is."""
    return value[:TEXT].encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def _quoted(path: str) -> str:
    """A path in a URI (sqlite.org/uri.html)."""
    from urllib.parse import quote

    return quote(os.path.abspath(path))
