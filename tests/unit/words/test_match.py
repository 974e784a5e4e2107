"""Match types and comparators: what a value is compared with, and how."""

from __future__ import annotations

import pytest

from mdafilter import limits, words
from mdafilter.acts import Discard, Keep
from mdafilter.decision import Answer
from mdafilter.errors import RuleErrors
from mdafilter.texts import Template, Var
from mdafilter.words.match import COMPARATORS, MATCH_TYPES, MATCHING, Match
from tests.support.clock import linear
from tests.support.scene import scene
from tests.support.script import compiled, decide
from tests.support.sieve import said

CASEMAP, OCTET, NUMERIC, UNICODE = "i;ascii-casemap", "i;octet", "i;ascii-numeric", "i;unicode-casemap"


def ask(kind: str, key: str, *values: str, comparator: str = CASEMAP, relation: str = "") -> Answer:
    return Match(kind, comparator, relation, (key,)).test(scene(), values)


@pytest.mark.parametrize(
    ("kind", "key", "held"),
    [
        ("contains", "frob", True),
        ("contains", "nit", True),
        ("contains", "fbm", False),
        ("contains", "", True),
        ("is", "frobnitzm", True),
        ("is", "FROBNITZM", True),
        ("is", "frob", False),
        ("is", "", False),
        ("matches", "f*m", True),
        ("matches", "F?OB*", True),
        ("matches", "*z", False),
        ("regex", "^f.*m$", True),
        ("regex", "z$", False),
    ],
)
def test_the_match_types(kind: str, key: str, held: bool) -> None:
    """RFC 5228, 2.7.1: "the string "frobnitzm" contains "frob" and "nit", but not "fbm"."""
    assert ask(kind, key, "frobnitzm").held is held


def test_the_empty_key() -> None:
    """RFC 5228, 2.7.1: "The empty key ("") only ":is" matches with the empty value."."""
    assert ask("is", "", "").held
    assert not ask("is", "", " ").held
    assert not ask("contains", "").held  # no value at all


def test_casemap_knows_ascii_letters_only() -> None:
    """RFC 4790, 9.2.1: "Note that letters outside ASCII are not treated case-insensitively."."""
    assert ask("is", "GRüN", "grün").held
    assert not ask("is", "GRÜN", "grün").held
    assert not ask("regex", "^Ä$", "ä").held
    assert not ask("is", "straSSe", "straße").held


def test_octet_lets_the_case_count() -> None:
    """RFC 5228, 2.7.3: "since the comparator used is case-sensitive"."""
    for kind in ("is", "contains", "matches", "regex"):
        assert ask(kind, "Spam", "Spam", comparator=OCTET).held
        assert not ask(kind, "SPAM", "Spam", comparator=OCTET).held


@pytest.mark.parametrize(
    ("relation", "value", "key", "held"),
    [
        ("gt", "10", "9", True),
        ("eq", "007", "7", True),
        ("eq", "7 bottles", "7", True),
        ("lt", "15.2", "16", True),
        ("eq", "x", "", True),
        ("eq", "-3", "nothing", True),
        ("gt", "", "99999999999999999999999999", True),
        ("ge", "18446744073709551617", "18446744073709551616", True),
        ("ne", "0", "00", False),
    ],
)
def test_numbers(relation: str, value: str, key: str, held: bool) -> None:
    """RFC 4790, 9.1.1: "strings that do not start with a digit represent positive infinity"."""
    assert ask("value", key, value, comparator=NUMERIC, relation=relation).held is held


def test_text_in_order() -> None:
    """RFC 5231, 4.1: "A value from the message is considered the left side of the relation."."""
    assert ask("value", "M", "nina@example.org", relation="gt").held
    assert not ask("value", "M", "alice@example.org", relation="gt").held


def test_is_compares_numbers_too() -> None:
    assert ask("is", "1", "001 of 3", comparator=NUMERIC).held


def test_the_time_is_linear_in_the_digits_of_a_number() -> None:
    assert linear(lambda digits: ask("value", "5", digits, comparator=NUMERIC, relation="lt"), "9" * 1_000_000)


def test_the_count() -> None:
    assert ask("count", "2", "a", "b", comparator=NUMERIC, relation="eq") == Answer(True, ("2",), "count: 2")
    assert ask("count", "0", comparator=NUMERIC, relation="eq").held


