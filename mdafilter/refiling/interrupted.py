"""Moves of which the journal knows only that they were about to happen: what came of them, for a run that was killed.

A run tells the journal before and after each move (moving.py). The next run that moves something looks where such a
message lies, and writes what is missing.

    it lies where it was to go, and has not been touched since      refiled
    it lies where it came from                                      unmoved
    anything else: its reader has moved it on, or flagged it        nothing; `why` says that it is not known

In:    the Maildir, its Journal.
Out:   the lines; a note on what could not be read or written.
Fails: never: the journal tells about moves, it is no part of them.
"""

from __future__ import annotations

import os
import re
import time

from mdafilter import journal as journals
from mdafilter.errors import BadFolder
from mdafilter.journal import Entry, read
from mdafilter.targets.foldername import folder_name
from mdafilter.train.folders import base
from mdafilter.train.listing import directory, messages
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.journal import Journal

FROM = "moved from "  # begins the note that has the folder
KILLED = "the run was killed then"
AT_ONCE = 10.0  # seconds that a move takes at most after it was told of
_OF_MOVES = re.compile(rb'"status":"(?:refiling|refiled|unmoved)"')


def settle(root: str, journal: Journal) -> str:
    """Tells what became of each move that was begun."""
    note = ""
    try:
        for begun in list(open_(journal.path)):
            note = _settled(root, journal, begun) or note
    except OSError as failed:
        return f"the journal {journal.path} cannot be read: {failed.strerror}"
    return note


def open_(path: str) -> Iterator[Entry]:
    """The moves of which nothing was told after they had begun, the latest first; of one the last name."""
    told: set[str] = set()
    for line in read.lines(path) if path else ():
        if _OF_MOVES.search(line):
            for fact in read.parse(line):
                if isinstance(fact, Entry) and fact.id not in told:
                    told.add(fact.id)
                    if fact.status == "refiling" and fact.acts:
                        yield fact


def _settled(root: str, journal: Journal, begun: Entry) -> str:
    act = begun.acts[0]
    entry = begun.replace(time=time.time())
    if path := _lies(root, act.to, act.name):
        try:
            touched = os.lstat(path).st_ctime > begun.time + AT_ONCE
        except OSError:
            return ""
        return "" if touched else journals.refiled(journal, entry.replace(notes=(*begun.notes, KILLED)))
    origin = next((note.removeprefix(FROM) for note in begun.notes if note.startswith(FROM)), "")
    if origin and _lies(root, origin, act.name):
        undone = entry.replace(acts=(act.replace(done=False),), notes=())
        return journals.unmoved(journal, undone, KILLED)
    return ""


def _lies(root: str, folder: str, name: str) -> str:
    """The path of the file in the folder (as people write it), "" if it is not there."""
    try:
        where = folder_name(folder)
    except BadFolder:
        return ""
    found = messages(root, where).get(base(name))
    return f"{directory(root, where)}/{found}" if found else ""
