"""The logical lines of a procmailrc: without comments and empty lines, continuation lines joined.

A backslash at the end of a line joins the next one to it, whose leading blanks go (procmailrc(5)). A `#` begins a
comment at the beginning of a line, and after the flags of a recipe (recipes.py); in a condition it does not.
"""

from __future__ import annotations

from mdafilter.lang.problems import Line


def logical_lines(text: str) -> list[Line]:
    """All logical lines of a file."""
    found: list[Line] = []
    pieces: list[str] = []
    start = 1
    for number, raw in enumerate(text.split("\n"), 1):
        piece = raw.rstrip("\r")
        if not pieces:
            if piece.lstrip(" \t").startswith("#"):  # a comment goes on for no second line
                continue
            start = number
        joined = piece.lstrip(" \t") if pieces else piece
        pieces.append(joined.removesuffix("\\"))
        if joined.endswith("\\"):
            continue
        found.append(Line(start, "".join(pieces)))
        pieces = []
    if pieces:
        found.append(Line(start, "".join(pieces)))
    return [line for line in found if line.text.strip(" \t")]
