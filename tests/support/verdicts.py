"""Verdicts of spamd for tests."""

from __future__ import annotations

from mdafilter.world import Verdict


def scored(score: float, threshold: float = 5.0, *symbols: str) -> Verdict:
    """What spamd says of this score: spam from the threshold on."""
    return Verdict(score >= threshold, score, threshold, symbols)
