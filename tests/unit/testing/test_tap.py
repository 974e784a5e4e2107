"""The Test Anything Protocol."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.testing import tap
from mdafilter.testing.run import Report
from mdafilter.testing.walk import Result
from mdafilter.texts import Where

AT = Where("a.svtest", 3)


def test_all_of_it() -> None:
    reports = [
        Report("a.svtest", (Result("good", AT), Result("bad", AT, 'says "no"', ("printed",)))),
        Report("b.svtest", (Result("more", AT),)),
    ]
    assert list(tap.lines(reports)) == [
        "TAP version 14",
        "# a.svtest",
        "ok 1 - good",
        "not ok 2 - bad",
        "  ---",
        '  message: "says \\"no\\""',
        '  at: "a.svtest:3"',
        "  ...",
        "# printed",
        "# b.svtest",
        "ok 3 - more",
        "1..3",
        "2 passed, 1 failed",
    ]


def test_a_name_is_no_directive() -> None:
    """A `#` in a description is escaped."""
    assert list(tap.lines([Report("a", (Result("x # SKIP \\", AT),))]))[2] == "ok 1 - x \\# SKIP \\\\"


@given(st.text(), st.text())
def test_a_line_is_a_line(name: str, reason: str) -> None:
    found = list(tap.lines([Report("a", (Result(name, AT, reason),))]))
    assert len(found) == 9
    assert all(len(line.splitlines()) == 1 for line in found)
