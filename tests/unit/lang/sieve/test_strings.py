"""`${...}`: the examples of RFC 5228 section 2.4.2.4 and RFC 5229 section 3, and the text of every error."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.lang.sieve.strings import StringError, decode, is_reference, template
from mdafilter.texts import Template, Var


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$${hex:40}", "$@"),
        ("${hex: 40 }", "@"),
        ("${HEX: 40}", "@"),
        ("${hex:40", "${hex:40"),
        ("${hex:400}", "${hex:400}"),
        ("${hex:4${hex:30}}", "${hex:40}"),
        ("${unicode:40}", "@"),
        ("${ unicode:40}", "${ unicode:40}"),
        ("${UNICODE:40}", "@"),
        ("${UnICoDE:0000040}", "@"),
        ("${Unicode:40}", "@"),
        ("${Unicode:Cool}", "${Unicode:Cool}"),
        # more than the RFC's own
        ("", ""),
        ("${hex:}", "${hex:}"),
        ("${hex: }", "${hex: }"),
        ("${hex:24 24}", "$$"),
        ("${hex:24\r\n\t24}", "$$"),
        ("${hex:4}", "\x04"),
        ("${hex:00}", "\0"),
        ("${hex:c3 a9}", "é"),
        ("${hex:c3}${hex:a9}", "é"),
        ("${hex:ff}é", "\udcffé"),
        ("${hex:40;}", "${hex:40;}"),
        ("${unicode:41 20ac}", "A€"),
        ("${unicode:10FFFF d7ff E000}", "\U0010ffff\ud7ff\ue000"),
        ("${unicode:200000", "${unicode:200000"),
        ("${dear${hex:20 24 7b 4e}ame}", "${dear ${Name}"),
    ],
)
def test_encoded_characters(text: str, value: str) -> None:
    assert decode(text) == value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("${unicode:200000}", "200000"),
        ("${Unicode:DF01}", "DF01"),
        ("${unicode:40 D800}", "D800"),
        ("${unicode:110000}", "110000"),
        ("${unicode:" + "f" * 5000 + "}", "fffffffff..."),
    ],
)
def test_no_unicode_character(text: str, shown: str) -> None:
    """RFC 5228: "It is an error for a script to use a hexadecimal value that isn't in either the range 0 to D7FF or the
    range E000 to 10FFFF." """
    with pytest.raises(StringError) as caught:
        decode(text)
    assert caught.value.text == f"${{unicode:{shown}}} is no Unicode character"
    assert caught.value.hint == "characters are 0 to D7FF and E000 to 10FFFF (RFC 5228 section 2.4.2.4)"


def read(text: str, *required: str) -> object:
    found = template(text, required.__contains__)
    return found.parts if isinstance(found, Template) else found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("&%${}!", "&%${}!"),
        ("${doh!}", "${doh!}"),
        ("${company}", (Var("company"),)),
        ("${BAD${Company}", ("${BAD", Var("company"))),
        ("${President, ${Company} Inc.}", ("${President, ", Var("company"), " Inc.}")),
        (r"${fo\o}", r"${fo\o}"),
        ("a${1}b${2}", ("a", Var("1"), "b", Var("2"))),
        ("${0}${031}", (Var("0"), Var("31"))),
        ("${011}", (Var("11"),)),
        ("${000}", (Var("0"),)),
        ("${_a1}", (Var("_a1"),)),
        ("${1a}", "${1a}"),
        ("${a", "${a"),
        ("$", "$"),
        ("${", "${"),
        ("${.a}", "${.a}"),
        ("${a.}", "${a.}"),
        ("${a..b}", "${a..b}"),
        ("${1.a}", "${1.a}"),
        ("${é}", "${é}"),
        ("${ a }", "${ a }"),
        ("$${a}}", ("$", Var("a"), "}")),
    ],
)
def test_variables(text: str, parts: object) -> None:
    """RFC 5229 section 3.2: "Extra leading zeroes are allowed and ignored." """
    assert read(text) == parts


def test_namespaces() -> None:
    assert read("${Global.A}", "include") == (Var("global.a"),)
    assert read("${envelope.from}", "envelope") == (Var("envelope.from"),)
    assert read("${env.x.1}", "vnd.dovecot.environment") == (Var("env.x.1"),)


@pytest.mark.parametrize(
    ("text", "error", "hint"),
    [
        ("${33}", "${33} is more than there can be", "match values are ${0} to ${32} (RFC 5229 section 6)"),
        ("${9999999999}", "${9999999999} is more than there can be", "match values are ${0} to ${32} (RFC 5229 section 6)"),
        ("${global.a}", '${global.a} needs the extension "include"', 'require "include";'),
        ("${envelope.to}", '${envelope.to} needs the extension "envelope"', 'require "envelope";'),
        (
            "${global.1}",
            "${global.1} is no variable: a match value belongs to no namespace",
            "write it without global.",
        ),
        ("${foo.a}", "unknown namespace `foo` of variables in ${foo.a}", "known are global, envelope, env"),
    ],
)  # fmt: skip
def test_errors(text: str, error: str, hint: str) -> None:
    """RFC 5229 section 3: "References to namespaces without a prior require statement ... MUST cause an error";
    section 6: "References to higher indices ... MUST be treated as a syntax error"."""
    with pytest.raises(StringError) as caught:
        read(text)
    assert (caught.value.text, caught.value.hint) == (error, hint)


def test_the_longest_name_of_a_variable() -> None:
    name = "a" * limits.VARIABLE_NAME
    assert read(f"${{{name}}}") == (Var(name),)
    assert not is_reference(f"{name}a")


@pytest.mark.parametrize("name", ["a", "_", "a1", "1", "a.b", "a.1", "a.b.c"])
def test_what_is_a_reference(name: str) -> None:
    assert is_reference(name)


@pytest.mark.parametrize("name", ["", ".", "1a", "1.a", "a.", ".a", "a..b", "a.1b"])
def test_what_is_no_reference(name: str) -> None:
    assert not is_reference(name)
