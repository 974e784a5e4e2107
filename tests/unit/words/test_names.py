"""What makes a name unusable."""

from __future__ import annotations

import pytest

from mdafilter.words.names import address_fault, bare, folder_fault, header_fault, variable_fault


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