def test_the_answer_says_what_was_seen_and_what_matched() -> None:
    match = Match("contains", CASEMAP, "", ("spam", "virus"))
    answer = match.test_named(scene(), [("Subject", "hello"), ("Subject", "a VIRUS"), ("Subject", "not asked")])
    assert answer == Answer(True, ("hello", "a VIRUS"), "Subject: a VIRUS")


def test_the_answer_is_bounded() -> None:
    answer = ask("contains", "x", *["a" * 5000] * 100)
    assert len(answer.saw) == limits.SAW_VALUES
    assert max(len(str(line)) for line in answer.saw) <= limits.WHY_OCTETS
    assert len(ask("contains", "a", "a" * 5000).by) <= limits.WHY_OCTETS


def test_values_are_taken_only_as_long_as_none_matched() -> None:
    """RFC 5229, 3.2: "The interpreter MUST short-circuit tests"."""
    values = iter(["no", "yes", "no further"])
    assert Match("is", CASEMAP, "", ("yes",)).test(scene(), values).held
    assert list(values) == ["no further"]


def test_match_values_are_those_of_the_last_match_that_held() -> None:
    one = scene()
    Match("matches", CASEMAP, "", ("* *",)).test(one, ["a b"])
    Match("matches", CASEMAP, "", ("*x",)).test(one, ["no"])
    Match("is", CASEMAP, "", ("no",)).test(one, ["no"])
    assert one.matched == ("a b", "a", "b")


def test_there_are_no_more_match_values_than_can_be_named() -> None:
    one = scene()
    Match("matches", CASEMAP, "", ("?" * 50,)).test(one, ["a" * 50])
    assert len(one.matched) == limits.MATCH_VALUES


def test_keys_may_have_variables() -> None:
    one = scene()
    one.set("who", "ann")
    assert Match("is", CASEMAP, "", (Template((Var("who"), "@x.org")),)).test(one, ["ann@x.org"]).held


def test_the_description_is_sieve() -> None:
    assert Match("value", NUMERIC, "ge", ("3",)).describe() == ':value "ge" :comparator "i;ascii-numeric" "3"'
    assert Match("contains", CASEMAP, "", ("a", 'b"')).describe('"To"') == ':contains "To" ["a", "b\\""]'


@pytest.mark.parametrize(
    ("test", "text"),
    [
        ('header :comparator "i;unknown" "a" "b"', 'the comparator "i;unknown" is not known'),
        (
            'header :comparator "i;ascii-numeric" "a" "b"',
            'i;ascii-numeric needs the extension "comparator-i;ascii-numeric"',
        ),
        ('header :is :contains "a" "b"', ":is and :contains exclude each other"),
    ],
)
def test_mistakes(test: str, text: str) -> None:
    """RFC 5228, 2.7.3: "If the comparator is not declared with require, it is also an error"."""
    with pytest.raises(RuleErrors) as raised:
        compiled(f"if {test} {{ stop; }}")
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "key", "value", "held"),
    [
        ("is", "CAFÉ", "café", True),
        ("is", "cafe\u0301", "CAFÉ", True),
        ("is", "cafe", "café", False),
        ("is", "Straße", "STRASSE", False),
        ("is", "ΑΣΣ", "ασς", True),
        ("contains", "ПРИВЕТ", "… привет!", True),
        ("contains", "ПРИВЕТ", "… привед!", False),
        ("matches", "?afé*", "Café au lait", True),
        ("matches", "?afe*", "Cafx", False),
    ],
)
def test_unicode_letters(kind: str, key: str, value: str, held: bool) -> None:
    """RFC 5051, 2: "a simple collation which is case-insensitive in its treatment of characters"."""
    assert ask(kind, key, value, comparator=UNICODE).held is held


def test_unicode_letters_in_order() -> None:
    """RFC 5051, 2: "the equality, ordering, and substring operations are as for i;octet"."""
    assert ask("value", "É", "f", comparator=UNICODE, relation="gt").held
    assert not ask("value", "f", "É", comparator=UNICODE, relation="gt").held


