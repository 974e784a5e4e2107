"""Letters of ours: to the owner of the mailbox (`compose`), or to others, as a rule wants it (`written`).

They say of themselves that a program wrote them (RFC 3834), so that nothing answers them. The text is UTF-8, as it
stands; in the header encoded words (RFC 2047), folded (RFC 5322 section 2.2.3).

In:    lines of text, or fields and a body; the time, in seconds since the epoch.
Out:   the octets of a message, with the line ends of the one that it comes with.
Fails: never.
"""

from __future__ import annotations

import time
from _blake2 import blake2b

from mdafilter.message import Field
from mdafilter.message.encoded import encode
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.message import Message
    from mdafilter.message.addresses import Address

TEXT = "text/plain; charset=utf-8"
LINE = 78  # characters of a line of a header (RFC 5322 section 2.1.1)
REFERENCES = 20  # of a message, that are repeated
IDS, ID = 64 * 1024, 900  # characters of a field that are looked at, and of one Message-ID
DAYS, MONTHS = "MonTueWedThuFriSatSun", "JanFebMarAprMayJunJulAugSepOctNovDec"


def compose(
    recipient: str,
    subject: str,
    text: Sequence[str],
    newline: bytes,
    now: float,
    *,
    reply_to: str | None = None,
    kind: str = TEXT,
) -> bytes:
    """The message. `reply_to` is the Message-ID of the one that it answers; None answers none. `kind`: its type."""
    lines = [
        "From: mdafilter <MAILER-DAEMON>",
        f"To: {_header(recipient)}",
        f"Subject: {_header(subject)}",
        f"Date: {date(now)}",
        f"Auto-Submitted: auto-{'generated' if reply_to is None else 'replied'}",  # RFC 3834 section 5
        *([f"In-Reply-To: {_header(reply_to)}"] if reply_to else []),
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: 8bit",
        "",
        *text,
    ]
    return newline.join(line.encode("utf-8", "replace") for line in lines) + newline


def written(fields: Sequence[tuple[str, str]], body: bytes, newline: bytes) -> bytes:
    """A message with these fields. `body` is what follows: an empty line, or more fields, come first in it."""
    return b"".join([_folded(name, value, newline) for name, value in fields]) + body


def field(name: str, value: str, newline: bytes) -> Field:
    """A new field of a message, folded."""
    return Field(name, _folded(name, value, newline))


def lines(text: str, newline: bytes) -> bytes:
    """The text of a rule with these line ends, and one at its end."""
    octets = text.encode("utf-8", "surrogateescape").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return octets.rstrip(b"\n").replace(b"\n", newline) + newline


def message_id(key: str, now: float, host: str) -> str:
    """A new Message-ID; `key` tells it from others of the same moment."""
    digest = blake2b(key.encode("utf-8", "surrogateescape"), digest_size=10).hexdigest()
    name = "".join(c for c in host if c.isascii() and (c.isalnum() or c in ".-")) or "localhost"
    return f"<{int(now * 1000)}.{digest}@{name}>"


def spelled(address: Address) -> str:
    """As a field can have it: a display name as words, quoted or encoded (RFC 5322 section 3.2.5, RFC 2047, 5)."""
    name = "".join(c for c in address.name if c >= " ")
    if not name or not address.valid:
        return address.text
    if not name.isascii():
        name = encode(name)
    elif not all(c.isalnum() or c in " !#$%&'*+-/=?^_`{|}~" for c in name):
        name = '"' + "".join(f"\\{c}" if c in '"\\' else c for c in name) + '"'
    return f"{name} <{address.text}>"


def thread(message: Message) -> list[tuple[str, str]]:
    """RFC 5322 section 3.6.4: References are those of the message, or else its In-Reply-To, and its Message-ID."""
    first = {name: message.headers.first(name) for name in ("message-id", "references", "in-reply-to")}
    ids = {name: _ids(field.value) if field else [] for name, field in first.items()}
    own = ids["message-id"][:1]
    before = ids["references"] or (ids["in-reply-to"] if len(ids["in-reply-to"]) == 1 else [])
    named = [*before[-REFERENCES:], *own]
    return [("In-Reply-To", one) for one in own] + ([("References", " ".join(named))] if named else [])


def _ids(text: str) -> list[str]:
    """The Message-IDs in a field; what is none is left out."""
    words = text[:IDS].split()
    return [w for w in words if w.startswith("<") and w.endswith(">") and w.isascii() and len(w) <= ID]


def _folded(name: str, value: str, newline: bytes) -> bytes:
    """The field, folded at its blanks so that its lines have at most LINE characters where that can be."""
    words = Field.make(name, " ".join(value.split()), b"").raw.split(b" ")
    rows = [words[0]]
    for word in words[1:]:
        if len(rows[-1]) + 1 + len(word) > LINE and rows[-1] != words[0]:
            rows.append(b"")
        rows[-1] += b" " + word
    return newline.join(rows) + newline


def date(now: float) -> str:
    """RFC 5322 section 3.3, in UTC; names of days and months are English whatever the locale."""
    t = time.gmtime(now)
    day, month = DAYS[3 * t.tm_wday : 3 * t.tm_wday + 3], MONTHS[3 * t.tm_mon - 3 : 3 * t.tm_mon]
    return f"{day}, {t.tm_mday:02} {month} {t.tm_year} {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} +0000"


def _header(text: str) -> str:
    """Text that can stand in a header as it is."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:250]
