"""Any octets are tokens; they are bounded; what hides words does not."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.scorers.bayes.tokens import phrases, tokens, words


def of(raw: bytes) -> set[str]:
    return set(tokens(Message.parse(raw)))


@given(st.binary(max_size=2000))
def test_any_octets_are_tokens(raw: bytes) -> None:
    for start in (b"", b"Content-Type: text/html\n\n", b"Subject: ", b"Received: "):
        found = tokens(Message.parse(start + raw))
        assert len(found) == len(set(found)) <= limits.BAYES_TOKENS


def test_ten_megabytes_of_distinct_words_are_bounded() -> None:
    text = " ".join(f"w{n:x}" for n in itertools.islice(itertools.count(), 1_500_000)).encode()
    assert len(text) > 10_000_000
    assert len(tokens(Message.parse(b"Subject: x\n\n" + text))) == limits.BAYES_TOKENS


def test_words_and_pairs() -> None:
    assert words("Make MONEY, fast! 100% f.r.e.e. it's $99 " + "x" * 30) == [
        "make", "money", "fast!", "100%", "f.r.e.e", "it's", "$99", "long:xxxx",
    ]  # fmt: skip
    assert phrases("one two three") == ["one", "two", "three", "one two", "two three"]


def test_characters_that_are_not_seen_hide_no_word() -> None:
    assert words("vi\u00adag\u200bra") == ["viagra"]


def test_html_is_read_as_it_is_shown() -> None:
    page = b'v<!-- x -->ia<b></b>gra <p style="display:none">poison</p><a href="http://www.example.biz/buy">go</a>'
    found = of(b"Content-Type: text/html\n\n" + page)
    assert {"viagra", "hidden:poison", "html:hidden", "html:a href", "url:example.biz", "url-word:buy"} <= found
    assert "poison" not in found


def test_encoded_parts_and_attachments_are_decoded() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\naGVsbG8gd29ybGQ=\n"
        b'--b\nContent-Type: application/zip; name="invoice.pdf.exe"\n\nMZ\n--b--\n'
    )
    assert {"hello", "hello world", "file:.exe", "file:invoice", "type:application/zip"} <= of(raw)
