"""External lists: what the names that rules have for them stand for (RFC 6134).

A name, which is the URI of a list or just a word, is looked for

    in the setting [sieve] extlists    "NAME PATH", or "NAME TYPE:PATH"
    in the folders of [sieve] lists    the file NAME, or NAME.vcf; of ":addrbook:default" it is addrbook/default

in this order; the first that is there is the list. ":addrbook:NAME" is short for the name
"urn:ietf:params:sieve:addrbook:NAME". A path may have ~, %u, %n, %d and %h in it. A test file says where a list is by
`test_config_set "sieve_extlists_list/NAME" "PATH"`. What is there may be

    a file                    an address (or what else is compared) in each line; with # in front it is a comment
    a .vcf file, or a folder  an address book: the EMAIL lines of its vCards, in a folder those of all .vcf files
    TYPE:PATH                 a lookup table, as postmap(1) reads it: access(5), or cidr_table(5); TYPE is Postfix's

What is in a list is compared without regard to the case of letters. In a table is what has an entry that is not DUNNO:
with it, domains, networks and extended addresses count as access(5) has them.

In:    the Settings, the home ("" is none) and the recipient; the name.
Out:   Members or Table; None where there is no such list. A file is read once as long as it stays the same (recall.py).
Fails: RuleFailed for a list that cannot be read, is too long, or may be written to by others than its user: "it is not
       in it" would be a wrong answer, so the message is kept, and the journal says why (RFC 6134 section 4).
"""

from __future__ import annotations

import os
import stat

from mdafilter import limits, lookups, recall, rulebook, settings, vcard
from mdafilter.errors import RuleFailed, SettingsError
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.match import ascii_upper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.settings import Settings
    from mdafilter.world import Listing

ADDRESS_BOOK = "urn:ietf:params:sieve:addrbook:"
TYPES = "hash btree dbm cdb lmdb texthash cidr".split()


class Members:
    """A list that is known member by member."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.texts = tuple(dict.fromkeys(texts))
        self._keys = frozenset(map(ascii_upper, self.texts))

    def has(self, value: str) -> bool:
        return ascii_upper(value) in self._keys

    def members(self) -> tuple[str, ...]:
        return self.texts


class Table:
    """A lookup table: it answers, and cannot be told member by member."""

    def __init__(self, path: str, delimiter: str) -> None:
        self.path = path
        self.delimiter = delimiter

    def has(self, value: str) -> bool:
        number = ":" in value or value.replace(".", "").isdigit()
        kind = "mail" if "@" in value else "address" if number else "host"
        found = lookups.found(self.path, kind, value, self.delimiter) if value else None
        return found is not None and found.action != "DUNNO"

    def members(self) -> tuple[str, ...]:
        raise RuleFailed(f"the members of the table {self.path} cannot be told")


def listing(site: Settings, home: str, recipient: str, name: str, told: str = "") -> Listing | None:
    """The list of this name; `told` is where it is, if somebody has said so. None: there is none. RuleFailed."""
    full = _full(name)
    lines = (line.partition(" ") for line in site.sieve.extlists)
    where = told or next((where.strip() for named, _, where in lines if _full(named) == full), "")
    if where:
        kind, colon, path = where.partition(":")
        if colon and kind in TYPES:
            return Table(_path(path, home, recipient), site.recipient_delimiter)
        return _members(_path(where, home, recipient))
    for folder in site.sieve.lists:
        if folder.startswith("~") and not home:
            continue
        for path in _files(_path(folder, home, recipient), full):
            if recall.there(path):
                return _members(path)
    return None


def _full(name: str) -> str:
    """The URI that a name beginning with a colon is short for."""
    return f"{ADDRESS_BOOK}{name[10:]}" if name.lower().startswith(":addrbook:") else name


def _path(template: str, home: str, recipient: str) -> str:
    try:
        return settings.expand(template, home=home, recipient=recipient)
    except SettingsError as wrong:
        raise RuleFailed(str(wrong)) from None


def _files(folder: str, name: str) -> tuple[str, ...]:
    """The places of the list in this folder; none where the name can be no file's."""
    if name.startswith(ADDRESS_BOOK):
        folder, name = f"{folder}/addrbook", name[len(ADDRESS_BOOK) :]
    if not name or name.startswith((".", ":")) or "/" in name or "\0" in name or len(name) > limits.LIST_NAME:
        return ()
    return f"{folder}/{name}", f"{folder}/{name}.vcf"


def _members(path: str) -> Members:
    try:
        return recall.once(("list", path), lambda: Members(_texts(path)))
    except (OSError, ValueError) as failed:  # the message is kept by RuleFailed; ValueError: a name that no file has
        raise RuleFailed(f"the list {path} cannot be read: {getattr(failed, 'strerror', failed)}") from failed


def _texts(path: str) -> Iterator[str]:
    if stat.S_ISDIR(recall.status(path).st_mode):
        names = sorted(name for name in recall.names(path) if name.endswith(".vcf") and not name.startswith("."))
        if len(names) > limits.LIST_FILES:
            raise RuleFailed(f"the address book {path} has more than {limits.LIST_FILES} files")
        left = limits.LIST_OCTETS
        for name in names:
            card = _read(os.path.join(path, name), left)
            left -= len(card)
            yield from vcard.emails(card)
    elif path.endswith(".vcf"):
        yield from vcard.emails(_read(path, limits.LIST_OCTETS))
    else:
        for line in _read(path, limits.LIST_OCTETS).split(b"\n"):
            text = line.decode("utf-8", "surrogateescape").strip()
            if text and not text.startswith("#"):
                yield text


def _read(path: str, most: int) -> bytes:
    if not stat.S_ISREG(recall.status(path).st_mode):
        raise RuleFailed(f"the list {path} is no file")
    if rulebook.is_users(path) and (why := rulebook.writable_by_others(path)):
        raise RuleFailed(f"the list {path} is not used: {why}")
    text = recall.read(path, most + 1)
    if len(text) > most:
        raise RuleFailed(f"the list {path} is longer than {limits.LIST_OCTETS} octets")
    return text
