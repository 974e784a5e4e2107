"""The wildcards of :matches: `*` and `?` (RFC 5228 section 2.7.1), with match values (RFC 5229 section 3.2).

A key is cut at its stars into pieces. The first piece stands at the beginning of the value, the last one at its end,
each other one at the first place after the piece before it; that finds a match if there is one, without ever going
back, and each star takes as little as possible ("The wildcards match as little as possible"). So the time is the
length of the value times that of a piece at worst, and is counted on top of that.

`?` is one octet, not one character: "The comparators "i;octet" and "i;ascii-casemap" define a character to be a
single octet, so "?" will always match exactly one octet". So a value with a `?` in its key and something other than
ASCII in it is spread to one character per octet before, and the match values are put together again afterwards.

Fails: RuleStalled past limits.MATCH_STEPS.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleStalled
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator


class Piece(Value):
    """What stands between two stars: `length` characters, of which the `runs` (offset, text) are given."""

    length: int
    runs: tuple[tuple[int, str], ...]

    @property
    def wild(self) -> Iterator[int]:
        """The offsets of the `?`."""
        given = {offset + n for offset, text in self.runs for n in range(len(text))}
        return (n for n in range(self.length) if n not in given)


class Glob(Value):
    """A key that was parsed. `questions`: whether there is a `?` in it."""

    pieces: tuple[Piece, ...]
    questions: bool


def parse(key: str) -> Glob:
    """The pieces of a key. A backslash takes the special meaning from what follows it."""
    questions = _has_question(key)
    if questions:
        key = _spread(key)
    pieces: list[Piece] = []
    runs: list[tuple[int, str]] = []
    run: list[str] = []
    length = 0

    def end_run() -> None:
        if run:
            runs.append((length - len(run), "".join(run)))
            run.clear()

    characters = iter(key)
    for c in characters:
        if c == "*":
            end_run()
            pieces.append(Piece(length, tuple(runs)))
            runs.clear()
            length = 0
        elif c == "?":
            end_run()
            length += 1
        else:
            run.append(next(characters, c) if c == "\\" else c)
            length += 1
    end_run()
    pieces.append(Piece(length, tuple(runs)))
    return Glob(tuple(pieces), questions)


def match(glob: Glob, value: str, view: str, budget: list[int]) -> tuple[str, ...] | None:
    """The match values (the whole value, then what each wildcard took), or None.

    `view` is the value as the comparator sees it; match values are cut from the value as it stands. `budget` holds
    the steps that are left, for this value and those that come after it.
    """
    spread = glob.questions and not value.isascii()
    if spread:
        value, view = _spread(value), _spread(view)
    places = _places(glob.pieces, view, budget)
    if places is None:
        return None
    found = [value, *_wildcards(glob.pieces, places, value)]
    return tuple(map(_gathered, found)) if spread else tuple(found)


def _places(pieces: tuple[Piece, ...], view: str, budget: list[int]) -> list[int] | None:
    """Where each piece stands, or None."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return [0] if len(view) == first.length and _stands(first, view, 0) else None
    end = len(view) - last.length
    if end < first.length or not _stands(first, view, 0) or not _stands(last, view, end):
        return None
    places, after = [0], first.length
    for piece in pieces[1:-1]:
        at = _find(piece, view, after, end, budget)
        if at < 0:
            return None
        places.append(at)
        after = at + piece.length
    return [*places, end]


def _stands(piece: Piece, view: str, at: int) -> bool:
    return all(view.startswith(text, at + offset) for offset, text in piece.runs)


def _find(piece: Piece, view: str, start: int, end: int, budget: list[int]) -> int:
    """The first place of the piece in view[start:end], or -1. Only pieces with a `?` inside need more than one look."""
    if start + piece.length > end:  # so no index below is negative
        return -1
    if not piece.runs:
        return start
    offset, anchor = piece.runs[0]
    tail = piece.length - offset - len(anchor)
    cost = sum(1 + len(text) // 64 for _, text in piece.runs)
    at = view.find(anchor, start + offset, end - tail)
    while at >= 0 and not _stands(piece, view, at - offset):
        budget[0] -= cost
        if budget[0] < 0:
            raise RuleStalled(f":matches took more than {limits.MATCH_STEPS} steps")
        at = view.find(anchor, at + 1, end - tail)
    return at - offset if at >= 0 else -1


def _wildcards(pieces: tuple[Piece, ...], places: list[int], value: str) -> Iterator[str]:
    after = 0
    for number, (piece, at) in enumerate(zip(pieces, places, strict=True)):
        if number:
            yield value[after:at]
        for offset in piece.wild:
            yield value[at + offset]
        after = at + piece.length


def _has_question(key: str) -> bool:
    characters = iter(key)
    for c in characters:
        if c == "?":
            return True
        if c == "\\":
            next(characters, "")
    return False


def _spread(text: str) -> str:
    """One character for each octet of its UTF-8, and for each octet that is none."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:  # half a character of UTF-16, which an odd charset can make
        return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _gathered(text: str) -> str:
    """The characters again; an octet that is no character alone becomes a surrogate that encodes back to it."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "surrogateescape")
