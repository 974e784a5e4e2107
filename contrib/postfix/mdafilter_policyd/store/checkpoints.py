"""The -wal of a SQLite file brought into the file (https://www.sqlite.org/wal.html, "Checkpointing"), in a thread.

A commit appends to the -wal, and is done. Somebody has to bring that into the file; if those who write did it, one of
them would wait for the disk now and then, and with it all that its process does.

In:    the path; how many operations there were.
Out:   a -wal that is bounded: where what comes meanwhile lets it never end, all that write wait a moment.
Fails: never: all is in the -wal still. Who writes meets the same trouble, and says it.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from urllib.parse import quote

from mdafilter_policyd import limits


class Checkpoints:
    """The thread, from the first time that there is something to do."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._operations = 0
        self._due: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def written(self, operations: int) -> None:
        """So many more. Called by one thread."""
        self._operations += operations
        if self._operations < limits.SQLITE_CHECKPOINT or not self._due.empty():
            return
        self._operations = 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()
        self._due.put(True)

    def close(self) -> None:
        """Ends the thread."""
        if self._thread is not None:
            self._due.put(False)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        file: sqlite3.Connection | None = None
        while self._due.get():
            try:
                file = file or _opened(self._path)
                _busy, pages, _done = file.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if pages > limits.SQLITE_WAL_PAGES:
                    file.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
            except sqlite3.Error:
                pages = -1
            if pages < 0:
                # In trouble, or opened before the file had a -wal, which such a connection would never learn of.
                _close(file)
                file = None
        _close(file)


def _opened(path: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(path)}?mode=rw", uri=True, timeout=limits.SQLITE_BUSY_SECONDS, isolation_level=None
    )


def _close(file: sqlite3.Connection | None) -> None:
    try:
        if file is not None:
            file.close()
    except sqlite3.Error:
        pass
