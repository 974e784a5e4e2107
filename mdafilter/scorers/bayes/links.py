"""Links -> tokens: the host and each domain above it, words of the path, and what honest links seldom have.

    http://user@www.example.biz:81/a/buy%20now.html
    url:www.example.biz url:example.biz url:biz url:userinfo url:port url:percent url-word:buy url-word:html

In:    text; a link as it stands in it.
Out:   links; tokens of one. Fails: never. The time is linear in the text, and bounded for one link.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

LINKS = 200  # of one text
LENGTH = 500  # characters of one link
HOST = 120
LABELS = 5
WORDS = 8
_PATTERNS: list[re.Pattern[str]] = []  # compiled when the first text is looked at


def _patterns() -> list[re.Pattern[str]]:
    if not _PATTERNS:
        import re

        _PATTERNS[:] = [re.compile(r"\b(?:https?://|www\.)[^\s\"'<>()\[\]]{1,500}"), re.compile(r"[a-z0-9]{2,20}")]
    return _PATTERNS


def found(text: str) -> list[str]:
    """The links of a plain text."""
    low = text.lower()
    return _patterns()[0].findall(low)[:LINKS] if "http" in low or "www." in low else []


def tokens(link: str) -> Iterator[str]:
    """The tokens of one link."""
    low = link[:LENGTH].lower()
    scheme, colon, rest = low.partition(":")
    if not colon or scheme in ("http", "https") or "." in scheme:
        host, _, path = (rest if colon and "." not in scheme else low).lstrip("/").partition("/")
    else:
        yield f"url-scheme:{scheme[:10]}"
        if scheme != "mailto":  # data:, javascript:, cid:
            return
        address, path = rest.partition("?")[0], ""
        yield f"url-mail:{address[:HOST]}"
        host = address.rpartition("@")[2]
    if "@" in host:
        yield "url:userinfo"
        host = host.rpartition("@")[2]
    host, _, port = host.partition("?")[0].partition(":")
    if port:
        yield "url:port"
    host = host.strip(".")[:HOST]
    if host.replace(".", "").isdigit():
        yield "url:address"
    labels = host.split(".")[-LABELS:]
    for at in range(len(labels)):
        yield f"url:{'.'.join(labels[at:])}"
    if "%" in path:
        yield "url:percent"
    for word in _patterns()[1].findall(path)[:WORDS]:
        yield f"url-word:{word}"
