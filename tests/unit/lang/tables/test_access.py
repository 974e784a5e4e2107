"""Tables of addresses, hosts and networks."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleErrors
from mdafilter.lang.tables.access import Access, Entry, named, parse

HOSTS = "example.org A\n.example.com B\nsub.example.com C\nmail.example.net D\nunknown E\norg F\n"
ADDRESSES = "1.2.3.4 A\n1.2.3 B\n1 C\n2001:db8::1 D\n2001:db8 E\n10.0.0.0/8 F\n10.1.2.3 G\n::ffff:7.0.0.0/104 H\n8.0.0.0/8 I\n::/0 J\n"


def table(text: str) -> Access:
    """A table without problems."""
    made = parse(text.encode(), "t")
    assert made.problems == ()
    return made


def result(entry: Entry | None) -> str:
    return entry.result if entry else ""


def problems(text: str | bytes) -> list[str]:
    found = parse(text.encode() if isinstance(text, str) else text, "t").problems
    return [f"{p.line}:{p.column} {p.severity} {p.text}{' | ' if p.hint else ''}{p.hint}" for p in found]


def test_an_entry() -> None:
    access = table("# c\n\nAnn@Example.org  REJECT  no\n   mail\n")
    assert access.mail("ann@example.ORG") == Entry("Ann@Example.org", "REJECT  no   mail", 3)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("user+foo@sub.example.org", "user+foo@sub.example.org"),
        ("user+bar@sub.example.org", "user@sub.example.org"),
        ("other@sub.example.org", "sub.example.org"),
        ("other@x.sub.example.org", "sub.example.org"),
        ("other@example.org", "example.org"),
        ("user+foo@example.net", "user+foo@"),
        ("user+bar@example.net", "user@"),
        ("user", "user@"),
        ("user@example.org", "example.org"),
        ("@a.example,@b.example:user@example.net", "user@"),
        ("nobody@example.com", ""),
        ("", "<>"),
    ],
)
def test_the_order_of_the_keys_of_an_address(address: str, key: str) -> None:
    """access(5): "the lookup order becomes: user+foo@domain, user@domain, domain, user+foo@, and user@"."""
    keys = "user+foo@sub.example.org user@sub.example.org sub.example.org example.org user+foo@ user@ <>".split()
    found = table("".join(f"{key} X\n" for key in reversed(keys))).mail(address, "+")
    assert (found.key if found else "") == key


def test_without_a_delimiter_there_is_no_extension() -> None:
    access = table("user@example.org A\nuser-x@ B\n")
    assert access.mail("user+x@example.org") is None
    assert result(access.mail("user-x@example.org", "-+")) == "A"
    assert access.mail("owner-x@example.org", "-") is None


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ('"a b"@x.example A', '"a b"@x.example', "A"),
        ('"a b"@x.example A', "a b@x.example", "A"),
        ('"a b"@ A', '"a b"@x.example', "A"),
        ('"a..b"@x.example A\na..b@x.example B', "a..b@x.example", "A"),
        ("a..b@x.example B", '"a..b"@x.example', "B"),
        ('"a\\"b"@x.example A', '"a\\"b"@x.example', "A"),
        ("a@x.example A", '"a"@x.example', "A"),
        ('"a"@x.example A', "a@x.example", ""),
        ("ünï@x.example A", "ÜNÏ@X.example", "A"),
        ("straße@x.example A", "STRASSE@x.example", "A"),
        ("[192.0.2.1] A", "a@[192.0.2.1]", "A"),
        ("x.example A", "a@x.example.", "A"),
        ("3.4 A", "a@1.2.3.4", ""),
    ],
)
def test_spellings(text: str, address: str, expected: str) -> None:
    """A key is written as the address must be; what needs no quotes is looked for without them."""
    assert result(table(text).mail(address, "+")) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("example.org", "A"),
        ("a.b.example.ORG", "A"),
        ("myexample.org", "F"),
        ("example.com", ""),
        ("a.example.com", "B"),
        ("sub.example.com", "C"),
        ("a.sub.example.com", "C"),
        ("example.net", ""),
        ("unknown", "E"),
        ("", ""),
        (".", ""),
        ("..org", "F"),
    ],
)
def test_hosts_and_parent_domains(name: str, expected: str) -> None:
    """access(5): "The pattern domain.tld also matches subdomains"; ".domain.tld Matches subdomains"."""
    access = table(HOSTS)
    assert result(access.host(name)) == result(access.list(name)) == result(access.find("host", name)) == expected


def test_a_name_with_a_dot_in_front_goes_before_the_name_alone() -> None:
    access = table("example.org OK\n.example.org REJECT\n")
    assert [result(access.host(n)) for n in ("example.org", "a.example.org")] == ["OK", "REJECT"]


def test_of_what_is_too_long_for_a_name_only_the_end_has_parents() -> None:
    access = table(f"example.org A\n{'a.' * 400}b B\n")
    assert result(access.host("a." * 10_000 + "example.org")) == "A"
    assert result(access.host("a." * 400 + "b")) == "B"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3.4", "A"),
        ("1.2.3.5", "B"),
        ("1.2.4.5", "C"),
        ("2.2.4.5", ""),
        ("10.1.2.3", "F"),
        ("2001:db8::1", "D"),
        ("2001:DB8:0:0::1", "D"),
        ("2001:db8::2", "J"),
        ("::ffff:1.2.3.5", "B"),
        ("::ffff:7.1.1.1", "H"),
        ("::ffff:8.1.1.1", "I"),
        ("::ffff:9.1.1.1", "J"),
        ("1.2.3", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_addresses(text: str, expected: str) -> None:
    """Networks first, then what access(5) calls "repeatedly truncating the last ".octet""."""
    access = table(ADDRESSES)
    assert result(access.address(text)) == result(access.find("address", text)) == expected


@pytest.mark.parametrize(
    ("key", "text", "held"),
    [
        ("2001:db8:1", "2001:db8:1::5", True),
        ("2001:db8:1", "2001:db8:1:2:3:4:5:6", True),
        ("2001:db8:1", "2001:db8::1", False),
        ("2001", "2001:db8::1", True),
        ("2001:DB8", "2001:db8::1", True),
        ("2001:db8:0", "2001:db8:0:1::5", True),
        ("2001:db8::1", "2001:db8::1:2", False),
    ],
)
def test_the_beginning_of_an_ipv6_address(key: str, text: str, held: bool) -> None:
    """access(5): "repeatedly truncating the last ":octetpair" from the compressed-form remote IPv6 host address"."""
    assert bool(table(f"{key} X\n").address(text)) is held


def test_ifs_and_negation() -> None:
    access = table(
        "if 10.0.0.0/8\n10.1.0.0/16 A\nIF !10.2.0.0/16\n10.2.0.0/15 B\nendif\nENDIF\n!10.0.0.0/8 C\n! 10.2.0.0/16 D\n"
        "if [10.2.0.0]/16\n0.0.0.0/0 E\nendif\n"
    )
    addresses = ("10.1.0.1", "10.3.0.1", "10.2.0.1", "10.9.0.1", "9.0.0.1")
    assert [result(access.address(a)) for a in addresses] == ["A", "B", "E", "D", "C"]
    found = access.address("9.0.0.1")
    assert found is not None
    assert found.key == "!10.0.0.0/8"


@pytest.mark.parametrize(
    "key", ["if.example", "if-1.example", "endif.example", "if!a@x.example", "iffy", "a/b@x.example"]
)
def test_keys_that_look_like_something_else(key: str) -> None:
    assert table(f"{key} X\n").names[key] == (1, key, "X")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@x.example", ["1:12 error there is no result behind the key | write what is to be done, like OK or REJECT"]),
        ("10.0.0.0/8", ["1:11 error there is no result behind the key | write what is to be done, like OK or REJECT"]),
        (
            "a@x.example OK\nb@x.example OK\nA@x.example REJECT",
            ['3:1 warning "A@x.example" stands in line 1 already, and this line is never used | remove one of them'],
        ),
        (
            "1.2.3.4 OK\n1.2.3.4/32 X",
            ['2:1 warning "1.2.3.4/32" stands in line 1 already, and this line is never used | remove one of them'],
        ),
        (
            "10.1.1.1/8 X",
            [
                "1:1 error 10.1.1.1/8 is an address in a network, and no network"
                " | write 10.0.0.0/8 for the network, 10.1.1.1 for the address"
            ],
        ),
        ("! 10.1/8 X", ['1:3 error "10.1" is no address | an IPv4 address has four numbers: 10.1.0.0']),
        ("if 10.0.0.0/8", ["1:1 error this if has no endif | write endif on a line of its own"]),
        ("if", ["1:1 error there is no network"]),
        ("if OK", ['1:4 error "OK" is no address']),
        ("if 10.0.0.0/8 X", ['1:15 error "X" behind if: this is no if | an if has a network and nothing else']),
        (
            "if 10.0.0.0/8\nendif X",
            [
                "1:1 error this if has no endif | write endif on a line of its own",
                '2:7 error "X" behind endif: this is no endif | write it on a line of its own',
            ],
        ),
        ("endif", ["1:1 error there is no if before this endif | remove it"]),
        (
            "if ::/0\na.example OK\nendif",
            ["2:1 error between if and endif stand networks and addresses alone | move it behind the endif"],
        ),
        ("  a OK", ["1:1 error the line begins with a blank, and goes on with no line before it | remove the blank"]),
        ('"a b@x.example OK', ['1:1 error the key has a " without another one | write "ann smith"@example.org']),
        (
            b"a OK\n\xff OK",
            ["2:1 error this line is not UTF-8 | convert the file, for instance: iconv -f latin1 -t utf-8"],
        ),
        ("k: OK", ['1:1 error "k:" is no address, and no beginning of one | write "k"']),
        (
            "2001:0db8 OK",
            ['1:1 error "2001:0db8" is no address, and no beginning of one | an IPv6 address begins as in 2001:db8:1'],
        ),
        (
            "1.2.3. OK",
            [
                '1:1 error "1.2.3." is no address, and no beginning of one'
                " | an IPv4 address has four numbers up to 255, and begins as in 192.168"
            ],
        ),
        (
            "10.0.0.256 OK",
            [
                '1:1 error "10.0.0.256" is no address, and no beginning of one'
                " | an IPv4 address has four numbers up to 255, and begins as in 192.168"
            ],
        ),
        (
            "@x.example OK",
            ['1:1 warning "@x.example" is never looked up | write "x.example", which means all that is in it'],
        ),
        (
            "*.x.example OK",
            ['1:1 warning "*.x.example" is never looked up | write "x.example", which means all that is in it'],
        ),
        ("<a@x.example> OK", ['1:1 warning "<a@x.example>" is never looked up | write "a@x.example"']),
    ],
)
def test_problems(text: str | bytes, expected: list[str]) -> None:
    assert problems(text) == expected


def test_what_is_wrong_is_not_in_force_and_the_rest_is() -> None:
    """Postfix: "skipping this rule"."""
    access = parse(b"if 10.0.0.0/8 X\n10.1.0.0/16 A\nendif\n11.0.0.0/7 B\nx\na OK\na REJECT\n", "t")
    assert len(access.problems) == 5
    assert [result(access.address("10.1.1.1")), result(access.host("a")), access.address("11.0.0.0")] == [
        "A",
        "OK",
        None,
    ]


def test_ifs_nest_so_deep_and_no_deeper() -> None:
    deep = limits.SCRIPT_NESTING
    text = "if ::/0\n" * (deep + 1) + "::/0 X\n" + "endif\n" * (deep + 1)
    assert problems(text) == [
        f"{deep + 1}:1 error more than {deep} ifs in each other: this one is not used | write them one after the other"
    ]
    assert parse(text.encode(), "t").address("::1") is None
    assert result(table("if ::/0\n" * deep + "::/0 X\n" + "endif\n" * deep).address("::1")) == "X"


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (b"#" * (limits.TABLE_OCTETS + 1), f"the file is longer than {limits.TABLE_OCTETS} octets", "divide it"),
        (
            b"a\0b",
            "this is no text, but perhaps a compiled table",
            "name the file that postmap(1) reads, not the one that it makes",
        ),
    ],
)
def test_what_is_no_table(text: bytes, problem: str, hint: str) -> None:
    with pytest.raises(RuleErrors) as raised:
        parse(text, "t")
    (only,) = raised.value.problems
    assert (only.line, only.column, only.text, only.hint) == (1, 1, problem, hint)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("OK", ("OK", "")),
        ("ok why", ("OK", "why")),
        ("RELAY", ("OK", "")),
        ("permit", ("OK", "")),
        ("1234567890", ("OK", "")),
        ("550", ("OK", "")),
        ("550 5.7.1 no", ("REJECT", "5.7.1 no")),
        ("450\tlater", ("DEFER", "later")),
        ("250 fine", ("250", "fine")),
        ("reject no  way", ("REJECT", "no  way")),
        ("Dunno", ("DUNNO", "")),
        ("permit_mynetworks, reject", ("PERMIT_MYNETWORKS", "reject")),
        ("FILTER smtp:[127.0.0.1]:10025", ("FILTER", "smtp:[127.0.0.1]:10025")),
        ("", ("", "")),
    ],
)
def test_actions(text: str, action: tuple[str, str]) -> None:
    """access(5): "An all-numerical result is treated as OK"."""
    assert named(text) == action
