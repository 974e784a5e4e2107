"""Counts in one file of SQLite, for all processes of this host (https://www.sqlite.org/wal.html).

A lesson is one transaction, begun with the lock (BEGIN IMMEDIATE) and on the disk when it ends: killed in the middle,
it has not been. Writing goes to a log beside the file (WAL), so who scores never waits for who learns. A delivery reads
the rows of its own tokens alone.

In:    a path. The file is made when there is something to learn, for its owner alone (0600), its folder too (0700).
       One of the version before, which had no weights, gets them, all 0, in one transaction when it is next written to;
       until then it is read as it is.
Out:   `token`: id, spam, ham, day, weight. `known`: id, spam, counted, day, step. `total`: one row.
Fails: CountsError for a disk that is full, a file that is damaged, of another program, or of another version of the
       tokens. Such a file is neither changed nor removed.
Bugs:  not on a network file system, as WAL needs shared memory. Who may read the file but not write beside it reads it
       as it stands, while nobody learns. Old rows make room for new ones: the file gets smaller by compact() alone.
"""

from __future__ import annotations

import os

from mdafilter.scorers.bayes.store import CountsError, Known, Totals
from mdafilter.scorers.bayes.tokens import VERSION
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from mdafilter.scorers.bayes.store import Change, Counts, Row, Whole

APPLICATION = 0x6D646162  # PRAGMA application_id: "mdab"
BEFORE = VERSION  # PRAGMA user_version of a file without weights
TABLES = 100 * VERSION + 2  # of one as it is now
SCHEMA = (
    "CREATE TABLE token (id INTEGER PRIMARY KEY, spam INTEGER NOT NULL, ham INTEGER NOT NULL, day INTEGER NOT NULL)",
    "CREATE TABLE known (id INTEGER PRIMARY KEY, spam INTEGER NOT NULL, counted INTEGER NOT NULL, day INTEGER)",
    "CREATE TABLE total (spam INTEGER, ham INTEGER, counted_spam INTEGER, counted_ham INTEGER)",
    "INSERT INTO total VALUES (0, 0, 0, 0)",
    f"PRAGMA application_id = {APPLICATION}",
)
WEIGHTS = (  # lang_altertable.html: no row is written for a column that is added
    "ALTER TABLE token ADD COLUMN weight INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE known ADD COLUMN step INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE total ADD COLUMN stepped_spam INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE total ADD COLUMN stepped_ham INTEGER NOT NULL DEFAULT 0",
    f"PRAGMA user_version = {TABLES}",
)
COLUMNS = {
    "token": "id, spam, ham, day, weight",
    "known": "id, spam, counted, day, step",
    "total": "spam, ham, counted_spam, counted_ham, stepped_spam, stepped_ham",
}
COLUMNS_BEFORE = {
    "token": "id, spam, ham, day, 0",
    "known": "id, spam, counted, day, 0",
    "total": "spam, ham, counted_spam, counted_ham, 0, 0",
}
AT_ONCE = 10_000  # numbers in one statement
GOES = {"token": "spam + ham > 1, day, id", "known": "day, id"}  # the least of these goes first (store.Counts)


