"""The figures of the service in the text format of Prometheus, version 0.0.4 ("exposition formats" in its manual).

One line in METRICS is one metric. Names and units follow the manual's "metric and label naming": seconds, and `_total`
for what only grows. No user is a label: there may be any number of them.

In:    what status.read gave, perhaps of another version: what is not told is left out.
Out:   text. Fails: never.
"""

from __future__ import annotations

import math

from mdafilter.serve import status
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TYPE = "text/plain; version=0.0.4; charset=utf-8"  # the Content-Type

# Name, type, help, and the figure.
METRICS = (
    ("start_time_seconds", "gauge", "When the service started, or took over, since the epoch.", "since"),
    ("workers_limit", "gauge", "Workers that there may be in all.", "most"),
    ("longest_delivery_seconds", "gauge", "For how long the slowest of the running deliveries has run.", "longest"),
    ("connections_waiting", "gauge", "Connections that wait for a worker.", "waiting"),
    ("connections_refused_total", "counter", "Connections that no worker had time for.", "refused"),
    ("workers_started_total", "counter", "Workers that were started.", "hired"),
    ("workers_died_total", "counter", "Workers that ended otherwise than they should.", "died"),
)


def text(told: Mapping[str, object]) -> str:
    """All metrics."""
    return "".join(f"{line}\n" for line in _lines(told))


def _lines(told: Mapping[str, object]) -> Iterator[str]:
    version = told.get("version")
    if isinstance(version, str):
        yield from _head("build_info", "gauge", "The version that runs.")
        yield f'mdafilter_build_info{{version="{_escaped(version)}"}} 1'
    for name, kind, about, figure in METRICS:
        value = status.number(told, figure)
        if value is not None:
            yield from _head(name, kind, about)
            yield f"mdafilter_{name} {_number(value)}"
    all_, busy = status.number(told, "workers"), status.number(told, "busy")
    if all_ is not None and busy is not None:
        yield from _head("workers", "gauge", "Workers that there are.")
        yield f'mdafilter_workers{{state="busy"}} {_number(busy)}'
        yield f'mdafilter_workers{{state="idle"}} {_number(all_ - busy)}'
    if outcomes := status.outcomes(told):
        yield from _head("messages_total", "counter", "Messages by what became of them.")
        for outcome, count in outcomes.items():
            yield f'mdafilter_messages_total{{outcome="{_escaped(outcome)}"}} {_number(count)}'
    yield from _histogram(told)


def _histogram(told: Mapping[str, object]) -> Iterator[str]:
    rows, seconds = status.times(told), status.number(told, "seconds")
    if rows and seconds is not None:
        yield from _head("delivery_seconds", "histogram", "How long a worker had a message.")
        for bound, count in rows:
            yield f'mdafilter_delivery_seconds_bucket{{le="{_number(bound)}"}} {_number(count)}'
        yield f"mdafilter_delivery_seconds_sum {_number(seconds)}"
        yield f"mdafilter_delivery_seconds_count {_number(rows[-1][1])}"


def _head(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP mdafilter_{name} {about}"
    yield f"# TYPE mdafilter_{name} {kind}"


def _number(value: float) -> str:
    """As Go reads it."""
    if math.isinf(value):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
