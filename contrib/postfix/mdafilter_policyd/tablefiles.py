"""Reads access(5) tables and lists of others into a Table, all plain lines of them at once.

    1.2.3.4          REJECT text     an access(5) table, with networks as in cidr_table(5); mdafilter.lang.tables.access
    .example.org     OK              says what there is

    1.2.3.0/24 ; SBL123              a list of others: an address or network in each line, all with the same result.
    # comment                        What follows # or ; is a comment. A folder is all files in it but hidden ones

Nearly all lines of a table are a plain key and its result. These are taken by the column: all addresses at once, all
networks of one length at once. What is left over, or stands between an `if` and its `endif`, is read line by line by
mdafilter.lang.tables.access, which also says what is wrong with it.

In:    names of files and folders.
Out:   the Table; Reports, with the place: faults for what cannot be used as it is, warnings for what is odd.
Fails: never: a file that cannot be read is a fault. What is wrong in a list of others is a warning, and the rest is
       used: nobody here writes that list. If nothing in it is right it is none (the page of an error, say): a fault.
       Linear in the size.
"""

from __future__ import annotations

import os
import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from socket import inet_pton
from typing import TypeAlias

from mdafilter.errors import RuleErrors
from mdafilter.lang.tables import access, cidr
from mdafilter_policyd import actions, limits
from mdafilter_policyd.errors import Fault
from mdafilter_policyd.tables import NOTHING, V4, V6, Net, Table

_COMMENT = re.compile(r"[#;][^\n]*")
_PLAIN = re.compile(r"[a-z0-9._+=@'&\n-]*")
_MAIL = re.compile(r"(?:[^\s@<>]+@)?\.?[a-z0-9-]+(?:\.[a-z0-9-]+)+|[^\s@<>]+@")
_IF = re.compile(r"(if(?![^\s!\[])|endif(?!\S))", re.IGNORECASE)
_DIGITS = frozenset("0123456789")


