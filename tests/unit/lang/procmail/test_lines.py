"""The logical lines of a procmailrc."""

from __future__ import annotations

import pytest

from mdafilter.lang.problems import Line
from mdafilter.lang.procmail.lines import logical_lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("# a\n\n  \n\t# b\n", []),
        (":0\n* ^a\r\n b/\n", [Line(1, ":0"), Line(2, "* ^a"), Line(3, " b/")]),
        ("* a\\\n    b\\\n\tc\nd", [Line(1, "* abc"), Line(4, "d")]),
        ("a\\\n# b", [Line(1, "a# b")]),
        ("# a\\\nb", [Line(2, "b")]),
        ("a\\", [Line(1, "a")]),
        ("* a # b", [Line(1, "* a # b")]),
    ],
)
def test_lines(text: str, lines: list[Line]) -> None:
    """A backslash continues a line; comments begin at the beginning of a line."""
    assert logical_lines(text) == lines
