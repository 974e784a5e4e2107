"""What a reader teaches by moving messages between folders. Pure: what was where, and what is where, to verdicts.

    from            into            verdict
    anything        junk            spam
    junk            anything else   ham
    any             trash           none: nobody can know why a message is thrown away
    trash           anything else   none, but for junk: whoever puts a message there says what it is

Only what comes into a folder says something, and only if the message was elsewhere before. So a move is one arrival,
whether the old file has gone already (rename), goes later (COPY, then EXPUNGE) or went before (a client that deletes
and then appends); a change of flags, which changes the name behind the ":", is none. Two files are the same message by

    base    the name up to its "," or ":" (https://cr.yp.to/proto/maildir.html): a rename keeps it
    trace   device, inode, size and time: a rename keeps them, and a hard link, as IMAP servers copy by, has them too
    key     what is in it (likeness.py), where these two tell nothing: an APPEND

What `mdafilter refile` moved (filed.py) says nothing: no reader did that.

A new message is not known to be elsewhere, and says nothing; nor does one whose name is new and one of ours
(targets/naming.py), whatever it holds: the filter has just put it there. Of a message that was moved before it was ever
seen, our own label or the journal (filed.py) says where it was delivered to.

In:    Memory, of the last time; Found, each name that is new in its folder; the names that are not there any more.
Out:   Move, each with its verdict; what to remember.
Fails: never.
Known bugs: a message that went from junk to trash and from there to the inbox is rescued only if both came between two
       looks. Restoring files of a backup beside those that were moved since looks like moving them back. A copy in
       junk that is deleted again was spam: who did not mean it has to move it out.
"""

from __future__ import annotations

import re

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

JUNK, TRASH, OTHER, IGNORED = "junk", "trash", "other", "ignored"
NAMED = re.compile(r"(\d{1,11})\.(?:M(\d{1,6}))?")
OURS = re.compile(r"\d+\.M\d+P\d+Q\d+_[0-9a-f]{8}\.[^,:/]+")  # a base of naming.Naming.unique


def base(name: str) -> str:
    """What stays of a file's name when flags, sizes (,S=) or the UIDs of mbsync(1) (,U=) change."""
    return name.partition(":")[0].partition(",")[0]


def named_at(base: str) -> tuple[int, int]:
    """When a name was made: the seconds, and the microseconds where they follow as ".M"; what has none is old."""
    found = NAMED.match(base)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


class Roles(Value):
    """What folders mean, by their Maildir++ names. "" is the inbox. A folder below one of them means the same."""

    junk: tuple[str, ...]
    trash: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    def of(self, folder: str) -> str:
        """The meaning of a folder."""
        name = folder
        while True:
            for role, names in ((IGNORED, self.ignored), (TRASH, self.trash), (JUNK, self.junk)):
                if name in names:
                    return role
            if "." not in name:
                return OTHER
            name = name.rpartition(".")[0]

    def verdict(self, was: str, now: str) -> str:
        """What it says that a message went from one folder to another: "spam", "ham" or ""."""
        before, after = self.of(was), self.of(now)
        if after == JUNK and before != JUNK:
            return "spam"
        return "ham" if before == JUNK and after == OTHER else ""


class Seen(Value):
    """A message in a folder. `gone` is when it went away without being seen elsewhere; 0 while it is there."""

    folder: str
    base: str
    trace: str
    key: str = ""  # "" is not known (yet)
    gone: float = 0.0


class Found(Value):
    """A name that was not in its folder before. `label` is the folder that our own label names, None without one."""

    folder: str
    base: str
    path: str  # in the folder: "cur/1790000000.M1P2.host:2,S"
    trace: str
    key: str = ""
    label: str | None = None
    message_id: str = ""


class Move(Value):
    """A message that a reader moved, and what that says. `cause` is what IMAP calls it (RFC 6785 section 4.3): "COPY",
    or "APPEND" of a message that comes from nowhere; "" is a delivery, or a file that only has another name.
    """

    found: Found
    origin: str
    verdict: str
    cause: str = ""