@dataclass
class Reports:
    """What is wrong, and what is odd, in all files that were read."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def fault(self, file: str, line: int, column: int, text: str, hint: str = "") -> None:
        if len(self.faults) < limits.FAULTS:
            self.faults.append(Fault(file, line, column, text, hint))

    def warn(self, file: str, line: int, column: int, text: str, hint: str = "") -> None:
        if len(self.warnings) < limits.FAULTS:
            self.warnings.append(Fault(file, line, column, text, hint))


Column: TypeAlias = defaultdict[str | int, tuple[list[str], list[int]]]


class Columns:
    """Addresses and networks as they are spelled, by family and what is behind the slash, each with its row.

    An int instead of a text: there is no slash, and the IPv4 address has so many dots; 3 with IPv6.
    """

    def __init__(self) -> None:
        self.v4: Column = defaultdict(lambda: ([], []))
        self.v6: Column = defaultdict(lambda: ([], []))

    def place(self, table: Table, odd: list[tuple[str, int]]) -> list[tuple[int, int]]:
        """Into the table; the duplicates. `odd` gets what is neither address nor network, with its row."""
        duplicates: list[tuple[int, int]] = []
        for width, column in ((V4, self.v4), (V6, self.v6)):
            for mask, (texts, rows) in column.items():
                length = _length(width, mask)
                short = "" if isinstance(mask, str) or width == V6 else ".0" * (3 - mask)
                found = [NOTHING] * len(texts)
                if length >= 0:
                    found = _prefixes(width, length, [text + short for text in texts] if short else texts)
                if NOTHING in found:
                    slash = f"/{mask}" if isinstance(mask, str) else ""
                    odd += [(t + slash, row) for t, row, p in zip(texts, rows, found, strict=True) if p == NOTHING]
                    rows = [row for row, prefix in zip(rows, found, strict=True) if prefix != NOTHING]
                    found = [prefix for prefix in found if prefix != NOTHING]
                if found:
                    duplicates += table.add_nets(width, length, found, rows)
        return duplicates


def _length(width: int, mask: str | int) -> int:
    """How many bits of an address count; NOTHING is no such number."""
    if isinstance(mask, int):
        return width if width == V6 else 8 * (mask + 1) if mask < 4 else NOTHING
    return int(mask) if mask.isascii() and mask.isdigit() and len(mask) < 4 and int(mask) <= width else NOTHING


def _prefixes(width: int, length: int, texts: list[str]) -> list[int]:
    """The bits that count, of each; NOTHING for what is no address, or has others (cidr_table(5))."""
    try:
        packed = b"".join(map(inet_pton, repeat(cidr.FAMILIES[width]), texts))
    except (OSError, ValueError):
        numbers = map(cidr.address, texts)
        values = [number[1] if number and number[0] == width else NOTHING for number in numbers]
    else:
        if width == V4:
            values = list(struct.unpack(f">{len(texts)}I", packed))
        else:
            halves = struct.unpack(f">{2 * len(texts)}Q", packed)
            values = [high << 64 | low for high, low in zip(halves[::2], halves[1::2], strict=True)]
    shift = width - length
    others = (1 << shift) - 1
    return [NOTHING if v < 0 or v & others else v >> shift for v in values] if shift else values


# --- tables ----------------------------------------------------------------------------------------------------------


def read_tables(files: Sequence[str], reports: Reports) -> Table:
    """All of these access(5) tables as one."""
    table = Table()
    for file in files:
        if (data := _octets(file, reports)) is not None:
            add_table(table, file, data, reports)
    table.ready()
    return table


def add_table(table: Table, file: str, data: bytes, reports: Reports) -> None:
    """One access(5) table."""
    if b"\0" in data:
        hint = "name the file that postmap(1) reads, not the one that it makes"
        reports.fault(file, 1, 1, "this is no text, but perhaps a compiled table", hint)
        return
    lines = _logical(data.decode("utf-8", "surrogateescape"))
    first = table.start(file, len(lines))
    rest = [""] * len(lines)
    low = "\n".join(lines).lower()
    inside: slice = slice(0)
    if low.startswith(("if", "endif")) or "\nif" in low or "\nendif" in low:
        ifs = [at for at, line in enumerate(lines) if _IF.match(line)]
        inside = slice(ifs[0], ifs[-1] + 1) if ifs else inside
        rest[inside], lines[inside] = lines[inside], rest[inside]
    del low
    odd, duplicates = _columns(table, lines, first)
    lines[inside] = rest[inside]
    for row in odd:
        rest[row - first] = lines[row - first]
    if any(rest):
        duplicates += _line_by_line(table, file, rest, first, reports)
    _check_results(table, file, lines, first, reports)
    for unused, used in duplicates:
        if table.result_of[unused] != table.result_of[used]:
            hint = f"{table.entry(used).place} has it already, and counts; one of them has to go"
            reports.warn(file, unused - first + 1, 1, "this line is never used", hint)


def _logical(text: str) -> list[str]:
    """The lines; what goes on in the next lines is joined, and leaves them empty (access(5): "multi-line text")."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "\t" in text:
        text = text.replace("\t", " ")
    lines = text.split("\n")
    if "\n " in text:
        last = NOTHING
        for at, line in enumerate(lines):
            if not (bare := line.strip()) or bare[0] == "#":
                lines[at] = ""
            elif line[0] == " " and last >= 0:
                lines[last] += line
                lines[at] = ""
            else:
                last = at
    return lines


