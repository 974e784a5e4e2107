"""Spans of time as people write them."""

from __future__ import annotations

import pytest

from mdafilter_policyd import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("300", 300),
        ("5m", 300),
        ("1h30m", 5400),
        ("2d", 172800),
        ("35D", 3024000),
        ("1w", 604800),
        ("0", 0),
        (" 10s ", 10),
    ],
)
def test_spans(text: str, seconds: int) -> None:
    """postconf(5): "Specify a non-zero time value (an integral value plus an optional one-letter suffix)"."""
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "5x", "m", "-5m", "5 m", "1.5h", "5m!", "\u0665m", "9" * 30, "11y", "600w" * 12])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"span of time|ten years"):
        durations.seconds(text)


@pytest.mark.parametrize("text", ["5m", "1h30m", "2d", "1w", "1m30s", "0s"])
def test_spelled_is_the_other_way_round(text: str) -> None:
    assert durations.spelled(durations.seconds(text)) == text
