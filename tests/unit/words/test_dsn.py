"""`:notify` and `:ret` of redirect (RFC 6009)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Keep, Redirect
from tests.support.script import acts, decide
from tests.support.sieve import errors, said

HEAD = 'require ["redirect-dsn", "copy", "variables"];\n'


@pytest.mark.parametrize(
    ("tags", "notify", "ret"),
    [
        (':notify "never"', "NEVER", ""),
        (':notify "Success,FAILURE"', "SUCCESS,FAILURE", ""),
        (':notify "success, failure, delay" :ret "full"', "SUCCESS,FAILURE,DELAY", "FULL"),
        (':ret "hdrs" :copy', "", "HDRS"),
    ],
)
def test_what_is_asked_for(tags: str, notify: str, ret: str) -> None:
    """RFC 3461 section 4.1: ""NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" )"; 4.3: ""FULL" / "HDRS""."""
    act = acts(decide(f'{HEAD}redirect {tags} "a@b.test";'))[0]
    assert act == Redirect("a@b.test", ":copy" in tags, notify=notify, ret=ret)


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (':notify ""', ":notify is"),
        (':notify "maybe"', ":notify is"),
        (':notify "never,success"', ":notify is"),
        (':notify "success,success"', ":notify is"),
        (':notify "success,"', ":notify is"),
        (':ret "body"', ":ret is"),
        (':ret ""', ":ret is"),
    ],
)
def test_what_is_wrong(tags: str, text: str) -> None:
    (error,) = errors(f'require "redirect-dsn"; redirect {tags} "a@b.test";')
    assert text in error
    name, value = tags.split(" ")
    decision = decide(f'{HEAD}set "a" {value}; redirect {name} "${{a}}" "a@b.test";')
    assert acts(decision) == [Keep()]
    assert text in decision.notes[0]


def test_it_needs_its_extension() -> None:
    (error,) = errors('redirect :notify "never" "a@b.test";')
    assert "redirect-dsn" in error


def test_it_says_what_it_is() -> None:
    script = 'redirect :copy :notify "never" :ret "hdrs" "a@b.test"'
    assert decide(f"{HEAD}{script};").trace[0].what == script


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["redirect-dsn"];\nredirect :notify "sometimes" "a@b.example";',
            'error 2:10 :notify is "never", or a list of "success", "failure" and "delay", not "sometimes" | RFC 3461 section 4.1',
        ),
        (
            'require ["redirect-dsn"];\nredirect :ret "body" "a@b.example";',
            'error 2:10 :ret is "full" or "hdrs", not "body" | RFC 3461 section 4.3',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
