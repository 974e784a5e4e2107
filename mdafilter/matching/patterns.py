"""Regular expressions of users and admins, with a time budget.

Five spellings become Python's: "ere" (POSIX extended; Sieve's :regex) and "regexp" (the same as the GNU C library takes
it; Postfix regexp tables) by posix.py, "bre" (POSIX basic; such tables with the flag x) by basic.py, "procmail" by
egrep.py and "pcre" (Postfix pcre tables) by pcre.py. All know ASCII letters, digits and case only, as these programs do
outside of a UTF-8 locale; a character that is not ASCII is one character for them.

In:    the pattern, at most limits.REGEX_OCTETS characters; texts, of which the first limits.REGEX_SUBJECT are searched.
Out:   the match and its groups as strings, "" for a group that took no part; or None.
Fails: PatternError with an offset, when a pattern is compiled. RuleStalled, when its searches take more than
       limits.REGEX_SECONDS of processor time: hostile mail can make a harmless looking pattern run for years. The
       engine then skips the rule and delivers.

The budget is a timer of the system (setitimer(2), ITIMER_VIRTUAL), because Python's search looks for signals while it
goes back and forth. That works in the main thread only. In other threads a pattern with more than one repetition
stalls at once, and another one searches the first limits.REGEX_SUBJECT_IN_THREAD characters.

Known bugs: alternatives are tried from left to right and not for the longest match, as POSIX wants. That changes what
a group holds (`(a|ab)(c|bcd)`), never whether a pattern is found.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import MdafilterError, RuleStalled
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from typing import Self, TypeAlias

    Translator: TypeAlias = Callable[[str, "Draft", bool], None]


class PatternError(MdafilterError):
    """A pattern is wrong. `offset` counts characters of the pattern from 0."""

    def __init__(self, text: str, offset: int) -> None:
        super().__init__(text)
        self.text = text
        self.offset = offset


class Draft:
    """A pattern while it is translated: pieces of Python's spelling, each with the offset where it comes from."""

    def __init__(
        self, *, capturing: bool = True, options: str = "", gnu: bool = False, ignore_case: bool = False
    ) -> None:
        self.options = options  # of compile, as ignore_case
        self.ignore_case = ignore_case
        self.gnu = gnu  # whether all is taken that the GNU C library takes
        self.pieces: list[str] = []
        self.offsets: list[int] = []
        self.warnings: list[tuple[str, int]] = []
        self.lazy = False  # whether repetitions take as little as possible
        self._open = "(" if capturing else "(?:"
        self._groups: list[tuple[int, int]] = []  # of the open groups: index of the piece, offset
        self._atom: int | None = None  # index of the piece where what can be repeated begins
        self._repeated = False

    @property
    def depth(self) -> int:
        """How many groups are open."""
        return len(self._groups)

    @property
    def opened(self) -> int:
        """The offset of the innermost group that is open."""
        return self._groups[-1][1]

    @property
    def repeatable(self) -> bool:
        """Whether a repetition may follow, and none has."""
        return self._atom is not None and not self._repeated

    def atom(self, text: str, offset: int) -> None:
        """Something that may be repeated."""
        self._atom, self._repeated = len(self.pieces), False
        self._add(text, offset)

    def mark(self, text: str, offset: int) -> None:
        """Something after which nothing can be repeated: an alternative begins."""
        self._atom = None
        self._add(text, offset)

    def open(self, offset: int) -> None:
        """A group begins."""
        self._groups.append((len(self.pieces), offset))
        self.mark(self._open, offset)

    def close(self, offset: int) -> None:
        """A group ends; it can be repeated."""
        if not self._groups:
            raise PatternError("a ) without a (", offset)
        start, _ = self._groups.pop()
        self._add(")", offset)
        self._atom, self._repeated = start, False

    def repeat(self, text: str, offset: int) -> None:
        """A repetition of what stands before it; one of a repetition (`a+*`) too, which Python spells otherwise."""
        if self._atom is None:
            raise PatternError(f"there is nothing before the {text[0]} that it could repeat", offset)
        if self._repeated:
            self.pieces[self._atom] = "(?:" + self.pieces[self._atom]
            self._add(")", offset)
        self._add(text + "?" * self.lazy, offset)
        self._repeated = True

    def end(self) -> None:
        """The end of the pattern."""
        if self._groups:
            raise PatternError("a ( without a )", self._groups[-1][1])

    def origin(self, position: int) -> int:
        """The offset in the pattern of a position in Python's spelling."""
        for piece, offset in zip(self.pieces, self.offsets, strict=True):
            position -= len(piece)
            if position < 0:
                return offset
        return self.offsets[-1] if self.offsets else 0

    def _add(self, text: str, offset: int) -> None:
        self.pieces.append(text)
        self.offsets.append(offset)