class Memory:
    """All messages of a Maildir, by folder, base, trace and key."""

    def __init__(self, seen: Iterable[Seen] = ()) -> None:
        self.folders: dict[str, dict[str, Seen]] = {}
        self.gone: set[Seen] = set()
        self._known: dict[tuple[str, str], set[Seen]] = {}
        for one in seen:
            self.add(one)

    def __iter__(self) -> Iterator[Seen]:
        for there in self.folders.values():
            yield from there.values()
        yield from self.gone

    def add(self, one: Seen) -> None:
        """Remembers a message."""
        if one.gone:
            self.gone.add(one)
        else:
            self.folders.setdefault(one.folder, {})[one.base] = one
        for name in _names(one):
            self._known.setdefault(name, set()).add(one)

    def drop(self, one: Seen) -> None:
        """Forgets it."""
        if one.gone:
            self.gone.discard(one)
        else:
            del self.folders[one.folder][one.base]
            if not self.folders[one.folder]:
                del self.folders[one.folder]
        for name in _names(one):
            self._known[name].discard(one)
            if not self._known[name]:
                del self._known[name]

    def same(self, one: Found | Seen) -> set[Seen]:
        """Where the message is known to be, or to have been."""
        return {other for name in _names(one) for other in self._known.get(name, ())}

    def has(self, base: str) -> bool:
        """Whether a message of that base is known."""
        return ("base", base) in self._known

    def sources(self, found: Found) -> set[Seen]:
        """Where an arrival can have come from."""
        by_base = self._known.get(("base", found.base), set())
        if not by_base and OURS.fullmatch(found.base):
            return set()  # delivered a moment ago: not moved, even if it is one file with another delivery
        return by_base | self._known.get(("trace", found.trace), set()) or self._known.get(("key", found.key), set())


def _names(one: Found | Seen) -> list[tuple[str, str]]:
    names = [("base", one.base), ("trace", one.trace)]
    return [*names, ("key", one.key)] if one.key else names


class Comparison:
    """One look at a Maildir: each arrival, then what has left.

    `left` are the messages that are no longer where they were. `filed` says where the filter has put a message, None if
    it is not known to have; `refiled`, whether it has moved it where it is. What arrives is added to the memory at
    once, but nothing comes from where it has just come.
    """

    def __init__(
        self,
        memory: Memory,
        left: Iterable[Seen],
        roles: Roles,
        filed: Callable[[Found], str | None] = lambda _: None,
        refiled: Callable[[Found], bool] = lambda _: False,
    ) -> None:
        self.memory = memory
        self.left = set(left)
        self.roles = roles
        self.filed = filed
        self.refiled = refiled
        self.fresh: set[Seen] = set()

    def judge(self, found: Found) -> Move:
        """What an arrival says. One that is no move has the verdict ""."""
        known = self.memory.sources(found)
        sources = known - self.fresh
        twin = next((one for one in known & self.fresh if one.trace == found.trace), None)
        if sources:
            one = min(sources, key=lambda one: self._likely(one, found))
            origin, cause = one.folder, self._cause(one, found)
        else:
            where = found.label if found.label is not None else self.filed(found)
            origin = found.folder if where is None else where
            cause = "APPEND" if not OURS.fullmatch(found.base) else "" if origin == found.folder else "COPY"
        verdict = "" if origin == found.folder else self.roles.verdict(origin, found.folder)
        if verdict and self.refiled(found):
            verdict = ""
        if cause == "APPEND" and twin is not None:  # its original has come since the last look, too
            return Move(found, origin if verdict else twin.folder, verdict, "COPY")
        return Move(found, origin, verdict, cause)

    def _cause(self, one: Seen, found: Found) -> str:
        """Of what came from there. A file that is another one was written anew, whatever is in it."""
        if one.base != found.base and one.trace != found.trace:
            return "APPEND"
        renamed = one.folder == found.folder and (one in self.left or one.base == found.base)
        return "" if renamed else "COPY"

    def arrive(self, found: Found) -> Seen:
        """Remembers it."""
        key = found.key or next((one.key for one in self.memory.sources(found) if one.key), "")
        one = Seen(found.folder, found.base, found.trace, key)
        self.memory.add(one)
        self.fresh.add(one)
        return one

    def _likely(self, one: Seen, found: Found) -> tuple[int, bool, bool, float, str]:
        """The order in which a message came from one of several places.

        First of all one that it has left just now. Then one where it still is: it was copied; and then one that it was
        once deleted from. Of these the folder itself (another copy, or a name that was overlooked), then one that says
        something.
        """
        when = 2 if one.gone else 0 if one in self.left else 1
        says = bool(self.roles.verdict(one.folder, found.folder))
        return when, one.folder != found.folder, not says, -one.gone, one.folder

    def depart(self, now: float, forget: float) -> tuple[list[Seen], list[Seen]]:
        """Forgets and remembers what has left its folder, when all that came is known: (forgotten, remembered).

        A message that is elsewhere is forgotten here. One that is nowhere is remembered for a while: its client may
        delete first and append afterwards. `forget` is the time of those that nobody waits for any more.
        """
        memory = self.memory
        gone = [one.replace(gone=now) for one in self.left if not self._elsewhere(one)]
        out = [*self.left, *(one for one in memory.gone if one.gone < forget or self._elsewhere(one))]
        for one in out:
            memory.drop(one)
        for one in gone:
            memory.add(one)
        return out, gone

    def _elsewhere(self, one: Seen) -> bool:
        return any(not other.gone and other not in self.left for other in self.memory.same(one))


def renamed(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, str]:
    """Folders that have another name, old to new, by their inodes: that moves no message."""
    names = {inode: name for name, inode in now.items() if name not in before}
    return {old: names[inode] for old, inode in before.items() if old not in now and inode in names}
