"""Look-ups in access(5) tables: the most specific entry wins, wherever it stands.

A client is looked for by its address and by its verified name, in this order:

    1  1.2.3.4            its address
    2  mail.example.org   its name
    3  1.2.3.0/24, 1.2.3  the smallest network that it is in; what an address begins with is a network, too
    4  .example.org       the nearest domain that it is in; then example.org, which is the host and all below it

One host is less than any network or domain: a host that is let in works inside a network or a top-level domain that is
refused. The address stands before the name, since whoever has the address block gives the name. Of a network and a
domain neither is a part of the other, so that neither is more specific. There the one that lets through (OK, DUNNO) is
used, and the network if both do or none: an exception was written on purpose, and of two lines that contradict each
other the one that stops no mail does less harm. (Postfix looks for names first: `.cn 554` beats any address there.)

`!net` is the whole family without the net: a network of length 0 with something cut out. Networks between `if` and
`endif` are cut down to that of the `if`. For mail addresses the order is that of access(5), which is the same: the
address with and without its extension, its domain, the domains above, and user@ in the end.

In:    rows by key: a row is a number that says where an entry stands, and what its result is (tablefiles.py).
Out:   a row, or NOTHING; `entry` tells what it is. An IPv4 address in an IPv6 one is the IPv4 address.
Bugs:  an entry that is spelled ::ffff:1.2.3.4 is never found; 1.2.3.4 is.
Fails: never: what is no address is in no network. A look-up costs one step for each length of network that there is
       (33 and 129 at most), and two for each label of a name.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from socket import AF_INET, AF_INET6, inet_pton
from typing import TypeAlias, TypeVar

from mdafilter import limits as bounds
from mdafilter.lang.tables.access import NULL_SENDER, mail_keys

V4, V6 = 32, 128
NOTHING = -1
MAPPED = 0xFFFF  # the first 96 bits of an IPv4 address in an IPv6 one (RFC 4291 section 2.5.5.2)
PASSES = frozenset({"OK", "RELAY", "PERMIT", "DUNNO"})  # and numbers: what lets through (access(5))
_TOP = {V4: 16, V6: 32}
_SHIFT = {V4: 16, V6: 96}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.")

Net: TypeAlias = tuple[int, int]  # length and prefix
Cut: TypeAlias = tuple[int, tuple[Net, ...]]  # a row, and the networks in which it does not count
# For addresses that begin with the same _TOP bits, longest network first: how many bits do not count, and the look-up.
Plan: TypeAlias = tuple[tuple[int, Callable[[int], int | None]], ...]
K = TypeVar("K", str, int)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that was found. `line` is 0 for a list of others, all of which has one result."""

    file: str
    line: int
    result: str

    @property
    def place(self) -> str:
        """As in messages."""
        return f"{self.file}:{self.line}" if self.line else self.file


