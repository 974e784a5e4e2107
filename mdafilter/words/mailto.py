"""URIs of the scheme mailto (RFC 6068, which took the place of RFC 2368), as `notify` reads them (RFC 5436).

    mailto:ann@example.org,bob@example.org?cc=carol@example.org&subject=New%20mail&body=One%0D%0ATwo

    to, cc, bcc      addresses, divided by commas; Bcc is no field of the letter (RFC 5322 section 3.6.3)
    subject, body    each once: of more, the first
    others           fields of the letter, but for those in IGNORED: what says who has sent it, when and by which way,
                     what is MIME, and what the letter has from elsewhere (RFC 5436 section 2.7)

Octets are percent-encoded UTF-8. A line end in a field becomes a blank: no URI can begin another field.

In:    what stands behind "mailto:".
Out:   Mailto. One without an address is valid ("mailto:" is an example of RFC 5435 section 4), and nobody is notified.
Fails: RuleFailed for what is no such URI, with a character that must be percent-encoded, a wrong escape, octets that
       are no UTF-8, control characters, what is no address, or more than limits.NOTIFY_RECIPIENTS or NOTIFY_HEADERS.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import address_fault, bare, header_fault
from mdafilter.words.strings import clipped

if TYPE_CHECKING:
    from collections.abc import Iterator

HEX = frozenset("0123456789abcdefABCDEF")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986, 2.3
QCHAR = UNRESERVED | frozenset("!$'()*+,;:@%")  # RFC 6068 section 2
ADDRESSES = ("to", "cc", "bcc")
IGNORED = frozenset(
    (
        *"from sender return-path delivered-to received date message-id in-reply-to references".split(),
        *("auto-submitted", "mime-version"),
    )
)
IGNORED_BEGIN = ("resent-", "content-", "arc-", "dkim-")
ONCE = frozenset(("reply-to",))  # RFC 5322 section 3.6


class Mailto(Value):
    """What a URI asks for. `fields` are the others, in its order; `ignored` the names of those that are left out."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str | None = None
    body: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()

    def all(self) -> tuple[str, ...]:
        """Everybody who is to be notified."""
        return (*self.to, *self.cc, *self.bcc)


def parse(text: str) -> Mailto:
    """The URI without its scheme. Raises RuleFailed."""
    path, _, query = text.partition("?")
    found: dict[str, tuple[str, ...]] = {"to": _addresses(_decoded(path)) if path else (), "cc": (), "bcc": ()}
    texts: dict[str, str] = {}
    fields: list[tuple[str, str]] = []
    ignored: list[str] = []
    for name, value in _headers(query):
        key = name.lower()
        if key in ADDRESSES:
            found[key] = (*found[key], *_addresses(value))
        elif key in ("subject", "body"):
            texts.setdefault(key, value)
        elif key in IGNORED or key.startswith(IGNORED_BEGIN) or (key in ONCE and key in (n.lower() for n, _ in fields)):
            ignored.append(name)
        else:
            fields.append(("-".join([word[:1].upper() + word[1:] for word in name.split("-")]), value))
    if sum(map(len, found.values())) > limits.NOTIFY_RECIPIENTS:
        raise RuleFailed(f"the mailto URI has more than {limits.NOTIFY_RECIPIENTS} addresses")
    to, cc, bcc = (found[name] for name in ADDRESSES)
    return Mailto(to, cc, bcc, texts.get("subject"), texts.get("body"), tuple(fields), tuple(ignored))


def _addresses(text: str) -> tuple[str, ...]:
    """A decoded list: RFC 2368 has its commas encoded, RFC 6068 as they are, and one in quotes divides nothing."""
    cuts, quoted, escaped = [-1], False, False
    for at, c in enumerate(text):
        if c == "," and not quoted:
            cuts.append(at)
        quoted = quoted != (c == '"' and not escaped)
        escaped = c == "\\" and not escaped
    if len(cuts) > limits.NOTIFY_RECIPIENTS:
        raise RuleFailed(f"the mailto URI has more than {limits.NOTIFY_RECIPIENTS} addresses")
    return tuple(_address(text[start + 1 : end]) for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True))


def _address(text: str) -> str:
    """The address without a name beside it."""
    if fault := address_fault(text):
        raise RuleFailed(f"the mailto URI: {clipped(fault)}")
    address = bare(text)
    if not address.isascii() or not address.isprintable():
        raise RuleFailed(f'the mailto URI: "{clipped(text)}" is not an address that a mail can be sent to')
    return address


def _headers(query: str) -> Iterator[tuple[str, str]]:
    """RFC 6068 section 2: hfields, decoded. The last one may be empty, or without a value."""
    pieces = query.split("&", limits.NOTIFY_HEADERS)
    if len(pieces) > limits.NOTIFY_HEADERS:
        raise RuleFailed(f"the mailto URI has more than {limits.NOTIFY_HEADERS} headers")
    if not pieces[-1]:
        pieces.pop()
    for number, piece in enumerate(pieces, 1):
        name, equals, value = piece.partition("=")
        name = _decoded(name)
        if fault := header_fault(name) or ("" if equals or number == len(pieces) else f'"{name}" has no value'):
            raise RuleFailed(f"the mailto URI: {clipped(fault)}")
        yield name, _decoded(value.replace("=", "%3D"))


def _decoded(text: str) -> str:
    """RFC 3986 section 2.1, and no control character but blanks and line ends."""
    for at, c in enumerate(text):
        if c not in QCHAR:
            raise RuleFailed(f"the mailto URI has {c!a} in it, which must be percent-encoded")
        if c == "%" and not (at + 2 < len(text) and text[at + 1] in HEX and text[at + 2] in HEX):
            raise RuleFailed(f'the mailto URI has "{text[at : at + 3]!s}", which is no percent-encoded octet')
    first, *rest = text.split("%")
    octets = first.encode() + b"".join([bytes.fromhex(piece[:2]) + piece[2:].encode() for piece in rest])
    try:
        decoded = octets.decode()
    except UnicodeDecodeError:
        raise RuleFailed("the mailto URI has percent-encoded octets that are no UTF-8") from None
    if any(c < " " and c not in "\t\r\n" for c in decoded) or "\x7f" in decoded:
        raise RuleFailed("the mailto URI has a control character in it")
    return decoded
