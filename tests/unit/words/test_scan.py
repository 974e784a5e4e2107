"""The lines of a message in a table of patterns."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.matching.patterns import Budget, PatternError
from mdafilter.message import Message
from mdafilter.plan import Do, Entry, Plan, Scan
from mdafilter.texts import Where
from mdafilter.words.discard import DiscardIt
from mdafilter.words.scan import DECODED, Lines, NoMore, Row, Table, characters, compiled, together
from tests.support.clock import linear
from tests.support.scene import StillWorld, scene

MAIL = b"""\
Subject: =?utf-8?q?v=69agra?=
Content-Type: application/octet-stream;
 name*0="evil"; name*1=".exe"

body
"""
ALL = ("header", "mime", "nested", "body")


def lines_of(*rows: Row) -> Lines:
    return Lines((Table(ALL, rows),))


def hits(*rows: Row, message: bytes = MAIL, decoded: bool = False) -> list[tuple[int, str]]:
    world = StillWorld(environment={DECODED: "yes"} if decoded else {})
    return [(hit.entry, hit.text) for hit in lines_of(*rows).hits(scene(message, world=world))]


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


def test_what_decodes_to_no_text() -> None:
    """UTF-7 can write one half of a surrogate pair."""
    assert hits(Row("^Subject: a.+b$", "ere"), message=b"Subject: =?utf-7?q?a+2AA-b?=\n\n", decoded=True) == [
        (0, "Subject: a\ufffdb")
    ]


def test_a_hostile_pattern_is_dropped_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.05,))
    message = b"".join(b"X: " + b"a" * 100 + b"b\n" for _ in range(20)) + b"\n"
    one = scene(message)
    found = list(lines_of(Row("(a+)+$", "ere", at=Where("t", 7)), Row("ab", "ere", entry=1)).hits(one))
    assert [hit.entry for hit in found] == [1] * 20
    assert len(one.notes) == 1
    assert one.notes[0].startswith("t:7: ")
    assert "the rule was skipped" in one.notes[0]


def test_all_lines_have_a_budget_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was decided stays, the next lines are not looked up, and the notes say so."""
    monkeypatch.setattr(limits, "TABLE_SECONDS", -1.0)
    one = scene(MAIL)
    assert [hit.text[:7] for hit in lines_of(Row("", "ere")).hits(one)] == ["Subject"]
    (note,) = one.notes
    assert note.endswith('what is behind header "Subject: =?utf-8?q?v=69agra?=" was not looked up')
    assert limits.TABLE_SECONDS < limits.RULES_SECONDS


def test_rows_that_stall_use_up_the_budget_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.05,))
    monkeypatch.setattr(limits, "TABLE_SECONDS", 0.2)
    one = scene(b"X: " + b"a" * 100 + b"\nY: 1\n\n")
    rows = tuple(Row(f"(a+)+{n}$", "ere") for n in range(20))
    assert list(lines_of(*rows).hits(one)) == []
    assert len(one.notes) < len(rows)
    assert "was not looked up" in one.notes[-1]


def test_octets_of_a_pattern_and_of_a_line() -> None:
    message = "Subject: é\n\n".encode() + b"\xff\n"
    assert hits(Row("é$", "ere"), message=message) == [(0, "Subject: é")]
    assert hits(Row("^..$", "ere"), Row("^.$", "ere", entry=1), message=message) == [(1, "\udcff")]
    assert hits(Row("Ã", "ere"), message=message) == []


def test_a_mistake_has_its_place_among_characters() -> None:
    with pytest.raises(PatternError) as raised:
        compiled(Row("éé(", "ere"))
    assert characters("éé(", raised.value.offset) == 2


def test_groups_become_match_values() -> None:
    one = scene(b"Subject: a b\n\n")
    seen = [(one.matched, one.line) for _ in lines_of(Row("(a) (b)", "ere")).hits(one)]
    ((matched, line),) = seen
    assert matched == ("a b", "a", "b") and line is not None


def test_the_time_is_linear_in_the_lines() -> None:
    rows = tuple(Row(f"needle{n}", "ere") for n in range(5))
    assert linear(lambda text: hits(*rows, message=text + b"\n\n"), b"X: y\n" * 5000)


def test_no_more() -> None:
    one = scene(MAIL)
    NoMore().assign(one)
    assert list(lines_of(Row("", "ere")).hits(one)) == []


def test_a_damaged_plan_keeps_the_message() -> None:
    with pytest.raises(RuleFailed):
        hits(Row("(", "ere"))


def test_nothing_edited_is_the_same_message() -> None:
    one = scene(MAIL)
    source = lines_of()
    assert list(source.hits(one)) == []
    assert isinstance(one.message, Message)
    assert source.settled(one) is one.message


def plan(name: str, kinds: tuple[str, ...], *patterns: str) -> Plan:
    rows = tuple(Row(text, "ere", entry=i, at=Where(name, i)) for i, text in enumerate(patterns))
    entries = tuple(Entry((Do(DiscardIt(), Where(name, i)),), Where(name, i)) for i in range(len(patterns)))
    return Plan((Scan(Lines((Table(kinds, rows),)), entries, Where(name, 1)),), name)


HEADERS = ("header", "mime", "nested")


def found(plans: tuple[Plan, ...]) -> list[list[tuple[str, str]]]:
    """Of each plan that is a table: where each line of the message is decided about."""
    result = []
    for one in plans:
        step = one.steps[0]
        assert isinstance(step, Scan)
        hits = step.source.hits(scene(MAIL))
        result.append([(str(step.entries[hit.entry].at), hit.text.split(":")[0]) for hit in hits])
    return result


def test_tables_side_by_side_are_one_pass() -> None:
    """header_checks = regexp:a, regexp:b: the first entry of all decides; and body lines come where they stand."""
    joined = together(
        [plan("a", HEADERS, "none", "Sub"), plan("b", ("body",), "body"), plan("c", HEADERS, "Sub", "Con")]
    )
    assert found(joined) == [[("a:1", "Subject"), ("c:1", "Content-Type"), ("b:0", "body")]]
    assert joined[0].source == "a, b, c"


def test_a_kind_with_a_table_of_its_own() -> None:
    """postconf(5), mime_header_checks: what it is for is not looked up in header_checks."""
    tables = [plan("header_checks", HEADERS, ""), plan("mime_header_checks", ("mime",), "none")]
    assert found(together(tables)) == [[("header_checks:0", "Subject")]]
    assert found(together([tables[0], Plan((), "x"), tables[1]])[::2]) == [[("header_checks:0", "Subject")], []]
    assert found(together(tables[:1])) == [[("header_checks:0", "Subject"), ("header_checks:0", "Content-Type")]]


def test_other_plans_stay_where_they_are() -> None:
    others = [Plan((), "a"), plan("b", HEADERS, "x"), Plan((), "c"), plan("d", HEADERS, "y")]
    assert together(others) == tuple(others)


def test_descriptions() -> None:
    one = Table(("mime", "body"), (Row("a", "ere", skip=1), Row("b", "ere")))
    assert Lines((one,)).describe() == 'mime body lines: the first that matches of "b"'
    assert (
        Lines((one, Table(("nested",), (Row("c", "ere"),))))
        .describe()
        .endswith('; nested lines: the first that matches of "c"')
    )
    assert NoMore().describe() == "no more tables of patterns"
