"""The rows of tests/bench/service by name, and how often each is measured."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.bench import direct, memory, single, stream
from tests.bench.agents import ONE_RULE, SHIPPED_RULES, agents
from tests.bench.place import Place
from tests.support import postfix

if TYPE_CHECKING:
    from argparse import Namespace

ROWS = ("single", "large", "command", "transport", "lmtp", "memory", "crowd")


def run(options: Namespace) -> None:
    """Measures what is asked for, and prints it."""
    rows = options.rows.split(",")
    if unknown := set(rows) - set(ROWS):
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(ROWS)}")
    if reason := postfix.why_not():
        raise SystemExit(reason)
    installation = options.installation.resolve()
    if not os.access(installation / "bin" / "mdafilter-deliver", os.X_OK):
        raise SystemExit(f"mdafilter is not installed in {installation}: run examples/run first, or say --installation")
    quick, messages = options.quick, options.messages or (100 if options.quick else 1000)

    def runs(usual: int, few: int) -> int:
        return options.runs or (few if quick else usual)

    lmtp = bool({"transport", "lmtp", "memory"} & set(rows))
    rules = SHIPPED_RULES if options.shipped else ONE_RULE
    with Place(installation, rules, crowd="crowd" in rows, lmtp=lmtp) as place:
        known = agents(installation, place.dovecot_settings)
        for row in rows:
            if row == "single":
                single.one_message(place, known, 5000, runs(200, 20), "one message of 5 KB", "0.8")
            elif row == "large":
                single.one_message(place, known, 25_000_000, runs(10, 2), "one message of 25 MB", "1.0")
            elif row == "command":
                stream.by_command(place, known, messages, runs(5, 1))
            elif row == "transport":
                stream.by_lmtp(place, messages, runs(5, 1))
            elif row == "lmtp":
                direct.load(place, messages, runs(5, 1))
            elif row == "memory":
                memory.show(place)
            elif row == "crowd":
                single.in_turn(place, known, runs(10, 2))
