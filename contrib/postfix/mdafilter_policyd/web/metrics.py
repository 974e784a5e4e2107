"""The counts for Prometheus: its text format, version 0.0.4, by hand.

    mdafilter_policyd_answers_total                  answers to Postfix
    mdafilter_policyd_decisions_total{check,outcome} accepted, refused, deferred, came_back, would_refuse, would_defer
    mdafilter_policyd_dnsbl_up{list,kind}            1 is on, 0 is off
    mdafilter_policyd_requests{state}                exceptions that were asked for
    mdafilter_policyd_exceptions                     exceptions in force

The counters begin with the oldest decisions that the process has read, and start anew with it, which Prometheus knows
how to take.

In:    a Tally and what the store has. Out: text. Fails: never.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from mdafilter_policyd.store import Record
from mdafilter_policyd.web.requests import Asked
from mdafilter_policyd.web.tally import Tally

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "mdafilter_policyd_"
Sample = tuple[Mapping[str, str], float]


def text(tally: Tally, lists: Mapping[str, Record], requests: Sequence[Asked], exceptions: int) -> str:
    """All of them."""
    decisions = [({"check": c, "outcome": o.replace(" ", "_")}, n) for (c, o), n in sorted(tally.totals.items())]
    up = [(dict(zip(("kind", "list"), key.partition(" ")[::2], strict=True)), not r.value) for key, r in lists.items()]
    states = Counter({"open": 0, "approved": 0, "refused": 0})
    states.update(asked.state for asked in requests)
    return "".join(
        [
            _family("answers_total", "counter", "Answers to Postfix.", [({}, tally.answers)]),
            _family("decisions_total", "counter", "Answers by the check that decided, and its outcome.", decisions),
            _family("dnsbl_up", "gauge", "Whether a list of the DNS is in use.", up),
            _family(
                "requests", "gauge", "Exceptions that were asked for.", [({"state": s}, n) for s, n in states.items()]
            ),
            _family("exceptions", "gauge", "Exceptions in force.", [({}, exceptions)]),
        ]
    )


def _family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {_PREFIX}{name} {about}", f"# TYPE {_PREFIX}{name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"{_PREFIX}{name}{'{' + inside + '}' if inside else ''} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
