"""The errors and warnings of a rule file whose lines are its units (procmailrc, Postfix tables).

All errors of a file come at once: a front end reports here, goes on, and at the end `done` raises what there is.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import Problem, RuleErrors
from mdafilter.values import Value


class Line(Value):
    """A logical line: its text with continuation lines joined, and the number from 1 of its first line.

    `joints` say for offsets in the text at which line and column of the file they stand, in order; without any the
    text is all of one line.
    """

    number: int
    text: str
    joints: tuple[tuple[int, int, int], ...] = ()

    def place(self, at: int) -> tuple[int, int]:
        """The line and the column from 1 of a character of the text."""
        offset, number, column = next((j for j in reversed(self.joints) if j[0] <= at), (0, self.number, 1))
        return number, column + at - offset


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
            raise RuleErrors(self.errors, self.warnings)
        return tuple(self.warnings)

    def _problem(self, line: Line, text: str, hint: str, at: int, severity: str) -> Problem:
        number, column = line.place(at)
        source = self._source[number - 1].rstrip("\r")
        column = min(column, len(source) + 1)  # without joints, what is in a continuation line is shown at the end
        return Problem(self.file, number, column, text, hint, source, 1, severity)
