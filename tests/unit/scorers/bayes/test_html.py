"""HTML: what is shown, what is hidden; any text; nothing super-linear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.scorers.bayes.html import page


@pytest.mark.parametrize(
    ("html", "shown", "hidden"),
    [
        ("v<!--x-->i<b>a</b>gra", "viagra", ""),
        ("a<p>b", "a b", ""),
        ("a<script>b<c></script>d<style>e</style>f", "a d f", ""),
        ('<div style="font-size:0">a<div>b</div>c</div>d', "  d", " a b c"),
        ("1 &lt; 2 < 3", "1 < 2 < 3", ""),
        ("a<!-- open", "a", ""),
    ],
)
def test_text(html: str, shown: str, hidden: str) -> None:
    found = page(html)
    assert (found.shown.split(), found.hidden.split()) == (shown.split(), hidden.split())


def test_marks_and_links() -> None:
    found = page('<FONT COLOR=red><a HREF="http://x.example/?a=1&amp;b">')
    assert found.links == ("http://x.example/?a=1&b",)
    assert {"font", "font color", "a", "a href"} <= set(found.marks)


@given(st.text(alphabet="<>!-/ab =\"'&;", max_size=200) | st.text())
def test_any_text_is_html(text: str) -> None:
    page(text)


@pytest.mark.parametrize(
    "piece", ["<!--", "<a", "<script>", "<a href=", "<a b=", '<p style="display:none">', "</p>", "&"]
)
def test_much_of_what_never_ends(piece: str) -> None:
    page(piece * 50_000)
