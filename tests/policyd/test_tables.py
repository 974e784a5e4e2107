"""Which entry is found: the most specific one, wherever it stands."""

from __future__ import annotations

import pytest

from mdafilter_policyd.tables import NOTHING, Table
from tests.support.policyd_tables import entry, table

SEED = """\
my.home.ip OK
.google.com OK
55.66.77.0/24 OK
.cn 554 Too much spam from China. If you are a human, write to postmaster@example.org from elsewhere.
130.117.0.0/16 554 This network sends nothing but spam.
"""


def result(text: str, address: str, name: str = "") -> str:
    """The result for a client; "" is none."""
    found = table(text)
    one = entry(found, found.client(address, name))
    return one.result if one else ""


@pytest.mark.parametrize(
    ("address", "name", "expected"),
    [
        ("198.51.100.1", "my.home.ip", "OK"),
        ("198.51.100.1", "mail-qk1.google.com", "OK"),
        ("198.51.100.1", "google.com", ""),
        ("55.66.77.5", "", "OK"),
        ("55.66.78.5", "", ""),
        ("198.51.100.1", "mx.sender.cn", "554 Too"),
        ("198.51.100.1", "MX.Sender.CN", "554 Too"),
        ("130.117.3.4", "", "554 This"),
        ("130.117.3.4", "my.home.ip", "OK"),
        ("130.117.3.4", "mail-qk1.google.com", "OK"),
        ("130.117.3.4", "mx.sender.cn", "554 This"),
        ("55.66.77.5", "mx.sender.cn", "OK"),
        ("unknown", "", ""),
    ],
)
def test_a_table_as_it_has_been_kept_by_hand(address: str, name: str, expected: str) -> None:
    assert result(SEED, address, name).startswith(expected)
    assert bool(expected) == bool(result(SEED, address, name))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("lines", "address", "name"),
    [
        (("55.66.77.5 OK", "55.66.77.0/24 REJECT"), "55.66.77.5", ""),
        (("55.66.77.0/25 OK", "55.66.77.0/24 REJECT"), "55.66.77.5", ""),
        (("55.66.77 OK", "55.66.0.0/16 REJECT"), "55.66.77.5", ""),
        (("55.66.77.0/25 OK", "55.66.77 REJECT"), "55.66.77.5", ""),
        (("55 OK", "0.0.0.0/0 REJECT"), "55.66.77.5", ""),
        ((".google.com OK", ".com REJECT"), "1.2.3.4", "mail.google.com"),
        ((".google.com OK", "google.com REJECT"), "1.2.3.4", "mail.google.com"),
        (("google.com OK", "com REJECT"), "1.2.3.4", "mail.google.com"),
        (("1.2.3.4 OK", ".cn REJECT"), "1.2.3.4", "mx.cn"),
        (("1.2.3.4 OK", "mx.cn REJECT"), "1.2.3.4", "mx.cn"),
        (("mx.cn OK", "1.2.3.0/24 REJECT"), "1.2.3.4", "mx.cn"),
        (("mx.cn REJECT bad", "1.2.3.0/24 OK"), "1.2.3.4", "mx.cn"),
        ((".cn OK", "1.2.3.0/24 REJECT"), "1.2.3.4", "mx.cn"),
        ((".cn DUNNO", "1.2.3.0/24 REJECT"), "1.2.3.4", "mx.cn"),
        (("1.2.3.0/24 OK", ".cn REJECT"), "1.2.3.4", "mx.cn"),
        (("1.2.3.0/24 OK", ".cn DUNNO"), "1.2.3.4", "mx.cn"),
        (("1.2.3.0/24 REJECT a", ".cn REJECT b"), "1.2.3.4", "mx.cn"),
        (("2001:db8::1 OK", "2001:db8::/32 REJECT"), "2001:db8:0:0::1", ""),
        (("2001:db8:1 OK", "2001:db8 REJECT"), "2001:db8:1::5", ""),
        (("2001:db8::/48 OK", "2001:db8 REJECT"), "2001:db8::5", ""),
        (("!10.0.0.0/8 OK", "0.0.0.0/0 REJECT"), "1.2.3.4", ""),
        (("1.0.0.0/8 OK", "!10.0.0.0/8 REJECT"), "1.2.3.4", ""),
    ],
)
def test_the_first_of_two_lines_wins_whatever_their_order(
    lines: tuple[str, str], address: str, name: str, turned: bool
) -> None:
    text = "\n".join(lines[::-1] if turned else lines)
    assert result(text, address, name) == lines[0].split(" ", 1)[1]


@pytest.mark.parametrize(
    ("address", "expected"),
    [("10.1.2.3", "DUNNO"), ("10.2.2.3", "HOLD"), ("10.3.2.3", "REJECT no"), ("11.1.2.3", ""), ("2001:db8::1", "OK")],
)
def test_networks_between_if_and_endif_are_cut_down(address: str, expected: str) -> None:
    """cidr_table(5): "If the search string matches the specified table, ... the text between"."""
    text = "if 10.0.0.0/8\n10.1.0.0/16 DUNNO\n!10.2.0.0/16 REJECT no\n0.0.0.0/0 HOLD\nendif\nif !2001:db9::/32\n::/0 OK\nendif"
    assert result(text, address) == expected
    assert result(text, "2001:db9::1") == ""


def test_an_ipv4_address_in_an_ipv6_one_is_the_ipv4_address() -> None:
    assert result("1.2.3.0/24 OK", "::ffff:1.2.3.4") == "OK"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", "null"),
        ("user@example.org", "user"),
        ("User@Example.ORG", "user"),
        ("user+ext@example.org", "user"),
        ("user+here@example.org", "extension"),
        ("other@example.org", "domain"),
        ("other@sub.example.org", "below"),
        ("other@a.b.example.org", "below"),
        ("abuse@elsewhere.example", "abuse"),
        ("abuse+x@elsewhere.example", "abuse"),
        ('"two words"@example.org', "quoted"),
        ("nobody@elsewhere.example", ""),
        ("nobody", ""),
    ],
)
def test_mail_addresses(address: str, expected: str) -> None:
    """access(5): "the lookup order becomes: user+foo@domain, user@domain, domain, user+foo@, and user@"."""
    text = (
        "<> REJECT null\nexample.org REJECT domain\nuser@example.org REJECT user\n.example.org REJECT below\n"
        'abuse@ REJECT abuse\nuser+here@example.org REJECT extension\n"two words"@example.org REJECT quoted\n'
    )
    found = table(text)
    one = entry(found, found.mail(address, "+"))
    assert (one.result if one else "") == (f"REJECT {expected}" if expected else "")


def test_without_a_delimiter_an_extension_is_a_part_of_the_address() -> None:
    found = table("user@example.org OK\n")
    assert found.mail("user+ext@example.org") == NOTHING


def test_an_entry_says_where_it_stands() -> None:
    found = table("# comment\n\n1.2.3.4 REJECT\n", file="/etc/postfix/access")
    one = found.entry(found.client("1.2.3.4"))
    assert (one.place, one.result) == ("/etc/postfix/access:3", "REJECT")


def test_an_empty_table_has_nothing() -> None:
    found = Table()
    assert (found.client("1.2.3.4", "a.example"), found.mail("a@b.example"), len(found)) == (NOTHING, NOTHING, 0)


def test_many_lines_with_exceptions_for_one_network_have_a_limit() -> None:
    """Each of them costs a step when it does not count."""
    found = Table()
    row = found.start("f", 1)
    added = [found.add_cut(32, 0, 0, (row, ((32, at),))) for at in range(1000)]
    assert added[:100] == [True] * 100
    assert not any(added[100:])
