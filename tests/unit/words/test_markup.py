"""HTML as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.words.markup import plain, references
from tests.support.clock import linear


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("v<b></b>ia<!-- x > y -->gr<FONT color='red'>a</FONT>", "viagra"),
        ("one<br>two<p>three</p>", "one\r\ntwo\r\nthree\r\n"),
        ("a<script>if (1 < 2) alert('x')</script>b", "a\r\nb"),
        ("a<STYLE>p { }</sTyLe>b", "a\r\nb"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a <!doctype html><?php x ?> b", "a \r\n\r\n b"),
        ("never <closed", "never \r\n"),
        ("never <!-- closed", "never "),
        ("never <script>closed", "never \r\n"),
        ("\u0130<SCRIPT>x</SCRIPT>y", "\u0130\r\ny"),
        ("&lt;a&gt; &amp;amp; &#65;&#x42;&nbsp;&quot;", '<a> &amp; AB "'),
        ("AT&T; &unknown; &#xzz; &#1114112; &", "AT&T; &unknown; &#xzz; &#1114112; &"),
        ("<", "<"),
        ("", ""),
    ],
)
def test_what_is_left(html: str, text: str) -> None:
    assert plain(html) == text


@given(st.text())
def test_no_text_fails(text: str) -> None:
    assert len(plain(text)) <= len(text)


@given(st.text(alphabet=st.characters(exclude_characters="<&")))
def test_text_without_markup_stays(text: str) -> None:
    assert plain(text) == text
    assert references(text) == text


@pytest.mark.parametrize("piece", ["<script>", "<!--", "<", "<b", "&", "&#", "</script", "<style></style"])
def test_the_time_is_linear(piece: str) -> None:
    assert linear(plain, piece * (1_000_000 // len(piece)))
