"""`set` and `string`."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Discard, Keep
from mdafilter.errors import RuleErrors
from mdafilter.plan import Set
from mdafilter.texts import Template, Var
from mdafilter.words.variables import MODIFIERS, SetVariable, encode_url
from tests.support.scene import scene
from tests.support.script import acts, compiled, decide
from tests.support.sieve import said

HEAD = 'require ["variables", "regex", "relational", "comparator-i;ascii-numeric", "include", "enotify"];\n'


def value(modifiers: str, text: str) -> str:
    """The value that `set` stores, seen in the reason of a decision."""
    script = f'{HEAD}set {modifiers} "b" "{text}"; if string :matches "x${{b}}" "x*" {{ discard; }}'
    return decide(script).decided[0].why.removeprefix("x")


@pytest.mark.parametrize(
    ("modifiers", "text", "expected"),
    [  # the examples of section 4.1
        ("", "juMBlEd lETteRS", "juMBlEd lETteRS"),
        (":length", "juMBlEd lETteRS", "15"),
        (":lower", "juMBlEd lETteRS", "jumbled letters"),
        (":upperfirst", "juMBlEd lETteRS", "JuMBlEd lETteRS"),
        (":upperfirst :lower", "juMBlEd lETteRS", "Jumbled letters"),
        (":quotewildcard", "Rock*", "Rock\\*"),
        (":LOWERFIRST :upper", "äbc", "äBC"),
        (":length :quotewildcard", "a*?", "5"),
        (":length", "äöü", "3"),
        (":quoteregex", "a.b[c]", "a\\.b\\[c\\]"),
        (":encodeurl", "Safe body&evil=evilbody", "Safe%20body%26evil%3Devilbody"),
        (":encodeurl", "A-z0.9_~ü/%", "A-z0.9_~%C3%BC%2F%25"),
        (":encodeurl :length", "a b", "5"),
        (":encodeurl :quotewildcard", "*", "%5C%2A"),
        (":upper", "straße", "STRAßE"),
    ],
)
def test_modifiers(modifiers: str, text: str, expected: str) -> None:
    """RFC 5229, 4.1: "they are applied according to this precedence list, largest value first"; 4.1.3: "Characters other
    than "A"-"Z" and "a"-"z" from US-ASCII are left unchanged."."""
    assert value(modifiers, text) == expected


@pytest.mark.parametrize("pair", [":lower :upper", ":lowerfirst :upperfirst", ":quotewildcard :quoteregex"])
def test_modifiers_of_the_same_precedence(pair: str) -> None:
    """RFC 5229, 4.1: "It is an error to use two or more modifiers of the same precedence in a single "set" action."."""
    with pytest.raises(RuleErrors, match="exclude each other"):
        compiled(f'{HEAD}set {pair} "a" "b";')


@pytest.mark.parametrize("name", ["1", "a-b", "", "ns.a", "${x}", "ä", "a" * 65])
def test_an_invalid_name_is_an_error(name: str) -> None:
    """RFC 5229, 4: "The name MUST be a constant string and conform to the syntax of variable-name. Match variables cannot
    be set. ... An invalid name MUST be detected as a syntax error."."""
    with pytest.raises(RuleErrors):
        compiled(f'{HEAD}set "{name}" "b";')


def test_names_are_compared_without_case() -> None:
    """RFC 5229, 4: "Variable names are case insensitive."."""
    assert decide(f'{HEAD}set "NaMe" "x"; if string "${{nAmE}}" "x" {{ discard; }}').decided[0].act == Discard()


def test_a_namespace_needs_its_extension() -> None:
    with pytest.raises(RuleErrors, match="global"):
        compiled('require "variables"; set "global.a" "b";')
    compiled(f'{HEAD}set "global.a" "b";')


def test_a_long_value_is_cut() -> None:
    """RFC 5229, 6: "the value SHOULD be truncated, and it MUST NOT be treated as an error"."""
    one = scene()
    SetVariable("a", "ä" * 10_000).assign(one)
    assert one.value("a") == "ä" * limits.VARIABLE_CHARACTERS


@pytest.mark.parametrize(("length", "said"), [(limits.VARIABLE_CHARACTERS, 0), (limits.VARIABLE_CHARACTERS + 1, 1)])
def test_a_long_constant_is_warned_of(length: int, said: int) -> None:
    """RFC 5229, 6: it "SHOULD be reported ... at compile-time if possible"."""
    found = [w.text for w in compiled(f'require "variables"; set "a" "{"x" * length}"; keep;').warnings]
    assert found == ["this value is too long for a variable"][:said]


