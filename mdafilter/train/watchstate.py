"""What `mdafilter watch` knows of a Maildir from one start to the next: mdafilter-watch.db in the Maildir itself.

It lies there, and not with the site's state, because it is the user's: the process that writes it has no other rights.
And it comes and goes with the Maildir: one that is not mounted, or is restored from a backup, is never compared with
what was known of another one.

    folder   each folder with its inode and times (listing.Folder)
    seen     each message (folders.Seen)
    outbox   each verdict that is not yet in the spool, with the message
    event    each event of which a script wants to know, until it was run (events.Event)
    flag     the letters of the messages, in folders where scripts want to know of their changes

No move is lost and none counted twice, because what is known of the Maildir and the verdicts that follow from it are
written in one transaction. A verdict leaves the outbox when it is in the spool; who is killed between the two puts it
there again, under the same id, and whoever learns it knows it.

In:    the Maildir; what folders.Comparison found.
Out:   Memory, and folders. `fresh` is a Maildir that was never looked at.
Fails: sqlite3.Error, OSError: nothing was changed then. A file that is damaged is put aside, and the Maildir looked at
       as for the first time: what moved meanwhile says nothing.
"""

from __future__ import annotations

import os
import sqlite3

from mdafilter.train.events import Event
from mdafilter.train.folders import Memory, Seen
from mdafilter.train.listing import Folder
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME = "mdafilter-watch.db"
VERSION = 3
WAIT_SECONDS = 10.0  # for another process that looks at it once
SCHEMA = """
CREATE TABLE folder (name TEXT PRIMARY KEY, inode INTEGER NOT NULL, marks TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (
    folder TEXT, base TEXT, trace TEXT, key TEXT, gone REAL, PRIMARY KEY (folder, base, gone)
) WITHOUT ROWID;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, verdict TEXT NOT NULL, message BLOB NOT NULL,
    file TEXT NOT NULL DEFAULT ''
);
"""
EVENTS = """
CREATE TABLE event (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, folder TEXT NOT NULL, base TEXT NOT NULL, cause TEXT NOT NULL,
    time REAL NOT NULL, origin TEXT NOT NULL, changed TEXT NOT NULL,
    ran INTEGER NOT NULL, added TEXT NOT NULL, removed TEXT NOT NULL, expunge INTEGER NOT NULL
);
CREATE TABLE flag (folder TEXT, base TEXT, letters TEXT NOT NULL, PRIMARY KEY (folder, base)) WITHOUT ROWID;
"""
# What makes a state of an earlier version, or a new one (0), one of this.
SINCE = {
    0: SCHEMA + EVENTS,
    1: f"ALTER TABLE outbox ADD COLUMN file TEXT NOT NULL DEFAULT '';{EVENTS}",
    2: EVENTS,
}


class Verdict(Value):
    """What a move says, with the message, on its way into the spool. `id` is the same in every try.

    `file` is the name that the message has in the Maildir, without flags.
    """

    id: str
    verdict: str
    message: bytes
    file: str = ""


