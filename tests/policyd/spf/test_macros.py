"""Macro strings: RFC 7208 section 7."""

from __future__ import annotations

import pytest

from mdafilter_policyd.spf.macros import MacroError, domain_spec, explain_string, macro_string, printable
from tests.support.clock import linear

# Section 7.4: "The <sender> is strong-bad@email.example.com. The IPv4 SMTP client IP is 192.0.2.3. ... The PTR domain
# name of the client IP is mx.example.org."
VALUES = {
    "s": "strong-bad@email.example.com",
    "l": "strong-bad",
    "o": "email.example.com",
    "d": "email.example.com",
    "i": "192.0.2.3",
    "p": "mx.example.org",
    "v": "in-addr",
    "h": "[192.0.2.3]",
    "c": "192.0.2.3",
    "r": "mx.example.net",
    "t": "1790000000",
}
NIBBLES = "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1"


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        # The table of section 7.4
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        # ""%%" expands to a literal "%", "%_" to a single " " space, "%-" to a URL-encoded space, viz., "%20""
        ("a%%b%_c%-d.org", "a%b c%20d.org"),
        # "If ... the value specifies more right-hand parts than are available, all the available parts are used"
        ("%{d127}", "email.example.com"),
        ("%{d99999999999999999999}", "email.example.com"),
        ("%{d0000000000000000000000000002}", "example.com"),
        # ABNF has no case; "Uppercase macros expand exactly as the lowercase macros, and are then URL escaped"
        ("%{D2R}", "example.email"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%{H}", "%5B192.0.2.3%5D"),
        # "one or more delimiter characters": "Splitting is done ... the resulting parts are rejoined using "."
        ("%{s-}", "strong.bad@email.example.com"),
        ("%{l+-,/_=.}", "strong.bad"),
        ("%{i-}", "192.0.2.3"),
        ("", ""),
    ],
)
def test_expansion(text: str, expanded: str) -> None:
    assert macro_string(text).name(VALUES) == expanded


def test_delimiters_replace_the_dot() -> None:
    """ "By default, strings are split on "." ": others are instead of it."""
    assert macro_string("%{o-}").name(VALUES) == "email.example.com"
    assert macro_string("%{o1-}").name(VALUES) == "email.example.com"


def test_an_address_of_ipv6_is_in_nibbles() -> None:
    """Section 7.4: "The IPv6 SMTP client IP is 2001:db8::cb01."."""
    values = VALUES | {"i": NIBBLES, "v": "ip6"}
    expanded = "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
    assert macro_string("%{ir}.%{v}._spf.%{d2}").name(values) == expanded


@pytest.mark.parametrize(
    "text", ["%", "%x", "%(d)", "%{}", "%{d", "%{a}", "%{d0}", "%{d00r}", "%{d;}", "a b", "\x7f", "ü", "\0"]
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(MacroError) as raised:
        macro_string(text)
    assert str(raised.value).isascii() and str(raised.value).isprintable()


@pytest.mark.parametrize("letter", "crtCRT")
def test_letters_of_explanations_alone(letter: str) -> None:
    """ "The following macro letters are allowed only in "exp" text"."""
    with pytest.raises(MacroError):
        macro_string(f"%{{{letter}}}")
    with pytest.raises(MacroError):
        domain_spec(f"%{{{letter}}}.example.org")
    assert explain_string(f"%{{{letter}}}").text(VALUES, 100)


def test_which_letters_are_needed() -> None:
    assert explain_string("%{D2} %{ir}%%p").letters == {"d", "i"}


def test_a_name_has_no_last_dot_and_a_text_keeps_it() -> None:
    assert domain_spec("example.org.").name(VALUES) == "example.org"
    assert explain_string("It is so.").text(VALUES, 100) == "It is so."


@pytest.mark.parametrize("labels", [1, 20, 42, 43, 100])
def test_a_name_that_is_too_long_loses_labels_at_the_left(labels: int) -> None:
    """ "the left side is truncated to fit, by removing successive domain labels (and their following dots) until the
    total length does not exceed 253 characters"."""
    whole = ".".join(f"l{n:04}" for n in range(labels)) + ".example.org"
    wanted = whole
    while len(wanted) > 253:
        wanted = wanted.partition(".")[2]
    assert macro_string(whole).name(VALUES) == wanted
    assert macro_string("%{d}.example.org").name({"d": whole.removesuffix(".example.org")}) == wanted
    assert macro_string(whole.replace(".", ".%{l}")).name({"l": ""}) == wanted


def test_a_label_that_is_too_long_leaves_nothing() -> None:
    assert macro_string("%{l}").name({"l": "x" * 300}) == ""
    assert macro_string("%{l}.example.org").name({"l": "x" * 300}) == "example.org"


def test_a_text_is_one_line_of_printable_ascii() -> None:
    """A local part may have what a header or a reply must not have."""
    assert explain_string("no %{l}").text({"l": "a\r\nX: ü\0"}, 100) == "no a??X: ??"
    assert explain_string("no %{L}").text({"l": "a\r\nü\ud800"}, 100) == "no a%0D%0A%C3%BC%3F"
    assert explain_string("no %{l}").text({"l": "x" * 1000}, 10) == "no xxxxxxx"
    assert printable("a\tb\u2028c\x7f") == "a?b?c?"


@pytest.mark.parametrize("part", ["%{s}", "%{S127r.-+}", "%{l0001}", "%%", "a.", "%{h}"])
def test_any_size_is_linear(part: str) -> None:
    """However often a macro stands there, no more is made of it than is used."""
    values = VALUES | {"s": "x." * 1000, "h": ""}

    def expand(text: str) -> None:
        macros = explain_string(text)
        assert len(macros.name(values)) <= 253
        assert len(macros.text(values, 400)) <= 400

    assert linear(expand, part * 8_000)
