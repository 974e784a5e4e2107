"""Spans of time as the configuration and the command line have them: "300", "5m", "1h30m", "2d".

The units are those of postconf(5): s, m, h, d, w.

In:    a number, or numbers each with its unit.
Out:   seconds.
Fails: ValueError, with what would be right.
"""

from __future__ import annotations

import re

from mdafilter_policyd import limits

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_PART = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII | re.IGNORECASE)


def seconds(text: str) -> int:
    """What a span means."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        total = int(text)
    else:
        parts = _PART.findall(text[: limits.SPAN])
        if not parts or "".join(number + unit for number, unit in parts) != text:
            raise ValueError(f"{text[: limits.SPAN]!r} is no span of time: as in 300, 5m, 1h30m or 2d")
        total = sum(int(number) * UNITS[unit.lower()] for number, unit in parts)
    if total > limits.SPAN_SECONDS:
        raise ValueError(f"{text[: limits.SPAN]!r} is more than ten years")
    return total


def spelled(span: float) -> str:
    """The other way round, in the largest units: 90 is 1m30s."""
    left, out = int(span), ""
    for unit, size in sorted(UNITS.items(), key=lambda item: -item[1]):
        if left >= size:
            out += f"{left // size}{unit}"
            left %= size
    return out or "0s"
