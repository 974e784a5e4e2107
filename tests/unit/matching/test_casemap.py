"""i;unicode-casemap (RFC 5051)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.matching.casemap import characters, prepared
from tests.support.clock import linear


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("\u01c4", "Dz\u030c"),  # the example of the RFC
        ("\u01c5", "Dz\u030c"),
        ("\u01c6", "Dz\u030c"),
        ("hello", "HELLO"),
        ("é", "E\u0301"),
        ("e\u0301", "E\u0301"),
        ("ß", "ß"),  # UnicodeData.txt has no title case for it; SpecialCasing.txt has "Ss"
        ("ﬁ", "fi"),  # nor for this; step 2 (b) is not followed by step 2 (a)
        ("ŉ", "\u02bcn"),
        ("ᾳ", "Α\u0345"),
        ("ς", "Σ"),
        ("ſ", "S"),
        ("ა", "ა"),  # its title case is itself, though its upper case is not
        ("①", "1"),
        ("가", "\u1100\u1161"),
        ("a\u0323\u0307", "A\u0323\u0307"),
        ("a\u0307\u0323", "A\u0307\u0323"),  # marks of different characters keep their order
        ("", ""),
        ("é\udcff", "é\udcff"),
    ],
)
def test_what_is_compared(text: str, view: str) -> None:
    """Section 2, steps 1 and 2; "The original string is used unchanged" where it is no text."""
    assert prepared(text) == view


@given(st.text())
def test_a_view_is_made_of_its_characters(text: str) -> None:
    assert prepared(text) == "".join(characters(text))
    assert len(characters(text)) == len(text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_nothing_can_be_decomposed_further(text: str) -> None:
    """Step 2 (b): "recursively applied ... until no more decomposition is possible"."""
    assert all(unicodedata.normalize("NFKD", c) == c for c in prepared(text))


def test_the_time_is_linear() -> None:
    assert linear(prepared, "é\ufdfaa" * 100_000)
