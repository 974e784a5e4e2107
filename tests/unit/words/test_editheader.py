"""addheader and deleteheader (RFC 5293)."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Keep
from mdafilter.errors import RuleErrors, RuleFailed
from mdafilter.message import Message
from mdafilter.texts import Template, Var
from mdafilter.words.editheader import AddHeader, DeleteHeader
from mdafilter.words.match import Match
from tests.support.scene import scene
from tests.support.script import acts, compiled, decide, delivered, folders
from tests.support.sieve import said

MESSAGE = b"""Received: one
Received: two
X-Hello: first
Subject: =?utf-8?q?gr=C3=BCn?=
x-hello:  second
Auto-Submitted: auto-replied
X-Hello: third

body
"""
CASEMAP = "i;ascii-casemap"


def edited(change: AddHeader | DeleteHeader, message: bytes = MESSAGE) -> Message:
    return change.rewrite(scene(message))


def names(message: Message) -> list[str]:
    return [field.name for field in message.headers]


def hellos(message: Message) -> list[str]:
    return [field.text.strip() for field in message.headers.all("X-Hello")]


def test_a_field_is_added_on_top() -> None:
    """Section 4: "By default, the header field is inserted at the beginning of the existing message header." """
    assert delivered(decide('require "editheader"; addheader "X-New" "it is";', MESSAGE)) == b"X-New: it is\n" + MESSAGE


def test_with_last_at_the_end() -> None:
    """Section 4: "If the optional flag ":last" is specified, it is appended at the end." """
    out = delivered(decide('require "editheader"; addheader :last "X-New" "it is";', MESSAGE))
    assert out == MESSAGE.replace(b"\n\nbody", b"\nX-New: it is\n\nbody")


def test_line_ends_are_those_of_the_message() -> None:
    message = edited(AddHeader("X-New", "x"), b"A: b\r\n\r\nbody\r\n")
    assert message.headers[0].raw == b"X-New: x\r\n"


def test_text_that_is_not_ascii_is_encoded() -> None:
    """Section 4: "the implementation MUST either flag an error or encode the field"."""
    field = edited(AddHeader("X-New", "grün")).headers[0]
    assert field.raw.isascii()
    assert field.text == "grün"


def test_a_value_cannot_smuggle_a_field_in() -> None:
    here = scene(MESSAGE)
    here.set("x", "a\r\nBcc: all@example.org\n\nbody")
    message = AddHeader("X-New", Template((Var("x"),))).rewrite(here)
    assert names(message) == ["X-New", *names(scene(MESSAGE).message)]
    assert message.headers[0].raw.count(b"\n") == 1


@pytest.mark.parametrize("name", ["", "a b", "a:", "grün", "a\tb"])
def test_a_name_that_is_none_is_an_error(name: str) -> None:
    """Sections 4 and 5: "If the field-name is not a valid 7-bit US-ASCII header field name ... the implementation MUST
    flag an error"."""
    for command in (f'addheader "{name}" "x"', f'deleteheader "{name}"'):
        with pytest.raises(RuleErrors, match="header name"):
            compiled(f'require "editheader"; {command};')
    here = scene(MESSAGE)
    here.set("n", name)
    for change in (AddHeader(Template((Var("n"),)), "x"), DeleteHeader(Template((Var("n"),)))):
        with pytest.raises(RuleFailed, match="header name"):
            change.rewrite(here)


def test_a_field_has_a_limit() -> None:
    edited(AddHeader("X", "x" * 998))
    with pytest.raises(RuleFailed, match="addheader X: the field is longer than 2048 octets"):
        edited(AddHeader("X", "x" * limits.HEADER_EDIT_OCTETS))
    assert said(f'require "editheader"; addheader "X" "{"x" * 2100}";') == [
        "error 1:37 the field is longer than 2048 octets | what is that long belongs into the body"
    ]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (DeleteHeader("X-HELLO"), []),
        (DeleteHeader("X-Hello", Match("contains", CASEMAP, "", ("IR",))), ["second"]),
        (DeleteHeader("X-Hello", Match("is", CASEMAP, "", ("second",))), ["first", "third"]),
        (DeleteHeader("X-Hello", None, 1), ["second", "third"]),
        (DeleteHeader("X-Hello", None, 1, last=True), ["first", "second"]),
        (DeleteHeader("X-Hello", None, 3, last=True), ["second", "third"]),
        (DeleteHeader("X-Hello", None, 4), ["first", "second", "third"]),
        (DeleteHeader("X-Hello", None, 4, last=True), ["first", "second", "third"]),
        (DeleteHeader("X-Hello", Match("contains", CASEMAP, "", ("third",)), 1), ["first", "second", "third"]),
        (DeleteHeader("X-Hello", Match("contains", CASEMAP, "", ("third",)), 1, last=True), ["first", "second"]),
        (DeleteHeader("X-Hello", Match("is", CASEMAP, "", ("",))), ["first", "second", "third"]),
    ],
)
def test_fields_are_deleted(change: DeleteHeader, left: list[str]) -> None:
    """Section 5: "The counting happens before the <value-patterns> match, if any." """
    assert hellos(edited(change)) == left


