"""mboxmetadata and servermetadata (RFC 5490)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, Keep
from mdafilter.words.metadata import annotation_fault
from tests.support.scene import StillWorld
from tests.support.script import acts, decide
from tests.support.sieve import errors, said, warnings

REPLIES, URI = "/private/vendor/vendor.isode/auto-replies", "/shared/vendor/uri"
REQUIRE = """require ["mboxmetadata", "servermetadata", "variables", "relational", "comparator-i;ascii-numeric"];\n"""


def world() -> StillWorld:
    return StillWorld(
        folders=("INBOX", "Work"),
        annotations={
            ("INBOX", REPLIES): "On",
            ("Work", "/private/comment"): "",
            ("", URI): "mailto:ann",
            ("Gone", REPLIES): "on",
        },
    )


def holds(test: str) -> bool:
    (act,) = acts(decide(f"{REQUIRE}if {test} {{ discard; }}", world=world()))
    return act == Discard()


@pytest.mark.parametrize(
    ("test", "held"),
    [
        (f'metadata "INBOX" "{REPLIES}" "on"', True),
        (f'metadata :is :comparator "i;octet" "INBOX" "{REPLIES}" "on"', False),
        (f'metadata :contains "INBOX" "{REPLIES}" ["x", "n"]', True),
        (f'metadata "INBOX" "{REPLIES}" "off"', False),
        (f'metadata "Work" "{REPLIES}" "on"', False),
        (f'metadata :matches "Work" "{REPLIES}" "*"', False),
        ('metadata "Work" "/private/comment" ""', True),
        (f'metadata "Gone" "{REPLIES}" "on"', False),
        (f'metadata "${{none}}" "{REPLIES}" "on"', False),
        (f'metadata :count "eq" :comparator "i;ascii-numeric" "INBOX" "{REPLIES}" "1"', True),
        (f'metadata :count "eq" :comparator "i;ascii-numeric" "Work" "{REPLIES}" "0"', True),
        (f'servermetadata :matches "{URI}" "mailto:*"', True),
        (f'servermetadata "{REPLIES}" "on"', False),
        (f'metadataexists "INBOX" "{REPLIES}"', True),
        (f'metadataexists "INBOX" ["{REPLIES}", "{URI}"]', False),
        ('metadataexists "Work" "/private/comment"', True),
        (f'metadataexists "Gone" "{REPLIES}"', False),
        (f'servermetadataexists "{URI}"', True),
        (f'servermetadataexists ["{URI}", "{REPLIES}"]', False),
    ],
)
def test_annotations(test: str, held: bool) -> None:
    """Sections 3.3 and 4.1: "true if the annotation exists and its value matches any of the keys"; 3.4 and 4.2: "true
    if all of the annotations listed in the "annotation-names" argument exist (i.e., have non-NIL values)"."""
    assert holds(test) is held


def test_match_variables_are_set() -> None:
    script = f'{REQUIRE}if servermetadata :matches "{URI}" "mailto:*" {{ if string "${{1}}" "ann" {{ discard; }} }}'
    assert acts(decide(script, world=world())) == [Discard()]


@pytest.mark.parametrize(
    "name", ["/private", "/vendor/x", "private/x", "/private//x", "/private/x/", "/shared/*", "/shared/ü", ""]
)
def test_what_is_no_annotation_is_nowhere(name: str) -> None:
    """RFC 5464 section 3.2."""
    assert annotation_fault(name)
    assert not holds(f'servermetadataexists "{name}"')
    for test in (f'servermetadataexists "{name}"', f'metadata "INBOX" "{name}" "x"'):
        assert any("is not the name of an annotation" in one for one in warnings(f"{REQUIRE}if {test} {{ stop; }}"))


@pytest.mark.parametrize(
    ("test", "capability"),
    [
        (f'metadata "INBOX" "{REPLIES}" "on"', "mboxmetadata"),
        (f'metadataexists "INBOX" "{REPLIES}"', "mboxmetadata"),
        (f'servermetadata "{URI}" "on"', "servermetadata"),
        (f'servermetadataexists "{URI}"', "servermetadata"),
    ],
)
def test_each_must_be_required(test: str, capability: str) -> None:
    (error,) = errors(f"if {test} {{ stop; }}")
    assert f'require "{capability}"' in error


def test_nothing_is_done_where_nothing_can_be_read() -> None:
    """Section 5: "a temporary failure to retrieve them should be handled in the same way as a temporary failure to
    retrieve the Sieve script itself"."""
    from mdafilter.errors import RuleFailed

    class Broken(StillWorld):
        def metadata(self, folder: str, name: str) -> str | None:
            raise RuleFailed("mailboxes.toml cannot be read")

    decision = decide(f'{REQUIRE}discard; if servermetadataexists "{URI}" {{ stop; }}', world=Broken())
    assert acts(decision) == [Keep()]


@pytest.mark.parametrize(
    "test",
    [
        f'metadata :contains "INBOX" "{REPLIES}" "n"',
        f'metadataexists "INBOX" ["{REPLIES}", "{URI}"]',
        f'servermetadata :is "{URI}" "x"',
        f'servermetadataexists "{URI}"',
    ],
)
def test_they_describe_themselves(test: str) -> None:
    decision = decide(f"{REQUIRE}if {test} {{ discard; }}", world=world())
    assert [one.what for one in decision.trace if one.answer] == [test]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["servermetadata"];\nif servermetadata "/other/a" "x" { stop; }',
            'warning 2:19 "/other/a" is not the name of an annotation: it begins with /private/ or /shared/ | this test can never hold for it',
        ),
        (
            'require ["servermetadata"];\nif servermetadata "/private//a" "x" { stop; }',
            'warning 2:19 "/private//a" is not the name of an annotation: a part of it is empty | this test can never hold for it',
        ),
        (
            'require ["servermetadata"];\nif servermetadata "/shared/a*" "x" { stop; }',
            'warning 2:19 "/shared/a*" is not the name of an annotation: it has a character that none may have | this test can never hold for it',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
