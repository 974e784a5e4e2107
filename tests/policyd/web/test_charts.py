"""Charts as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from mdafilter_policyd.web.charts import SERIES, ceiling, chart, limited

NASTY = "<script>\"&'"


def test_a_chart_is_xml_and_says_what_it_is() -> None:
    drawn = ElementTree.fromstring(chart(NASTY, {NASTY: [1, 5, 2], "b": [0, 0, 10]}, NASTY, "end", "c1"))
    assert drawn.get("role") == "img" and drawn.findtext("title") == NASTY
    said = f"Lines from {NASTY} to end; {NASTY}: 8 in all, 5 at most; b: 10 in all, 10 at most."
    assert drawn.findtext("desc") == said
    assert (drawn.get("aria-labelledby"), drawn.get("aria-describedby")) == ("c1-title", "c1-desc")
    assert [one.get("id") for one in drawn if one.tag in ("title", "desc")] == ["c1-title", "c1-desc"]
    assert not list(drawn.iter("script")) and all("style" not in one.attrib for one in drawn.iter())
    lines = [one.get("points") for one in drawn.iter("polyline")]
    assert lines == ["50.0,212.5 425.0,122.5 800.0,190.0", "50.0,235.0 425.0,235.0 800.0,10.0"]
    assert [one.text for one in drawn.iter("text")] == ["0", "5", "10", NASTY, "end", f"{NASTY} (8)", "b (10)"]


def test_lines_differ_not_by_colour_alone() -> None:
    drawn = ElementTree.fromstring(chart("x", {str(n): [n] for n in range(SERIES)}))
    assert len({one.get("stroke-dasharray") for one in drawn.iter("polyline")}) == SERIES


@pytest.mark.parametrize("series", [{}, {"a": []}, {"a": [0]}, {"a": [10**12]}])
def test_little_and_much(series: dict[str, list[int]]) -> None:
    assert chart("x", series).startswith("<svg")


def test_many_series_are_put_together() -> None:
    found = limited({str(n): [n, 1] for n in range(20)})
    assert list(found) == [*map(str, range(13, 20)), "others"]
    assert found["others"] == [sum(range(13)), 13]


@pytest.mark.parametrize(("value", "found"), [(0, 2), (2, 2), (3, 5), (6, 10), (101, 200), (10**9 + 1, 2 * 10**9)])
def test_the_end_of_the_scale(value: int, found: int) -> None:
    assert ceiling(value) == found
