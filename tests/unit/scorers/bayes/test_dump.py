"""Lines of an export, and mistakes in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import SettingsError
from mdafilter.scorers.bayes.dump import read
from mdafilter.scorers.bayes.store import Known, Totals


def test_lines_are_read() -> None:
    found = read(["mdafilter-bayes 1 2 3 2 1", "token 7 1 0 20000", "known 9 1 0 20000"])
    assert found.totals == Totals(2, 3, 2, 1)
    assert (found.rows, found.known) == ({7: (1, 0, 20000)}, {9: Known(True, False, 20000)})


@pytest.mark.parametrize(
    ("line", "text"),
    [("token 1 2 3", "line 2: no line"), ("junk", "line 2: no line"), ("token 1 2 3 -4", "line 2"), ("", "line 2")],
)
def test_a_wrong_line_is_told(line: str, text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        read(["mdafilter-bayes 1 2 3 2 1", line])


def test_another_version_and_nothing() -> None:
    with pytest.raises(SettingsError, match="version 99"):
        read(["mdafilter-bayes 99 2 3 2 1"])
    with pytest.raises(SettingsError, match="empty"):
        read([])


@given(st.lists(st.text() | st.from_regex(r"(token|known|mdafilter-bayes) [0-9 ]{0,40}", fullmatch=True)))
def test_any_lines(lines: list[str]) -> None:
    try:
        read(lines)
    except SettingsError:
        pass
