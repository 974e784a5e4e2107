"""What lies in a SQLite file, read where it is asked for: without a thread, and without a wait.

A record by its key takes ten microseconds; to have another thread look it up takes ten times as long. Who reads a file
in WAL mode waits for nobody who writes it, and sees all that was committed before (https://www.sqlite.org/wal.html).

In:    the path, the version that the file must have (PRAGMA user_version), a statement and its arguments.
Out:   a row, or None.
Fails: sqlite3.Error: whoever asks has it looked up the long way, which makes the file, and says what is wrong with it.
"""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import quote

from mdafilter_policyd import limits


class Reader:
    """A connection that reads, made when it is needed. Of one thread."""

    def __init__(self, path: str, version: int) -> None:
        self._version = version
        self._uri = f"file:{quote(path)}?mode=ro"
        self._file: sqlite3.Connection | None = None

    def row(self, statement: str, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The first row."""
        try:
            if self._file is None:
                self._file = sqlite3.connect(self._uri, uri=True, timeout=0, isolation_level=None)
                self._file.execute(f"PRAGMA cache_size = {-limits.SQLITE_CACHE_OCTETS // 1024}")
                if self._file.execute("PRAGMA user_version").fetchone() != (self._version,):
                    raise sqlite3.DatabaseError("a file of another version, or another program")
            found: tuple[Any, ...] | None = self._file.execute(statement, arguments).fetchone()
        except sqlite3.Error:
            self.close()
            raise
        return found

    def close(self) -> None:
        """Another question opens it anew."""
        if self._file is not None:
            self._file.close()
            self._file = None
