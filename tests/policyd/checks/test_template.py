"""Texts with places."""

from __future__ import annotations

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.checks.template import Template

NAMES = ("seconds", "domain")
LETTERS = {"s": "seconds", "r": "domain"}
VALUES = {"seconds": "300", "domain": "b.example"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("wait $seconds s", "wait 300 s"),
        ("${seconds}s for $domain.", "300s for b.example."),
        ("%s at http://help/%r.html", "300 at http://help/b.example.html"),
        ("100%% for $$5", "100% for $5"),
        ("$ alone, 5 % of it", "$ alone, 5 % of it"),
    ],
)
def test_places(text: str, filled: str) -> None:
    assert Template(text, NAMES, LETTERS).fill(VALUES) == filled


def test_without_letters_a_percent_is_one() -> None:
    assert Template("5%s of $seconds %%", NAMES).fill(VALUES) == "5%s of 300 %%"


@pytest.mark.parametrize("text", ["$second", "${x}", "%q"])
def test_an_unknown_name_says_what_is_known(text: str) -> None:
    with pytest.raises(ValueError, match=r"is unknown; known: \$domain \$seconds %s %r"):
        Template(text, NAMES, LETTERS)


def test_a_value_cannot_end_the_line_or_begin_a_place() -> None:
    values = {"seconds": "$domain %r\r\n\nDUNNO \u2028\x00\xe4", "domain": "x"}
    assert Template("$seconds", NAMES, LETTERS).fill(values) == "$domain %r???DUNNO ???"


def test_a_text_is_bounded() -> None:
    assert len(Template("$domain", NAMES).fill({"domain": "x" * 10000})) == limits.TEXT
