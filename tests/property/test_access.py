"""Any octets are a table, any text can be looked up, in linear time; an address finds what a walk through the lines finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.errors import RuleErrors
from mdafilter.lang.tables.access import Access, Entry, named, parse
from tests.support import cidr
from tests.support.clock import linear

NAMES = ["if", "endif", "10.0.0.0", "10.1", "::", "2001:db8", "a@b.example", "b.example", "user@", "<>", "OK", "550 x"]
MARKS = [
    "!",
    "[",
    "]",
    "/",
    "/8",
    '"',
    "\\",
    ":",
    ".",
    "*",
    "#",
    " ",
    "  ",
    "\t",
    "\n",
    "\n ",
    "\r\n",
    "\v",
    "ü",
    "\u2028",
    "²",
]
WORDS = st.sampled_from(NAMES + MARKS)
SOUP = st.lists(WORDS | st.text(max_size=3), max_size=30).map("".join)
KINDS = ("mail", "host", "address", "list")


@given(
    st.binary(max_size=200) | SOUP.map(lambda text: text.encode("utf-8", "surrogatepass")),
    SOUP,
    st.text("+-", max_size=2),
)
def test_any_octets_and_any_value(text: bytes, value: str, delimiter: str) -> None:
    """What is found stands in the table, at that line; each problem has a place in it."""
    try:
        access = parse(text, "t")
    except RuleErrors:
        assert b"\0" in text
        return
    lines = text.decode("utf-8", "surrogateescape").split("\n")
    for problem in access.problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
    for one in (value, *access.names):
        for kind in KINDS:
            look_at(access.find(kind, one, delimiter), lines)


def look_at(entry: Entry | None, lines: list[str]) -> None:
    if entry is not None:
        assert entry.result
        assert entry.key.lstrip("!") in lines[entry.line - 1]
        named(entry.result)


@given(SOUP)
def test_what_is_a_key_is_found(text: str) -> None:
    """Each whole mail address and each name finds itself."""
    access = parse(text.encode("utf-8", "replace").replace(b"\0", b""), "t")
    for key, (line, _key, result) in access.names.items():
        if not set(key) & set('"\\[]<>():;,@. \t\r\n\v\f'):
            assert access.host(key) == Entry(_key, result, line)


@given(cidr.GOOD_TABLES, st.lists(cidr.ADDRESSES, max_size=20))
def test_an_address_finds_the_line_that_a_walk_finds(table: str, addresses: list[str]) -> None:
    access = parse(table.encode(), "t")
    assert not [p for p in access.problems if p.severity == "error"]
    for address in addresses:
        found = access.address(address)
        expected = next((line for one in cidr.bare(address) if (line := cidr.walk(table, one))), "")
        assert (found.result if found else "") == expected


PIECES = {
    "names": "user@example.org REJECT no\n",
    "nets": "10.0.0.0/8 REJECT no\n",
    "ifs": "if 10.0.0.0/8\n10.0.0.0/8 OK\nendif\n",
    "open ifs": "if 10.0.0.0/8\n",
    "not": "!10.0.0.0/8 OK\n",
    "bad": "10.0.0.1/8 OK\n",
    "continued": "a\n b\n",
    "one line": "a\n ",
    "comments": "#\n",
    "quotes": '"',
    "backslashes": "\\",
    "blanks": " ",
    "exclamations": "!",
    "digits": "1",
    "slashes": "1/",
    "dots": "1.",
    "colons": ":1",
    "brackets": "[",
    "not utf-8": "\udcff",
}


@pytest.mark.parametrize("name", PIECES)
def test_reading_is_linear(name: str) -> None:
    piece = PIECES[name]
    text = piece * (400_000 // len(piece))
    for before in ("", "x", "10.0.0.0/", '"'):
        assert linear(lambda part: parse(part, "t"), (before + text).encode("utf-8", "surrogateescape"))


VALUES = ["a.", "a@", ".", "1.", "1:", '"', "\\", "+", "ü.", "[", "x"]


@pytest.mark.parametrize("piece", VALUES)
@pytest.mark.parametrize("kind", KINDS)
def test_looking_up_is_linear(kind: str, piece: str) -> None:
    access = table_of_everything()
    for before in ("", "a@", '"'):
        assert linear(lambda value: access.find(kind, value, "+"), before + piece * 200_000)


def table_of_everything() -> Access:
    return parse(b"a OK\n1 OK\n1.2 OK\nexample.org OK\nuser@ OK\n10.0.0.0/8 OK\n::/0 OK\n", "t")


def test_a_look_up_in_many_lines_of_networks_is_no_walk_through_a_hundred_thousand() -> None:
    """!net lines that have the address in common are as many as there are lengths, however many lines they are."""
    lines = [f"!10.0.0.0/{8 + n % 9} L{n}" for n in range(100_000)]
    access = parse("\n".join(lines).encode(), "t")
    assert len(access.nets.others[32]) == 9
    assert access.address("10.0.0.1") is None
    assert len(access.problems) == limits.SCRIPT_ERRORS
