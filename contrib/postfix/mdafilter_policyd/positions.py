"""Where the keys of a TOML text stand, since tomllib tells no positions.

In:    a text that tomllib reads.
Out:   (line, column) by the path of a key: ("helo", "mode") of `mode` in [helo], and of `helo.mode` at the top.
Known bug: a line inside a text of several lines that looks like a key or a table is taken for one; an error may then
be said to stand there.
"""

from __future__ import annotations

import re

# TOML 1.0: a bare key, or a quoted one; dotted keys are several.
_PART = r"""[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*'"""
_KEY = re.compile(rf"[ \t]*((?:{_PART})(?:[ \t]*\.[ \t]*(?:{_PART}))*)[ \t]*=")
_TABLE = re.compile(rf"[ \t]*\[{{1,2}}[ \t]*((?:{_PART})(?:[ \t]*\.[ \t]*(?:{_PART}))*)[ \t]*\]")
_ONE = re.compile(_PART)
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")

Path = tuple[str, ...]


class Positions:
    """The positions of one text."""

    def __init__(self, text: str) -> None:
        self._found: dict[Path, tuple[int, int]] = {}
        table: Path = ()
        for number, line in enumerate(text.split("\n"), 1):
            if match := _TABLE.match(line):
                table = _parts(match[1])
                self._found.setdefault(table, (number, match.start(1) + 1))
            elif match := _KEY.match(line):
                path = table + _parts(match[1])
                for length in range(len(table) + 1, len(path) + 1):
                    self._found.setdefault(path[:length], (number, match.start(1) + 1))

    def has(self, *path: str) -> bool:
        """Whether this key or table is there."""
        return path in self._found

    def at(self, *path: str) -> tuple[int, int]:
        """Of this key; else of the table that it is in; (0, 0) where that is not known either."""
        while path:
            if path in self._found:
                return self._found[path]
            path = path[:-1]
        return (0, 0)


def of_error(text: str) -> tuple[str, int, int]:
    """What tomllib says, and where: it tells that of an error, in words."""
    match = _AT.search(text)
    if match is None:
        return text.removesuffix(" (at end of document)"), 0, 0
    return text[: match.start()].rstrip(), int(match[1]), int(match[2])


def _parts(text: str) -> Path:
    return tuple(part.strip("\"'") if part[0] in "\"'" else part for part in _ONE.findall(text))
