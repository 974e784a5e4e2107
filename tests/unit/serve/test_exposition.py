"""The text format of Prometheus. The quotations are of "Exposition formats" and "Metric and label naming"."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mdafilter.serve import exposition, status
from mdafilter.serve.pool import Pool, Size
from tests.unit.serve.test_status import TOLD, book

LINE = re.compile(
    r'# (HELP|TYPE) mdafilter_[a-z_]+ .+|mdafilter_[a-z_]+(\{[a-z_]+="([^"\\\n]|\\["\\n])*"\})? [-+0-9.eInfNa]+'
)


def told() -> dict[str, object]:
    return status.read(json.dumps(status.figures(book(), Pool(Size()), 14.5, 1_800_000_090.0)))


def test_the_page() -> None:
    lines = exposition.text(told()).splitlines()
    assert 'mdafilter_messages_total{outcome="delivered"} 3' in lines
    assert 'mdafilter_messages_total{outcome="deferred"} 1' in lines
    assert 'mdafilter_workers{state="idle"} 0' in lines
    assert "mdafilter_workers_limit 150" in lines
    assert "mdafilter_start_time_seconds 1800000000" in lines


def test_the_histogram_is_cumulative_and_ends_with_infinity() -> None:
    """Each bucket counts all that is "less than or equal"; "the bucket {le="+Inf"} must exist", and be _count."""
    lines = [line for line in exposition.text(told()).splitlines() if line.startswith("mdafilter_delivery_seconds")]
    counts = [int(line.split()[-1]) for line in lines if "_bucket{" in line]
    assert counts == sorted(counts)
    assert lines[-3] == 'mdafilter_delivery_seconds_bucket{le="+Inf"} 7'
    assert lines[-2:] == ["mdafilter_delivery_seconds_sum 700.317", "mdafilter_delivery_seconds_count 7"]


def test_what_only_grows_ends_in_total_and_the_others_do_not() -> None:
    """ "An accumulating count has total as a suffix", "seconds" is the base unit of time."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", exposition.text(told()), re.MULTILINE))
    assert {name for name in kinds if name.endswith("_total")} == {n for n, kind in kinds.items() if kind == "counter"}
    assert set(kinds.values()) == {"counter", "gauge", "histogram"}


def test_a_parser_of_prometheus_reads_it() -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")
    families = {family.name: family for family in parser.text_string_to_metric_families(exposition.text(told()))}
    assert families["mdafilter_delivery_seconds"].type == "histogram"
    assert {s.labels["outcome"]: s.value for s in families["mdafilter_messages"].samples}["refused"] == 2
    assert all(family.documentation for family in families.values())


def test_what_is_not_told_is_left_out() -> None:
    assert exposition.text({}) == ""
    assert exposition.text({"waiting": 3}).splitlines()[-1] == "mdafilter_connections_waiting 3"


@example({"since": math.inf, "waiting": math.nan, "died": 10**400})
@given(TOLD | st.fixed_dictionaries({"version": st.text(), "messages": st.dictionaries(st.text(), st.integers())}))
def test_whatever_is_told_the_lines_are_lines(anything: dict[str, Any]) -> None:
    """ "label_value can be any sequence of UTF-8 characters, but the backslash, double-quote, and line feed characters
    have to be escaped"."""
    for line in exposition.text(anything).split("\n")[:-1]:
        assert LINE.fullmatch(line), line
