"""A procmailrc in its pieces. What is expected here is where procmail itself stops reading."""

from __future__ import annotations

import pytest

from mdafilter.lang.procmail.lines import logical_lines
from tests.support.clock import linear


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("# a\n\n  \n\t# b\n", []),
        (":0\n* ^a\r\n b/\n", [":0", "* ^a", "b/"]),
        (":0\n* a\\\n    b\\\n\tc\nd", [":0", "* abc", "d"]),
        (":0\n* a # b\nc # d\n", [":0", "* a # b", "c "]),
        (":0 c: # d\n\n# e\n  * a\n  # f\n\tg", [":0 c: ", "* a", "g"]),
        ("# a\\\nA=b", ["A=b"]),
        ("A=b # c\\\nB=c", ["A=b", "B=c"]),
        ("A=b B = c D # e", ["A=b", "B = c", "D"]),
        ("A=\"b\nc\" D='e\nf'g", ['A="b\nc"', "D='e\nf'g"]),
        ("A=`b 'c d'` e", ["A=`b 'c d'`", "e"]),
        ('A="`b "c d" e`" f', ['A="`b "c d"', 'e`" f']),
        ("A=\nB", ["A=", "B"]),
        ("A= B=c", ["A= B=c"]),
        ("A= # b", ["A= "]),
        ("A=b\\\n  c", ["A=b\\\n", "c"]),
        (":0\n{ A=b :0\nc\n} } D=e", [":0", "{", "A=b", ":0", "c", "}", "}", "D=e"]),
        (":0\n{}\n", [":0", "{}"]),
        (":0\n{A=b}\n", [":0", "{A=b}"]),
        (":0\n| a \\\n  b # c\nd", [":0", "| a \\\n  b # c", "d"]),
        (":0\n| a \\\n\\\n  b\n", [":0", "| a \\\n\n  b"]),
        (":0\nA= | b c\nd", [":0", "A= | b c", "d"]),
        (":0\nA =| b\n", [":0", "A =| b"]),
        (':0\n! a "b\nc" # d', [":0", '! a "b\nc" ']),
        (":0\na#b\n! c", [":0", "a", "! c"]),
        (":0\n! a#b\n", [":0", "! a#b"]),
        (":2\n^a\n  b\nc", [":2", "*^a", "*b", "c"]),
        (":2\n* ^a\n\nc", [":2", "* ^a", "*", "c"]),
        (":\n# a\n* b\nc", [":", "*# a", "* b", "c"]),
        ("^a b\nc", ["^a b", "c"]),
        ("a! b\nc", ["a! b", "c"]),
        ("export A=b", ["export", "A=b"]),
        (":0", [":0"]),
        (":0\n* a", [":0", "* a"]),
        (":3\na", [":3", "*a"]),
        ("\\\nA=b", ["A=b"]),
    ],
)
def test_pieces(text: str, pieces: list[str]) -> None:
    assert [line.text for line in logical_lines(text)] == pieces


def test_each_character_has_its_place() -> None:
    """Of what is joined, of what is on a line with others, and of what has lines of its own."""
    text = ':0 c\n * a\\\n    bc\n{ A="d\ne" }\n:1\n ^f\n| g'
    lines = logical_lines(text)
    assert [line.number for line in lines] == [1, 2, 4, 4, 5, 6, 7, 8]
    places = {c: line.place(line.text.index(c)) for line in lines for c in "abcdefg" if c in line.text}
    assert places == {"c": (3, 6), "a": (2, 4), "b": (3, 5), "d": (4, 6), "e": (5, 1), "f": (7, 3), "g": (8, 3)}


@pytest.mark.parametrize(
    "piece",
    [
        ":0\n* a\nb\n",
        "A=b ",
        "{ ",
        "} ",
        "# a\n",
        ":9999999\n",
        'A="',
        "`",
        "* a\\\n",
        ":0\n| a\\\n",
        "\\\n",
        "${A-",
        "'",
    ],
)
def test_the_time_is_linear(piece: str) -> None:
    assert linear(logical_lines, piece * 5000)
