"""Tables of addresses, hosts and networks: what Postfix looks up in access(5) and cidr_table(5) tables.

    user@domain  REJECT text    this address; "user+ext@domain" is looked for before "user@domain"
    domain       OK             addresses in the domain, hosts of this name, and all below; .domain: those below alone
    user@        DISCARD        this user in every domain
    <>           DUNNO          the null sender
    1.2.3        REJECT         addresses that begin so, as do 1.2 and 1, and 2001:db8 of IPv6
    1.2.3.0/24   REJECT         a network, with !, if and endif: cidr.py

The text that postmap(1) reads is meant, not the file that it makes. Keys and networks can stand in one file. A key is
compared without regard to case, wherever it stands; networks in their order. The lines are those of lines.py. In a
key, blanks can stand in double quotes.

What Postfix would skip with a warning, since it is wrong, is an error here, and not in force either. Of two lines with
the same key the first one counts, as postmap(1) has it ("duplicate entry"). Two things are ours: domain and .domain
are both tried, whatever parent_domain_matches_subdomains says; and an IPv6 address stands for itself alone, where the
indexed tables of Postfix take 2001:db8::1 for the beginning of 2001:db8::1:2 as well.

In:    the octets of a table.
Out:   Access: answers with the Entry that is found, or None; `problems` are all errors and warnings of the file.
Fails: RuleErrors for a file that is too long, or no text. A look-up never fails. Reading is linear in the length.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import Problem, RuleErrors
from mdafilter.lang.problems import Problems
from mdafilter.lang.tables import cidr
from mdafilter.lang.tables.lines import FIRST_BLANK, logical_lines
from mdafilter.message import Envelope
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.envelope import envelope_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.lang.problems import Line
    from mdafilter.lang.tables.cidr import Number, Row

BLANKS = " \t\r\v\f"
_MARKS = frozenset('"\\\r\v\f')  # a key with one of these needs a closer look
_SPECIALS = frozenset('()<>[]:;@\\," \x7f' + "".join(map(chr, range(32))))
NULL_SENDER = "<>"  # postconf(5), smtpd_null_access_lookup_key
_MAPPED = 0xFFFF  # the first 96 bits of an IPv4 address in an IPv6 one (RFC 4291 section 2.5.5.2)


class Entry(Value):
    """A line of the table: its key as it stands there, its result, and where it is."""

    key: str
    result: str
    line: int


class Access:
    """A table. What `names` has are keys in lower case; networks and whole addresses are in `nets`."""

    def __init__(self, names: dict[str, Row], nets: cidr.Block, problems: tuple[Problem, ...]) -> None:
        self.names = names
        self.nets = nets
        self.problems = problems

    def find(self, kind: str, value: str, delimiter: str = "") -> Entry | None:
        """The entry for a "mail", "host", "address" or "list"; the delimiter is that of the extension of a mail."""
        match kind:
            case "mail":
                return self.mail(value, delimiter)
            case "address":
                return self.address(value)
            case _:
                return self.host(value)

    def mail(self, address: str, delimiter: str = "") -> Entry | None:
        """The entry for a mail address; "" is the null sender. `delimiter` as postconf(5) recipient_delimiter."""
        return self._first(mail_keys(address, delimiter) if address else (NULL_SENDER,))

    def host(self, name: str) -> Entry | None:
        """The entry for the name of a host: itself, or a domain that it is in."""
        return self._first(domains(name.casefold()))

    def list(self, identifier: str) -> Entry | None:
        """The entry for the identifier of a mailing list (RFC 2919), which is made as the name of a host."""
        return self.host(identifier)

    def address(self, text: str) -> Entry | None:
        """The entry for an IP address; one that is none is in no table. An IPv4 address in an IPv6 one is both."""
        number = cidr.address(text)
        if number is None:
            return None
        width, value = number
        row = self._numbered((cidr.V4, value & 0xFFFF_FFFF)) if width == cidr.V6 and value >> 32 == _MAPPED else None
        row = row or self._numbered(number)
        return row and Entry(row[1], row[2], row[0])

    def _numbered(self, number: Number) -> Row | None:
        """By networks, then by "repeatedly truncating the last ".octet"" or ":octetpair" (access(5))."""
        row = self.nets.find(number)
        text, mark = cidr.spelled(number), "." if number[0] == cidr.V4 else ":"
        while row is None and mark in text:
            text = text.rpartition(mark)[0]
            row = self.names.get(text)
        return row

    def _first(self, keys: Iterable[str]) -> Entry | None:
        names = self.names
        for key in keys:
            if row := names.get(key):
                return Entry(row[1], row[2], row[0])
        return None


# --- what is looked for ----------------------------------------------------------------------------------------------


def mail_keys(text: str, delimiter: str) -> Iterator[str]:
    """access(5): "the lookup order becomes: user+foo@domain, user@domain, domain, user+foo@, and user@"."""
    address = envelope_address(text)
    local, domain = address.local.casefold(), address.domain.casefold().removesuffix(".")
    bare = Envelope(recipient=f"{local}@").split(delimiter)[0]
    users = [spelled for user in dict.fromkeys((local, bare)) for spelled in _spellings(user)]
    yield from (f"{user}@{domain}" if domain else user for user in users)
    yield from domains(domain)
    yield from (f"{user}@" for user in users)


def _spellings(local: str) -> tuple[str, ...]:
    """A local part as it must be written (RFC 5321 section 4.1.2), then as it is: so Postfix looks for it."""
    atoms = local and _SPECIALS.isdisjoint(local) and ".." not in local and local[0] != "." and local[-1] != "."
    if atoms:
        return (local,)
    escaped = local.replace("\\", "\\\\").replace('"', '\\"')
    return (f'"{escaped}"', local)


def domains(name: str) -> Iterator[str]:
    """The name, then for each domain that it is in .domain and domain; of a number the parts are no domains."""
    name = name.removesuffix(".")
    if name:
        yield name
    if name.endswith("]") or name.rpartition(".")[2].isdigit():
        return
    name = name[-limits.DOMAIN_OCTETS :]
    at = name.find(".")
    while 0 <= at < len(name) - 1:
        yield name[at:]
        yield name[at + 1 :]
        at = name.find(".", at + 1)


def named(result: str) -> tuple[str, str]:
    """The action of a result, in upper case, and its text (access(5)).

    OK is what accepts, also as RELAY, permit, or a number; REJECT and DEFER also where the result has the SMTP code.
    What is no action is the name of a restriction.
    """
    word, text = _cut(result)
    name = word.upper().rstrip(",")
    if name in ("OK", "RELAY", "PERMIT") or (result.isascii() and result.isdigit()):
        return "OK", text
    if len(word) == 3 and word.isascii() and word.isdigit() and word[0] in "45" and text:
        return "REJECT" if word[0] == "5" else "DEFER", text
    return name, text


# --- reading -----------------------------------------------------------------------------------------------------


def parse(text: bytes, name: str) -> Access:
    """Reads a table. RuleErrors."""
    if len(text) > limits.TABLE_OCTETS:
        raise RuleErrors([Problem(name, 1, 1, f"the file is longer than {limits.TABLE_OCTETS} octets", "divide it")])
    if b"\0" in text:
        hint = "name the file that postmap(1) reads, not the one that it makes"
        raise RuleErrors([Problem(name, 1, 1, "this is no text, but perhaps a compiled table", hint)])
    decoded = text.decode("utf-8", "surrogateescape")
    table = _Table(Problems(name, decoded))
    for line in logical_lines(decoded):
        table.add(line)
    return table.end()


class _Table:
    """The lines of a table, one after the other."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.names: dict[str, Row] = {}
        self.blocks = [cidr.Block()]  # the whole table, and the ifs that have no endif yet
        self.open: list[Line] = []  # the lines of these

    def add(self, line: Line) -> None:
        """One logical line."""
        text = line.text
        parts = _split(text)
        if not text.isascii() and not _is_utf8(text):
            self.problems.error(
                line, "this line is not UTF-8", "convert the file, for instance: iconv -f latin1 -t utf-8"
            )
        elif text[0] in BLANKS:  # Postfix: "logical line must not start with whitespace"
            self.problems.error(line, *FIRST_BLANK)
        elif parts is None:
            self.problems.error(line, 'the key has a " without another one', 'write "ann smith"@example.org')
        elif parts[0][:2].lower() == "if" and parts[0][2:3] in ("", "!", "[") and "@" not in parts[0]:
            self._if(line)
        elif parts[0].lower() == "endif":
            self._endif(line, parts[1])
        elif "@" not in parts[0] and _is_network(parts[0]):
            self._network(line)
        else:
            self._key(line, *parts)

    def end(self) -> Access:
        """The end of the file."""
        for line in self.open:
            self.problems.error(line, "this if has no endif", "write endif on a line of its own")
        found = sorted((*self.problems.errors, *self.problems.warnings), key=lambda problem: problem.line)
        return Access(self.names, self.blocks[0], tuple(found))

    def _if(self, line: Line) -> None:
        negated, pattern, rest = _pattern(line.text[2:])
        if rest:
            what = f'"{rest[:40]}" behind if: this is no if'
            self.problems.error(line, what, "an if has a network and nothing else", at=line.text.find(rest))
        elif (net := self._net(line, pattern)) is not None:
            block = cidr.Block()
            if len(self.open) < limits.SCRIPT_NESTING:
                self.blocks[-1].ifs.append((line.number, net, negated, block))
            else:
                what = f"more than {limits.SCRIPT_NESTING} ifs in each other: this one is not used"
                self.problems.error(line, what, "write them one after the other")
            self.blocks.append(block)
            self.open.append(line)

    def _endif(self, line: Line, rest: str) -> None:
        if rest:
            what = f'"{rest[:40]}" behind endif: this is no endif'
            self.problems.error(line, what, "write it on a line of its own", at=line.text.find(rest))
        elif not self.open:
            self.problems.error(line, "there is no if before this endif", "remove it")
        else:
            self.open.pop()
            self.blocks.pop()

    def _network(self, line: Line) -> None:
        negated, pattern, result = _pattern(line.text)
        net = self._net(line, pattern)
        if net is None or not self._has(line, result):
            return
        row = (line.number, f"{'!' * negated}{pattern}", result)
        self._first(line, row, self.blocks[-1].add(net, negated, row))
        if pattern.endswith("]") and not negated and not self.open:
            self.names.setdefault(pattern.casefold(), row)  # the domain of user@[192.168.1.1] (RFC 5321 section 4.1.3)

    def _net(self, line: Line, pattern: str) -> cidr.Net | None:
        try:
            return cidr.network(pattern)
        except cidr.NetworkError as wrong:
            self.problems.error(line, wrong.text, wrong.hint, at=max(line.text.find(pattern), 0))
            return None

    def _key(self, line: Line, key: str, result: str) -> None:
        if not self._has(line, result):
            return
        if self.open:
            what = "between if and endif stand networks and addresses alone"
            self.problems.error(line, what, "move it behind the endif")
        elif hint := _no_prefix(key):
            self.problems.error(line, f'"{key[:40]}" is no address, and no beginning of one', hint)
        else:
            if hint := _never(key):
                self.problems.warn(line, f'"{key[:40]}" is never looked up', hint)
            row = (line.number, key, result)
            self._first(line, row, self.names.setdefault(key.casefold(), row))

    def _has(self, line: Line, result: str) -> bool:
        """Whether there is a result. Postfix: "expected format: key whitespace value"."""
        if not result:
            hint = "write what is to be done, like OK or REJECT"
            self.problems.error(line, "there is no result behind the key", hint, at=len(line.text))
        return bool(result)

    def _first(self, line: Line, row: Row, used: Row) -> None:
        """Postfix: "duplicate entry", and the first one is used."""
        if used is not row:
            what = f'"{row[1][:40]}" stands in line {used[0]} already, and this line is never used'
            self.problems.warn(line, what, "remove one of them")


