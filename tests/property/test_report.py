"""The file of a report: any octets are read or refused, in linear time, and what is written comes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.train import FACTS, SOURCES, VERDICTS, Report
from mdafilter.train.spoolfile import MAGIC, Unreadable, decode, head
from tests.support.clock import linear

VALUES = st.binary(min_size=1, max_size=60).map(lambda b: b.replace(b"\0", b"-").decode("utf-8", "surrogateescape"))
REPORTS = st.builds(
    Report,
    st.sampled_from(VERDICTS),
    st.sampled_from(SOURCES),
    st.dictionaries(st.sampled_from(FACTS), VALUES),
    st.binary(max_size=200),
)
PIECES = st.sampled_from(
    [b"\0", b"\0\0", b"verdict=spam", b"source=alias", b"=", b"1", b"2", b"sender=", MAGIC, b"\xff", b"\n"]
)


def read(octets: bytes) -> Report | None:
    try:
        return decode(octets)
    except Unreadable:
        return None


@given(REPORTS)
def test_what_is_written_comes_back(report: Report) -> None:
    assert decode(head(report) + report.message) == report


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=30).map(lambda p: MAGIC + b"".join(p))))
def test_any_octets_are_a_report_or_none(octets: bytes) -> None:
    report = read(octets)
    if report is not None:
        assert octets.endswith(report.message)
        assert report.verdict in VERDICTS
        assert report.source in SOURCES
        assert set(report.facts) <= set(FACTS)
        assert (report.id, report.uid, report.time) == ("", -1, 0.0)


@given(REPORTS, st.integers(min_value=0, max_value=400))
def test_a_file_that_is_cut_off_is_no_other_report(report: Report, size: int) -> None:
    whole = head(report) + report.message
    found = read(whole[:size])
    assert found is None or (found.facts, found.verdict) == (report.facts, report.verdict)


def test_it_takes_linear_time() -> None:
    for piece in ("a=b\0", "\0\0", "=", MAGIC.decode()):
        text = "mdafilter-report/1\0verdict=spam\0source=alias\0" + piece * 10_000
        assert linear(lambda t: read(t.encode()), text)
