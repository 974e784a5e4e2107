"""Lines of an export, and mistakes in them."""

from __future__ import annotations

import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.errors import SettingsError
from mdafilter.scorers.bayes import dump
from mdafilter.scorers.bayes.dump import read
from mdafilter.scorers.bayes.sqlite import Sqlite
from mdafilter.scorers.bayes.store import Known, Totals, Whole

FIRST = "mdafilter-bayes 1 2 3 2 1 1 0"
BEFORE = "mdafilter-bayes 1 2 3 2 1"


def test_lines_are_read() -> None:
    found = read([FIRST, "token 7 1 0 20000 -5", "known 9 1 1 20000 -5", "end 2"], "f")
    assert found.totals == Totals(2, 3, 2, 1, 1, 0)
    assert (found.rows, found.known) == ({7: (1, 0, 20000, -5)}, {9: Known(True, True, 20000, -5)})


def test_lines_of_before_there_were_weights_are_read() -> None:
    found = read([BEFORE, "token 7 1 0 20000", "known 9 1 0 20000", "end 2"], "f")
    assert found.totals == Totals(2, 3, 2, 1)
    assert (found.rows, found.known) == ({7: (1, 0, 20000, 0)}, {9: Known(True, False, 20000)})
    for mixed in ([BEFORE, "token 7 1 0 20000 -5"], [FIRST, "token 7 1 0 20000"], [BEFORE, "known 9 1 0 20000 5"]):
        with pytest.raises(SettingsError, match=r"^f:2: no line"):
            read([*mixed, "end 1"], "f")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("token 1 2 3", "no line"),
        ("token 1 2 3 -4 5", "no line"),
        (f"token 1 2 1 4 {1 << 47}", "no line"),
        (f"token 1 2 1 4 -{1 << 47}", "no line"),
        ("token 1 2 1 4 --5", "no line"),
        ("end -1", "no line"),
        ("token 1 2 1 4 5 6", "no line"),
        (f"token 1 2 1 {10**19} 0", "no line"),
        (f"token 1 2 1 {1 << 63} 0", "no line"),
        ("token 1 2 1 \N{SUPERSCRIPT TWO} 0", "no line"),
        (f"token {1 << 32} 2 1 4 0", "there is no token 4294967296"),
        ("token 1 3 1 4 0", "the token was in more messages than are counted"),
        ("token 1 2 2 4 0", "the token was in more messages than are counted"),
        ("known 1 1", "no line"),
        (FIRST, "no line"),
        ("junk", "no line of an export of the counts: 'junk'"),
        ("", "no line"),
        ("end 1", "1 lines should be before this one, not 0"),
    ],
)
def test_a_wrong_line_is_told(line: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^f:2: .*{text}.*; make it anew with mdafilter train export$"):
        read([FIRST, line, "end 1"], "f")


def test_what_is_cut_off_or_goes_on() -> None:
    with pytest.raises(SettingsError, match=r"^f:2: the export is cut off"):
        read([FIRST, "token 7 1 0 20000 0"], "f")
    with pytest.raises(
        SettingsError, match=r"^f:3: no line of an export of the counts: 'token 7 1 0 20000'; make it anew"
    ):
        read([FIRST, "end 0", "token 7 1 0 20000"], "f")
    with pytest.raises(SettingsError, match=r"^f:1: the export is empty; make it anew"):
        read([], "f")


@pytest.mark.parametrize("numbers", ["2 3 3 1", "2 3 2 4", f"{limits.BAYES_COUNT + 1} 3 2 1"])
def test_totals_that_cannot_be(numbers: str) -> None:
    with pytest.raises(SettingsError, match=r"^f:1: more messages are counted than learned, or more than there can be"):
        read([f"mdafilter-bayes 1 {numbers}", "end 0"], "f")


def test_another_version() -> None:
    with pytest.raises(SettingsError, match=r"^f:1: version 99 of the tokens, not 1: teach anew"):
        read(["mdafilter-bayes 99 2 3 2 1"], "f")


@given(st.lists(st.text() | st.from_regex(r"(token|known|mdafilter-bayes|end) [0-9 -]{0,40}", fullmatch=True)))
def test_any_lines(lines: list[str]) -> None:
    with pytest.raises(SettingsError, match=r"^f:\d+: "):
        read(["mdafilter-bayes 1 2 3 2 1", *lines, "cut off"], "f")


def test_more_steps_than_lessons() -> None:
    with pytest.raises(SettingsError, match=r"^f:1: more messages moved weights than are counted"):
        read(["mdafilter-bayes 1 2 3 2 1 3 0", "end 0"], "f")


DAY = st.integers(0, 40_000)
WEIGHT = st.integers(-dump.MOST_WEIGHT, dump.MOST_WEIGHT)
ROW = st.tuples(st.integers(0, 9), st.integers(0, 7), DAY, WEIGHT)
WHOLE = st.builds(
    Whole,
    st.just(Totals(20, 10, 9, 7, 5, 3)),
    st.dictionaries(st.integers(0, limits.BAYES_COUNT), ROW, max_size=9),
    st.dictionaries(st.integers(0, dump.MOST), st.builds(Known, st.booleans(), st.booleans(), DAY, WEIGHT), max_size=9),
)


@given(WHOLE)
def test_what_is_written_is_read(whole: Whole) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Sqlite(f"{folder}/db", 5, write=True)
        assert store.replace(whole, over=False) is None
        assert read(dump.lines(store), "f") == whole
        store.close()
