"""Networks of a table: which line is the first that an address matches (cidr_table(5)).

    192.168.1.1          this address
    192.168.0.0/16       all addresses that begin with these 16 bits; the others have to be zero
    [2001:db8::]/32      brackets mean nothing
    !net                 all addresses of the same family that are not in the net
    if net, if !net      the lines up to the endif are for these addresses alone

"Patterns are applied in the order as specified in the table, until a pattern is found that matches the search string."
A look-up does not walk through the lines: networks of one length are a dict, and of what the dicts have the lowest
line counts. It costs the number of lengths (at most 33, or 129), and one step for each `if` of the block.

Addresses and networks are plain numbers: importing `ipaddress` takes as long as reading a thousand lines.
"""

from __future__ import annotations

import _socket

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    Number: TypeAlias = tuple[int, int]  # how many bits an address has, and the address
    Net: TypeAlias = tuple[int, int, int]  # how many bits an address has, how many of them count, and these
    Row: TypeAlias = tuple[int, str, str]  # line, key, result

V4, V6 = 32, 128
FAMILIES = {V4: _socket.AF_INET, V6: _socket.AF_INET6}


class NetworkError(Exception):
    """What is no network, and what would be right."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint


class Block:
    """The lines of a table, or those between an `if` and its endif."""

    def __init__(self) -> None:
        self.nets: dict[int, dict[int, dict[int, Row]]] = {V4: {}, V6: {}}  # by family and length
        self.others: dict[int, dict[Net, Row]] = {V4: {}, V6: {}}  # !net, by family
        self.ifs: list[tuple[int, Net, bool, Block]] = []

    def add(self, net: Net, negated: bool, row: Row) -> Row:
        """Adds a line; returns it, or the line before it that has the same pattern and is the one that is used."""
        width, length, prefix = net
        if negated:
            return self.others[width].setdefault(net, row)
        return self.nets[width].setdefault(length, {}).setdefault(prefix, row)

    def find(self, number: Number) -> Row | None:
        """The first line that the address matches."""
        width, address = number
        best: Row | None = None
        for length, rows in self.nets[width].items():
            row = rows.get(address >> (width - length))
            if row is not None and (best is None or row[0] < best[0]):
                best = row
        for net, row in self.others[width].items():
            if best is not None and row[0] > best[0]:
                break
            if not within(number, net):  # of different networks no more than there are lengths have one address
                best = row
                break
        for line, net, negated, block in self.ifs:
            if best is not None and line > best[0]:
                break
            if net[0] == width and within(number, net) != negated and (row := block.find(number)) is not None:
                return row
        return best


def within(number: Number, net: Net) -> bool:
    """Whether the address is in the network, which is of its family."""
    width, length, prefix = net
    return number[1] >> (width - length) == prefix


def address(text: str) -> Number | None:
    """The address that is spelled so; None for what is none."""
    width = V6 if ":" in text else V4
    try:
        packed = _socket.inet_pton(FAMILIES[width], text)
    except (OSError, ValueError):  # ValueError: a NUL, or octets that are no text
        return None
    return width, int.from_bytes(packed, "big")


def spelled(number: Number) -> str:
    """The address as Postfix writes it: IPv6 compressed and in lower case."""
    width, value = number
    return _socket.inet_ntop(FAMILIES[width], value.to_bytes(width // 8, "big"))


def network(text: str) -> Net:
    """The network, or single address, that is spelled so. NetworkError."""
    inner, slash, mask = _unbracketed(text).partition("/")
    number = address(inner)
    if number is None:
        raise NetworkError(f'"{inner[:40]}" is no address' if inner else "there is no network", _octets(inner))
    width, value = number
    if not slash:
        return width, width, value
    if not (mask.isascii() and mask.isdigit()) or len(mask) > 9 or int(mask) > width:
        raise NetworkError(
            f'behind the slash stands a number from 0 to {width}, not "{mask[:40]}"', f"as in {inner}/{width // 2}"
        )
    length = int(mask)
    host = value & ((1 << (width - length)) - 1)
    if host:  # cidr_table(5): "the other bits in the network_address part must be zero"
        raise NetworkError(
            f"{inner}/{length} is an address in a network, and no network",
            f"write {spelled((width, value - host))}/{length} for the network, {inner} for the address",
        )
    return width, length, value >> (width - length)


def _unbracketed(text: str) -> str:
    """[net]/length and [net/length] without the brackets."""
    if not text.startswith("["):
        return text
    inner, closed, mask = text[1:].partition("]")
    if not closed:
        raise NetworkError("the [ has no ]")
    if mask and not mask.startswith("/"):
        raise NetworkError(f'"{mask[:40]}" behind the ] means nothing')
    return inner + mask


def _octets(text: str) -> str:
    """The hint for the octets of an address that lacks some: 10.1 instead of 10.1.0.0."""
    octets = text.split(".") if len(text) < 16 else []
    if all(o.isascii() and o.isdigit() for o in octets) and 0 < len(octets) < 4:
        return f"an IPv4 address has four numbers: {'.'.join([*octets, *['0'] * (4 - len(octets))])}"
    return ""
