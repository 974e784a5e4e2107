"""The pages, for any text: nothing that was typed in becomes a tag, a header field, or another recipient."""

from __future__ import annotations

import email
import email.policy
import json
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd.decisions import Entry
from mdafilter_policyd.web.anew import Found
from mdafilter_policyd.web.blocked import address, compared, refusals, summed
from mdafilter_policyd.web.charts import chart
from mdafilter_policyd.web.mail import letter
from mdafilter_policyd.web.requests import Asked
from mdafilter_policyd.web.signed import Signer
from tests.support.policyd_web import Pages

NASTY = st.sampled_from(
    [
        "<script>",
        "</textarea>",
        '"><img src=x onerror=y>',
        "' onfocus=z",
        "&lt;",
        "{{ 1 }}",
        "{% x %}",
        "\r\nBcc: v@x",
        "]]>",
    ]
)
TEXT = st.lists(NASTY | st.text(st.characters(codec="utf-8"), max_size=20), max_size=4).map("".join)


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.values: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _value in attrs)))
        self.values += [value or "" for _name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page(name: str, **values: Any) -> Tags:
    with TemporaryDirectory() as folder:
        return Tags(bytes(Pages(Path(folder)).site.page(name, **values).body).decode())


def asked(text: str) -> Asked:
    return Asked("1", "192.0.2.1", text, text, text, 0.0)


def about(text: str) -> dict[str, dict[str, Any]]:
    """Each page with a text at every place that is not ours."""
    entry = Entry(1, text, text, text, text, text, text, text, text, text, text, text, would=((text, text),))
    told = Entry(1, client=text, action="554 " + text, by="dnsbl", why=text)
    found = Found((told,), asked=(text,), troubles=(text,))
    refused = [*compared((), found), *summed([told])]
    usual = {"message": text, "host": text, "user": text, "csrf": text}
    typed = {"contact": text, "text": text}
    most = {"contact": 200, "text": 2000}
    return {
        "blocked.html": usual
        | {"client": text, "refusals": refused, "found": found, "unknown": False, "excepted": False, "contact": text}
        | {"typed": typed, "token": text, "most": most},
        "which.html": usual | {"origin": text},
        "decide.html": usual | {"asked": asked(text), "token": text, "days": 1},
        "decided.html": usual | {"asked": asked(text)},
        "asked.html": usual | {"asked": asked(text)},
        "wrong.html": usual | {"title": text, "text": text},
        "decisions.html": usual
        | {"asked": {"check": text, "kind": text, "text": text}, "found": [entry], "checks": [text], "kinds": [text]}
        | {"spans": (0, 5), "most": 1},
        "admin.html": usual
        | {"open": [asked(text)], "done": [asked(text)], "exceptions": [], "lists": {}, "days": 1, "heard": True},
        "plots.html": usual
        | {"charts": [(text, chart(text, {text: [1]}), {text: [1]})], "top": [(text, 1)], "hours": 24}
        | {"spans": {"24": text}, "times": [text]},
    }


PLAIN = {name: page(name, **values).tags for name, values in about("x").items()}


@given(TEXT)
def test_a_page_has_the_same_tags_whatever_is_typed_in(text: str) -> None:
    for name, values in about("x" + text + "x").items():
        found = page(name, **values)
        assert found.tags == PLAIN[name], name


@given(TEXT)
def test_what_is_typed_in_is_shown_as_it_is(text: str) -> None:
    text = "x" + text.replace("\r", "") + "x"
    found = page("blocked.html", **about(text)["blocked.html"])
    assert text in found.values and text in "".join(found.texts)


@given(TEXT, TEXT, TEXT)
def test_a_letter_has_one_recipient(contact: str, text: str, why: str) -> None:
    content = letter(Asked("1", "192.0.2.1", contact, text, "::1", 0.0), "pm@example.org", "mx", "", why)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert [message.get_all(name) for name in ("To", "Cc", "Bcc")] == [["pm@example.org"], None, None]
    assert len(message.keys()) == 7 and not message.is_multipart()


@given(st.text(max_size=60) | st.ip_addresses().map(str))
def test_an_address_is_one_or_none(text: str) -> None:
    found = address(text)
    assert found == "" or address(found) == found


@given(st.lists(st.text(max_size=30), max_size=4).map(tuple), st.text(max_size=10), st.text(max_size=80))
def test_tokens(fields: tuple[str, ...], purpose: str, other: str) -> None:
    signer = Signer(b"0123456789abcdef")
    token = signer.sign(purpose, fields, 10)
    assert signer.read(purpose, token, 10) == fields and token.isascii() and "&" not in token
    assert signer.read(purpose, other, 0) is None


@given(st.lists(st.binary(max_size=60) | st.builds(lambda d: json.dumps(d).encode(), st.dictionaries(
    st.sampled_from(["time", "client", "action", "by", "why", "would", "sender"]),
    st.none() | st.text(max_size=9) | st.just("192.0.2.1") | st.just("554 no") | st.integers() | st.floats() | st.lists(st.text(max_size=3)),
)), max_size=8))  # fmt: skip
def test_any_file_of_decisions(lines: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "d"
        path.write_bytes(b"\n".join(lines))
        for found in refusals(str(path), "192.0.2.1"):
            assert found.kind in ("refuse", "defer") and found.count > 0
