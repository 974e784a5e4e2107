"""The parts of an address."""

from __future__ import annotations

import pytest

from mdafilter.message import Address, Envelope
from mdafilter.words.addressparts import DELIMITER, PARTS, split
from mdafilter.words.subaddress import TAGS
from tests.support.scene import StillWorld, scene

KEN = Address("Ken", "ken+lists", "example.com", "ken+lists@example.com")
WRONG = Address("", "", "", "not an address", False)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (":all", "ken+lists@example.com"),
        (":localpart", "ken+lists"),
        (":domain", "example.com"),
        (":user", "ken"),
        (":detail", "lists"),
    ],
)
def test_the_parts(part: str, expected: str) -> None:
    assert PARTS[part](scene(), KEN) == expected


def test_what_is_no_address_is_compared_as_a_whole_only() -> None:
    """RFC 5228, 2.7.4: "it will not be matched by tests specifying ":localpart" or ":domain"."."""
    assert [PARTS[part](scene(), WRONG) for part in PARTS] == ["not an address", None, None, None, None]


@pytest.mark.parametrize(
    ("local", "expected"), [("ken", ("ken", None)), ("ken+", ("ken", "")), ("ken+a+b", ("ken", "a+b"))]
)
def test_the_detail(local: str, expected: tuple[str, str | None]) -> None:
    """RFC 5233, 4: "If a zero-length string is encoded as the detail sub-part, then ":detail" resolves to the empty
    value ("")."."""
    assert split(scene(), local) == expected


def test_the_site_says_what_the_delimiter_is() -> None:
    world = StillWorld(environment={DELIMITER: "-_"})
    assert split(scene(world=world), "ken_a-b") == ("ken", "a-b")
    assert split(scene(world=world), "ken+a") == ("ken+a", None)


def test_postfix_says_what_the_extension_of_the_recipient_is() -> None:
    one = scene()
    one.envelope = Envelope(recipient="ken-lists@example.com", extension="lists")
    assert split(one, "Ken-Lists") == ("ken", "lists")
    assert split(one, "ann-lists") == ("ann-lists", None)


def test_the_tags_of_subaddress_are_in_the_table() -> None:
    assert {tag.name for tag in TAGS} <= set(PARTS)
