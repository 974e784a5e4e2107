"""Regular expressions on raw text."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed, RuleStalled
from mdafilter.matching.patterns import Budget
from mdafilter.words.grep import OVERLAP, Grep
from tests.support.clock import linear
from tests.support.scene import scene

MESSAGE = b"""\
From: ann@a.example\r
Subject: =?utf-8?q?gr=C3=BCn?=\r
 and\r
\tmore\r
X-Raw: gr\xfcn\r
\r
a body\r
of lines\r
"""


def held(area: str, pattern: str, syntax: str = "procmail", message: bytes = MESSAGE, **more: bool) -> bool:
    return Grep(area, pattern, syntax).replace(**more).ask(scene(message)).held


def test_the_header_has_each_field_on_one_line() -> None:
    """As procmail joins continued fields before it tries a condition."""
    assert held("header", "^Subject:.*=C3=BCn\\?=  and  *.*more$")
    assert held("header", "example$Subject")
    assert not held("header", "a body")


def test_the_body() -> None:
    assert held("body", "^a body$of")
    assert not held("body", "^From")
    assert held("both", "^From")
    assert held("both", "^of lines")


def test_decoded_or_raw() -> None:
    assert held("header", "^Subject: grün and", decoded=True)
    assert not held("header", "grün")


def test_octets_that_are_no_text_are_no_obstacle() -> None:
    assert held("header", "^X-Raw: gr.n$")


def test_negated() -> None:
    assert not held("header", "^From:", negated=True)
    assert held("body", "^From:", negated=True)


def test_groups_become_match_values() -> None:
    one = scene(MESSAGE)
    answer = Grep("header", "^From: ([a-z]*)@([a-z.]*)", "ere").ask(one)
    assert answer.by == "From: ann@a.example"
    assert one.matched == ("From: ann@a.example", "ann", "a.example")


def test_a_large_body_is_searched_in_windows() -> None:
    """Also where one window ends and the next begins."""
    line = b"0123456 89\n"
    body = bytearray(line * ((3 * limits.REGEX_SUBJECT) // len(line)))
    for place in (limits.REGEX_SUBJECT - 5, 2 * limits.REGEX_SUBJECT, len(body) - 10):
        marked = bytes(body[:place]) + b"needle" + bytes(body[place + 6 :])
        assert held("body", "needle", message=b"A: b\n\n" + marked)
    assert not held("body", "^89", message=b"A: b\n\n" + bytes(body))
    assert len(line) < OVERLAP


def test_a_padded_header_hides_nothing() -> None:
    """The fields behind are searched too, and ^ stands only where a line begins."""
    padding = b"".join(b"X-Pad: " + b"ab " * 30 + b"\n" for _ in range(8000))
    assert held("header", "^Subject: needle$", message=padding + b"Subject: needle\n\n")
    assert not held("header", "^ab", message=padding + b"\n")


def test_the_time_is_linear_in_the_fields() -> None:
    fields = b"X: y\n" * limits.HEADER_FIELDS
    assert linear(lambda head: held("header", "^Subject: needle$", message=head + b"\n\n"), fields)


def test_a_body_past_the_limit_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GREP_OCTETS", 1000)
    assert not held("body", "needle", message=b"A: b\n\n" + b"a" * 1000 + b"needle")


def test_all_searches_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.05,))
    message = b"".join(b"X: " + b"a" * 100 + b"b\n" for _ in range(100)) + b"\n"
    with pytest.raises(RuleStalled):
        held("header", "(a+)+$", "ere", message)


def test_a_damaged_plan_keeps_the_message() -> None:
    with pytest.raises(RuleFailed):
        held("header", "(", "ere")


def test_the_description() -> None:
    assert Grep("header", "^a", "procmail").describe() == 'header has "^a"'
    assert Grep("body", "a", "ere", False, negated=True).describe() == 'not body has "a" in this case'
