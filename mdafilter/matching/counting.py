"""How often one of procmail's regular expressions is found in a text, as procmail counts it (procmailsc(5)).

Each time the match that ends first is taken, and the next one is looked for behind it. A newline at its end counts for
the next one, too, so that `^.*$` is found once in each line. What is found at the same place again is found for ever:
`.*`, or `^` alone. An edge that ^^ has found is not passed.

The expression becomes a graph (egrep.py spells it, a Graph listens), of which all ways are gone at once; where they
have led so far is a State, made when it is first needed. So the time is linear in the text, whatever the expression is.

In:    an expression without \\/, whose case counts or not; a text in pieces, one character for each octet (egrep.py).
Out:   for each time whether it is the last one of those that are counted, since it would be found for ever.
Fails: RuleStalled past limits.COUNT_STEPS, which is a large expression with many repetitions in it.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleStalled
from mdafilter.matching.egrep import EDGE, translate
from mdafilter.matching.patterns import Draft
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

NEWLINES = f"\n{EDGE}"
OFTEN = 50  # characters that change nothing, after which those that do are looked for at once


def times(pattern: str, pieces: Iterable[str], *, ignore_case: bool) -> Iterator[bool]:
    """One False for each time, and one True, the last one, where it is found for ever."""
    return _Count(Graph(pattern), ignore_case).times(pieces)


class Graph(Draft):
    """The expression as nodes: `text` is what a node takes, "" nothing, and `after` are the nodes behind it."""

    def __init__(self, pattern: str) -> None:
        super().__init__(capturing=False)
        self.text: list[str] = []
        self.after: list[list[int]] = []
        self._begin = self._tail = self._node()
        self._open_groups: list[tuple[int, list[int]]] = [(self._tail, [])]  # where each begins, and ends so far
        translate(pattern, self, True)
        self.end_node = self._joined()

    def atom(self, text: str, offset: int) -> None:
        """One node, with one before it and one behind it for a repetition."""
        super().atom(text, offset)
        self._begin = self._node()
        self._link(self._tail, self._begin)
        taken = self._node(text)
        self._link(self._begin, taken)
        self._tail = self._node()
        self._link(taken, self._tail)

    def mark(self, text: str, offset: int) -> None:
        """Another alternative begins where the group does."""
        super().mark(text, offset)
        if text == "|":
            begin, ends = self._open_groups[-1]
            ends.append(self._tail)
            self._tail = begin

    def open(self, offset: int) -> None:
        """A group begins with a node of its own."""
        super().open(offset)
        begin = self._node()
        self._link(self._tail, begin)
        self._open_groups.append((begin, []))
        self._tail = begin

    def close(self, offset: int) -> None:
        """Its alternatives meet."""
        super().close(offset)
        self._begin = self._open_groups[-1][0]
        self._tail = self._joined()

    def repeat(self, text: str, offset: int) -> None:
        """A way around, a way back, or both."""
        super().repeat(text, offset)
        if text != "+":
            self._link(self._begin, self._tail)
        if text != "?":
            self._link(self._tail, self._begin)

    def _node(self, text: str = "") -> int:
        self.text.append(text)
        self.after.append([])
        return len(self.text) - 1

    def _link(self, before: int, behind: int) -> None:
        self.after[before].append(behind)

    def _joined(self) -> int:
        _, ends = self._open_groups.pop()
        node = self._node()
        for end in (*ends, self._tail):
            self._link(end, node)
        return node


class _State(dict[str, "_State"]):
    """Where all ways have led: the nodes that may take the next character. By a character it has the next State.

    The nodes where a search begins are not in it: they are in all. `ended` is whether one of the ways was at its end.
    """

    def __init__(self, count: _Count, nodes: frozenset[int], ended: bool) -> None:
        super().__init__()
        self.count = count
        self.nodes = nodes
        self.ended = ended
        self.stayed = 0
        self.leaving: Callable[[str, int], re.Match[str] | None] | None = None

    def __missing__(self, c: str) -> _State:
        found = self[c] = self.count.step(self, c)
        return found


class _Count:
    """One count."""

    def __init__(self, graph: Graph, ignore_case: bool) -> None:
        import re

        self.graph = graph
        self.flags = re.ASCII | (re.IGNORECASE if ignore_case else re.NOFLAG)
        self.fits: dict[tuple[str, str], bool] = {}
        self.steps = 0
        self.first = frozenset[int]()
        self.first, ended = self._closed([0])
        self.states: dict[tuple[frozenset[int], bool], _State] = {}
        self.idle = _State(self, frozenset(), ended)

    def times(self, pieces: Iterable[str]) -> Iterator[bool]:
        """See above."""
        state, last = self.idle[EDGE], EDGE
        if self.idle.ended or state.ended:
            yield True
            return
        for piece in pieces:
            at, end = 0, len(piece)
            while at < end:
                before, state = state, state[piece[at]]
                at += 1
                if state.ended:
                    yield False
                    state = self._behind(piece[at - 1])
                    if state.ended:
                        yield True
                        return
                elif state is before:
                    at = self._next_change(state, piece, at)
            last = piece[-1:] or last
        yield from self._end(state, last)

    def _behind(self, last: str) -> _State:
        """Where the next search begins."""
        return self.idle[last] if last in NEWLINES else self.idle

    def _end(self, state: _State, last: str) -> Iterator[bool]:
        """At the second edge, behind this character."""
        for by_edge in (False, True):
            if self._ends(state, by_edge):
                yield False
                again = self._behind(last) if by_edge else self.idle
                if again.ended or self._ends(again, False) or self._ends(again, True):
                    yield True
                return

    def _ends(self, state: _State, by_edge: bool) -> bool:
        """Whether a way ends here, by a ^^ or without one."""
        taking = [n for n in state.nodes | self.first if (self.graph.text[n] == EDGE) == by_edge]
        return self._closed(self._moved(taking, EDGE))[1]

    def _next_change(self, state: _State, piece: str, at: int) -> int:
        """The offset of the next character that changes this state."""
        if state.leaving is None:
            state.stayed += 1
            if state.stayed < OFTEN:
                return at
            import re

            others = "".join(f"\\x{n:02x}" for n in range(256) if state[chr(n)] is not state)
            state.leaving = re.compile(f"[{others}{EDGE}]").search
        found = state.leaving(piece, at)
        return len(piece) if found is None else found.start()

    # --- steps ---------------------------------------------------------------------------------------------------

    def step(self, state: _State, c: str) -> _State:
        """The state behind this one."""
        if state is self.idle:
            nodes, ended = self._closed(self._moved(self.first, c))
        else:
            begun = self.idle[c]
            nodes, ended = self._closed(self._moved(state.nodes, c))
            nodes, ended = nodes | begun.nodes, ended or begun.ended
        nodes -= self.first
        if not nodes and not ended:
            return self.idle
        if len(self.states) > limits.COUNT_STATES:
            self.states.clear()
            self.idle = _State(self, frozenset(), self.idle.ended)
        return self.states.setdefault((nodes, ended), _State(self, nodes, ended))

    def _moved(self, nodes: Iterable[int], c: str) -> list[int]:
        """The nodes behind those that take this character."""
        return [behind for node in nodes if self._fits(self.graph.text[node], c) for behind in self.graph.after[node]]

    def _fits(self, text: str, c: str) -> bool:
        self._count(1)
        if (text, c) not in self.fits:
            import re

            self.fits[text, c] = re.fullmatch(text, c, self.flags) is not None
        return self.fits[text, c]

    def _closed(self, nodes: list[int]) -> tuple[frozenset[int], bool]:
        """The nodes that take something, from these on, and whether the end is among them."""
        seen = set(nodes)
        while nodes:
            node = nodes.pop()
            if not self.graph.text[node]:
                new = [behind for behind in self.graph.after[node] if behind not in seen]
                self._count(1 + len(self.graph.after[node]))
                seen.update(new)
                nodes += new
        return frozenset(node for node in seen if self.graph.text[node]), self.graph.end_node in seen

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > limits.COUNT_STEPS:
            raise RuleStalled("a regular expression is too large to be counted")
