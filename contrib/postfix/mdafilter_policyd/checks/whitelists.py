"""postgrey's whitelist_clients and whitelist_recipients, read as they are (postgrey(8), "Whitelists").

    # a comment
    example.org             clients: the name and those below it; recipients: the domain and those below it
    192.0.2.7               an address; 192.0.2 and 192.0 are the networks that begin so; IPv6, too
    192.0.2.0/24            a network; IPv6, too
    /^mx[0-9]+\\.example/    clients: a regular expression (of Python) over the verified name, in any case
    ann@                    recipients: ann at each domain, ann+ext, too
    ann@example.org         recipients: ann@example.org and ann+ext@example.org
    /^list-/                recipients: a regular expression over the whole address

In:    files. One that does not exist is a fault: a whitelist is not optional by accident.
Out:   the entry that has a client or a recipient; "" is none. A name or address costs a look-up for each of its labels
       or each length of prefix in use; expressions are tried one after the other.
Fails: ConfigError with all faults of all files.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence

from mdafilter_policyd import limits
from mdafilter_policyd.checks.greykey import parsed
from mdafilter_policyd.errors import ConfigError, Fault

_NAME = re.compile(r"(?!-)[a-z0-9_.-]+", re.ASCII)
_PARTIAL = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,2}\.?", re.ASCII)
_LOCAL = re.compile(r"[^@\s]+", re.ASCII)


class Networks:
    """Networks, each with the text that it was written as: 192.0.2.0/24, 192.0.2, 2001:db8::/32."""

    def __init__(self) -> None:
        self._by: dict[tuple[int, int], dict[int, str]] = {}
        self._shifts: list[tuple[int, int]] = []

    def add(self, text: str) -> None:
        """ValueError for what is none."""
        network = ipaddress.ip_network(_completed(text), strict=False)
        shift = network.max_prefixlen - network.prefixlen
        self._by.setdefault((network.version, shift), {})[int(network.network_address) >> shift] = text
        self._shifts = sorted(self._by)  # the narrowest first

    def find(self, address: str) -> str:
        """The narrowest entry that has the address; "" is none."""
        found = parsed(address)
        if found is None or not self._by:
            return ""
        number = int(found)
        for version, shift in self._shifts:
            if version == found.version and (entry := self._by[version, shift].get(number >> shift)):
                return entry
        return ""


def _completed(text: str) -> str:
    """192.168 and 192.168. are 192.168.0.0/16."""
    if not _PARTIAL.fullmatch(text):
        return text
    octets = text.rstrip(".").split(".")
    return f"{'.'.join([*octets, *['0'] * (4 - len(octets))])}/{8 * len(octets)}"


class Clients:
    """Clients that are not greylisted."""

    def __init__(self, files: Sequence[str]) -> None:
        self._names: dict[str, str] = {}
        self._networks = Networks()
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        _read(files, self._entry)

    def _entry(self, entry: str) -> str:
        if (pattern := _pattern(entry)) is not None:
            self._patterns.append((pattern, entry))
            return ""
        try:
            self._networks.add(entry)
        except ValueError:
            if (
                "/" in entry
                or ":" in entry
                or not _NAME.fullmatch(entry.lower())
                or entry.rstrip(".").split(".")[-1].isdigit()
            ):
                return f"{entry!r} is no name, address, network or /expression/"
            self._names[entry.lower().strip(".")] = entry
        return ""

    def find(self, name: str, address: str) -> str:
        """The entry that has the client. `name` is the verified one."""
        name = name.lower().rstrip(".")
        return _suffix(self._names, name) or self._networks.find(address) or _search(self._patterns, name)


class Recipients:
    """Recipients that are not greylisted."""

    def __init__(self, files: Sequence[str]) -> None:
        self._domains: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        _read(files, self._entry)

    def _entry(self, entry: str) -> str:
        local, at, domain = entry.lower().rpartition("@")
        if (pattern := _pattern(entry)) is not None:
            self._patterns.append((pattern, entry))
        elif at and _LOCAL.fullmatch(local) and (not domain or _NAME.fullmatch(domain)):
            self._addresses[f"{local}@{domain.strip('.')}"] = entry
        elif not at and _NAME.fullmatch(domain):
            self._domains[domain.strip(".")] = entry
        else:
            return f"{entry!r} is no domain, name@, name@domain or /expression/"
        return ""

    def find(self, recipient: str) -> str:
        """The entry that has the recipient."""
        recipient = recipient.lower().rstrip(".")
        local, _, domain = recipient.rpartition("@")
        base = local.split("+", 1)[0] or local
        for name in (f"{local}@{domain}", f"{base}@{domain}", f"{local}@", f"{base}@"):
            if entry := self._addresses.get(name):
                return entry
        return _suffix(self._domains, domain) or _search(self._patterns, recipient)


def _suffix(known: dict[str, str], name: str) -> str:
    """The name itself, or what it is below."""
    while known and name:
        if entry := known.get(name):
            return entry
        name = name.partition(".")[2]
    return ""


def _search(patterns: Sequence[tuple[re.Pattern[str], str]], text: str) -> str:
    return next((entry for pattern, entry in patterns if text and pattern.search(text)), "")


def _pattern(entry: str) -> re.Pattern[str] | None:
    """The expression between slashes. re.error for one that is none."""
    if len(entry) < 2 or not entry.startswith("/") or not entry.endswith("/"):
        return None
    return re.compile(entry[1:-1], re.IGNORECASE)


def _read(files: Sequence[str], add: Callable[[str], str]) -> None:
    """Gives each entry to `add`, which says what is wrong with it."""
    faults: list[Fault] = []
    for file in files:
        try:
            for number, column, entry in _entries(file):
                try:
                    if said := add(entry):
                        faults.append(Fault(file, number, column, said))
                except (re.error, OverflowError, RecursionError) as failed:
                    at = column + 1 + (getattr(failed, "pos", 0) or 0)
                    hint = "it is an expression of Python's re"
                    faults.append(Fault(file, number, at, f"{entry!r} is no regular expression: {failed}", hint))
        except (OSError, ValueError) as failed:
            faults.append(Fault(file, 0, 0, f"cannot be read: {getattr(failed, 'strerror', '') or failed}"))
    if faults:
        raise ConfigError(faults)


def _entries(file: str) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of each entry."""
    with open(file, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if number > limits.WHITELIST_LINES:
                raise ValueError(f"more than {limits.WHITELIST_LINES} lines")
            entry = line.strip()
            # A "#" within an expression is of the expression; elsewhere it begins a comment.
            if not entry.startswith("/"):
                entry = entry.partition("#")[0].strip()
            if entry:
                yield number, len(line) - len(line.lstrip()) + 1, entry
