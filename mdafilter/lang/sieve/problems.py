"""The errors and warnings of one script, with the line and the caret.

All errors of a script come at once, so each stage (lexer, parser, lowering) reports here and goes on. What is reported
twice for one place counts once; past limits.SCRIPT_ERRORS one last line says that there are more.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import Problem
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.lang.sieve.lexer import Token
    from mdafilter.lang.sieve.parser import List


class Problems:
    """Collects. `text` is the script as the lexer reads it: line ends are LF."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self._text = text
        self._seen: set[tuple[int, str]] = set()

    def error(self, at: Token | List, text: str, hint: str = "", code: str = "") -> None:
        """An error at a token."""
        self._add(self.errors, at.start, at.end, text, hint, code)

    def after(self, at: Token | List, text: str, hint: str = "") -> None:
        """An error just behind a token: where something is missing."""
        self._add(self.errors, at.end, at.end + 1, text, hint)

    def warn(self, at: Token | List, text: str, hint: str = "", code: str = "") -> None:
        self._add(self.warnings, at.start, at.end, text, hint, code)

    @property
    def full(self) -> bool:
        """Whether nothing more is listed: no hint needs to be looked for."""
        return len(self.errors) > limits.SCRIPT_ERRORS

    def apart(self) -> Problems:
        """Problems of an attempt, which `take` takes if it was the right one."""
        return Problems(self.file, self._text)

    def take(self, other: Problems) -> None:
        self.errors += other.errors
        self.warnings += other.warnings
        self._seen |= other._seen

    def listed(self) -> list[Problem]:
        """Errors in the order of the script; the stages find them in theirs."""
        return sorted(self.errors, key=lambda problem: (problem.line, problem.column))

    def _add(self, to: list[Problem], start: int, end: int, text: str, hint: str, code: str = "") -> None:
        if (start, text) in self._seen or len(to) > limits.SCRIPT_ERRORS:
            return
        self._seen.add((start, text))
        if len(to) == limits.SCRIPT_ERRORS:
            text, hint = f"more than {limits.SCRIPT_ERRORS} problems; the rest is not listed", "mend these first"
        to.append(self._problem(start, end, text, hint, "error" if to is self.errors else "warning", code))

    def _problem(self, start: int, end: int, text: str, hint: str, severity: str, code: str) -> Problem:
        # Lines are counted only here: problems are few, and their number has a limit.
        whole = self._text
        line, first = whole.count("\n", 0, start) + 1, whole.rfind("\n", 0, start) + 1
        last = whole.find("\n", start)
        last = len(whole) if last < 0 else last
        length = max(1, min(end, last) - start)
        texts = (_shown(text), _shown(hint), _shown(whole[first:last]))
        return Problem(self.file, line, start - first + 1, *texts, length, severity, code)


def _shown(text: str) -> str:
    """What can be printed: an octet of the script that is no text is a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
