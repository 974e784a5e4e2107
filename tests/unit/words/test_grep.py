"""Regular expressions on areas, and their sizes."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed, RuleStalled
from mdafilter.matching import patterns
from mdafilter.matching.patterns import Budget
from mdafilter.words.area import OVERLAP
from mdafilter.words.grep import Grep, Length
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


def held(area: str, pattern: str, message: bytes = MESSAGE, *, ignore_case: bool = True) -> bool:
    return Grep(area, pattern, ignore_case).ask(scene(message)).held


def test_the_header_has_each_field_on_one_line() -> None:
    """As procmail joins continued fields before it tries a condition."""
    assert held("header", "^Subject:.*=C3=BCn\\?=  and .*more$")
    assert held("header", "example$Subject")
    assert not held("header", "a body")


def test_the_body() -> None:
    assert held("body", "^a body$of")
    assert not held("body", "^From")
    assert held("both", "^From")
    assert held("both", "gr.n$$a body")


def test_octets_that_are_no_text_are_no_obstacle() -> None:
    assert held("header", "^X-Raw: gr.n$")
    assert held("header", "^X-Raw: gr\udcfcn$")


def test_the_case() -> None:
    assert held("header", "^from")
    assert not held("header", "^from", ignore_case=False)


def test_match() -> None:
    one = scene(MESSAGE)
    assert Grep("header", "^From: *\\/[a-z]+").ask(one).by == "From: ann"
    assert one.value("MATCH") == "ann"
    assert Grep("header", "^From:").ask(one).held
    assert one.value("MATCH") == "ann"  # where nothing is extracted it stays


@pytest.mark.parametrize(("pattern", "wanted"), [("^b", True), ("x", False), ("^bcd^^", True), ("^^^^", False)])
def test_a_variable(pattern: str, wanted: bool) -> None:
    one = scene()
    one.set("A", "bcd")
    assert Grep("$A", pattern).ask(one).held is wanted
    assert Grep("$NONE", "^^^^").ask(one).held


def test_a_large_body_is_searched_in_windows() -> None:
    """Also where one window ends and the next begins."""
    line = b"0123456 89\n"
    body = bytearray(line * ((3 * limits.REGEX_SUBJECT) // len(line)))
    for place in (limits.REGEX_SUBJECT - 5, 2 * limits.REGEX_SUBJECT, len(body) - 10):
        marked = bytes(body[:place]) + b"needle" + bytes(body[place + 6 :])
        assert held("body", "needle", b"A: b\n\n" + marked)
    assert not held("body", "^89", b"A: b\n\n" + bytes(body))
    assert not held("body", "^^12", b"A: b\n\n" + bytes(body))
    assert len(line) < OVERLAP


def test_a_padded_header_hides_nothing() -> None:
    """The fields behind are searched too, and ^ stands only where a line begins."""
    padding = b"".join(b"X-Pad: " + b"ab " * 30 + b"\n" for _ in range(8000))
    assert held("header", "^Subject: needle$", padding + b"Subject: needle\n\n")
    assert not held("header", "^ab", padding + b"\n")


def test_the_time_is_linear_in_the_fields() -> None:
    fields = b"X: y\n" * limits.HEADER_FIELDS
    assert linear(lambda head: held("header", "^Subject: needle$", head + b"\n\n"), fields)


def test_all_searches_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.05,))
    message = b"".join(b"X: " + b"a" * 100 + b"b\n" for _ in range(100)) + b"\n"
    with pytest.raises(RuleStalled):
        held("header", "(a+)+$", message)


def test_a_pattern_that_cannot_be_compiled_keeps_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REGEX_OCTETS", 3)
    patterns._compiled.clear()
    with pytest.raises(RuleFailed, match='the regular expression "abcd": the pattern is longer than 3 characters'):
        held("header", "abcd")


@pytest.mark.parametrize(
    ("area", "limit", "over", "wanted"),
    [("body", 18, True, False), ("body", 17, True, True), ("$A", 2, False, False), ("$A", 3, False, True)],
)
def test_sizes(area: str, limit: int, over: bool, wanted: bool) -> None:
    one = scene(MESSAGE)
    one.set("A", "\u00e4")
    assert Length(area, limit, over).ask(one).held is wanted


def test_the_description() -> None:
    assert Grep("header", "^a").describe() == 'header has "^a"'
    assert Grep("$A", "a", False).describe() == '$A has "a" in this case'
    assert Length("body", 5, True).describe() == "body has more than 5 octets"
