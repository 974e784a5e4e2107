"""One statement on a SQLite file, where it is asked for: without a thread, and without a wait.

A record by its key takes ten microseconds to read and twenty to write; to have another thread do it takes ten times as
long. Who reads a file in WAL mode waits for nobody who writes it, and sees all that was committed before; who writes it
appends to the -wal, in the memory of the kernel, and syncs nothing (https://www.sqlite.org/wal.html). The -wal is
brought into the file elsewhere (sqlite.py, Checkpoints).

In:    the path, the version that the file must have (PRAGMA user_version), a statement and its arguments.
Out:   the first row, or None; what was written is committed.
Fails: sqlite3.Error, also where another one writes just now: nothing was changed. Whoever asks has it done the long
       way, which waits, makes the file, and says what is wrong with it.
"""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import quote

from mdafilter_policyd import limits


class Direct:
    """A connection, made when it is needed. Of one thread."""

    def __init__(self, path: str, version: int) -> None:
        self._version = version
        self._uri = f"file:{quote(path)}?mode=rw"  # it makes none
        self._file: sqlite3.Connection | None = None

    def row(self, statement: str, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The first row."""
        tries = limits.SQLITE_TRIES
        while True:
            tries -= 1
            try:
                file = self._file or self._open()
                # All rows: a statement that was not stepped to its end is not committed.
                rows: list[tuple[Any, ...]] = file.execute(statement, arguments).fetchall()
            except sqlite3.Error as problem:
                if not _busy(problem):
                    self.close()
                elif tries > 0:
                    continue  # another process of ours, most likely, and done in no time
                raise
            return rows[0] if rows else None

    def close(self) -> None:
        """Another question opens it anew."""
        file, self._file = self._file, None
        if file is not None:
            _close(file)

    def _open(self) -> sqlite3.Connection:
        file = sqlite3.connect(self._uri, uri=True, timeout=0, isolation_level=None)
        try:
            file.execute(f"PRAGMA cache_size = {-limits.SQLITE_CACHE_OCTETS // 1024}")
            file.execute("PRAGMA synchronous = normal")
            file.execute("PRAGMA wal_autocheckpoint = 0")
            if file.execute("PRAGMA user_version").fetchone() != (self._version,):
                raise sqlite3.DatabaseError("a file of another version, or another program")
        except BaseException:
            _close(file)
            raise
        self._file = file
        return file


def _busy(problem: sqlite3.Error) -> bool:
    return getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _close(file: sqlite3.Connection) -> None:
    try:
        file.close()
    except sqlite3.Error:
        pass  # what was committed is in the -wal
