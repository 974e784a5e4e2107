"""What makes a name unusable."""

from __future__ import annotations

import pytest

from mdafilter.words.names import address_fault, bare, folder_fault, header_fault, variable_fault
from tests.support.sieve import errors, said


@pytest.mark.parametrize("name", ["Subject", "X-Spam-Flag", "a_b!#$%&'*+-.^`|~0"])
def test_header_names(name: str) -> None:
    """RFC 5322, 3.6.8: "Printable US-ASCII characters not including ":"."."""
    assert header_fault(name) == ""


@pytest.mark.parametrize("name", ["", "Subject:", "a b", "ä", "a\n", "a\udcc3", "\x7f"])
def test_no_header_names(name: str) -> None:
    assert header_fault(name) != ""


@pytest.mark.parametrize(
    "name", ["Trash", ".Trash", "INBOX", "lists.debian", "lists/debian", "Entwürfe", "a b", "INBOX.a"]
)
def test_folder_names(name: str) -> None:
    assert folder_fault(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "...",
        "a..b",
        "a//b",
        "/a",
        "a/",
        "a.",
        "../a",
        "a/../b",
        "a\0b",
        "a\n",
        "a\udcc3",
        "x" * 256,
    ],
)
def test_no_folder_names(name: str) -> None:
    """Nothing leads out of the mailbox."""
    assert folder_fault(name) != ""


@pytest.mark.parametrize(
    "address",
    ["a@b.example", "A B <a@b.example>", '"a b"@c.example', "a@[127.0.0.1]", "a@[IPv6:::1]", '"A: B" <a@b.example>'],
)
def test_addresses(address: str) -> None:
    assert address_fault(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b",
        "a@b, c@d",
        "<>",
        "a b@c",
        ":is @b.example",
        ";Ann <a@b.example>",
        "x: a@b.example;",
        "x: <a@b.example>;",
        "a@b.",
        "a@.b",
        "a@b..c",
        "Ann <a@b.example",
        "\udce9@b.example",
    ],
)
def test_no_addresses(address: str) -> None:
    assert address_fault(address) != ""


@pytest.mark.parametrize("local", [".a", "a.", "a..b", "..a...b.."])
def test_dots_that_no_atom_has_are_quoted(local: str) -> None:
    """RFC 5321, 4.1.2: Local-part = Dot-string / Quoted-string."""
    for address in (f"{local}@b.example", f"Ann <{local}@b.example>", f'"{local}"@b.example'):
        assert address_fault(address) == ""
        assert bare(address) == f'"{local}"@b.example'


@pytest.mark.parametrize("name", ["a", "_x9", "global.a"])
def test_variables(name: str) -> None:
    assert variable_fault(name) == ""


@pytest.mark.parametrize("name", ["", "1", "9a", "a.b", "global.", "global.1", "ä", "a b", "x" * 65])
def test_no_variables(name: str) -> None:
    assert variable_fault(name) != ""


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'if header "a:b" "x" { stop; }',
            'warning 1:11 the header name "a:b" has a colon in it | this test can never hold for it',
        ),
        (
            'if header "a b" "x" { stop; }',
            'warning 1:11 the header name "a b" has a character that no header name may have | this test can never hold for it',
        ),
        ('if header "" "x" { stop; }', "warning 1:11 a header name is empty | this test can never hold for it"),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            b'redirect "\xff@b.example";',
            '1:10 "?@b.example" has octets in it that are no text | write an address like "ann@example.org"',
        ),
    ],
)
def test_octets(script: bytes, expected: str) -> None:
    assert errors(script) == [expected]


def test_lengths() -> None:
    """Of folders in octets of a Maildir's name; of variables, RFC 5229 section 6 lets a limit be."""
    assert folder_fault("\udcff") == "the folder name has octets in it that are no text"
    assert folder_fault("a" * 256) == "the folder name is longer than 255 characters"
    assert variable_fault("x" * 65) == "the name of a variable is longer than 64 characters"
