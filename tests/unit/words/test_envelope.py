"""`envelope`: sender and recipient."""

from __future__ import annotations

import pytest

from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.message import Address, Envelope
from mdafilter.words.envelope import envelope_address
from tests.support.scene import scene
from tests.support.script import compiled
from tests.support.sieve import said

HEAD = 'require ["envelope", "relational", "comparator-i;ascii-numeric", "variables"];\n'


def decide(test: str, envelope: Envelope) -> Decision:
    one = scene()
    one.envelope = envelope
    return run([compiled(f"{HEAD}if envelope {test} {{ discard; }}").plan], one)


def held(test: str, **envelope: str) -> bool:
    return decide(test, Envelope().replace(**envelope)).decided[0].at is not None


@pytest.mark.parametrize(
    ("test", "held_"),
    [
        (':all :is "from" "tim@example.com"', True),
        (':domain "FROM" "example.com"', True),
        (':localpart ["to", "from"] "tim"', True),
        ('"to" "ken@example.org"', True),
        ('"orig_to" "alias@example.org"', True),
        ('"auth" "tim"', True),
        (':localpart "auth" "tim"', True),
        ('"to" "alias@example.org"', False),
        (':count "eq" :comparator "i;ascii-numeric" ["from", "to"] "2"', True),
    ],
)
def test_the_parts(test: str, held_: bool) -> None:
    """RFC 5228, 5.4: "The envelope-part is a string list and may contain more than one parameter"."""
    assert held_ is held(
        test, sender="Tim@example.com", recipient="ken@example.org", original_recipient="alias@example.org", auth="tim"
    )


@pytest.mark.parametrize("part", [":all", ":localpart", ":domain"])
def test_the_null_sender(part: str) -> None:
    """RFC 5228, 5.4: "The null reverse-path is matched against as the empty string, regardless of the ADDRESS-PART
    argument specified."."""
    assert held(f'{part} "from" ""', sender="")


def test_the_count_of_the_null_sender() -> None:
    """RFC 5231, 4.2: "The envelope "from" will be 0 if the MAIL FROM is empty, or 1 if MAIL FROM is not empty."."""
    assert held(':count "eq" :comparator "i;ascii-numeric" "from" "0"', sender="")


def test_what_is_not_known_matches_nothing() -> None:
    assert not held(':contains "auth" ""', sender="a@b.example")


def test_an_unknown_part_is_an_error() -> None:
    """RFC 5228, 5.4: "implementations SHOULD consider unknown envelope parts an error"."""
    with pytest.raises(RuleErrors, match='the envelope has no "cc"'):
        compiled(f'{HEAD}if envelope "cc" "x" {{ stop; }}')


def test_made_of_variables_it_matches_nothing() -> None:
    assert not held(':contains "${unset}cc" ""', sender="a@b.example")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@a.example,@b.example:c@d.example", Address("", "c", "d.example", "c@d.example")),
        ('"a b"@c.example', Address("", "a b", "c.example", '"a b"@c.example')),
        ("root", Address("", "root", "", "root")),
        ("a@b@c.example", Address("", "a@b", "c.example", "a@b@c.example")),
    ],
)
def test_addresses_of_smtp(text: str, expected: Address) -> None:
    """RFC 5228, 5.4: "All tests against envelopes MUST drop source routes."."""
    assert envelope_address(text) == expected


@pytest.mark.parametrize("text", ["<ann@example.org", "ann@example.org>", "ann@", "@example.org"])
def test_what_is_no_address(text: str) -> None:
    """RFC 5228, 2.7.4: "If an address is not syntactically valid, then it will not be matched by tests specifying
    ":localpart" or ":domain"."."""
    assert envelope_address(text) == Address("", "", "", text, False)


def test_the_answer_names_the_part() -> None:
    decision = decide('"from" "a@b.example"', Envelope("A@b.example"))
    assert decision.decided[0].why == "envelope from: A@b.example"
    assert decision.trace[0].what == 'envelope :all :is "from" "a@b.example"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["envelope"];\nif envelope "notify" "x" { stop; }',
            'error 2:13 "notify" needs the extension "envelope-dsn" | require "envelope-dsn";',
        ),
        (
            'require ["envelope"];\nif envelope "bytimeabsolute" "x" { stop; }',
            'error 2:13 "bytimeabsolute" needs the extension "envelope-deliverby" | require "envelope-deliverby";',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