def test_match_values_are_of_the_text_as_it_stands() -> None:
    one = scene()
    Match("matches", UNICODE, "", ("* É?*",)).test(one, ["Grüße éß"])
    assert one.matched == ("Grüße éß", "Grüße", "ß", "")


def test_unicode_letters_must_be_required_and_have_no_patterns() -> None:
    test = 'header :comparator "i;unicode-casemap" "a" "b"'
    with pytest.raises(RuleErrors, match='i;unicode-casemap needs the extension "comparator-i;unicode-casemap"'):
        compiled(f"if {test} {{ stop; }}")
    compiled(f'require "comparator-i;unicode-casemap"; if {test} {{ stop; }}')
    with pytest.raises(RuleErrors, match=":regex cannot be used with the comparator i;unicode-casemap"):
        compiled(
            f'require ["regex", "comparator-i;unicode-casemap"]; if {test.replace("r ", "r :regex ", 1)} {{ stop; }}'
        )


@pytest.mark.parametrize("kind", ["contains", "matches", "regex"])
def test_numbers_have_no_parts(kind: str) -> None:
    """RFC 5228, 2.7.1: "It is an error to use a comparator with ":contains" or ":matches" that is not compatible"."""
    with pytest.raises(RuleErrors, match="cannot be used with the comparator i;ascii-numeric"):
        compiled(
            'require ["regex", "comparator-i;ascii-numeric"];\n'
            f'if header :{kind} :comparator "i;ascii-numeric" "a" "b" {{ stop; }}'
        )


def test_the_two_comparators_of_the_base_need_no_require() -> None:
    """RFC 5228, 2.7.3: "Comparators other than "i;octet" and "i;ascii-casemap" must be declared with require"."""
    for comparator, act in (("i;octet", Keep()), ("i;ascii-casemap", Discard())):
        script = f'if header :comparator "{comparator}" "a" "b" {{ discard; }}'
        assert [one.act for one in decide(script, b"A: B\n\n").decided] == [act]


def test_the_case_of_a_comparator_does_not_matter() -> None:
    assert compiled('if header :comparator "I;OCTET" "a" "b" { stop; }').warnings == ()


def test_every_word_that_matches_is_in_the_list() -> None:
    found = {
        word.name
        for file, _, _ in words.TABLE
        for word in getattr(words.load(file), "WORDS", ())
        if any(
            tag.name == ":is" and not tag.argument for tag in word.tags
        )  # denotify has its key behind the tag itself
    }
    assert found - set(MATCHING) == set()


def test_the_tables() -> None:
    assert set(COMPARATORS) == {OCTET, CASEMAP, NUMERIC, UNICODE}
    assert set(MATCH_TYPES) == {"is", "contains", "matches", "value", "count", "regex", "list"}


def test_keys_are_made_ready_once_unless_they_have_variables() -> None:
    match, at = Match("is", "i;octet", "", ("a",)), scene()
    assert match._ready(at) is match._ready(at)
    varied = Match("is", "i;octet", "", (Template((Var("x"),)),))
    at.set("x", "one")
    assert varied.test(at, ["one"]).held
    at.set("x", "two")
    assert varied.test(at, ["two"]).held


def test_each_test_has_a_budget_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that are ready for all messages do not carry over what one of them has cost."""
    monkeypatch.setattr(limits, "MATCH_STEPS", 60)
    match, at = Match("matches", "i;octet", "", ("*a?b*",)), scene()
    for _ in range(10):
        assert not match.test(at, ["aaaaaaaaaaaaaaaaaaaa"]).held


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'if header :comparator "i;klingon" "a" "b" { stop; }',
            'error 1:11 the comparator "i;klingon" is not known | known are i;octet, i;ascii-casemap, i;ascii-numeric, i;unicode-casemap',
        ),
        (
            'if header :comparator "i;ascii-numeric" "a" "b" { stop; }',
            'error 1:11 i;ascii-numeric needs the extension "comparator-i;ascii-numeric" | require "comparator-i;ascii-numeric";',
        ),
        (
            'require ["comparator-i;ascii-numeric"];\nif header :contains :comparator "i;ascii-numeric" "a" "b" { stop; }',
            "error 2:21 :contains cannot be used with the comparator i;ascii-numeric | it compares whole numbers: use :is, :value or :count",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