def _split(text: str) -> tuple[str, str] | None:
    """Key and result of a line; None where a quote has no end."""
    key, result = _cut(text)
    if _MARKS.isdisjoint(key):
        return key, result
    quoted, at = False, 0
    while at < len(text) and (quoted or text[at] not in BLANKS):
        quoted ^= text[at] == '"'
        at += 1 + (text[at] == "\\")
    return None if quoted else (text[:at], text[at:].strip(BLANKS))


def _cut(text: str) -> tuple[str, str]:
    """The first word, and what follows it."""
    word = text.replace("\t", " ").partition(" ")[0]
    return word, text[len(word) :].strip(BLANKS)


def _pattern(text: str) -> tuple[bool, str, str]:
    """A network with its !, of which two are none, and what follows it."""
    rest = text.lstrip(f"!{BLANKS}")
    return (text.count("!", 0, len(text) - len(rest)) % 2 == 1, *_cut(rest))


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_network(key: str) -> bool:
    """Whether the key is to be a network or a whole address."""
    if key[0] in "![" or "/" in key:
        return True
    return (":" in key or "0" <= key[0] <= "9") and cidr.address(key) is not None


def _no_prefix(key: str) -> str:
    """What is wrong with the first octets of an address; "" if nothing is, or the key is a name."""
    if ":" in key and "@" not in key:
        groups = key.lower().split(":")
        if len(groups) < 8 and all(_is_number(group, "0123456789abcdef", 4) for group in groups):
            return ""
        without = key.rstrip(":")
        return f'write "{without}"' if ":" not in without else "an IPv6 address begins as in 2001:db8:1"
    if key.isascii() and key.replace(".", "").isdigit():
        octets = key.split(".")
        if _is_number(key, "0123456789", 4):  # of IPv6, perhaps
            return ""
        if len(octets) < 4 and all(_is_number(octet, "0123456789", 3) and int(octet) < 256 for octet in octets):
            return ""
        return "an IPv4 address has four numbers up to 255, and begins as in 192.168"
    return ""


def _is_number(text: str, digits: str, most: int) -> bool:
    """access(5): "Do not specify ... leading zeros"."""
    return 0 < len(text) <= most and (text == "0" or text[0] != "0") and all(c in digits for c in text)


def _never(key: str) -> str:
    """What to write instead of a key that other tables have, and no access(5) table."""
    if key.startswith(("@", "*@", "*.")):
        return f'write "{key.lstrip("*@.")}", which means all that is in it'
    if key.startswith("<") and key != NULL_SENDER:
        return f'write "{key.strip("<>")}"'
    return ""
