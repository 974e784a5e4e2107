"""`address`: whether an address in a header field matches (RFC 5228 section 5.1).

    address [ADDRESS-PART] [COMPARATOR] [MATCH-TYPE] <header-list: string-list> <key-list: string-list>

    address :domain :is ["From", "Sender"] "example.com"

Holds when the part of any address in any of the named fields matches any of the keys. Names and comments beside an
address, and names of groups, are not looked at.

In:    the addresses of the fields (message/addresses.py). What is no valid address is compared as it stands by :all
       and by no other part. With `:mime`, the fields of MIME parts (mime.py); with `:index`, one field (index.py).
Out:   an Answer that names the field and the part that matched: `From: example.com`.
Fails: an error at compile time for a field that holds no addresses ("Implementations MUST restrict the address test
       to headers that contain addresses"); RuleStalled, from a key with wildcards or a regular expression.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.addressparts import ADDRESS_TAGS, PARTS, part_of
from mdafilter.words.fields import Index, Mime, fields, index_of, mime_of
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.names import check_headers
from mdafilter.words.strings import listed
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.decision import Answer
    from mdafilter.message import Field
    from mdafilter.message.addresses import Address
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use

# Fields with addresses (RFC 5322 section 3.6, RFC 5321 4.4, and what mailers write), apart from X- fields and those
# that end as these do: which of them hold addresses, their inventors know.
FIELDS = frozenset(
    "from sender reply-to to cc bcc return-path approved".split()
    + "resent-from resent-sender resent-to resent-cc resent-bcc resent-reply-to".split()
    + "delivered-to envelope-to original-recipient original-from errors-to return-receipt-to".split()
    + "disposition-notification-to mail-followup-to mail-reply-to apparently-to followup-to-address".split()
    + "for-approval for-comment for-handling registered-mail-reply-requested-by".split()  # RFC 2076
)
ENDINGS = ("-to", "-from", "-cc", "-bcc", "-sender", "-recipient")
NO_ADDRESS = frozenset(("in-reply-to",))  # RFC 5322 section 3.6.4: message identifiers


class AddressTest(Value):
    """The question: does this part of any address in the fields `names` match?"""

    names: Texts
    part: str
    match: Match
    mime: Mime | None = None
    index: Index | None = None

    def ask(self, scene: Scene) -> Answer:
        """Looks at one address after the other until one matches."""
        return self.match.test_named(scene, self._parts(scene))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        tags = "".join(f"{node.describe()} " for node in (self.index, self.mime) if node is not None)
        return f"address {tags}{self.part} {self.match.describe(listed(self.names))}"

    def _parts(self, scene: Scene) -> Iterator[tuple[str, str]]:
        names = tuple(name for name in map(scene.expand, self.names) if holds_addresses(name))
        for field in fields(scene, names, self.mime, self.index):
            for address in _addresses(field):
                part = PARTS[self.part](scene, address)
                if part is not None:
                    yield field.name, part


def _addresses(field: Field) -> tuple[Address, ...]:
    """Those of a field, taken apart when the first test asks."""
    known: tuple[Address, ...] | None = field.__dict__.get("_addresses")
    if known is None:
        from mdafilter.message.addresses import parse

        known = field.__dict__["_addresses"] = parse(field.value)
    return known


def holds_addresses(name: str) -> bool:
    """Whether a field of this name holds addresses, or may."""
    key = name.lower()
    return key in FIELDS or ((key.startswith("x-") or key.endswith(ENDINGS)) and key not in NO_ADDRESS)


def build(use: Use) -> AddressTest:
    """The node for one use of `address`."""
    names = use.texts(0)
    check_headers(use, names, 0)
    for name in names:
        if isinstance(name, str) and not holds_addresses(name):
            use.error(f"the field {name} holds no addresses", f'use: header ... "{name}"', argument=0)
    return AddressTest(names, part_of(use), match_of(use, 1), mime_of(use), index_of(use))


WORDS = (Word("address", "test", build, arguments=("strings", "strings"), tags=MATCH_TAGS + ADDRESS_TAGS),)
