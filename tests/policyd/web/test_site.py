"""Who asks, and what a form may be."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from mdafilter_policyd.web.site import TEMPLATES, Refused, when, zone
from tests.support.policyd_web import NOW, Pages


def request(client: str | None, **headers: str) -> Request:
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": fields}
    return Request(scope | {"client": (client, 1) if client is not None else None})


@pytest.mark.parametrize(
    ("client", "forwarded", "found"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "192.0.2.1", "198.51.100.7"),  # no proxy of ours
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "6.6.6.6, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        ("10.0.0.1", "6.6.6.6, rubbish", "10.0.0.1"),
        ("10.0.0.1", "[2001:db8::1]:99", "2001:db8::1"),
        ("10.0.0.1", "192.0.2.1:99", "192.0.2.1"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:192.0.2.1", "", "192.0.2.1"),
        ("", "", "127.0.0.1"),
        (None, "", "127.0.0.1"),
    ],
)
def test_who_asks(tmp_path: Path, client: str | None, forwarded: str, found: str) -> None:
    site = Pages(tmp_path, proxies=("10.0.0.0/24",)).site
    headers = {"x_forwarded_for": forwarded} if forwarded else {}
    assert site.peer(request(client, **headers)) == found


def test_a_proxy_of_which_nobody_told_us_is_told_once(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    for _ in range(2):
        assert pages.site.peer(request("198.51.100.7", x_forwarded_for="192.0.2.1")) == "198.51.100.7"
        assert pages.log.lines == []  # anybody may write such a field
    for _ in range(2):
        assert pages.site.peer(request("127.0.0.1", x_forwarded_for="192.0.2.1")) == "127.0.0.1"
    assert ["none of `proxies`" in line for line in pages.log.lines] == [True]


def test_who_may_measure(tmp_path: Path) -> None:
    site = Pages(tmp_path).site
    assert site.may_measure(request("127.0.0.1")) and site.may_measure(request("::1"))
    assert not site.may_measure(request("192.0.2.1"))
    assert not site.may_measure(request("127.0.0.1", x_forwarded_for="127.0.0.1"))


def test_a_page_that_lacks_a_value_is_a_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="undefined"):
        Pages(tmp_path).site.page("asked.html")


def test_times(tmp_path: Path) -> None:
    site = Pages(tmp_path).site
    assert [site._ago(NOW - ago) for ago in (-5, 59, 60, 7300, 90_000, 180_000)] == [
        *("just now", "just now", "1 minute ago", "2 hours ago", "1 day ago", "2 days ago"),
    ]
    assert when(NOW).startswith("2026-") and when(1e300) == "?"


@pytest.mark.parametrize(("name", "said"), [("UTC0", "UTC"), ("XXX-5:30", "UTC+05:30"), ("XXX3", "UTC-03:00")])
def test_the_zone_is_told(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    try:
        assert zone() == said
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_form_whose_sender_has_gone_is_no_mistake_of_ours(tmp_path: Path) -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    asked = request("192.0.2.1", content_type="application/x-www-form-urlencoded")
    with pytest.raises(Refused, match="has not arrived"):
        asyncio.run(Pages(tmp_path).site.form(Request(asked.scope, gone)))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_what_is_read_can_be_told_from_what_is_behind_it_in_the_dark_and_in_the_light() -> None:
    """WCAG 2.2, 1.4.3: "a contrast ratio of at least 4.5:1"; lines and frames need 3:1 (1.4.11)."""
    schemes = re.findall(r":root \{(.*?)\}", (Path(TEMPLATES) / "style.css").read_text(), re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", scheme))
        ground = luminance(colours.pop("ground"))
        del colours["line"]  # what it parts is told by the room between as well
        for name, colour in colours.items():
            darker, lighter = sorted((ground, luminance(colour)))
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, name
