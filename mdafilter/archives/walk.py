"""The walk through an attachment, and through the archives in it, one after the other and not by recursion.

The open archives stand on a stack, the innermost last; each gives its members one by one. Of a member the beginning is
unpacked and tells its kind; if it is an archive, it is unpacked as a whole (spool.py) and goes onto the stack. What
that may cost all attachments of one message together is in a Budget; past it a Fact says so, and nothing more is read.

In:    the readings of the attachment's name, its octets in pieces, a Budget
Out:   Entries and Facts as they are found
Fails: TryAgain where the disk is full, OSError of reading the message.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.archives import ENDINGS, OPENERS, Entry, Fact, Member, Unreadable, few_names, short_name
from mdafilter.archives.budget import Budget, Past, is_bomb
from mdafilter.archives.kinds import kind_of
from mdafilter.archives.spool import Spool, spooled
from mdafilter.message.names import collected
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from mdafilter.archives import Found
    from mdafilter.archives.kinds import Kind
    from mdafilter.message.names import Reading
    from mdafilter.message.octets import Octets

BROKEN = (
    Unreadable,
    ValueError,
    IndexError,
    KeyError,
    OverflowError,
    EOFError,
    UnicodeError,
)  # what an opener may raise
_NOTHING = "(no name)"
ANYWHERE = ("zip", "rar", "7z", "eml")  # formats that need not begin where the file does


class Packed(Value):
    """An archive as its opener gets it."""

    spool: Spool
    format: str
    path: str
    name: str
    depth: int
    budget: Budget

    @property
    def octets(self) -> Octets:
        """All of it, to jump about in."""
        return self.spool.octets


class _Open:
    """An archive on the stack."""

    def __init__(self, packed: Packed, members: Iterator[Member | Fact | Entry]) -> None:
        self.packed = packed
        self.members = members


def look(member: Member, budget: Budget) -> Iterator[Found]:
    """What is in this attachment; itself first."""
    budget.start()
    try:
        for found in _look(member, budget):
            budget.stop()
            yield found
            budget.start()
    finally:
        budget.stop()


def _look(attachment: Member, budget: Budget) -> Iterator[Found]:
    stack: list[_Open] = []
    path = _shown(attachment)
    try:
        opened = yield from _enter(attachment, path, 0, budget)
        while opened or stack:
            if opened:
                stack.append(opened)
            at = stack[-1]
            path, opened = at.packed.path, None
            try:
                found = next(at.members, None)
            except BROKEN as error:
                yield from _fact(Fact("unreadable", path, str(error)), budget)
                found = None
            if found is None:
                stack.pop().packed.spool.close()
            elif isinstance(found, Member):
                path = f"{path}/{_shown(found)}"
                opened = yield from _enter(found, path, at.packed.depth + 1, budget)
            elif isinstance(found, Fact):
                yield from _fact(found, budget)
            else:
                yield found
    except Past as past:
        yield Fact(past.name, path, past.text)
    finally:
        for at in stack:
            at.packed.spool.close()


def _enter(member: Member, path: str, depth: int, budget: Budget) -> Generator[Found, None, _Open | None]:
    """Looks at a file: yields its Entry and its Facts, and returns it opened where it is an archive."""
    budget.entry() if depth else budget.check()
    pieces = member.pieces() if member.pieces else iter(())
    facts = [Fact(name, path, text) for name, text in member.facts]
    head = b""
    bomb = depth and is_bomb(member.size, member.packed if member.packed >= 0 else member.size)
    try:
        head = b"" if bomb else _head(pieces, limits.ARCHIVE_HEAD if depth else limits.ATTACHMENT_HEAD)
        budget.take(len(head) if depth else 0)
    except BROKEN as error:
        facts.append(Fact("unreadable", path, str(error)))
    kind = kind_of(head)
    readings = () if member.folder else collected(few_names(member.names))
    budget.keep(len(path) + sum(len(reading.text) for reading in readings))
    yield Entry(path, depth, readings, member.size, "folder" if member.folder else kind.name, kind.format)
    if depth and budget.declare(member.size):
        facts.append(Fact("too-large", path, "the files in it say that they are larger than may be"))
    if bomb:
        facts.append(Fact("ratio", path, f"{member.packed} octets that become {member.size}"))
    for fact in facts:
        yield from _fact(fact, budget)
    if bomb or member.pieces is None or (facts and not head):
        return None
    return (yield from _open(member, path, depth, budget, kind, head, pieces))


def _open(
    member: Member, path: str, depth: int, budget: Budget, kind: Kind, head: bytes, pieces: Iterator[bytes]
) -> Generator[Found, None, _Open | None]:
    """The file opened, if it is an archive."""
    formats = _formats(kind, member)
    opener = next((OPENERS[name] for name in formats if name in OPENERS), "")
    if not formats or not (opener or kind.name == "archive"):
        return None
    if kind.format != formats[0] and formats[0] not in ANYWHERE:
        yield from _fact(Fact("unreadable", path, f"it is called {formats[0]} and is none"), budget)
        return None
    if not opener:
        yield from _fact(Fact("not-opened", path, f"nothing here reads {formats[0]}"), budget)
        return None
    if depth >= limits.ARCHIVE_DEPTH:
        yield from _fact(Fact("too-deep", path, f"more than {limits.ARCHIVE_DEPTH} archives in archives"), budget)
        return None
    try:
        spool = spooled(_counted(head, pieces, member.packed if depth else -1, budget, charged=depth > 0))
    except BROKEN as error:
        yield from _fact(Fact("unreadable", path, str(error)), budget)
        return None
    except _Ratio as ratio:
        yield from _fact(Fact("ratio", path, str(ratio)), budget)
        return None
    from importlib import import_module

    packed = Packed(spool, formats[0], path, path.rpartition("/")[2], depth, budget)
    return _Open(packed, import_module(f"mdafilter.archives.{opener}").members(packed))


class _Ratio(Exception):
    """A file has become so large that nobody should unpack it."""


def _counted(head: bytes, pieces: Iterator[bytes], packed: int, budget: Budget, *, charged: bool) -> Iterator[bytes]:
    """The whole file, counted against the budget while it is unpacked; what is not packed is not charged."""
    size = len(head)
    yield head
    for piece in pieces:
        size += len(piece)
        if charged:
            budget.take(len(piece))
            if packed >= 0 and is_bomb(size, packed):
                raise _Ratio(f"{packed} octets that become more than {size}")
        yield piece


def _head(pieces: Iterator[bytes], size: int) -> bytes:
    """The beginning: at least `size` octets if there are so many (the pieces are taken as they come)."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= size:
            break
    return head


def _formats(kind: Kind, member: Member) -> list[str]:
    """What to open it as: by its octets, or where they tell no archive, by its name."""
    if kind.format in OPENERS or kind.name == "archive":
        return [kind.format]
    for reading in _saved(member):
        ending = reading.text.rpartition(".")[2].lower()
        for name, endings in ENDINGS.items():
            if ending in endings:
                return [name]
    return []


def _saved(member: Member) -> tuple[Reading, ...]:
    return () if member.folder else collected(few_names(member.names))


def _shown(member: Member) -> str:
    """The name that stands in paths: the first, without what comes behind a NUL."""
    text = member.names[0][0].partition("\0")[0] if member.names else ""
    return short_name(text) or _NOTHING


def _fact(fact: Fact, budget: Budget) -> Iterator[Fact]:
    """The fact, and after so many of them the rest is not told: each name of a fact will have been among them."""
    budget.facts += 1
    if budget.facts <= limits.ARCHIVE_FACTS or fact.name not in budget.told:
        budget.told.add(fact.name)
        yield fact
