"""Parts of the envelope that are no addresses (RFC 6009)."""

from __future__ import annotations

import pytest

from mdafilter.engine import run
from mdafilter.message import Envelope
from mdafilter.words.envelopeparts import VALUES
from tests.support.scene import scene
from tests.support.script import compiled
from tests.support.sieve import errors

HEAD = (
    'require ["envelope", "envelope-dsn", "envelope-deliverby", "relational", "comparator-i;ascii-numeric", '
    '"variables"];\n'
)
KNOWN = Envelope(
    "bob@x.test", "ann@home.test", "All@home.test", notify=("SUCCESS", "DELAY"), ret="HDRS", envid="QQ 314159"
)


def held(test: str, envelope: Envelope = KNOWN) -> bool:
    one = scene()
    one.envelope = envelope
    return run([compiled(f"{HEAD}if envelope {test} {{ discard; }}").plan], one).decided[0].at is not None


def counted(part: str, number: int) -> str:
    return f':count "eq" :comparator "i;ascii-numeric" "{part}" "{number}"'


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ('"notify" "delay"', True),
        (':all "NOTIFY" ["NEVER", "success"]', True),
        ('"notify" "SUCCESS,DELAY"', False),
        ('"notify" "never"', False),
        (counted("notify", 2), True),
        ('"ret" "hdrs"', True),
        ('"ret" "FULL"', False),
        ('"envid" "qq 314159"', True),
        ('"orcpt" "rfc822;all@home.test"', True),
        (':matches "orcpt" "*;all@*"', True),
        (counted("orcpt", 1), True),
        (counted("ret", 1), True),
        (':domain "orcpt" "home.test"', False),
        (':localpart :matches "notify" "*"', False),
        (':matches ["bytimeabsolute", "bytimerelative", "bymode", "bytrace"] "*"', False),
        (counted("bymode", 0), True),
    ],
)
def test_the_parts(test: str, found: bool) -> None:
    """Each condition of NOTIFY is compared by itself; RFC 3461 section 4.2: ORCPT is a type and an address."""
    assert held(test) is found


@pytest.mark.parametrize("part", VALUES)
def test_what_was_not_said_matches_nothing(part: str) -> None:
    assert not held(f':matches "{part}" "*"', Envelope("bob@x.test", "ann@home.test"))
    assert held(counted(part, 0), Envelope("bob@x.test", "ann@home.test"))


def test_an_address_that_is_not_ascii() -> None:
    """RFC 6533 section 3: the type utf-8."""
    assert held('"orcpt" "utf-8;änn@home.test"', KNOWN.replace(original_recipient="änn@home.test"))


@pytest.mark.parametrize(("part", "capability"), [("notify", "envelope-dsn"), ("bymode", "envelope-deliverby")])
def test_each_needs_its_extension(part: str, capability: str) -> None:
    (error,) = errors(f'require "envelope"; if envelope "{part}" "x" {{ stop; }}')
    assert f'"{part}" needs the extension "{capability}"' in error
    assert errors(f'require ["envelope", "{capability}"]; if envelope "{part}" "x" {{ stop; }}') == []


def test_beside_addresses() -> None:
    assert held('["from", "notify"] "bob@x.test"')
    assert held('["from", "notify"] "delay"')
