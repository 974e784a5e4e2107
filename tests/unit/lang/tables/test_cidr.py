"""Networks, and which line an address finds."""

from __future__ import annotations

import pytest

from mdafilter.lang.tables.cidr import V4, V6, Block, NetworkError, address, network, spelled, within


@pytest.mark.parametrize(
    ("text", "net"),
    [
        ("10.0.0.1", (V4, 32, 0x0A000001)),
        ("10.0.0.0/8", (V4, 8, 10)),
        ("0.0.0.0/0", (V4, 0, 0)),
        ("[10.0.0.0]/08", (V4, 8, 10)),
        ("[10.0.0.0/8]", (V4, 8, 10)),
        ("2001:DB8::/32", (V6, 32, 0x20010DB8)),
        ("[::1]", (V6, 128, 1)),
        ("::/0", (V6, 0, 0)),
        ("::ffff:10.0.0.0/104", (V6, 104, 0xFFFF0A)),
    ],
)
def test_networks(text: str, net: tuple[int, int, int]) -> None:
    """cidr_table(5): "address information may be enclosed inside "[]" but this form is not required"."""
    assert network(text) == net


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (
            "192.168.1.1/16",
            "192.168.1.1/16 is an address in a network, and no network",
            "write 192.168.0.0/16 for the network, 192.168.1.1 for the address",
        ),
        (
            "2001:db8:0::1/32",
            "2001:db8:0::1/32 is an address in a network, and no network",
            "write 2001:db8::/32 for the network, 2001:db8:0::1 for the address",
        ),
        ("10.0.0.0/33", 'behind the slash stands a number from 0 to 32, not "33"', "as in 10.0.0.0/16"),
        ("::/129", 'behind the slash stands a number from 0 to 128, not "129"', "as in ::/64"),
        ("10.0.0.0/", 'behind the slash stands a number from 0 to 32, not ""', "as in 10.0.0.0/16"),
        ("10.0.0.0/-1", 'behind the slash stands a number from 0 to 32, not "-1"', "as in 10.0.0.0/16"),
        ("10.0.0.0/²", 'behind the slash stands a number from 0 to 32, not "²"', "as in 10.0.0.0/16"),
        ("10.0.0.0/8/8", 'behind the slash stands a number from 0 to 32, not "8/8"', "as in 10.0.0.0/16"),
        ("10.1/16", '"10.1" is no address', "an IPv4 address has four numbers: 10.1.0.0"),
        ("010.1.0.0/16", '"010.1.0.0" is no address', ""),
        ("host.example", '"host.example" is no address', ""),
        ("", "there is no network", ""),
        ("[10.0.0.0/8", "the [ has no ]", ""),
        ("[10.0.0.0]8", '"8" behind the ] means nothing', ""),
        ("1" * 100, f'"{"1" * 40}" is no address', ""),
    ],
)
def test_what_is_no_network(text: str, problem: str, hint: str) -> None:
    """cidr_table(5): "the other bits in the network_address part must be zero"."""
    with pytest.raises(NetworkError) as raised:
        network(text)
    assert (raised.value.text, raised.value.hint) == (problem, hint)


def test_a_number_of_a_million_digits_is_refused_at_once() -> None:
    with pytest.raises(NetworkError):
        network("10.0.0.0/" + "1" * 1_000_000)


@pytest.mark.parametrize("text", ["", "10", "1.2.3", "1.2.3.4.5", "x", "::g", "1\0", "\udce9", "[::1]", "fe80::1%lo"])
def test_no_addresses(text: str) -> None:
    assert address(text) is None


@pytest.mark.parametrize("text", ["10.0.0.1", "::", "2001:db8::1", "::ffff:10.0.0.1"])
def test_an_address_is_spelled_as_it_was(text: str) -> None:
    number = address(text)
    assert number is not None
    assert spelled(number) == text


