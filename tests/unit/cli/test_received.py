"""The way of a message from its Received fields."""

from __future__ import annotations

import pytest

from mdafilter.cli.received import path, seconds
from tests.support.clock import linear

FIRST = "from laptop (unknown [192.0.2.7]) by mx1.example.org (Postfix) with ESMTPSA id 4Xy1; Sun, 22 Nov 2026 14:00:00 +0000"
SECOND = "from mx1.example.org (mx1.example.org [192.0.2.1])\n\tby mx2.example.net (Postfix) with ESMTP id 4Xy2\n\tfor <u@example.net>; Sun, 22 Nov 2026 15:00:03 +0100 (CET)"


def test_the_first_step_comes_first_with_clauses_and_delays() -> None:
    """RFC 5321 section 4.4: "an SMTP server ... MUST insert trace information at the beginning of the message"."""
    first, second = path([SECOND, FIRST])
    assert first.clauses == {
        "from": "laptop (unknown [192.0.2.7])",
        "by": "mx1.example.org (Postfix)",
        "with": "ESMTPSA",
        "id": "4Xy1",
    }
    assert second.clauses["for"] == "<u@example.net>"
    assert (first.delay, second.delay) == (None, 3.0)


def test_words_in_comments_are_no_clauses() -> None:
    (hop,) = path(["from a (by b (with c) id d) by e (unclosed for f"])
    assert hop.clauses == {"from": "a (by b with c id d)", "by": "e (unclosed for f)"}


def test_a_clause_that_comes_twice_is_text_of_the_clause_before() -> None:
    (hop,) = path(["from a by b from c; nonsense"])
    assert hop.clauses == {"from": "a", "by": "b from c"}
    assert (hop.time, hop.date) == (None, "nonsense")


def test_a_step_without_a_date_does_not_break_the_delays() -> None:
    hops = path([SECOND, "from x by y", FIRST])
    assert [hop.delay for hop in hops] == [None, None, 3.0]


@pytest.mark.parametrize(
    "date", ["", "x", "0", "\x00", "Sun, 99 Nov 99999999999999999 99:99:99 +9999", "1" * 5000, "Mon, ,", "1 Jan"]
)
def test_what_is_no_date_is_none_or_a_number(date: str) -> None:
    found = seconds(date)
    assert found is None or isinstance(found, float)


@pytest.mark.parametrize("text", ["", ";", ";;", "(", ")", "((((", "from", "by by by", "from (", ") by x"])
def test_any_text_is_a_step(text: str) -> None:
    assert len(path([text])) == 1


@pytest.mark.parametrize("piece", ["(", "from ", "a;"])
def test_the_time_is_linear(piece: str) -> None:
    assert linear(lambda text: path([text]), piece * 1_000_000)