class WatchState:
    """The state of one Maildir. For a `with`, or `close` it."""

    def __init__(self, root: str) -> None:
        self.path = f"{root}/{NAME}"
        try:
            self._db = self._opened()
        except sqlite3.DatabaseError as failed:
            if isinstance(failed, sqlite3.OperationalError):
                raise  # locked, or a full disk: it is not damaged
            os.replace(self.path, f"{self.path}.damaged")
            self._db = self._opened()
        self.fresh = self._db.execute("SELECT count(*) FROM folder").fetchone() == (0,)

    def _opened(self) -> sqlite3.Connection:
        # Nobody else reads which folders somebody has; an umask would be for all files of a process.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        db = sqlite3.connect(self.path, isolation_level=None, timeout=WAIT_SECONDS)
        try:
            # One process at a time: a second one waits, and fails.
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = TRUNCATE")
            db.execute("PRAGMA synchronous = FULL")
            (sound,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if sound != "ok":
                raise sqlite3.DatabaseError(sound)
            db.execute("BEGIN EXCLUSIVE")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise sqlite3.OperationalError(f"{self.path} is of another version of mdafilter")
            if version < VERSION:
                for statement in SINCE[version].split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")
            db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        return db

    def __enter__(self) -> WatchState:
        return self

    def __exit__(self, *_failed: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets others have it."""
        self._db.close()

    def memory(self) -> Memory:
        """All messages."""
        return Memory(Seen(*row) for row in self._db.execute("SELECT folder, base, trace, key, gone FROM seen"))

    def folders(self) -> dict[str, Folder]:
        """All folders."""
        rows = self._db.execute("SELECT name, inode, marks FROM folder")
        return {name: Folder(inode, marks) for name, inode, marks in rows}

    def commit(
        self,
        dropped: Iterable[Seen] = (),
        added: Iterable[Seen] = (),
        verdicts: Iterable[Verdict] = (),
        folders: Mapping[str, Folder] | None = None,
        events: Iterable[Event] = (),
        flags: Iterable[tuple[str, str, str | None]] = (),
    ) -> None:
        """All of it or nothing. `folders` are all that there are now; None leaves them as they were. `flags` are the
        letters of messages; None is one that has gone.
        """
        db = self._db
        db.execute("BEGIN")
        try:
            keys = ((one.folder, one.base, one.gone) for one in dropped)
            db.executemany("DELETE FROM seen WHERE folder = ? AND base = ? AND gone = ?", keys)
            rows = ((one.folder, one.base, one.trace, one.key, one.gone) for one in added)
            db.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", rows)
            out = ((one.id, one.verdict, one.message, one.file) for one in verdicts)
            db.executemany("INSERT INTO outbox (id, verdict, message, file) VALUES (?, ?, ?, ?)", out)
            db.executemany(f"INSERT INTO event ({_EVENT}) VALUES ({_PLACES})", map(_row, events))
            self._write_flags(flags)
            if folders is not None:
                db.execute("DELETE FROM folder")
                all_of_them = ((name, one.inode, one.marks) for name, one in folders.items())
                db.executemany("INSERT INTO folder VALUES (?, ?, ?)", all_of_them)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def outbox(self) -> tuple[Verdict, ...]:
        """The verdicts that wait, in the order in which the messages were moved."""
        return tuple(
            Verdict(*row) for row in self._db.execute("SELECT id, verdict, message, file FROM outbox ORDER BY number")
        )

    def sent(self, ids: Iterable[str]) -> None:
        """These verdicts are in the spool."""
        self._db.execute("BEGIN")
        self._db.executemany("DELETE FROM outbox WHERE id = ?", ((id,) for id in ids))
        self._db.execute("COMMIT")

    # --- events ------------------------------------------------------------------------------------------------------

    def events(self, most: int = -1, *, only_ran: bool = False) -> list[Event]:
        """The oldest of those that are not over; or all whose scripts were run."""
        which = "WHERE ran " if only_ran else ""
        rows = self._db.execute(f"SELECT {_EVENT} FROM event {which}ORDER BY number LIMIT ?", (most,))
        found = (Event(**dict(zip(Event._fields, row, strict=True))) for row in rows.fetchall())
        return [one.replace(ran=bool(one.ran), expunge=bool(one.expunge)) for one in found]

    def ran(self, events: Iterable[Event], flags: Iterable[tuple[str, str, str | None]]) -> None:
        """Scripts were run: what is left to be done to the flags, and those that will be known then."""
        self._db.execute("BEGIN")
        try:
            rows = ((event.added, event.removed, event.expunge, event.id) for event in events)
            self._db.executemany("UPDATE event SET ran = 1, added = ?, removed = ?, expunge = ? WHERE id = ?", rows)
            self._write_flags(flags)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def attended(self, ids: Iterable[str]) -> None:
        """These events are over."""
        self._db.execute("BEGIN")
        self._db.executemany("DELETE FROM event WHERE id = ?", ((id,) for id in ids))
        self._db.execute("COMMIT")

    def flags(self) -> dict[str, dict[str, str]]:
        """The letters of all messages of which they are known, by folder and base."""
        found: dict[str, dict[str, str]] = {}
        for folder, base, letters in self._db.execute("SELECT folder, base, letters FROM flag"):
            found.setdefault(folder, {})[base] = letters
        return found

    def forget_flags(self, folder: str) -> None:
        """Nobody wants to know them any more."""
        self._db.execute("DELETE FROM flag WHERE folder = ?", (folder,))

    def rename_flags(self, old: str, new: str) -> None:
        """A folder has another name; so have its events."""
        self._db.execute("UPDATE OR REPLACE flag SET folder = ? WHERE folder = ?", (new, old))
        self._db.execute("UPDATE event SET folder = ? WHERE folder = ?", (new, old))

    def _write_flags(self, flags: Iterable[tuple[str, str, str | None]]) -> None:
        for folder, base, letters in flags:
            if letters is None:
                self._db.execute("DELETE FROM flag WHERE folder = ? AND base = ?", (folder, base))
            else:
                self._db.execute("INSERT OR REPLACE INTO flag VALUES (?, ?, ?)", (folder, base, letters))


_EVENT = ", ".join(Event._fields)
_PLACES = ", ".join("?" for _ in Event._fields)


def _row(event: Event) -> tuple[object, ...]:
    return event._values()