class Table:
    """The entries of all files that were read into it. Of equal keys the one counts that was added first."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.results: list[str] = [""]  # the first is that of an empty line
        self.result_of = array("I")  # by row: which result
        self._files: list[tuple[int, int, str]] = []  # first row, line of the first row, file
        self._nets: dict[int, dict[int, dict[int, int]]] = {V4: {}, V6: {}}  # rows by family, length and prefix
        # by family: by the first bits of an address, and for all others
        self._plans: dict[int, tuple[dict[int, Plan], Plan]] = {V4: ({}, ()), V6: ({}, ())}
        self._tails: set[str] = set()  # the last two labels of the names, or the only one: most clients have others
        self._cuts: list[list[Cut]] = []  # what a row below NOTHING stands for: -2 is the first of them
        self._ids: dict[str, int] = {"": 0}
        self._passing: set[int] = set()

    def __len__(self) -> int:
        return len(self.names) + sum(len(rows) for nets in self._nets.values() for rows in nets.values())

    # --- looking up --------------------------------------------------------------------------------------------------

    def client(self, address: str, name: str = "") -> int:
        """The row for a client; "" is a name that nobody has verified."""
        network = NOTHING
        try:
            if ":" in address:
                width, value = V6, int.from_bytes(inet_pton(AF_INET6, address), "big")
                if value >> 32 == MAPPED:
                    width, value = V4, value & 0xFFFF_FFFF
            else:
                width, value = V4, int.from_bytes(inet_pton(AF_INET, address), "big")
            plans, plan = self._plans[width]
            plan = plans.get(value >> _SHIFT[width], plan)
        except (OSError, ValueError):  # "unknown", or what no Postfix sends
            width, value, plan = V4, NOTHING, ()
        for shift, get in plan:
            row = get(value >> shift)
            if row is not None and (row >= 0 or (row := self._cut(row, width, value)) >= 0):
                if not shift:
                    return row
                network = row
                break
        if not name:
            return network
        name, tails = name.lower(), self._tails
        last = name.rfind(".")
        if name[name.rfind(".", 0, last) + 1 :] not in tails and name[last + 1 :] not in tails:
            return network
        host = self.names.get(name, NOTHING)
        if host >= 0 or (network >= 0 and self.passes(network)):
            return host if host >= 0 else network
        row = self.domain(name)
        return network if network >= 0 and not (row >= 0 and self.passes(row)) else row

    def domain(self, name: str) -> int:
        """The row for the nearest domain that a name is in; the name is in lower case, and is not looked for itself."""
        get = self.names.get
        name = name[-bounds.DOMAIN_OCTETS :]
        at = name.find(".")
        while at >= 0:
            row = get(name[at:])
            if row is not None or (row := get(name[at + 1 :])) is not None:
                return row
            at = name.find(".", at + 1)
        return NOTHING

    def mail(self, address: str, delimiter: str = "") -> int:
        """The row for a mail address; "" is the null sender. `delimiter` as postconf(5) recipient_delimiter."""
        get = self.names.get
        text = address.lower()
        local, at, domain = text.rpartition("@")
        plain = at and _PLAIN.issuperset(local) and domain.isascii() and domain[-1:] not in (".", "]")
        if not plain or any(mark in local for mark in delimiter):
            keys = mail_keys(address, delimiter) if address else (NULL_SENDER,)
            return next((row for key in keys if (row := get(key, NOTHING)) != NOTHING), NOTHING)
        row = get(text, NOTHING)
        if row == NOTHING:
            row = get(domain, NOTHING)
        if row == NOTHING:
            row = self.domain(domain)
        return row if row != NOTHING else get(f"{local}@", NOTHING)

    def passes(self, row: int) -> bool:
        """Whether the entry lets through what it is about."""
        return self.result_of[row] in self._passing

    def entry(self, row: int) -> Entry:
        """What a row is."""
        first, line, file = self._files[bisect_right(self._files, row, key=lambda known: known[0]) - 1]
        return Entry(file, line and line + row - first, self.results[self.result_of[row]])

    def _cut(self, row: int, width: int, value: int) -> int:
        """The first of several rows with the same network that is not cut out at this address."""
        for candidate, without in self._cuts[-2 - row]:
            if not any(value >> (width - length) == prefix for length, prefix in without):
                return candidate
        return NOTHING

    # --- filling -----------------------------------------------------------------------------------------------------

    def start(self, file: str, lines: int) -> int:
        """The first row of a file with so many lines, one after the other; 0: it has one row for all of its lines."""
        first = len(self.result_of)
        self._files.append((first, min(lines, 1), file))
        self.result_of.extend([0] * max(lines, 1))
        return first

    def result(self, text: str) -> int:
        """The number of a result."""
        number = self._ids.setdefault(text, len(self.results))
        if number == len(self.results):
            self.results.append(text)
            if text.partition(" ")[0].upper() in PASSES or (text.isascii() and text.isdigit()):
                self._passing.add(number)
        return number

    def add_names(self, names: list[str], rows: list[int]) -> list[tuple[int, int]]:
        """Adds keys that are no networks. The duplicates: a row that is not used, and the one that is."""
        return _merge(self.names, names, rows)

    def add_nets(self, width: int, length: int, prefixes: list[int], rows: list[int]) -> list[tuple[int, int]]:
        """The same for networks of one length."""
        known = self._nets[width].setdefault(length, {})
        if self._cuts:
            plain: dict[int, int] = {}
            for prefix, row in zip(prefixes, rows, strict=True):
                if known.get(prefix, NOTHING) < NOTHING:
                    self.add_cut(width, length, prefix, (row, ()))
                else:
                    plain.setdefault(prefix, row)
            prefixes, rows = list(plain), list(plain.values())
        return _merge(known, prefixes, rows)

    def add_cut(self, width: int, length: int, prefix: int, cut: Cut) -> bool:
        """Adds a network in which others do not count. False: this network has too many such entries already."""
        known = self._nets[width].setdefault(length, {})
        before = known.get(prefix, NOTHING)
        if before >= 0 or before == NOTHING:
            self._cuts.append([(before, ())] if before >= 0 else [])
            known[prefix] = before = -1 - len(self._cuts)
        cuts = self._cuts[-2 - before]
        if len(cuts) == bounds.SCRIPT_ERRORS:
            return False
        plain = bool(cuts) and not cuts[-1][1]  # the whole network is the least specific, and comes last
        cuts.insert(len(cuts) - (plain and bool(cut[1])), cut)
        return True

    def remove(self, rows: range, results: set[int]) -> None:
        """Takes out what has one of these results, of a file's rows."""
        bad = {row for row in rows if self.result_of[row] in results}
        _without(self.names, bad)
        for nets in self._nets.values():
            for known in nets.values():
                _without(known, bad)
        for cuts in self._cuts:
            cuts[:] = [cut for cut in cuts if cut[0] not in bad]

    def ready(self) -> None:
        """All has been added: what look-ups need. Most addresses have networks of few lengths around them."""
        self._tails = {".".join(name.rsplit(".", 2)[-2:]).lstrip(".") for name in self.names if "@" not in name}
        for width, nets in self._nets.items():
            top = _TOP[width]
            lengths: dict[int, int] = {}  # by first bits, the lengths from `top` on, as bits
            for length, rows in nets.items():
                if top <= length < width:
                    for prefix in {prefix >> (length - top) for prefix in rows}:
                        lengths[prefix] = lengths.get(prefix, 0) | 1 << length
            always = sum(1 << length for length, rows in nets.items() if rows and not top <= length < width)
            order = [(1 << length, (width - length, nets[length].get)) for length in sorted(nets, reverse=True)]
            plans: dict[int, Plan] = {}
            for bits in {always, *(bits | always for bits in lengths.values())}:
                plans[bits] = tuple([step for bit, step in order if bits & bit])
            self._plans[width] = {prefix: plans[bits | always] for prefix, bits in lengths.items()}, plans[always]


def _merge(known: dict[K, int], keys: list[K], rows: list[int]) -> list[tuple[int, int]]:
    """Adds rows; of two with the same key the lower one stays, which is the first one of the files."""
    fresh = dict(zip(reversed(keys), reversed(rows), strict=True))
    duplicates: list[tuple[int, int]] = []
    if len(fresh) < len(keys):
        duplicates = [(row, fresh[key]) for key, row in zip(keys, rows, strict=True) if fresh[key] != row]
    if not known:
        known.update(fresh)
        return duplicates
    for key, row in fresh.items():
        other = known.setdefault(key, row)
        if other != row:
            known[key] = min(row, other)
            duplicates.append((max(row, other), min(row, other)))
    return duplicates


def _without(known: dict[K, int], bad: set[int]) -> None:
    for key in [key for key, row in known.items() if row in bad]:
        del known[key]
