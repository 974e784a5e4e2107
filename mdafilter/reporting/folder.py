"""A folder of a Maildir, looked at: what we filed there, what else is there and why it stays; and its removal.

In:    the root of the Maildir, the name of the folder, the journals of its user.
Out:   Look. Only the beginning of a file is read (limits.REPORT_HEAD), and only of one that may be ours.
Fails: OSError where the folder cannot be listed. A file that cannot be read stays, as one that nothing is known of.
       A journal that cannot be read says nothing: then X-Mdafilter decides.

`remove` takes away one name after the other. There is nothing to be done together, so a process that is killed has
removed some, and the next one removes the rest. A message that was moved, or flagged, between the look and the removal
has another name by then, and stays: a name is removed, never what matches a pattern.

What an IMAP server keeps beside (dovecot-uidlist, indexes, flags of its own) is not touched. For Dovecot a file that
has gone is an expunged message: it says so to its clients at the next synchronisation of that folder.
Known: a Maildir++ quota goes on counting what was removed until it is recounted, which happens, by the rules of
       Maildir++, before anything is refused.
"""

from __future__ import annotations

import os
import stat

from mdafilter import limits
from mdafilter.errors import BadFolder
from mdafilter.journal import Entry, Filed, read
from mdafilter.message import Message
from mdafilter.reporting import filed
from mdafilter.reporting.filed import File
from mdafilter.targets.foldername import folder_name
from mdafilter.targets.label import NAME, clean
from mdafilter.train.folders import base
from mdafilter.train.listing import PARTS, directory
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Held(Value):
    """A message that we filed into the folder and nobody touched."""

    path: str
    time: float  # when it was filed
    size: int
    rule: str = ""  # file:line
    sender: str = ""
    subject: str = ""


class Look(Value):
    """What is in a folder. `kept` has the number of files for each reason of filed.KEPT."""

    folder: str
    held: tuple[Held, ...]
    kept: dict[str, int]


def look(root: str, name: str, journals: Iterable[str], before: float) -> Look:
    """The folder of this name (as rules write it). `before`: what was filed later is not held."""
    folder = folder_name(name)
    where = directory(root, folder)
    counts: dict[str, int] = {}
    found: dict[str, tuple[str, File, Message | None]] = {}
    for path in _paths(where):
        why = filed.candidate(os.path.basename(path), before)
        if why:
            counts[why] = counts.get(why, 0) + 1
        elif (one := _file(path)) is not None:
            found[path] = one
    told = places(root, journals, {base(file.name) for _path, file, _head in found.values()})
    held = []
    for path, file, head in found.values():
        act = told.get(base(file.name))
        if why := filed.kept(file, folder, None if act is None else folder_of(root, act.to), before):
            counts[why] = counts.get(why, 0) + 1
            continue
        by = act.rule if act else filed.rule(file.label)
        held.append(Held(path, filed.time_of(file.name), file.size, by, _text(head, "from"), _text(head, "subject")))
    return Look(folder, tuple(sorted(held, key=lambda one: (one.time, one.path))), counts)


def remove(held: Held) -> bool:
    """Removes the file. False: it is no longer there under this name. OSError."""
    try:
        os.unlink(held.path)
    except FileNotFoundError:
        return False  # moved, flagged or removed by its reader meanwhile
    return True


def places(root: str, journals: Iterable[str], wanted: set[str]) -> dict[str, Filed]:
    """Where the journals say that deliveries put the files of these bases; the acts of those that they know."""
    known: dict[str, Filed] = {}
    missing = set(wanted)
    oldest = min((filed.time_of(name) for name in missing), default=0.0) - limits.DELIVERY_SECONDS
    for journal in journals:
        try:
            for fact in read.facts(journal):
                if not missing or fact.time < oldest:
                    break
                # What was refiled came here later than its name says (filed.time_of), and stays.
                for act in fact.acts if isinstance(fact, Entry) and fact.status != "refiled" else ():
                    if act.done and act.name and base(act.name) in missing:
                        known[base(act.name)] = act
                        missing.discard(base(act.name))
        except OSError:
            continue  # it says nothing, as one that was never written
    return known


def folder_of(root: str, to: str) -> str:
    """The Maildir++ name of the folder that an act names, also where a procmailrc has its path; "/" is none of ours."""
    if to.startswith("/"):
        above, _, last = os.path.normpath(to).rpartition("/")
        return last[1:] if above == os.path.normpath(root) and last.startswith(".") else "/"
    try:
        return folder_name(to or "INBOX")
    except BadFolder:
        return "/"


def _paths(where: str) -> Iterator[str]:
    for part in PARTS:
        try:
            names = os.listdir(f"{where}/{part}")
        except FileNotFoundError:
            continue
        yield from (f"{where}/{part}/{name}" for name in sorted(names) if not name.startswith("."))


def _file(path: str) -> tuple[str, File, Message | None] | None:
    """What there is to know of a file; None where it has gone, or is none."""
    try:
        state = os.lstat(path)
        if not stat.S_ISREG(state.st_mode):
            return None
        name, size = os.path.basename(path), state.st_size
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except PermissionError:
        return path, File(name, size), None
    try:
        head = Message.parse(os.pread(fd, limits.REPORT_HEAD, 0))
    finally:
        os.close(fd)
    first = next(iter(head.headers), None)
    label = first.text if first is not None and first.key == NAME.lower() else ""
    return path, File(name, size, label), head


def _text(head: Message | None, name: str) -> str:
    field = head.headers.first(name) if head else None
    return clean(field.text)[: limits.REPORT_TEXT] if field else ""