def test_an_address_is_spelled_compressed() -> None:
    number = address("2001:0DB8:0:0:0:0:0:1")
    assert number is not None
    assert spelled(number) == "2001:db8::1"


def block(*lines: str) -> Block:
    """Lines of networks; "!" negates."""
    made = Block()
    for number, line in enumerate(lines, 1):
        made.add(network(line.removeprefix("!")), line.startswith("!"), (number, line, ""))
    return made


def line_of(table: Block, text: str) -> int:
    number = address(text)
    assert number is not None
    return (table.find(number) or (0, "", ""))[0]


@pytest.mark.parametrize(
    ("lines", "text", "line"),
    [
        (("10.0.0.0/8", "10.1.0.0/16"), "10.1.2.3", 1),
        (("10.1.0.0/16", "10.0.0.0/8"), "10.1.2.3", 1),
        (("10.1.0.0/16", "10.0.0.0/8"), "10.2.2.3", 2),
        (("10.1.2.3", "10.0.0.0/8"), "10.1.2.3", 1),
        (("10.0.0.0/8", "10.0.0.0/8"), "10.1.2.3", 1),
        (("!10.0.0.0/8", "0.0.0.0/0"), "11.1.2.3", 1),
        (("!10.0.0.0/8", "0.0.0.0/0"), "10.1.2.3", 2),
        (("0.0.0.0/0", "!10.0.0.0/8"), "11.1.2.3", 1),
        (("!10.0.0.0/8", "!10.1.0.0/16"), "10.2.2.3", 2),
        (("!10.0.0.0/8", "!10.1.0.0/16"), "10.1.2.3", 0),
        (("!10.0.0.0/8",), "::1", 0),
        (("0.0.0.0/0",), "::1", 0),
        (("!::/0", "::/0"), "::1", 2),
        (("0.0.0.0/0", "::/0"), "::ffff:1.2.3.4", 2),
    ],
)
def test_the_first_line_that_matches(lines: tuple[str, ...], text: str, line: int) -> None:
    """cidr_table(5): "Patterns are applied in the order as specified in the table"."""
    assert line_of(block(*lines), text) == line


@pytest.mark.parametrize(
    ("text", "line"), [("10.1.0.1", 3), ("10.2.0.1", 5), ("11.0.0.1", 7), ("10.9.0.1", 9), ("192.0.2.1", 9)]
)
def test_ifs(text: str, line: int) -> None:
    """cidr_table(5): "match that search string against the patterns between if and endif"; then the lines go on."""
    table = block()
    for number, condition, negated, net in [
        (2, "10.0.0.0/8", False, "10.1.0.0/16"),
        (6, "10.0.0.0/8", True, "11.0.0.0/8"),
    ]:
        inner = Block()
        inner.add(network(net), False, (number + 1, net, ""))
        table.ifs.append((number, network(condition), negated, inner))
    table.add(network("10.2.0.0/16"), False, (5, "", ""))
    table.add(network("0.0.0.0/0"), False, (9, "", ""))
    assert line_of(table, text) == line


def test_an_if_behind_the_line_that_matches_is_too_late() -> None:
    table, inner = block("10.0.0.0/8"), Block()
    inner.add(network("10.1.0.0/16"), False, (3, "", ""))
    table.ifs.append((2, network("10.0.0.0/8"), False, inner))
    assert line_of(table, "10.1.2.3") == 1


def test_the_earlier_of_two_equal_lines_comes_back() -> None:
    table = block("10.0.0.0/8", "!10.0.0.0/8")
    assert table.add((V4, 8, 10), False, (3, "", ""))[0] == 1
    assert table.add((V4, 8, 10), True, (3, "", ""))[0] == 2
    assert table.add((V4, 8, 11), True, (3, "", ""))[0] == 3


def test_within() -> None:
    assert within((V4, 0x0A010203), (V4, 8, 10))
    assert not within((V4, 0x0B010203), (V4, 8, 10))
