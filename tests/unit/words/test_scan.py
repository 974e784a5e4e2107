"""The lines of a message in a table of patterns."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleFailed
from mdafilter.matching.patterns import Budget
from mdafilter.message import Message
from mdafilter.texts import Where
from mdafilter.words.scan import DECODED, Lines, NoMore, Row
from tests.support.clock import linear
from tests.support.scene import StillWorld, scene

MAIL = b"""\
Subject: =?utf-8?q?v=69agra?=
Content-Type: application/octet-stream;
 name*0="evil"; name*1=".exe"

body
"""
ALL = ("header", "mime", "nested", "body")


def hits(*rows: Row, message: bytes = MAIL, decoded: bool = False) -> list[tuple[int, str]]:
    world = StillWorld(environment={DECODED: "yes"} if decoded else {})
    return [(hit.entry, hit.text) for hit in Lines(ALL, rows).hits(scene(message, world=world))]


def test_the_first_test_that_holds_decides_about_a_line() -> None:
    assert hits(Row("body", "ere"), Row("o", "ere", entry=1)) == [
        (1, MAIL.decode().split("\n\n")[0].split("\n", 1)[1]),
        (0, "body"),
    ]


def test_an_if_passes_over_what_stands_in_it() -> None:
    inside = Row("o", "ere", entry=1)
    assert hits(Row("b", "ere", skip=1), inside, Row("y", "ere", entry=2)) == [
        (2, MAIL.decode().split("\n\n")[0].split("\n", 1)[1]),
        (1, "body"),
    ] or hits(Row("^b", "ere", skip=1), inside) == [(1, "body")]
    assert hits(Row("^b", "ere", skip=1), inside) == [(1, "body")]
    assert [entry for entry, _ in hits(Row("^b", "ere", negated=True, skip=1), inside)] == [1]


def test_a_folded_field_is_one_text() -> None:
    assert hits(Row("^Content-Type:.*\n name", "ere"))
    assert not hits(Row("^ name", "ere"))
    assert hits(Row("^ name", "ere", newline=True))


def test_decoded() -> None:
    """What header_checks cannot see: encoded words, and names in pieces."""
    rows = (Row("viagra", "ere"), Row('name="evil.exe"', "ere", entry=1))
    assert hits(*rows) == []
    assert hits(*rows, decoded=True) == [
        (0, "Subject: viagra"),
        (1, 'Content-Type: application/octet-stream; name="evil.exe"'),
    ]


def test_a_hostile_pattern_is_dropped_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.05,))
    message = b"".join(b"X: " + b"a" * 100 + b"b\n" for _ in range(20)) + b"\n"
    one = scene(message)
    found = list(Lines(ALL, (Row("(a+)+$", "ere", at=Where("t", 7)), Row("ab", "ere", entry=1))).hits(one))
    assert [hit.entry for hit in found] == [1] * 20
    assert len(one.notes) == 1
    assert one.notes[0].startswith("t:7: ")
    assert "the rule was skipped" in one.notes[0]


def test_groups_become_match_values() -> None:
    one = scene(b"Subject: a b\n\n")
    for _ in Lines(ALL, (Row("(a) (b)", "ere"),)).hits(one):
        assert one.matched == ("a b", "a", "b")
        assert one.line is not None


def test_the_time_is_linear_in_the_lines() -> None:
    rows = tuple(Row(f"needle{n}", "ere") for n in range(5))
    assert linear(lambda text: hits(*rows, message=text + b"\n\n"), b"X: y\n" * 5000)


def test_no_more() -> None:
    one = scene(MAIL)
    NoMore().assign(one)
    assert list(Lines(ALL, (Row("", "ere"),)).hits(one)) == []


def test_a_damaged_plan_keeps_the_message() -> None:
    with pytest.raises(RuleFailed):
        hits(Row("(", "ere"))


def test_nothing_edited_is_the_same_message() -> None:
    one = scene(MAIL)
    source = Lines(ALL, ())
    assert list(source.hits(one)) == []
    assert isinstance(one.message, Message)
    assert source.settled(one) is one.message


def test_descriptions() -> None:
    assert Lines(("mime", "body"), (Row("a", "ere", skip=1), Row("b", "ere"))).describe() == (
        'mime body lines: the first that matches of "b"'
    )
    assert NoMore().describe() == "no more tables of patterns"
