"""The format of a report: what was written is read, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.train import FACTS, Report
from mdafilter.train.spoolfile import Newer, Unreadable, decode, head


def file(report: Report) -> bytes:
    return head(report) + report.message


def test_a_report_comes_back() -> None:
    report = Report("spam", "alias", {"sender": "bob@example.org", "client_address": "::1"}, b"Subject: x\n\n\0\0 y\n")
    assert decode(file(report)) == report


def test_a_fact_may_hold_any_octet_but_nul() -> None:
    """environ(7): the strings of an environment are NUL-terminated, and no more is promised."""
    report = Report("ham", "watch", {"sender": b"\xff=\n".decode("utf-8", "surrogateescape")}, b"")
    assert decode(file(report)) == report
    assert decode(file(report.replace(facts={"sender": "a\0verdict=spam"}))).facts == {}


def test_all_facts_are_written_and_no_others() -> None:
    facts = {name: name for name in FACTS}
    assert decode(file(Report("spam", "alias", {**facts, "subject": "x"}, b""))).facts == facts


def test_a_fact_that_is_too_long_is_unknown() -> None:
    fits, more = "x" * limits.REPORT_FACT_OCTETS, "x" * (limits.REPORT_FACT_OCTETS + 1)
    assert decode(file(Report("spam", "alias", {"sender": fits, "recipient": more}, b""))).facts == {"sender": fits}


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"From: bob\n\nhello",
        b"mdafilter-report/1",
        b"mdafilter-report/1\0verdict=spam\0source=alias\0sender=b",
        b"mdafilter-report/\0verdict=spam\0source=alias\0\0x",
        b"mdafilter-report/x\0verdict=spam\0source=alias\0\0x",
        b"mdafilter-report/1\0source=alias\0\0x",
        b"mdafilter-report/1\0verdict=unsure\0source=alias\0\0x",
        b"mdafilter-report/1\0verdict=spam\0source=\0\0x",
        b"mdafilter-report/1\0verdict=spam\0verdict=ham\0source=alias\0\0x",
        b"mdafilter-report/1\0verdict\0source=alias\0\0x",
        b"mdafilter-report/1\0verdict=spam\0source=alias\0sender=" + b"x" * limits.REPORT_HEAD_OCTETS + b"\0\0x",
    ],
)
def test_what_is_no_report_is_unreadable(octets: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(octets)
    assert not isinstance(caught.value, Newer)


def test_a_report_of_a_later_version_waits_for_it() -> None:
    with pytest.raises(Newer, match="it has the format 2; this program knows 1"):
        decode(b"mdafilter-report/2\0something else\0\0x")
