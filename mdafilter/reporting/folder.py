"""A folder of a Maildir, looked at: what we filed there, what else is there and why it stays; and its removal.

In:    the root of the Maildir, the name of the folder, the journals of its user. Several Maildirs may have the same
       ones: they are read once for all `candidates`.
Out:   Look. A file is opened only where its name may be ours and the journal does not know it, and then only the
       beginning of it is read; `opened` reads sender and subject of those that are shown.
Fails: OSError where the folder cannot be listed. A file that cannot be read stays, as one that nothing is known of.
       A journal that cannot be read says nothing: then X-Mdafilter decides.
Large: 200,000 files and a million lines are a matter of seconds: each file is asked for its size once, and of the
       journal only the lines that have one of the names are parsed.

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
import re
import stat

from mdafilter import limits
from mdafilter.errors import BadFolder, TryAgain
from mdafilter.files import CALLS
from mdafilter.journal import Entry, read
from mdafilter.message import Message
from mdafilter.reporting import filed
from mdafilter.reporting.filed import File
from mdafilter.targets import keywords
from mdafilter.targets.foldername import folder_name
from mdafilter.targets.label import NAME, clean
from mdafilter.train import stored
from mdafilter.train.folders import base
from mdafilter.train.listing import PARTS, directory
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mdafilter.journal import Filed


REFILED = b'"status":"refil'  # refiling, refiled
NAMED = re.compile(rb'"name":"(\d{1,11}\.M\d+P\d+Q\d+_[0-9a-f]{8})\.')  # in a line of the journal (folders.OURS)


class Held(Value):
    """A message that we filed into the folder and nobody touched. Sender and subject: `opened`."""

    path: str
    time: float  # when it was filed
    size: int
    rule: str = ""  # file:line
    sender: str = ""
    subject: str = ""


class Place(Value):
    """Where the journal says that a file was put: the folder, as the act names it, and the rule."""

    to: str
    rule: str


class Look(Value):
    """What is in a folder. `kept` has the number of files for each reason of filed.KEPT."""

    folder: str
    held: tuple[Held, ...]
    kept: dict[str, int]


def look(root: str, name: str, told: Mapping[str, Place], before: float) -> Look:
    """The folder of this name (as rules write it). `told` is what the journals know (`places`); `before`: what was
    filed later is not held."""
    folder = folder_name(name)
    counts: dict[str, int] = {}
    paths, unsaid = [], _unsaid(directory(root, folder))
    for path in _paths(directory(root, folder)):
        if why := filed.candidate(os.path.basename(path), before, unsaid):
            counts[why] = counts.get(why, 0) + 1
        else:
            paths.append(path)
    held = []
    for path in paths:
        place = told.get(base(os.path.basename(path)))
        if (file := _file(path, labelled=place is None)) is None:
            continue
        if why := filed.kept(file, folder, None if place is None else folder_of(root, place.to), before, unsaid):
            counts[why] = counts.get(why, 0) + 1
        else:
            by = place.rule if place else filed.rule(file.label)
            held.append(Held(path, filed.time_of(file.name), file.size, by))
    held.sort(key=lambda one: (one.time, one.path))
    return Look(folder, tuple(held), counts)


def candidates(root: str, name: str, before: float) -> set[str]:
    """The bases of the files that may be held, as far as their names tell."""
    where = directory(root, folder_name(name))
    unsaid = _unsaid(where)
    return {base(own) for own in map(os.path.basename, _paths(where)) if not filed.candidate(own, before, unsaid)}


def _unsaid(where: str) -> frozenset[str]:
    """The letters of the folder's keywords that do not keep a message."""
    return frozenset(letter for word, letter in keywords.known(CALLS, where).items() if word in filed.UNSAID)


def opened(held: Held) -> Held:
    """With sender and subject, as far as the file is there and can be read."""
    head = Message.parse(_beginning(held.path, limits.REPORT_HEAD))
    return held.replace(sender=_text(head, "from"), subject=_text(head, "subject"))


def remove(held: Held) -> bool:
    """Removes the file. False: it is no longer there under this name. OSError."""
    try:
        os.unlink(held.path)
    except FileNotFoundError:
        return False  # moved, flagged or removed by its reader meanwhile
    return True


def places(journals: Iterable[str], wanted: set[str]) -> dict[str, Place]:
    """Where the journals say that the files of these bases were put; of those that they know.

    The names in a line are seen before it is parsed. They tell its time, too: where all of them are older than what is
    wanted by more than a delivery takes, so is what stands before that line.
    """
    known: dict[str, Place] = {}
    same: dict[Place, Place] = {}  # one for each rule, and not one for each message
    missing = set(wanted)
    oldest = min((filed.time_of(name) for name in missing), default=0.0) - 2 * limits.DELIVERY_SECONDS
    begins = {".".join(name.split(".", 2)[:2]).encode() for name in missing}  # without the host: JSON may escape that
    for journal in journals:
        try:
            for line in read.lines(journal):
                if REFILED in line:
                    continue  # what it names came here later than its name says (filed.time_of), and stays
                names = NAMED.findall(line)
                if not missing or (names and max(float(name.partition(b".")[0]) for name in names) < oldest):
                    break
                if begins.isdisjoint(names):
                    continue
                for own, act in _filed(line):
                    if own in missing:
                        found = Place(act.to, act.rule)
                        known[own] = same.setdefault(found, found)
                        missing.discard(own)
        except OSError:
            continue  # it says nothing, as one that was never written
    return known


def _filed(line: bytes) -> Iterator[tuple[str, Filed]]:
    """The acts of a line that put a file somewhere, each with the base of its name."""
    for fact in read.parse(line):
        for act in fact.acts if isinstance(fact, Entry) else ():
            if act.done and act.name:
                yield base(act.name), act


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


def _file(path: str, labelled: bool) -> File | None:
    """What there is to know of a file, its label only if that is wanted; None where it has gone, or is none."""
    name = os.path.basename(path)
    try:
        state = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(state.st_mode):
        return None
    first = next(iter(Message.parse(_beginning(path, limits.REPORT_LABEL)).headers), None) if labelled else None
    return File(name, state.st_size, first.text if first is not None and first.key == NAME.lower() else "")


def _beginning(path: str, octets: int) -> bytes:
    """So many octets of the file; none where it has gone, or cannot be read: nothing is known of it then."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return stored.first(fd, octets)
    except (OSError, stored.Broken, TryAgain):
        return b""
    finally:
        os.close(fd)


def _text(head: Message, name: str) -> str:
    field = head.headers.first(name)
    return clean(field.text)[: limits.REPORT_TEXT] if field else ""
