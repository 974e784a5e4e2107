"""One page, of itself, that says what messages say and does nothing of it; and that can be read without being seen."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from mdafilter.reporting import Day, Summary
from mdafilter.reporting.page import page
from tests.support.reports import BAD, SUMMARY

VOID = {"meta"}


class Elements(HTMLParser):
    """The elements, their attributes and the text; each end has its start."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _value in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _value in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("summary", [SUMMARY, BAD], ids=["usual", "hostile"])
def test_no_text_of_a_message_becomes_markup(summary: Summary) -> None:
    found = Elements(page(summary))
    assert not {"script", "img", "a", "link", "iframe", "object", "form"} & found.names
    assert not {name for name in found.attributes if name.startswith("on")} | ({"src", "href"} & found.attributes)
    if summary is BAD:
        assert '</td><script>alert("1")</script>' in found.text
        assert Elements(page(BAD)).names == Elements(page(SUMMARY)).names
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page(summary))
    page(summary).encode()


def test_nothing_is_loaded_and_nothing_runs() -> None:
    """Content Security Policy Level 3, default-src: "the fallback for the other fetch directives"."""
    text = page(SUMMARY)
    assert """content="default-src 'none'; style-src 'unsafe-inline'\"""" in text
    assert "url(" not in text and "@import" not in text and "http://" not in text and "https://" not in text


def test_it_can_be_read_without_being_seen() -> None:
    """SVG in HTML: role, title and desc (WAI-ARIA Graphics); tables: caption and scope (HTML, section 4.9)."""
    text = page(SUMMARY)
    assert '<html lang="en">' in text
    assert '<svg viewBox="-20 0 760 220" role="img" aria-labelledby="chart-title chart-text">' in text
    assert "1041 messages were delivered, 13 of them filed as spam" in text
    assert text.count("<caption>") == text.count("<table>") == 2
    assert '<tr><th scope="row">2026-11-22</th><td>41</td><td>12</td><td>1</td><td>2</td><td>2</td></tr>' in text
    assert "<h1>Mail of alice, 2026-11-21 to 2026-11-23</h1>" in text
    assert "<li>the journal of somebody cannot be read.</li>" in text


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = colour if len(colour) == 6 else "".join(c * 2 for c in colour)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("number", [0, 1], ids=["light", "dark"])
def test_it_has_contrast_in_both_schemes(number: int) -> None:
    """WCAG 2.2 section 1.4.6: text "at least 7:1"; 1.4.11: graphics "at least 3:1", also against each other."""
    scheme = re.findall(r":root \{(.*?)\}", page(SUMMARY))[number]
    colours = {name: luminance(value) for name, value in re.findall(r"--(\w+): #(\w+);", scheme)}
    pairs = (("text", "back", 7), ("line", "back", 3), ("mail", "back", 3), ("spam", "back", 3), ("mail", "spam", 3))
    for name, beside, least in pairs:
        one, other = sorted((colours[beside], colours[name]))
        assert (other + 0.05) / (one + 0.05) >= least, (name, beside)


def test_the_chart_is_xml_and_stays_in_its_frame() -> None:
    days = tuple(Day(f"2026-{n:03}", n * 7 % 50, n * 3 % 50) for n in range(366))
    svg = page(SUMMARY.replace(days=days)).partition("<svg")[2].partition("</svg>")[0]
    chart = ElementTree.fromstring(f"<svg{svg}</svg>")
    boxes = [{name: float(box.get(name, "")) for name in ("x", "y", "width", "height")} for box in chart.iter("rect")]
    assert len(boxes) > 366
    assert all(box["height"] >= 0 and box["x"] >= 0 for box in boxes)
    assert max(box["y"] + box["height"] for box in boxes) <= 220
    assert len(list(chart.iter("text"))) <= 10


def test_days_without_mail() -> None:
    text = page(Summary("ann", (Day("2026-11-21"),)))
    assert "<rect" not in text and "In the folder" not in text
