"""Links as tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.scorers.bayes.links import LINKS, found, tokens


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("http://www.Example.BIZ/buy%20now", "url:www.example.biz url:example.biz url:biz url:percent url-word:buy"),
        ("http://bank.example@192.0.2.1:81/", "url:userinfo url:address url:port url:192.0.2.1"),
        ("mailto:a@example.org?subject=x", "url-scheme:mailto url-mail:a@example.org url:example.org"),
        ("www.example.org", "url:www.example.org"),
    ],
)
def test_links(link: str, wanted: str) -> None:
    assert set(wanted.split()) <= set(tokens(link))


def test_links_of_a_text_are_found_and_bounded() -> None:
    assert found("see HTTP://a.example/x, or www.b.example") == ["http://a.example/x,", "www.b.example"]
    assert len(found("www.a " * 1000)) == LINKS


@given(st.text())
def test_any_text_is_a_link(text: str) -> None:
    assert len(list(tokens(text))) < 30
