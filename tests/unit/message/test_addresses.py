"""Addresses of header fields."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message import Address
from mdafilter.message.addresses import parse
from tests.support.clock import linear


def texts(value: str) -> list[str]:
    return [address.text for address in parse(value)]


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        ("a@b.c", "", "a@b.c"),
        ("Ann <a@b.c>", "Ann", "a@b.c"),
        ('"Doe, Ann \\"the boss\\"" <a@b.c>', 'Doe, Ann "the boss"', "a@b.c"),
        ("a@b.c (Ann (the boss))", "Ann (the boss)", "a@b.c"),
        ("<a@b.c>", "", "a@b.c"),
        ("=?utf-8?q?Gr=C3=BCn=2C?= X <a@b.c>", "Grün, X", "a@b.c"),
        ("<@r.x,@s.y:a@b.c>", "", "a@b.c"),  # RFC 5322, 4.4 obs-route
        (" a . b @ c . d ", "", "a.b@c.d"),  # RFC 5322, A.6.3 white space in odd places
        ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete", "pete@silly.test"),  # A.5
        ("a@[192.0.2.1]", "", "a@[192.0.2.1]"),
        ("a@[IPv6:2001:db8::1]", "", "a@[IPv6:2001:db8::1]"),
        ("üser@exämple.org", "", "üser@exämple.org"),  # RFC 6532
        ('"ann"@b.c', "", "ann@b.c"),  # quotes that need not be
        ('"a b"@c.d', "", '"a b"@c.d'),
        ('"a@b\\"c"@c.d', "", '"a@b\\"c"@c.d'),
        ('"a".b@c.d', "", "a.b@c.d"),
        ("a..b.@c.d", "", "a..b.@c.d"),  # wrong, and in use
        ("Ann a@b.c <a@b.c>", "Ann a@b.c", "a@b.c"),
    ],
)
def test_one_address(value: str, name: str, text: str) -> None:
    (address,) = parse(value)
    assert (address.name, address.text, address.valid) == (name, text, True)


def test_local_part_and_domain_have_no_quotes() -> None:
    assert parse('"a b"@c.d') == (Address("", "a b", "c.d", '"a b"@c.d', True),)


def test_the_empty_path_is_an_address() -> None:
    assert parse("<>") == (Address("", "", "", "", True),)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("a@b,c@d", ["a@b", "c@d"]),
        ("a@b,,\r\n ,c@d,", ["a@b", "c@d"]),
        ("A Group:Ed Jones <joe@where.test>,John <jdoe@one.test>;", ["joe@where.test", "jdoe@one.test"]),  # A.1.3
        ("Undisclosed recipients:;", []),
        ("a@b, g: c@d; e@f", ["a@b", "c@d", "e@f"]),
        ('"a, b" <c@d>, (x, y) e@f, <@g,@h:i@j>, k@[1,2]', ["c@d", "e@f", "i@j", "k@[1,2]"]),
        ("", []),
    ],
)
def test_lists_and_groups(value: str, wanted: list[str]) -> None:
    assert texts(value) == wanted


@pytest.mark.parametrize(
    "value", ["root", "a@", "@b", "a b@c", "a@b c", "<a@b> x", "a@b@", "a@[", '"a@b', "a<b", "\0@b", "(a"]
)
def test_what_is_no_address_is_kept_as_it_is(value: str) -> None:
    (address,) = parse(value)
    assert (address.text, address.local, address.domain, address.valid) == (value, "", "", False)


def test_a_quote_that_never_ends_hides_no_address_behind_it() -> None:
    assert texts('"Ann <a@b>, c@d, (e@f, g@h') == ['"Ann <a@b>', "c@d", "(e@f", "g@h"]


def test_the_number_of_addresses_is_bounded() -> None:
    assert len(parse("a@b," * (limits.ADDRESSES + 1))) == limits.ADDRESSES


@pytest.mark.parametrize(
    "value",
    [
        ", ".join(f"Name {n} <user{n}@example.org>" for n in range(25_000)),
        ",\n ".join(f'"Na, me {n}" (c) <user{n}@example.org>' for n in range(20_000)),
        *(
            piece * (1_000_000 // len(piece))
            for piece in ("(", "()", '"', "\\", "<", "a@", "a:", ";", ",", "[", '"",', "<,")
        ),
    ],
)
def test_linear(value: str) -> None:
    assert linear(parse, value)
