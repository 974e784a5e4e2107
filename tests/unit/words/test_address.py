"""`address`: the addresses of fields, and their parts."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleErrors
from mdafilter.words.address import holds_addresses
from tests.support.script import compiled, decide
from tests.support.sieve import said

MESSAGE = b"""\
From: "Tim, the enchanter" <Tim@Example.COM> (not bob@example.org)
To: friends: ann@a.example, "b c"@b.example;, broken@@example
Cc: carl@c.example
Subject: tim@example.com
X-Loop: loop@example.org

body
"""
NUMBERS = 'require ["relational", "comparator-i;ascii-numeric"];\n'


def held(test: str, head: str = "") -> bool:
    return decide(f"{head}if address {test} {{ discard; }}", MESSAGE).decided[0].at is not None


@pytest.mark.parametrize(
    "test",
    [
        ':is :all "from" "tim@example.com"',
        ':is "from" "tim@example.com"',
        ':localpart "from" "tim"',
        ':domain :is "from" "example.com"',
        ':domain ["cc", "to"] "B.EXAMPLE"',
        ':localpart "to" "b c"',
        ':all "to" "\\"b c\\"@b.example"',
        ':all :contains "to" "broken@@"',
        '"x-loop" "loop@example.org"',
        ':comparator "i;octet" :localpart "from" "Tim"',
    ],
)
def test_what_matches(test: str) -> None:
    """RFC 5228, 5.1: "It returns true if any header contains any key in the specified part of the address"."""
    assert held(test)


@pytest.mark.parametrize(
    "test",
    [
        ':contains "from" "enchanter"',
        ':contains "from" "bob"',
        ':contains "to" "friends"',
        ':contains :localpart "to" "broken"',
        ':contains :domain "to" "example,"',
        ':contains "bcc" ""',
        ':comparator "i;octet" :localpart "from" "tim"',
    ],
)
def test_what_does_not_match(test: str) -> None:
    """RFC 5228, 5.1: "The address primitive never acts on the phrase part of an email address or on comments within
    that address. It also never acts on group names"; 2.7.4: "If an address is not syntactically valid, then it will
    not be matched by tests specifying ":localpart" or ":domain"."."""
    assert not held(test)


def test_the_count_is_of_addresses() -> None:
    """RFC 5231, 4.2: "The Address Test counts the number of addresses ... Group names are ignored, but the contained
    mailboxes are counted."."""
    assert held(':count "eq" :comparator "i;ascii-numeric" :localpart ["to", "cc"] "3"', NUMBERS)


def test_the_answer_names_field_and_part() -> None:
    decision = decide('if address :domain "from" "example.com" { discard; }', MESSAGE)
    assert decision.decided[0].why == "From: Example.COM"
    assert decision.trace[0].what == 'address :domain :is "from" "example.com"'


@pytest.mark.parametrize("name", ["Subject", "Date", "In-Reply-To", "Message-ID", "Received"])
def test_fields_without_addresses_are_errors(name: str) -> None:
    """RFC 5228, 5.1: "Implementations MUST restrict the address test to headers that contain addresses"."""
    with pytest.raises(RuleErrors, match="holds no addresses"):
        compiled(f'if address "{name}" "x" {{ stop; }}')


def test_such_a_field_named_by_a_variable_matches_nothing() -> None:
    head = 'require "variables"; set "name" "Subject";\n'
    assert not held('"${name}" "tim@example.com"', head)


@pytest.mark.parametrize(
    "name",
    ["From", "To", "Cc", "Bcc", "Sender", "Resent-From", "Resent-To", "Reply-To", "Return-Path", "X-Original-To"],
)
def test_fields_with_addresses(name: str) -> None:
    """RFC 5228, 5.1: "MUST include at least From, To, Cc, Bcc, Sender, Resent-From, and Resent-To"."""
    assert holds_addresses(name)


def test_only_one_part_at_a_time() -> None:
    """RFC 5228, 2.7.4: "It is an error to give more than one of these arguments to a given command."."""
    with pytest.raises(RuleErrors, match="exclude each other"):
        compiled('if address :all :domain "from" "x" { stop; }')


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'if address "subject" "a" { stop; }',
            'error 1:12 the field subject holds no addresses | use: header ... "subject"',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
