"""The table and the chart of the terminal."""

from __future__ import annotations

import pytest

from mdafilter.cli.report_text import render
from mdafilter.reporting import Day, Summary
from tests.support.reports import BAD, SUMMARY


def test_a_table_a_bar_for_each_day_and_what_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(render(SUMMARY, 90)) == [
        "Mail of alice, 2026-11-21 to 2026-11-23",
        "",
        "            delivered  filed as spam  rescued  reported  learned",
        "2026-11-21          0              0        0         0        0",
        "2026-11-22         41             12        1         2        2  =#",
        "2026-11-23       1000              1        0         0        0  =======================#",
        "all              1041             13        1         2        2",
        "                                                                  = mail  # filed as spam",
        "",
        "In the folder Trash are 3 messages (2.6K) that mdafilter filed and nobody touched:",
        "",
        "filed on    expires on  from and subject",
        "2026-11-22  2026-12-22  a@example.net: Cheap pills",
        "and 2 more",
        "",
        "Note: the journal of somebody cannot be read.",
    ]


@pytest.mark.parametrize("width", [1, 20, 66, 74, 78, 80, 200, 100_000])
def test_bars_fit_where_there_is_room(width: int) -> None:
    lines = list(render(SUMMARY, width))
    assert all(len(line) <= max(width, 66) for line in lines[2:8])
    assert any("#" in line for line in lines) == (width >= 74)


def test_nothing_of_a_message_reaches_the_terminal() -> None:
    for line in render(BAD, 80):
        assert line.isprintable(), line


def test_colour_is_no_text() -> None:
    plain, coloured = list(render(SUMMARY, 90)), list(render(SUMMARY, 90, colour=True))
    assert "\x1b[31m#\x1b[0m" in coloured[4]
    assert not any("\x1b" in line for line in plain)


def test_without_mail() -> None:
    lines = list(render(Summary("ann", (Day("2026-11-21"),), "Trash"), 80))
    assert lines[3] == "2026-11-21          0              0        0         0        0"
    assert lines[-1] == "In the folder Trash there is nothing that mdafilter filed and nobody touched."
