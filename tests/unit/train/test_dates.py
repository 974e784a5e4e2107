"""Dates as programs show them, against the Date of the message."""

from __future__ import annotations

import pytest

from mdafilter.train.dates import same

DATE = "Thu, 26 Nov 2026 10:03:00 +0100"


@pytest.mark.parametrize(
    "shown",
    [
        DATE,
        "Thu, 26 Nov 2026 09:03:59 GMT",
        "Thu, 26 Nov 2026 10:03:00 +0100 (CET)",
        "Thursday, November 26, 2026 10:03 AM",
        "Donnerstag, 26. November 2026 10:03",
        "26.11.26 um 10:03",
        "26.11.2026 10.03",
        "2026-11-26 10:03",
        "2026年11月26日 18:03",
        "2026年11月26日 18時03分",
        "jeudi 26 novembre 2026 à 04 h 03",  # in New York
        "26 नवंबर 2026, 14:33",  # in India, half an hour off
        "27 Nov 2026 at 1:03 AM",  # in Auckland
        "November 26, 2026 at 10:03:00 AM GMT+1",
        "26/11/26",
    ],
)
def test_it_can_be_that(shown: str) -> None:
    assert same(DATE, shown)


@pytest.mark.parametrize(
    "shown",
    [
        "Thu, 26 Nov 2026 10:03:00 +0000",  # a zone is meant as it stands
        "Thu, 26 Nov 2026 10:04:00 +0100",
        "26.11.2026 10:04",
        "24.11.2026 10:03",
        "26.11.2025 10:03",
        "yesterday",
        "",
        "9" * 5000,
    ],
)
def test_it_cannot(shown: str) -> None:
    assert not same(DATE, shown)


@pytest.mark.parametrize(
    "date", ["", "no date", "Thu, 99 Nov 99999 10:03:00 +0100", "1 Jan 9999999 00:00:00 +9999999999"]
)
def test_what_is_no_date_is_only_itself(date: str) -> None:
    assert same(date, f" {date} ")
    assert not same(date, "26.11.2026 10:03")
