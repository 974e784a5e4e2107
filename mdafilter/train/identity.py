"""Which message it is: a digest of what does not change from one delivery to the next, and what people know it by.

    hash    SHA-256 (FIPS 180-4), in hexadecimal, over the message in the "relaxed" form of RFC 6376 (DKIM):

            fields  those that the sender writes (`FIELDS`: RFC 5322 sections 3.6.1 to 3.6.5, and MIME), in the order in
                    which they stand, each as section 3.4.2 has it: the name in lower case, unfolded, runs of white
                    space as one blank and none at either end; with CRLF. Trace fields (3.6.6, 3.6.7) and all others are
                    left out: who passes a message on writes, renames and removes those
            CRLF
            body    as section 3.4.4 has it: CRLF after each line (LF alone is a line end too), runs of white space as
                    one blank and none at the end of a line, no empty lines at the end of the body

            So a message has the same hash with LF and with CRLF, with and without a last line end, before and after
            bare.py (but where spamd had rewritten the Subject), folded and unfolded, and whoever got it.

In:    the bare message
Out:   Identity; its texts are one printable line each, of at most limits.IDENTITY_TEXT characters
Fails: never. Linear.
Bugs:  programs that write a message anew when they pass it on (Exchange does) change the hash; then the Message-ID is
       what tells it.
"""

from __future__ import annotations

import hashlib
import re

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.message.addresses import parse as addresses
from mdafilter.targets.label import clean
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.message import Headers

FIELDS = frozenset(
    "from sender reply-to to cc bcc message-id in-reply-to references subject comments keywords date mime-version "
    "content-type content-transfer-encoding content-id content-description content-disposition".split()
)
_BLANKS = re.compile(rb"[ \t]+")
_MARKED = re.compile(r"<[^<>\s]{1,400}>")  # not longer than limits.IDENTITY_TEXT


class Identity(Value):
    """One message. What it does not have is "". `message_id` has its <>, `sender` is the address of From."""

    hash: str
    message_id: str = ""
    subject: str = ""
    sender: str = ""
    date: str = ""


def identity(raw: bytes) -> Identity:
    """The identity of a bare message."""
    message = Message.parse(raw)
    digest = hashlib.sha256()
    for field in message.headers:
        if field.key in FIELDS:
            digest.update(field.key.encode() + b":" + b" ".join(field.body.split()) + b"\r\n")
    digest.update(b"\r\n" + _relaxed(raw[message.body :]))
    return known_by(message.headers, digest.hexdigest())


def known_by(headers: Headers, digest: str = "") -> Identity:
    """What people know the message by that has this header."""
    return Identity(
        digest,
        message_id(_text(headers, "message-id")),
        _text(headers, "subject"),
        sender(_value(headers, "from")),
        _text(headers, "date"),
    )


def message_id(text: str) -> str:
    """The Message-ID in a text, with its <> (RFC 5322 section 3.6.4); where none is marked so, the first word."""
    marked = next(iter(message_ids(text)), "")
    word = "" if marked else next(iter(text.strip(" <>").split()), "")
    return marked or (f"<{word}>" if word else "")


def message_ids(text: str) -> tuple[str, ...]:
    """All Message-IDs that are marked by <>."""
    return tuple(_MARKED.findall(text))


def sender(value: str) -> str:
    """The first address in the value of a From, in lower case; what stands there, where it is none."""
    found = addresses(value[: limits.FORWARD_LINE])
    return clean(found[0].text).lower() if found and found[0].local else clean(value)[: limits.IDENTITY_TEXT]


def _value(headers: Headers, name: str) -> str:
    field = headers.first(name)
    return field.value[: limits.FORWARD_LINE] if field else ""


def _text(headers: Headers, name: str) -> str:
    field = headers.first(name)
    return clean(field.text)[: limits.IDENTITY_TEXT] if field else ""


def _relaxed(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4."""
    body = _BLANKS.sub(b" ", body.replace(b"\r\n", b"\n"))
    body = body.replace(b" \n", b"\n").removesuffix(b" ").rstrip(b"\n")
    return body.replace(b"\n", b"\r\n") + b"\r\n" if body else b""
