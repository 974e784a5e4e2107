"""mailto URIs, whatever they are: an answer or a RuleFailed; and what was encoded comes out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import RuleFailed
from mdafilter.words.mailto import parse
from mdafilter.words.variables import encode_url

PIECES = st.sampled_from(
    [*"?&=,;:@%<>\"'()\\ \t\r\n", "%0A", "%25", "%c3%a9", "%00", "to=", "cc=", "a@b.test", "body="]
)
URIS = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=30).map("".join)


@given(URIS)
def test_any_text_is_a_uri_or_is_none(text: str) -> None:
    try:
        found = parse(text)
    except RuleFailed:
        return
    addresses = (*found.to, *found.cc, *found.bcc)
    assert all("@" in one and one.isascii() and one.isprintable() for one in addresses)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), max_size=200))
def test_what_is_encoded_comes_out(text: str) -> None:
    assert parse(f"?subject={encode_url(text)}").subject == text
