"""extlists (RFC 6134)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, Keep, Redirect
from mdafilter.words.match import MATCHING
from tests.support.scene import StillWorld
from tests.support.script import acts, decide
from tests.support.sieve import errors, said

TEAM, LISTS = "tag:example.com,2026:team", "tag:example.com,2026:lists"
MAIL = b"From: Bob <Bob@Example.ORG>\nTo: x@x.test, Ann <ann@x.test>\nSubject: hello\nList-Id: debian-user\n\nb\n"
WORLD = {TEAM: ("bob@example.org", "r@example.net", "example.org"), LISTS: ("debian-user", "hello"), "empty": ()}
REQUIRE = """require ["extlists", "variables", "envelope", "environment", "imap4flags", "relational", "body",
    "copy", "include"];\n"""


def holds(test: str) -> bool:
    (act,) = acts(decide(f"{REQUIRE}if {test} {{ discard; }}", MAIL, StillWorld(lists=WORLD)))
    return act == Discard()


@pytest.mark.parametrize(
    ("test", "held"),
    [
        (f'address :list "from" "{TEAM}"', True),
        (f'address :list "to" "{TEAM}"', False),
        (f'address :domain :list "from" "{TEAM}"', True),
        (f'address :localpart :list "from" "{TEAM}"', False),
        (f'envelope :list "to" "{TEAM}"', True),
        (f'envelope :list "from" "{TEAM}"', False),
        (f'header :list "list-id" "{LISTS}"', True),
        (f'header :list "subject" ["empty", "{LISTS}"]', True),
        (f'header :list "subject" ["empty", "{TEAM}"]', False),
        (f'header :list "x-none" "{LISTS}"', False),
        (f'string :list ["no", "HELLO"] "{LISTS}"', True),
        (f'string :list "hell" "{LISTS}"', False),
        (f'hasflag :list "{LISTS}"', False),
        (f'not header :list "subject" "{LISTS}"', False),
        (f'valid_ext_list ["{TEAM}", "{LISTS}"]', True),
        (f'valid_ext_list ["{TEAM}", "tag:other"]', False),
        ('valid_ext_list ""', False),
    ],
)
def test_is_it_in_one_of_the_lists(test: str, held: bool) -> None:
    """Section 2.2: the test is true "if any of the specified values matches any member of one or more of the lists"."""
    assert holds(test) is held


def test_match_variables_stay() -> None:
    script = f"""{REQUIRE}
        if header :matches "subject" "h*" {{ if address :list "from" "{TEAM}" {{ redirect "${{1}}@x.test"; }} }}"""
    assert acts(decide(script, MAIL, StillWorld(lists=WORLD))) == [Redirect("ello@x.test")]


def test_the_name_may_be_made_of_variables() -> None:
    script = f'{REQUIRE} set "n" "team"; if address :list "from" "tag:example.com,2026:${{n}}" {{ discard; }}'
    assert acts(decide(script, MAIL, StillWorld(lists=WORLD))) == [Discard()]


@pytest.mark.parametrize("name", ["tag:other", "${none}"])
def test_a_name_that_stands_for_no_list_keeps_the_message(name: str) -> None:
    """Section 2.4: valid_ext_list tells beforehand whether "header :list" would go well."""
    decision = decide(f'{REQUIRE} discard; if header :list "subject" "{name}" {{ stop; }}', MAIL)
    assert acts(decision) == [Keep()]
    assert f'there is no list "{"" if name == "${none}" else name}"' in decision.notes[-1]


def test_no_comparator() -> None:
    """Section 2.2: "if both are specified in a test, this MUST result in an error"."""
    (error,) = errors(f'{REQUIRE} if header :list :comparator "i;octet" "subject" "{LISTS}" {{ stop; }}')
    assert ":list is used without :comparator" in error


def test_one_match_type() -> None:
    (error,) = errors(f'{REQUIRE} if header :list :is "subject" "{LISTS}" {{ stop; }}')
    assert ":list and :is exclude each other" in error


@pytest.mark.parametrize(
    "script", ['if header :list "a" "b" { stop; }', 'redirect :list "b";', 'if valid_ext_list "b" {}']
)
def test_it_must_be_required(script: str) -> None:
    (error,) = errors(script)
    assert 'require "extlists"' in error


def test_it_stands_on_every_test_that_matches() -> None:
    assert {"header", "address", "envelope", "string"} <= set(MATCHING)


def test_redirect_to_the_members() -> None:
    """Section 2.5: "redirect :list" sends to each member; what is no address is passed over."""
    world = StillWorld(lists={"team": ("Bob <bob@x.test>", "ann@x.test", "not one")})
    decision = decide(f'{REQUIRE} redirect :list "team";', MAIL, world)
    assert acts(decision) == [Redirect("bob@x.test"), Redirect("ann@x.test")]
    assert "what is no address" in decision.notes[0]
    decision = decide(f'{REQUIRE} redirect :list :copy "team";', MAIL, world)
    assert acts(decision) == [Redirect("bob@x.test", copy=True), Redirect("ann@x.test", copy=True), Keep()]


def test_redirect_to_nobody_keeps_the_message() -> None:
    assert acts(decide(f'{REQUIRE} redirect :list "empty";', MAIL, StillWorld(lists=WORLD))) == [Keep()]
    assert acts(decide(f'{REQUIRE} redirect :list "none";', MAIL, StillWorld(lists=WORLD))) == [Keep()]


def test_redirect_to_too_many_keeps_the_message() -> None:
    world = StillWorld(lists={"team": tuple(f"a{number}@x.test" for number in range(50))})
    decision = decide(f'{REQUIRE} redirect :list "team";', MAIL, world)
    assert acts(decision) == [Keep()]
    assert "redirects" in decision.notes[-1] or "actions" in decision.notes[-1]
    world = StillWorld(lists={"team": tuple(f"a{number}@x.test" for number in range(1001))})
    decision = decide(f'{REQUIRE} redirect :list "team";', MAIL, world)
    assert acts(decision) == [Keep()]
    assert 'redirect :list "team": the list has more than 1000 members' in decision.notes[-1]


@pytest.mark.parametrize(
    "test", [f'header :list "subject" "{LISTS}"', f'valid_ext_list ["{TEAM}", "{LISTS}"]', f'string :list "a" "{TEAM}"']
)
def test_it_describes_itself(test: str) -> None:
    decision = decide(f"{REQUIRE}if {test} {{ discard; }}", MAIL, StillWorld(lists=WORLD))
    assert [one.what for one in decision.trace if one.answer] == [test]


def test_a_redirect_describes_itself() -> None:
    decision = decide(f'{REQUIRE} redirect :copy :list "empty";', MAIL, StillWorld(lists=WORLD))
    assert [one.what for one in decision.trace] == ['redirect :list :copy "empty"']


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["extlists"];\nif header :list :comparator "i;octet" "subject" "x" { stop; }',
            "error 2:17 :list is used without :comparator | the list says how it is compared",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