@pytest.mark.parametrize("name", ["Received", "received", "Auto-Submitted"])
def test_what_stops_loops_is_never_deleted(name: str) -> None:
    """Section 6: "implementations MUST NOT permit attempts to delete "Received" and "Auto-Submitted" header fields";
    "the attempt MUST be silently ignored"."""
    here = scene(MESSAGE)
    assert DeleteHeader(name).rewrite(here) is here.message
    assert [w.text for w in compiled(f'require "editheader"; deleteheader "{name}";').warnings] != []


def test_the_subject_may_be_replaced() -> None:
    """Section 6: "MUST permit both addition and deletion of the "Subject" header field"."""
    script = 'require "editheader"; deleteheader "Subject"; addheader "Subject" "new";'
    assert decide(script, MESSAGE).decided[0].message.headers.all("Subject")[0].text == "new"


def test_patterns_see_the_decoded_value() -> None:
    """Section 5: matching is "performed as if by the "header" test"."""
    assert "Subject" not in names(edited(DeleteHeader("Subject", Match("is", CASEMAP, "", ("grün",)))))


def test_each_change_sees_the_ones_before() -> None:
    """Section 7, both examples."""
    unchanged = 'require "editheader"; addheader "X-Hello" "World"; deleteheader :index 1 "X-Hello";'
    assert hellos(decide(unchanged, MESSAGE).decided[0].message) == ["first", "second", "third"]
    first_and_third = 'require "editheader"; deleteheader :index 1 "X-Hello"; deleteheader :index 2 "X-Hello";'
    assert hellos(decide(first_and_third, MESSAGE).decided[0].message) == ["second"]


def test_tests_see_the_header_as_it_is_now() -> None:
    """Section 7: "the "header" test in the following fragment will always evaluate to true"."""
    script = """require ["editheader", "fileinto"];
        addheader "X-Hello" "World"; if header :contains "X-Hello" "World" { fileinto "international"; }"""
    assert folders(decide(script)) == ["international"]


def test_what_was_decided_before_keeps_its_header() -> None:
    decision = decide('require ["editheader", "fileinto"]; fileinto "A"; addheader "X" "y"; keep;', MESSAGE)
    assert [names(d.message)[0] for d in decision.decided] == ["Received", "X"]


def test_a_message_that_was_edited_is_still_one_message() -> None:
    """Section 7: of `keep; addheader ...; keep;` an implementation "MUST only file one message"."""
    assert acts(decide('require "editheader"; keep; addheader "X-Flavor" "vanilla"; keep;')) == [Keep()]


def test_after_an_error_the_message_is_the_original() -> None:
    """Section 7: "if an error terminates processing of the script, the original message header MUST be used"."""
    script = 'require ["editheader", "ihave"]; addheader "X" "y"; error "no";'
    assert delivered(decide(script, MESSAGE)) == MESSAGE


def test_the_body_and_all_other_fields_stay_as_they_came() -> None:
    message = b"A:b\n  folded \nBad line\nX: y\n\n\x00\xff body\r\nmixed"
    script = 'require "editheader"; deleteheader "X"; addheader "N" "o";'
    assert delivered(decide(script, message)) == b"N: o\n" + message.replace(b"X: y\n", b"")


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ('deleteheader :last "X"', ":last without :index"),
        ('deleteheader :index 0 "X"', ":index 0 is no field"),
        ('deleteheader :index 1 :is :contains "X" "y"', "exclude each other"),
        ("deleteheader", "argument"),
        ('addheader "X"', "argument"),
    ],
)
def test_mistakes(command: str, error: str) -> None:
    """Section 5: "The implementation MUST flag an error if :last is specified without also specifying :index." """
    with pytest.raises(RuleErrors, match=error):
        compiled(f'require "editheader"; {command};')


def test_without_patterns_the_match_is_ignored() -> None:
    """Section 5: "If no value-patterns are specified, then the comparator and match-type options are silently
    ignored." """
    assert hellos(decide('require "editheader"; deleteheader :contains "X-Hello";', MESSAGE).decided[0].message) == []


def test_they_describe_themselves_as_sieve() -> None:
    assert AddHeader("X", "y", last=True).describe() == 'addheader :last "X" "y"'
    assert DeleteHeader("X").describe() == 'deleteheader "X"'
    match = Match("contains", CASEMAP, "", ("a", "b"))
    assert DeleteHeader("X", match, 2, last=True).describe() == 'deleteheader :index 2 :last :contains "X" ["a", "b"]'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["editheader"];\ndeleteheader :last "X-A";',
            "error 2:14 :last without :index | write :index 1 :last for the last one",
        ),
        (
            'require ["editheader"];\ndeleteheader :index 0 "X-A";',
            "error 2:14 :index 0 is no field | the first one is 1 (RFC 5293 section 5)",
        ),
        (
            'require ["editheader"];\ndeleteheader "Received";',
            "warning 2:14 Received is never deleted | RFC 5293 section 6: it stops mail loops",
        ),
        (
            'require ["editheader"];\naddheader "X A" "b";',
            'error 2:11 the header name "X A" has a character that no header name may have | RFC 5322 section 2.2: printable ASCII without blanks and colons',
        ),
        (
            'require ["editheader"];\naddheader "" "b";',
            "error 2:11 a header name is empty | RFC 5322 section 2.2: printable ASCII without blanks and colons",
        ),
        (
            'require ["editheader"];\naddheader "X:" "b";',
            'error 2:11 the header name "X:" has a colon in it | RFC 5322 section 2.2: printable ASCII without blanks and colons',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
