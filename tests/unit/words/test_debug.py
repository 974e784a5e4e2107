"""`debug_log` (vnd.dovecot.debug)."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Discard, Keep
from tests.support.script import acts, decide
from tests.support.sieve import errors

REQUIRE = 'require ["vnd.dovecot.debug", "variables"];\n'


def test_a_line_is_noted_and_the_message_goes_on() -> None:
    decision = decide(f'{REQUIRE}set "list" "debian"; debug_log "the list is ${{list}}"; debug_log "{{}}"; discard;')
    assert decision.notes == ("debug: the list is debian", "debug: {}")
    assert acts(decision) == [Discard()]


def test_it_leaves_the_implicit_keep() -> None:
    assert acts(decide(f'{REQUIRE}debug_log "x";')) == [Keep()]


def test_lines_are_bounded_in_length_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "NOTES", 2)
    (one, two) = decide(f'{REQUIRE}debug_log "{"x" * 5000}"; debug_log text:\n a\n.\n; debug_log "no more";').notes
    assert len(one) == limits.WHY_OCTETS
    assert two == "debug: a"


def test_it_is_in_the_trace() -> None:
    assert [one.what for one in decide(f'{REQUIRE}debug_log "a ${{0}}";').trace] == ['debug_log "a ${0}"']


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ('debug_log ["a", "b"];', "argument 1 of `debug_log` must be a string, not a list of strings"),
        ("debug_log;", "`debug_log` takes 1 argument, 0 are given"),
        ("debug_log 1;", "argument 1 of `debug_log` must be a string, not a number"),
        ('if debug_log "a" { stop; }', "`debug_log` is a command, and a test is expected here"),
    ],
)
def test_mistakes(command: str, error: str) -> None:
    (found,) = errors(REQUIRE.replace(', "variables"', "") + command)
    assert error in found


def test_it_needs_its_extension() -> None:
    (error,) = errors('debug_log "a";')
    assert 'require "vnd.dovecot.debug"' in error
