"""The wildcards of :matches where a character may be several octets, and become several characters (i;unicode-casemap).

"A Unicode-based comparator would define a character to be any UTF-8 octet sequence encoding one Unicode character"
(RFC 5228 section 2.7.1): here `?` takes one character of the value as it stands, whatever the comparator makes of it.

It is done as in glob.py: pieces between stars, each at the first place where it stands. The places are those of the
prepared value (casemap.py), and `?` goes from the beginning of one character of the value to that of the next one.
From a later place that leads to no earlier one, so the first place of a piece is the best one here as well.

Match values are cut from the value as it stands. A character that a key has matched only in part (`e*` of `é`) belongs
to what the key's own letters took.

Fails: RuleStalled past limits.MATCH_STEPS.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleStalled
from mdafilter.matching import casemap
from mdafilter.values import Value


class Piece(Value):
    """What stands between two stars: `before` question marks, then texts, each with the `?` that follow it."""

    before: int
    runs: tuple[tuple[str, int], ...]


def parse(key: str) -> tuple[Piece, ...]:
    """The pieces of a key. What the comparator makes of a letter is no wildcard."""
    pieces: list[Piece] = []
    runs: list[tuple[str, int]] = [("", 0)]
    literal: list[str] = []

    def end_run(questions: int = 0) -> None:
        if literal:
            runs.append((casemap.prepared("".join(literal)), 0))
            literal.clear()
        runs[-1] = (runs[-1][0], runs[-1][1] + questions)

    signs = iter(key)
    for c in signs:
        if c == "*":
            end_run()
            pieces.append(Piece(runs[0][1], tuple(runs[1:])))
            runs = [("", 0)]
        elif c == "?":
            end_run(1)
        else:
            literal.append(next(signs, c) if c == "\\" else c)
    end_run()
    return (*pieces, Piece(runs[0][1], tuple(runs[1:])))


def match(pieces: tuple[Piece, ...], value: str, budget: list[int]) -> tuple[str, ...] | None:
    """The match values, or None. `budget` holds the steps that are left."""
    return _Text(value, budget).match(pieces)


class _Text:
    """A value. `view` is what is compared, `starts` where each character begins in it (and its end).

    `nth` is the inverse: the character that begins at a place, or the next one that does.
    """

    def __init__(self, value: str, budget: list[int]) -> None:
        mapped = casemap.characters(value)
        self.value = value
        self.budget = budget
        self.view = "".join(mapped)
        self.starts: list[int] = []
        self.nth: list[int] = []
        for number, text in enumerate(mapped):
            self.starts.append(len(self.nth))
            self.nth += [number] + [number + 1] * (len(text) - 1)
        self.starts.append(len(self.nth))
        self.nth.append(len(mapped))

    def match(self, pieces: tuple[Piece, ...]) -> tuple[str, ...] | None:
        first, last = pieces[0], pieces[-1]
        end = self.after(first, 0)
        if end < 0 or (len(pieces) == 1 and end < len(self.view)):
            return None
        places = [0]
        if len(pieces) > 1:
            final = self.before(last, len(self.view))
            for piece in pieces[1:-1]:
                at, end = self.find(piece, end)
                if at < 0:
                    return None
                places.append(at)
            if final < end:
                return None
            places.append(final)
        return (self.value, *self.taken(pieces, places))

    def skip(self, at: int, questions: int) -> int:
        """Behind (or, below zero, before) so many characters; -1 where no character begins or there are too few."""
        if not questions or at < 0:
            return at
        number = self.nth[at]
        if self.starts[number] != at or not 0 <= number + questions < len(self.starts):
            return -1
        return self.starts[number + questions]

    def after(self, piece: Piece, at: int) -> int:
        """Where the piece ends if it stands here; -1 if it does not."""
        at = self.skip(at, piece.before)
        for text, questions in piece.runs:
            if at < 0 or not self.view.startswith(text, at):
                return -1
            at = self.skip(at + len(text), questions)
        return at

    def before(self, piece: Piece, at: int) -> int:
        """Where the piece begins if it ends here; -1 if it does not."""
        for text, questions in reversed(piece.runs):
            at = self.skip(at, -questions) - len(text)
            if at < 0 or not self.view.startswith(text, at):
                return -1
        return self.skip(at, -piece.before)

    def find(self, piece: Piece, start: int) -> tuple[int, int]:
        """The first place of the piece from here on, and its end; -1 where there is none."""
        if not piece.runs:
            if not piece.before:
                return start, start
            at = self.starts[self.nth[start]]
            end = self.skip(at, piece.before)
            return (at, end) if end >= 0 else (-1, -1)
        anchor = piece.runs[0][0]
        cost = sum(1 + len(text) // 64 for text, _ in piece.runs)
        found = self.view.find(anchor, start)
        while found >= 0:
            at = self.skip(found, -piece.before)
            end = self.after(piece, at) if at >= start else -1
            if end >= 0:
                return at, end
            self.budget[0] -= cost
            if self.budget[0] < 0:
                raise RuleStalled(f":matches took more than {limits.MATCH_STEPS} steps")
            found = self.view.find(anchor, found + 1)
        return -1, -1

    def taken(self, pieces: tuple[Piece, ...], places: list[int]) -> list[str]:
        """What each wildcard took of the value."""
        out: list[str] = []
        end = 0
        for number, (piece, at) in enumerate(zip(pieces, places, strict=True)):
            if number:
                upto = self.nth[at]
                out.append(self.value[self.nth[end] : upto - (self.starts[upto] != at)])
            for text, questions in (("", piece.before), *piece.runs):
                at += len(text)
                out += self.value[self.nth[at] : self.nth[at] + questions]
                at = self.skip(at, questions)
            end = at
        return out
