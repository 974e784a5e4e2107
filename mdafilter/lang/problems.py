"""The errors and warnings of a rule file whose lines are its units (procmailrc, Postfix tables).

All errors of a file come at once: a front end reports here, goes on, and at the end `done` raises what there is.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import Problem, RuleErrors
from mdafilter.values import Value


class Line(Value):
    """A logical line: its text with continuation lines joined, and the number from 1 of its first line."""

    number: int
    text: str


class Problems:
    """Collects the problems of one file."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self._source = text.split("\n")

    def error(self, line: Line, text: str, hint: str = "", *, at: int = 0) -> None:
        """An error at character `at` (from 0) of the line."""
        if len(self.errors) < limits.SCRIPT_ERRORS:
            self.errors.append(self._problem(line, text, hint, at, "error"))

    def warn(self, line: Line, text: str, hint: str = "", *, at: int = 0) -> None:
        """A warning at character `at` (from 0) of the line."""
        if len(self.warnings) < limits.SCRIPT_ERRORS:
            self.warnings.append(self._problem(line, text, hint, at, "warning"))

    def done(self) -> tuple[Problem, ...]:
        """The warnings; RuleErrors if there are errors."""
        if self.errors:
            raise RuleErrors(self.errors)
        return tuple(self.warnings)

    def _problem(self, line: Line, text: str, hint: str, at: int, severity: str) -> Problem:
        source = self._source[line.number - 1].rstrip("\r")
        column = min(at, len(source)) + 1  # a mistake in a continuation line is shown at the end of the first
        return Problem(self.file, line.number, column, text, hint, source, 1, severity)