class Sqlite:
    """Implements store.Counts. For reading (`write` False) a file that is not there has no counts.

    Who reads sees the counts as they were when he began, however many lessons end meanwhile.
    """

    def __init__(self, path: str, timeout: float, *, write: bool = False) -> None:
        import sqlite3

        self._path = path
        self._columns = COLUMNS
        self._error = sqlite3.Error
        self._line: sqlite3.Connection | None = None
        if not write and not os.path.exists(path):
            return
        try:
            if write:
                os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._line = self._connect(timeout, write)
            if not write:
                self._line.execute("BEGIN")  # lang_transaction.html: a DEFERRED one, which holds up no writer
        except (OSError, sqlite3.Error) as failed:
            self.close()
            raise CountsError(f"{path}: {getattr(failed, 'strerror', None) or failed}") from failed

    def _connect(self, timeout: float, write: bool) -> sqlite3.Connection:
        import sqlite3
        from urllib.parse import quote

        where = f"file:{quote(self._path)}?mode={'rw' if write else 'ro'}"
        line = sqlite3.connect(where, timeout, isolation_level=None, uri=True)
        try:
            kind, version = self._header(line)
        except sqlite3.OperationalError:
            # Whoever may not write beside the file can read it as long as there is no log.
            line.close()
            if write or os.path.exists(self._path + "-wal"):
                raise
            line = sqlite3.connect(where + "&immutable=1", timeout, isolation_level=None, uri=True)
            kind, version = self._header(line)
        if (kind, version) in ((0, 0), (APPLICATION, BEFORE)) and write:
            self._make(line)
        elif (kind, version) == (APPLICATION, BEFORE):
            self._columns = COLUMNS_BEFORE
        elif (kind, version) != (APPLICATION, TABLES):
            line.close()
            new = (
                "is no file of these counts" if kind not in (0, APPLICATION) else f"has version {version} of the counts"
            )
            raise CountsError(f"{self._path}: {new}, not {TABLES}: move it away, and teach anew")
        return line

    @staticmethod
    def _header(line: sqlite3.Connection) -> tuple[int, int]:
        return line.execute("PRAGMA application_id").fetchone()[0], line.execute("PRAGMA user_version").fetchone()[0]

    def _make(self, line: sqlite3.Connection) -> None:
        """Makes the tables, or what they lack, if no other process has meanwhile."""
        line.execute("PRAGMA journal_mode = WAL")
        line.execute("BEGIN IMMEDIATE")
        found = self._header(line)
        statements = (*SCHEMA, *WEIGHTS) if found == (0, 0) else WEIGHTS if found == (APPLICATION, BEFORE) else ()
        for statement in statements:
            line.execute(statement)
        line.execute("COMMIT")

    def totals(self) -> Totals:
        """How many messages."""
        found = self._all(f"SELECT {self._columns['total']} FROM total")
        return Totals(*found[0]) if found else Totals()

    def rows(self, ids: Sequence[int]) -> dict[int, Row]:
        """The rows of these tokens, as far as there are any."""
        out: dict[int, Row] = {}
        for at in range(0, len(ids), AT_ONCE):
            some = ",".join(map(str, ids[at : at + AT_ONCE]))
            found = self._all(f"SELECT {self._columns['token']} FROM token WHERE id IN ({some})")
            out.update([(number, (spam, ham, day, weight)) for number, spam, ham, day, weight in found])
        return out

    def known(self, identity: int) -> Known | None:
        """What is known of a message."""
        found = self._all(f"SELECT {self._columns['known']} FROM known WHERE id = {identity:d}")
        return _known(found[0])[1] if found else None

    def _all(self, statement: str) -> list[tuple[int, ...]]:
        return list(self._each(statement))

    def _each(self, statement: str) -> Iterator[tuple[int, ...]]:
        if self._line is None:
            return
        try:
            yield from self._line.execute(statement)
        except self._error as failed:
            raise CountsError(f"{self._path}: {failed}") from failed

    def change(self, work: Callable[[Counts], Change | None]) -> None:
        """One transaction, which has the lock from its beginning: what was seen holds."""

        def write(line: sqlite3.Connection) -> None:
            change = work(self)
            if change is None:
                return
            self._put(line, change.rows)
            gone = [(number,) for number, row in change.rows.items() if not row[0] and not row[1]]
            line.executemany("DELETE FROM token WHERE id = ?", gone)
            self._total(line, change.totals)
            if change.known is None:
                line.execute("DELETE FROM known WHERE id = ?", (change.identity,))
            else:
                self._know(line, {change.identity: change.known})

        self._write(write)

    def _write(self, work: Callable[[sqlite3.Connection], None]) -> None:
        assert self._line is not None
        try:
            self._line.execute("BEGIN IMMEDIATE")
            try:
                work(self._line)
                self._line.execute("COMMIT")
            except BaseException:
                if self._line.in_transaction:
                    self._line.execute("ROLLBACK")
                raise
        except self._error as failed:
            raise CountsError(f"{self._path}: {failed}") from failed

    @staticmethod
    def _put(line: sqlite3.Connection, rows: dict[int, Row]) -> None:
        values = [(number, *row) for number, row in sorted(rows.items())]
        line.executemany(f"INSERT OR REPLACE INTO token ({COLUMNS['token']}) VALUES (?, ?, ?, ?, ?)", values)

    @staticmethod
    def _total(line: sqlite3.Connection, totals: Totals) -> None:
        names = ", ".join([f"{name} = ?" for name in Totals._fields])
        line.execute(f"UPDATE total SET {names}", [getattr(totals, name) for name in Totals._fields])

    @staticmethod
    def _know(line: sqlite3.Connection, known: dict[int, Known]) -> None:
        values = [(number, one.spam, one.counted, one.day, one.step) for number, one in known.items()]
        line.executemany(f"INSERT OR REPLACE INTO known ({COLUMNS['known']}) VALUES (?, ?, ?, ?, ?)", values)

    def size(self) -> int:
        """Octets of the pages that are used."""
        if self._line is None:
            return 0
        (pages,), (free,), (octets,) = [
            self._all(f"PRAGMA {name}")[0] for name in ("page_count", "freelist_count", "page_size")
        ]
        return (pages - free) * octets

    def scan(self) -> Iterator[tuple[int, Row]]:
        """All rows."""
        for number, spam, ham, day, weight in self._each(f"SELECT {self._columns['token']} FROM token"):
            yield number, (spam, ham, day, weight)

    def scan_known(self) -> Iterator[tuple[int, Known]]:
        """All messages that are known."""
        yield from map(_known, self._each(f"SELECT {self._columns['known']} FROM known"))

    def many(self, what: str) -> int:
        """How many rows a table has."""
        found = self._all(f"SELECT COUNT(*) FROM {what}")
        return found[0][0] if found else 0

    def trim(self, what: str, left: int) -> int:
        """Leaves so many rows, in one transaction.

        What stays is written anew: a page of the file is free only when no row is left in it (fileformat2.html, "B-tree
        Pages"), and rows that go are spread over all of them.
        """
        gone = 0

        def write(line: sqlite3.Connection) -> None:
            nonlocal gone
            gone = max(0, self.many(what) - left)
            if not gone:
                return
            key = GOES[what]
            first = line.execute(f"SELECT {key} FROM {what} ORDER BY {key} LIMIT 1 OFFSET {gone:d}").fetchone()
            stays = f"({key}) >= ({', '.join(map(str, first))})" if first else "0"
            line.execute(f"CREATE TEMP TABLE stays AS SELECT * FROM {what} WHERE {stays}")
            line.execute(f"DELETE FROM {what}")
            line.execute(f"INSERT INTO {what} SELECT * FROM stays ORDER BY id")
            line.execute("DROP TABLE stays")

        self._write(write)
        return gone

    def compact(self) -> None:
        """Writes the whole file anew (lang_vacuum.html): killed in the middle, it is what it was."""
        self._all("VACUUM")

    def replace(self, whole: Whole, over: bool) -> Totals | None:
        """Puts these counts in the place of all that are there, in one transaction."""
        found: Totals | None = None

        def write(line: sqlite3.Connection) -> None:
            nonlocal found
            if not over and (there := self.totals()).some():
                found = there
                return
            line.execute("DELETE FROM token")
            line.execute("DELETE FROM known")
            self._put(line, whole.rows)
            self._know(line, whole.known)
            self._total(line, whole.totals)

        self._write(write)
        return found

    def close(self) -> None:
        """Closes the file."""
        if self._line is not None:
            self._line.close()
            self._line = None


def _known(row: tuple[int, ...]) -> tuple[int, Known]:
    number, spam, counted, day, step = row
    return number, Known(bool(spam), bool(counted), day, step)