class Pattern:
    """A compiled pattern. `warnings` are (text, offset)."""

    def __init__(
        self, compiled: re.Pattern[str], warnings: tuple[tuple[str, int], ...], anchored: bool = False
    ) -> None:
        self.compiled = compiled
        self.warnings = warnings
        self._look = compiled.match if anchored else compiled.search

    @property
    def groups(self) -> int:
        """How many groups it has, besides the whole match."""
        return self.compiled.groups

    def search(self, text: str, budget: Budget | None = None) -> tuple[str, ...] | None:
        """The match and its groups, or None. RuleStalled past the budget; without one this search has its own."""
        found = self.find(text, budget)
        return None if found is None else (found[0], *found.groups(""))

    def find(self, text: str, budget: Budget | None = None, start: int = 0) -> re.Match[str] | None:
        """As `search`, with the places, from an offset on."""
        budget = budget or Budget()
        if budget.running:
            return self._search(text, budget, start)
        with budget:
            return self._search(text, budget, start)

    def _search(self, text: str, budget: Budget, start: int) -> re.Match[str] | None:
        if budget.unguarded:
            return self._search_in_thread(text, start)
        try:
            return self._look(text[: limits.REGEX_SUBJECT], start)
        except MemoryError:
            raise RuleStalled("a regular expression took too much memory") from None

    def _search_in_thread(self, text: str, start: int) -> re.Match[str] | None:
        """Where no signal reaches: only what cannot run for long."""
        if sum(map(self.compiled.pattern.count, "*+?{")) > 1:
            raise RuleStalled("a regular expression with several repetitions is not tried outside of the main thread")
        return self._look(text[: limits.REGEX_SUBJECT_IN_THREAD], start)


_compiled: dict[tuple[str, bool, str, bool, str], Pattern] = {}  # of this process; patterns are few and come again


def compile(pattern: str, *, ignore_case: bool, syntax: str, newline: bool = False, options: str = "") -> Pattern:
    """Compiles a pattern of the syntax "ere", "regexp", "bre", "procmail" or "pcre". Raises PatternError.

    `newline`: ^ and $ stand at each line's beginning and end too, and `.` and [^...] match no newline (REG_NEWLINE of
    regcomp(3)), but for "pcre", where only the flag s says so. Procmail has it always.
    `options`, of "pcre" alone, are the letters of pcre_table(5) whose flag is not as it is by default: s (off), x, A, E
    and U (on).
    """
    key = (pattern, ignore_case, syntax, newline, options)
    if key not in _compiled:
        if len(_compiled) >= limits.PATTERNS:
            _compiled.clear()
        _compiled[key] = _compile(*key)
    return _compiled[key]


def _compile(pattern: str, ignore_case: bool, syntax: str, newline: bool, options: str) -> Pattern:
    import re

    if len(pattern) > limits.REGEX_OCTETS:
        raise PatternError(f"the pattern is longer than {limits.REGEX_OCTETS} characters", limits.REGEX_OCTETS)
    draft = Draft(
        capturing=syntax != "procmail", options=options, gnu=syntax in ("regexp", "bre"), ignore_case=ignore_case
    )
    _translator(syntax)(pattern, draft, newline)
    draft.end()
    flags = re.ASCII | (re.IGNORECASE if ignore_case else re.NOFLAG)
    if newline or syntax == "procmail":
        flags |= re.MULTILINE
    dot_is_all = "s" not in options if syntax == "pcre" else syntax != "procmail" and not newline
    if dot_is_all:  # pcre_table(5): "s (default: on)"
        flags |= re.DOTALL
    try:
        return Pattern(re.compile("".join(draft.pieces), flags), tuple(draft.warnings), "A" in options)
    except re.error as error:
        raise PatternError(error.msg, draft.origin(error.pos or 0)) from None
    except (RecursionError, OverflowError):
        raise PatternError("the pattern is nested too deeply or repeats too often", 0) from None


def _translator(syntax: str) -> Translator:
    match syntax:
        case "ere" | "regexp":
            from mdafilter.matching.posix import translate
        case "bre":
            from mdafilter.matching.basic import translate
        case "procmail":
            from mdafilter.matching.egrep import translate
        case "pcre":
            from mdafilter.matching.pcre import translate
        case _:
            raise ValueError(f"no syntax of patterns: {syntax!r}")
    return translate


# --- the budget --------------------------------------------------------------------------------------------------


class Budget:
    """Processor time that several searches share: those of one pattern on all fields of a message.

    Within `with budget:` the timer runs; an earlier timer and handler are in force again afterwards. A search outside
    of that starts it for itself; the other way costs 10 microseconds less for each search.
    """

    def __init__(self, seconds: float = limits.REGEX_SECONDS) -> None:
        self.left = seconds
        self.running = False
        self.unguarded = False  # in a thread that no signal reaches
        self._text = f"a regular expression took more than {seconds:g} s"

    def __enter__(self) -> Self:
        import _signal  # type: ignore[import-not-found]
        import time

        if self.left <= 0:
            raise RuleStalled(self._text)
        try:
            self._handler = _signal.signal(_signal.SIGVTALRM, self._stop)
        except ValueError:  # not the main thread
            self.unguarded = self.running = True
            return self
        self._begin = time.process_time()
        # It fires again: the first signal is for nobody if it comes before the next line.
        self._outer = _signal.setitimer(_signal.ITIMER_VIRTUAL, self.left, _AGAIN)
        self.running = True
        return self

    def __exit__(self, *_exception: object) -> None:
        self.running = False
        if self.unguarded:
            return
        import _signal
        import time

        _signal.setitimer(_signal.ITIMER_VIRTUAL, 0)
        _signal.signal(_signal.SIGVTALRM, self._handler or _signal.SIG_DFL)
        used = time.process_time() - self._begin
        self.left -= used
        left, interval = self._outer
        if left:
            _signal.setitimer(_signal.ITIMER_VIRTUAL, max(left - used, 1e-6), interval)

    def _stop(self, _number: int, _frame: object) -> None:
        """Raises once, so that no signal that comes late hits anything else."""
        if self.running:
            self.running, self.left = False, 0.0
            raise RuleStalled(self._text)


_AGAIN = 0.01
