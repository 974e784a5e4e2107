"""The message as it arrived from outside: without what our Postfix, our delivery and a mail program put into it.

    bare(raw, ours)     `ours` says of a host name or address (in lower case) whether it is one of ours: `local(names)`

Whoever passes a message on puts trace fields on top (RFC 5321 section 4.4), so the header of a message that was
delivered here has two regions. Its top ends with the last Received that one of our hosts wrote, before the first that a
foreign one did; where none is ours, with the last of the fields below that no other field stands before.

    of the top      Received, Return-Path, Delivered-To, X-Original-To, X-Greylist, X-Mdafilter*, X-Spam*: off; all
                    others stay
    below it        X-Original-X-Spam* and X-Original-X-Mdafilter*, which scorers/mark.py, targets/label.py and
                    policy.py renamed: their own names back. X-Spam* and X-Mdafilter* are the sender's, and stay
    anywhere        what programs that keep mail note in it (X-Mozilla-*, Status, X-UID ...), and a From line: off
    Subject         what X-Spam-Prev-Subject of the top says, where spamd had rewritten it

In:    any octets. Out: the message; all that is not named above, and the body, octet for octet.
Fails: never. Linear.
Bugs:  where no Received tells where the top ends, the sender's X-Spam* that follow ours are taken for ours. A field
       that the sender himself called X-Original-X-Spam-... gets a name that it did not have. To be called once for a
       message: a second time might take off what the first one gave its name back.
"""

from __future__ import annotations

from itertools import pairwise

from mdafilter.message import Field, Headers, Message
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_RENAMED = "X-Original-"  # what scorers/mark.py and targets/label.py put before a name
_TOP = frozenset("return-path delivered-to x-original-to x-greylist x-spam".split())
_TOP_BEGIN = ("x-mdafilter", "x-spam-")
_KEPT_BY_PROGRAMS = frozenset(
    "status x-status x-uid x-uidl x-keywords x-imap x-imapbase x-account-key x-evolution x-evolution-source".split()
)
_PREVIOUS = "x-spam-prev-subject"
_NONE = "(nonexistent)"  # what it says where there was none


def local(names: Iterable[str]) -> Callable[[str], bool]:
    """The hosts of these names and addresses, and this one whatever it is called."""
    known = {"localhost", "localhost.localdomain", "127.0.0.1", "::1", "ipv6:::1", *(name.lower() for name in names)}
    return lambda host: host in known


def bare(raw: bytes, ours: Callable[[str], bool]) -> bytes:
    """The message without our marks and hops."""
    message = Message.parse(raw)
    fields = tuple(message.headers)
    top = _top(fields, ours)
    kept: list[Field] = []
    previous: Field | None = None
    for index, field in enumerate(fields):
        key = field.key
        if key in _KEPT_BY_PROGRAMS or key.startswith("x-mozilla-") or (not index and _is_from_line(field)):
            continue
        if index < top:
            if key == _PREVIOUS:
                previous = previous or field
            if not (key == "received" or _is_ours(key)):
                kept.append(field)
        elif key.startswith(_RENAMED.lower()) and _is_renamed(key[len(_RENAMED) :]):
            kept.append(Field(field.name[len(_RENAMED) :], field.raw[len(_RENAMED) :]))
        else:
            kept.append(field)
    if previous:
        kept = _with_subject(kept, previous)
    if tuple(kept) == fields:
        return raw
    return octets_of(message.with_headers(Headers(kept)))


def octets_of(message: Message) -> bytes:
    """The message as it would be written."""
    octets = message.octets
    return b"".join(p if isinstance(p, bytes) else octets.slice(p.start, p.end) for p in message.pieces())


def _top(fields: Sequence[Field], ours: Callable[[str], bool]) -> int:
    """How many fields the top has."""
    top, leading = 0, True
    for index, field in enumerate(fields):
        if field.key == "received":
            if not any(map(ours, _by(field))):
                break
            top, leading = index + 1, False
        elif leading and (_is_ours(field.key) or (not index and _is_from_line(field))):
            top = index + 1
        else:
            leading = False
    return top


def _by(field: Field) -> list[str]:
    """The hosts that may have written this Received: each that follows a "by".

    More than one is there only if a client called itself so, and it can do no more than have its own line taken off.
    """
    words = field.value.lower().split()
    return [host.strip("[]();,") for word, host in pairwise(words) if word == "by"]


def _is_ours(key: str) -> bool:
    return key in _TOP or key.startswith(_TOP_BEGIN)


def _is_renamed(key: str) -> bool:
    return key == "x-spam" or key.startswith(_TOP_BEGIN)


def _is_from_line(field: Field) -> bool:
    return not field.name and field.raw.startswith((b"From ", b">From "))


def _with_subject(fields: list[Field], previous: Field) -> list[Field]:
    """With the Subject that the message came with; without one, where it had none."""
    at = next((index for index, field in enumerate(fields) if field.key == "subject"), None)
    gone = previous.value.strip() == _NONE
    if at is None:
        return fields
    if gone:
        return fields[:at] + fields[at + 1 :]
    name = fields[at].name
    raw = name.encode() + b":" + previous.raw.partition(b":")[2]
    return [*fields[:at], Field(name, raw), *fields[at + 1 :]]
