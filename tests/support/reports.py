"""Reports for tests of what shows them; with texts of a hostile sender."""

from __future__ import annotations

from mdafilter.reporting import Day, Item, Summary

NOON = 1795348800.0
HOSTILE = "</td><script>alert(\"1\")</script><img src=http://x/ onerror='x'>&amp;\x1b[2J\u202e\udcff\r\nX: y"
SUMMARY = Summary(
    "alice",
    (Day("2026-11-21", 0), Day("2026-11-22", 41, 12, 1, 2, 2), Day("2026-11-23", 1000, 1, 0, 0, 0)),
    "Trash",
    (Item(NOON, NOON + 30 * 86400, 900, "/etc/r.sieve:4", "a@example.net", "Cheap pills"),),
    3,
    2700,
    ("the journal of somebody cannot be read",),
)
BAD = SUMMARY.replace(
    who=HOSTILE,
    folder=HOSTILE,
    held=(Item(1e300, -1e300, 1, HOSTILE, HOSTILE, HOSTILE), Item(NOON, NOON, 1)),
    notes=(HOSTILE,),
)
