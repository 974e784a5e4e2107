"""The lines of rule files, as people wrote them: for who shows a rule beside what is said of it.

In:    the place of a rule. Out: its line, without the line end; "" where the file cannot be read, or has changed.
Not on the way of a message: a file is read when the first of its lines is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter import limits, rulebook

if TYPE_CHECKING:
    from mdafilter.texts import Where

NEAR = 20  # lines that a rule has


class Sources:
    """The lines of all files that were asked for."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def give(self, file: str, text: bytes) -> None:
        """The text of a file that was read already."""
        self._lines[file] = text.decode("utf-8", "replace").removeprefix("\ufeff").split("\n")

    def line(self, at: Where) -> str:
        """The line of a place."""
        if at.file not in self._lines:
            self.give(at.file, _read(at.file))
        lines = self._lines[at.file]
        return lines[at.line - 1].rstrip("\r") if 0 < at.line <= len(lines) else ""

    def rule(self, at: Where) -> list[str]:
        """The line of a place; where one question takes several (a recipe, an if of Sieve), all of them."""
        first = self.line(at)
        found = [first] if first.strip() else []
        recipe = first.lstrip().startswith(":0")
        question = first[at.column - 1 :].startswith(("if", "elsif"))
        for number in range(at.line + 1, at.line + NEAR if recipe or question else 0):
            line = self.line(at.replace(line=number))
            if question and ("{" in found[-1] or not line.strip()):
                break
            if recipe and not (line.lstrip().startswith("*") or found[-1].endswith("\\")):
                break
            found.append(line)
        return found

    def find(self, at: Where, text: str) -> Where:
        """Where the text stands, from a place on and not far from it; the place itself where it does not."""
        for number in range(at.line, at.line + NEAR):
            found = self.line(at.replace(line=number)).find(text)
            if found >= 0:
                return at.replace(line=number, column=found + 1)
        return at


def _read(file: str) -> bytes:
    try:
        with open(rulebook.located(file), "rb") as opened:
            return opened.read(limits.SCRIPT_OCTETS)
    except (OSError, ValueError):  # a name that is no path, as <stdin>: what is shown then has no source beside it
        return b""