def _columns(table: Table, lines: list[str], first: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Takes what is plain; the rows of the lines that are not, and the duplicates."""
    columns, names, name_rows, odd = Columns(), list[str](), list[int](), list[int]()
    result_of, number, v4, v6 = table.result_of, table.result, columns.v4, columns.v6
    known: dict[str, int] = {}
    for row, line in enumerate(lines, first):
        key, _, result = line.partition(" ")
        result = result.strip()
        if not key or not result or key[0] == "#":
            if line and line.lstrip()[:1] not in ("", "#"):
                odd.append(row)
            continue
        result_of[row] = known.get(result) or known.setdefault(result, number(result))
        if ":" in key:
            text, slash, mask = key.partition("/")
            texts, rows = v6[mask if slash else 3]
        elif key[-1] in _DIGITS:
            text, slash, mask = key.partition("/")
            texts, rows = v4[mask if slash else text.count(".")]
        else:
            text, texts, rows = key, names, name_rows
        texts.append(text)
        rows.append(row)
    wrong: list[tuple[str, int]] = []
    duplicates = columns.place(table, wrong)
    odd += [row for _text, row in wrong]
    lowered = "\n".join(names).lower()
    if (
        _PLAIN.fullmatch(lowered)
        and "\n@" not in lowered
        and ".\n" not in lowered
        and lowered[:1] != "@"
        and lowered[-1:] != "."
    ):
        names = lowered.split("\n") if names else []
    else:
        plain = [_PLAIN.fullmatch(name.lower()) and name[0] != "@" and name[-1] != "." for name in names]
        odd += [row for row, good in zip(name_rows, plain, strict=True) if not good]
        names = [name.lower() for name, good in zip(names, plain, strict=True) if good]
        name_rows = [row for row, good in zip(name_rows, plain, strict=True) if good]
    return odd, duplicates + table.add_names(names, name_rows)


def _line_by_line(table: Table, file: str, rest: list[str], first: int, reports: Reports) -> list[tuple[int, int]]:
    """Takes what is not plain."""
    try:
        read = access.parse("\n".join(rest).encode("utf-8", "surrogateescape"), file)
    except RuleErrors as wrong:  # too long for a table of the delivery agent
        for problem in wrong.problems:
            reports.fault(file, problem.line, problem.column, f"of what is no plain key and result, {problem.text}")
        return []
    for problem in read.problems:
        report = reports.fault if problem.severity == "error" else reports.warn
        report(file, problem.line, problem.column, problem.text, problem.hint)
    duplicates: list[tuple[int, int]] = []
    for key, row in read.names.items():
        at = _row(table, row, first)
        if (beginning := _beginning(key)) is not None:
            duplicates += table.add_nets(V6, beginning[0], [beginning[1]], [at])
        else:
            duplicates += table.add_names([key.removesuffix(".")], [at])
    for width in (V4, V6):
        for net, without, row in _networks(read.nets, width, (0, 0), ()):
            at = _row(table, row, first)
            if not without:
                duplicates += table.add_nets(width, net[0], [net[1]], [at])
            elif not table.add_cut(width, net[0], net[1], (at, without)):
                reports.fault(file, row[0], 1, "too many networks with ! in one place", "write what is meant without !")
    return duplicates


def _row(table: Table, row: cidr.Row, first: int) -> int:
    at = first + row[0] - 1
    table.result_of[at] = table.result(row[2])
    return at


def _beginning(key: str) -> Net | None:
    """The network of what an IPv6 address begins with (access(5)); IPv4 is a column. None: it is a name."""
    if "@" in key or not (":" in key or key.isdigit()):
        return None
    groups = key.split(":")
    number = 0
    for group in groups:
        number = number << 16 | int(group, 16)
    return 16 * len(groups), number


def _networks(
    block: cidr.Block, width: int, within: Net, without: tuple[Net, ...]
) -> Iterator[tuple[Net, tuple[Net, ...], cidr.Row]]:
    """The networks of a block, cut down to what its ifs say; in which others they do not count; and their lines."""
    for length, rows in block.nets[width].items():
        for prefix, row in rows.items():
            if (net := _both((length, prefix), within)) is not None:
                yield net, without, row
    for (_width, length, prefix), row in block.others[width].items():
        yield within, (*without, (length, prefix)), row
    for _line, (family, length, prefix), negated, inner in block.ifs:
        net = (length, prefix)
        if family == width and negated:
            yield from _networks(inner, width, within, (*without, net))
        elif family == width and (both := _both(net, within)) is not None:
            yield from _networks(inner, width, both, without)


def _both(one: Net, other: Net) -> Net | None:
    """What is in both networks: the smaller of them, or nothing."""
    large, small = sorted((one, other))
    return small if small[1] >> (small[0] - large[0]) == large[1] else None


def _check_results(table: Table, file: str, lines: Sequence[str], first: int, reports: Reports) -> None:
    """Reports results that are no actions, and takes their entries out."""
    rows = range(first, first + len(lines))
    used = set(table.result_of[first:])
    faults = {number: found for number in used if number and (found := actions.fault(table.results[number]))}
    odd = {number: found for number in used if number and (found := actions.oddity(table.results[number]))}
    if not faults and not odd:
        return
    table.remove(rows, set(faults))
    for row in rows:
        number = table.result_of[row]
        if number in faults or number in odd:
            line = lines[row - first]
            column = max(line.find(table.results[number], line.find(" ")), 0) + 1
            report = reports.fault if number in faults else reports.warn
            report(file, row - first + 1, column, *(faults.get(number) or odd[number]))


# --- lists of others -------------------------------------------------------------------------------------------------


def read_lists(paths: Sequence[str], result: str, reports: Reports, *, mail: bool = False) -> Table:
    """All of these lists as one, with the same result for all entries. `mail`: of mail addresses and domains."""
    table = Table()
    for path in paths:
        for file in in_folder(path):
            if (data := _octets(file, reports)) is not None:
                add_list(table, file, data, result, reports, mail=mail)
    table.ready()
    return table


def add_list(table: Table, file: str, data: bytes, result: str, reports: Reports, *, mail: bool = False) -> None:
    """One list."""
    text = data.decode("latin-1")
    words = _COMMENT.sub("", text).split()
    row = table.start(file, 0)
    table.result_of[row] = table.result(result)
    wrong = _add_mail(table, words, row) if mail else add_words(table, words, row)
    if not wrong:
        return
    wanted = "mail address or domain" if mail else "address or network"
    if wrong.issuperset(words):
        hint = f"a list has one {wanted} in each line, and comments behind # or ;"
        reports.fault(file, 1, 1, f"there is no {wanted} in this list", hint)
        return
    for number, line in enumerate(text.split("\n"), 1):
        for word in wrong.intersection(_COMMENT.sub("", line).split()):
            hint = "" if mail else _hint(word)
            reports.warn(file, number, line.find(word) + 1, f'"{word[:40]}" is no {wanted}', hint)


def add_words(table: Table, words: Iterable[str], row: int) -> set[str]:
    """Adds addresses and networks that all have one row. What is none."""
    by_mask: dict[str | int, list[str]] = defaultdict(list)
    for word in words:
        text, slash, mask = word.partition("/")
        by_mask[mask if slash else 3].append(text)
    columns = Columns()
    for key, texts in by_mask.items():
        for column, some in (
            (columns.v4, [t for t in texts if ":" not in t]),
            (columns.v6, [t for t in texts if ":" in t]),
        ):
            column[key] = (some, [row] * len(some))
    wrong: list[tuple[str, int]] = []
    columns.place(table, wrong)
    return {text for text, _row in wrong}


def _add_mail(table: Table, words: Iterable[str], row: int) -> set[str]:
    """The same for mail addresses and domains, of which @domain is one."""
    spelled = [(word, word.lower().lstrip("@")) for word in words]
    good = [key for _word, key in spelled if _MAIL.fullmatch(key)]
    table.add_names(good, [row] * len(good))
    return {word for word, key in spelled if not _MAIL.fullmatch(key)}


def _hint(word: str) -> str:
    try:
        cidr.network(word)
    except cidr.NetworkError as wrong:
        return wrong.hint
    return ""


def in_folder(path: str) -> list[str]:
    """The files of a folder that are not hidden, in their order; of everything else the thing itself."""
    try:
        names = sorted(os.listdir(path))
    except OSError:  # a file, or nothing: opening it will tell
        return [path]
    found = [os.path.join(path, name) for name in names if name[0] != "." and name[-1] != "~"]
    return [file for file in found if os.path.isfile(file)]


def _octets(file: str, reports: Reports) -> bytes | None:
    """What is in a file; None is reported."""
    try:
        with open(file, "rb") as opened:
            data = opened.read(limits.TABLE_OCTETS + 1)
    except OSError as error:
        reports.fault(file, 0, 0, f"cannot be read: {error.strerror}", "is the name right, and may the daemon read it?")
        return None
    if len(data) > limits.TABLE_OCTETS:
        reports.fault(file, 0, 0, f"more than {limits.TABLE_OCTETS} octets", "split it into several files")
        return None
    return data
