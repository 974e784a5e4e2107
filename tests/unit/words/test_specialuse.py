"""special-use (RFC 8579)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, Keep
from tests.support.scene import StillWorld
from tests.support.script import acts, decide
from tests.support.sieve import errors, said

WORLD = {
    "folders": ("Spam", "INBOX/Spam", "Drafts", "Other"),
    "uses": {"\\junk": ("Spam", "Spam2"), "\\drafts": ("Drafts", "Spam")},
}
REQUIRE = 'require ["special-use", "variables"];\n'


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ('"\\\\Junk"', True),
        ('["\\\\JUNK", "\\\\Drafts"]', True),
        ('["\\\\Junk", "\\\\Archive"]', False),
        ('"\\\\Archive"', False),
        ('"Spam" "\\\\Junk"', True),
        ('"INBOX/Spam" ["\\\\Junk", "\\\\Drafts"]', True),
        ('"Drafts" ["\\\\Junk", "\\\\Drafts"]', False),
        ('"Other" "\\\\Junk"', False),
        ('"Spam2" "\\\\Junk"', False),  # it is not there
        ('"Nowhere" "\\\\Junk"', False),
        ('"${none}" "\\\\Junk"', False),
    ],
)
def test_is_there_a_folder_for_it(test: str, held: bool) -> None:
    """Section 3: "at least one mailbox exists in the user's personal namespace that has that particular special-use
    attribute assigned"; with a mailbox, it "has all of the special-use attribute flags assigned to it"."""
    script = f"{REQUIRE}if specialuse_exists {test} {{ discard; }}"
    (act,) = acts(decide(script, world=StillWorld(**WORLD)))  # type: ignore[arg-type]
    assert act == (Discard() if held else Keep())


def test_what_can_be_none() -> None:
    assert "is no special use" in errors(f'{REQUIRE}if specialuse_exists ["\\\\Junk", "Junk"] {{ stop; }}')[0]
    assert "folder name is empty" in errors(f'{REQUIRE}if specialuse_exists "" "\\\\Junk" {{ stop; }}')[0]
    decision = decide(f'{REQUIRE}if specialuse_exists "${{x}}" {{ discard; }}')
    assert acts(decision) == [Keep()]
    assert "is no special use" in decision.notes[-1]


@pytest.mark.parametrize("script", ['if specialuse_exists "\\\\Junk" {}', 'fileinto :specialuse "\\\\Junk" "J";'])
def test_it_must_be_required(script: str) -> None:
    (error,) = errors('require "fileinto";' + script)
    assert 'require "special-use"' in error


@pytest.mark.parametrize(
    "test", ['specialuse_exists "\\\\Junk"', 'specialuse_exists "Spam" ["\\\\Junk", "\\\\Drafts"]']
)
def test_it_describes_itself(test: str) -> None:
    decision = decide(f"{REQUIRE}if {test} {{ discard; }}", world=StillWorld(**WORLD))  # type: ignore[arg-type]
    assert [one.what for one in decision.trace if one.answer] == [test]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["special-use"];\nif specialuse_exists "Junk" { stop; }',
            'error 2:22 "Junk" is no special use | special uses are written like "\\\\Junk" (RFC 6154)',
        ),
        (
            'require ["special-use"];\nif specialuse_exists "" "\\\\Junk" { stop; }',
            'error 2:22 the folder name is empty | folders are named like "Trash" or "lists/debian"',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