def test_values_may_have_variables() -> None:
    one = scene()
    one.set("a", "x")
    SetVariable("b", Template((Var("a"), "y")), (":upper",)).assign(one)
    assert one.value("b") == "XY"


@pytest.mark.parametrize(
    ("test", "held"),
    [
        ('" x" "x"', False),
        (':matches "pending" "* pending *"', False),
        (':matches "  pending  " "* pending *"', True),
        ('["a", "b"] ["c", "B"]', True),
        (':comparator "i;octet" "a" "A"', False),
        (':count "eq" :comparator "i;ascii-numeric" ["", "a", "b"] "2"', True),
    ],
)
def test_strings(test: str, held: bool) -> None:
    """RFC 5229, 5: "whitespace stripping MUST NOT be done"; "The count of a single string is 0 if it is the empty string,
    or 1 otherwise."."""
    assert (decide(f"{HEAD}if string {test} {{ discard; }}").decided[0].at is not None) is held


def test_variables_of_a_message() -> None:
    """RFC 5229, 3.2."""
    script = 'if header :matches "Subject" "h*o" { set "a" "${1}"; } if not string "${a}${2}" "ell" { discard; }'
    assert acts(decide(HEAD + script)) == [Keep()]


def test_too_many_variables_are_an_error() -> None:
    """RFC 5229, 6: "An implementation of this document MUST support at least 128 distinct variables"."""
    most = "".join(f'set "v{n}" "x";\n' for n in range(limits.VARIABLES))
    compiled(f'{HEAD}{most}set "v0" "y"; set "global.a" "z";')
    assert said(f'{HEAD}{most}set "w" "x"; set "x" "x";') == [
        f"error {limits.VARIABLES + 1 + HEAD.count(chr(10))}:1 more than {limits.VARIABLES} variables | take one for several things"
    ]
    compiled(f'{HEAD}global "w";\n{most}set "w" "x";')


def test_too_many_global_variables_keep_the_message() -> None:
    script = HEAD + "".join(f'set "global.v{n}" "x";\n' for n in range(limits.VARIABLES + 1)) + "discard;"
    assert acts(decide(script)) == [Keep()]


def test_the_description_is_sieve() -> None:
    assert SetVariable("a", Template(("x", Var("1"))), (":lower",)).describe() == 'set :lower "a" "x${1}"'
    assert decide(f'{HEAD}if string "a" "b" {{ stop; }}').trace[0].what == 'string :is "a" "b"'


@pytest.mark.parametrize(("before", "length"), [(0, 4095), (1, 4096), (2, 4094)])
def test_no_octet_of_a_url_is_cut_in_two(before: int, length: int) -> None:
    """RFC 5229, 6: "the value SHOULD be truncated"; half of a %XX would be no URL."""
    assert len(encode_url("a" * before + "/" * 2000)) == length
    assert encode_url("a" * 5000) == "a" * 4096


def test_every_modifier_is_a_tag() -> None:
    for modifier in MODIFIERS:
        (step,) = compiled(f'{HEAD}set {modifier} "a" "b";').plan.steps
        assert isinstance(step, Set) and step.assignment.describe() == f'set {modifier} "a" "b"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["variables"];\nset "${a}" "b";',
            "error 2:5 the name of a variable must be constant | write it without ${...}",
        ),
        (
            'require ["variables"];\nset "1" "b";',
            'error 2:5 "1" is a match variable, which cannot be set | a name has letters, digits and _, and no digit at its beginning (RFC 5229 section 3)',
        ),
        (
            'require ["variables"];\nset "a-b" "c";',
            'error 2:5 "a-b" is not the name of a variable | a name has letters, digits and _, and no digit at its beginning (RFC 5229 section 3)',
        ),
        (
            'require ["variables"];\nset "global.a" "b";',
            'error 2:5 the namespace "global" needs the extension "include" | require "include";',
        ),
        (
            'require ["variables"];\nset "foo.a" "b";',
            'error 2:5 the namespace of "foo.a" cannot be set | a name has letters, digits and _, and no digit at its beginning (RFC 5229 section 3)',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]


def test_a_value_that_is_too_long_is_warned_of() -> None:
    value = "b" * (limits.VARIABLE_OCTETS + 1)
    assert said(f'require "variables"; set "a" "{value}";') == [
        "warning 1:30 this value is too long for a variable"
        f" | unless the site allows more, what follows {limits.VARIABLE_OCTETS} characters is cut off"
    ]
