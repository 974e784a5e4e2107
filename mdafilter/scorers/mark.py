"""Writes a verdict into a message, as header fields in the style of SpamAssassin:

    X-Spam-Flag: YES                                    for spam only
    X-Spam-Level: ***************                       a star for each whole point, at most 50; none below 1
    X-Spam-Status: Yes, score=15.2 required=5.0 tests=ALL_TRUSTED,GTUBE,
        MISSING_SUBJECT scorer=spamd                     and scanned=OCTETS, where that was not the whole message

They stand above all others. A message may come with fields of such names, to look like scored ham: these are renamed,
X-Spam-Status to X-Original-X-Spam-Status and so on, unless upstream is trusted; then they stay, below ours.

adopt() does it with the header that spamd rewrote (HEADERS): its X-Spam-* fields stand in place of ours, and its
Subject in place of the message's, which is kept as X-Spam-Prev-Subject, where sa-learn looks for it. Nothing else is
taken from it, and no X-Spam-Prev-*: spamd passes those of the sender on. X-Spam-Scanned has the octets that were scored
where that is not all.

In:    the Message and the Verdict. The same verdict always gives the same octets.
Out:   a new Message; the body and all other fields are as they were, octet for octet.
Fails: never. Values are made of printable ASCII, so that no symbol or field of a server can end a line.
"""

from __future__ import annotations

import math

from mdafilter import limits
from mdafilter.message import Field, Headers, Message
from mdafilter.scorers.spamc import status_symbols
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.world import Verdict

PREFIX = "X-Original-"

_STARS = 50
_COLUMNS = 78
_TAB = 8


def mark(message: Message, verdict: Verdict, *, trusted: bool = False) -> Message:
    """The message with the verdict on top, and the fields that look like one renamed unless they are trusted."""
    return (message if trusted else distrust(message)).on_top(*_ours(message, verdict))


def distrust(message: Message) -> Message:
    """The message with its X-Spam and X-Spam-* fields renamed; the same message if there are none."""
    headers = message.headers
    for index, field in enumerate(message.headers):
        key = field.key.strip()
        if key == "x-spam" or key.startswith("x-spam-"):
            headers = headers.replaced(index, Field(PREFIX + field.name, PREFIX.encode() + field.raw))
    return message if headers is message.headers else message.with_headers(headers)


def adopt(message: Message, verdict: Verdict, theirs: Headers, *, trusted: bool = False) -> Message:
    """The message marked with the fields of the header `theirs` that spamd rewrote."""
    taken, octets = [], 0
    for field in theirs:
        if field.key.startswith("x-spam-") and not field.key.startswith("x-spam-prev-"):
            made = Field(field.name, _tidy(field.raw, message.newline))
            octets += len(made.raw)
            if octets > limits.SPAMD_HEAD_OCTETS:
                break
            taken.append(made)
    names = {field.key for field in taken}
    ours = [field for field in _ours(message, verdict) if field.key not in names]
    if verdict.scanned and "x-spam-status" in names:  # ours would have said it
        ours.append(Field.make("X-Spam-Scanned", str(verdict.scanned), message.newline))
    plain = message if trusted else distrust(message)
    subject = theirs.first("subject") if verdict.spam else None
    if subject is not None:
        plain, previous = _with_subject(plain, _tidy(subject.raw, message.newline))
        taken.extend(previous)
    return plain.on_top(*taken, *ours)


def rewritten(data: bytes) -> Headers:
    """The header in the body of a reply to HEADERS."""
    return Message.parse(data).headers


def symbols(theirs: Headers) -> tuple[str, ...]:
    """The names of the rules that hit, by the X-Spam-Status that spamd wrote; () where it is configured away."""
    status = theirs.first("x-spam-status")
    return status_symbols(status.value) if status is not None else ()


def _with_subject(message: Message, raw: bytes) -> tuple[Message, tuple[Field, ...]]:
    """The message with another Subject, and the old one under its other name; nothing if they say the same."""
    new = Field("Subject", raw)
    for index, field in enumerate(message.headers):
        if field.key.strip() == "subject":
            if field.value.split() == new.value.split():
                return message, ()
            _, _, value = field.raw.partition(b":")
            previous = Field("X-Spam-Prev-Subject", b"X-Spam-Prev-Subject:" + value)
            return message.with_headers(message.headers.replaced(index, new)), (previous,)
    none = Field("X-Spam-Prev-Subject", b"X-Spam-Prev-Subject: (nonexistent)" + message.newline)
    return message.on_top(new), (none,)


def _ours(message: Message, verdict: Verdict) -> tuple[Field, ...]:
    newline = message.newline
    fields = []
    if verdict.spam:
        fields.append(Field("X-Spam-Flag", b"X-Spam-Flag: YES" + newline))
    stars = int(max(0.0, min(verdict.score, _STARS))) if math.isfinite(verdict.score) else 0
    if stars:
        fields.append(Field("X-Spam-Level", b"X-Spam-Level: " + b"*" * stars + newline))
    words = [
        "X-Spam-Status:",
        "Yes," if verdict.spam else "No,",
        f"score={_decimal(verdict.score)}",
        f"required={_decimal(verdict.threshold)}",
        f"tests={','.join(map(_word, verdict.symbols[: limits.SYMBOLS])) or 'none'}",
        f"scorer={_word(verdict.scorer)}",
    ]
    if verdict.scanned:
        words.append(f"scanned={verdict.scanned}")
    fields.append(Field("X-Spam-Status", _folded(words, newline)))
    return tuple(fields)


def _folded(words: list[str], newline: bytes) -> bytes:
    """The words with blanks between them, in lines of at most 78 columns; folded after commas as well."""
    lines, line, width = [], words[0], len(words[0])
    for word in words[1:]:
        blank = " "
        for piece in _pieces(word):
            if width + len(blank) + len(piece) > _COLUMNS:
                lines.append(line)
                line, width = "\t" + piece, _TAB + len(piece)
            else:
                line, width = line + blank + piece, width + len(blank) + len(piece)
            blank = ""
    return newline.join(text.encode("ascii") for text in [*lines, line]) + newline


def _pieces(word: str) -> list[str]:
    """A word in pieces, each up to and with its comma."""
    *first, last = word.split(",")
    return [piece + "," for piece in first] + ([last] if last else [])


def _decimal(number: float) -> str:
    """At least one place and at most three: 4.96 must not be shown as a 5.0 that is not spam."""
    text = f"{number:.3f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _word(text: str) -> str:
    """A symbol without what could end it, its list or the line."""
    clean = "".join(c if c.isascii() and (c.isalnum() or c in "_.-") else "_" for c in text)
    return clean[: limits.SYMBOL_OCTETS] or "_"


def _tidy(raw: bytes, newline: bytes) -> bytes:
    """A field as a server sent it, with this message's line ends and no other control character than tabs."""
    lines = raw.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    kept = [bytes(c for c in line if c == 9 or (c >= 32 and c != 127)) for line in lines]
    # A line of blanks only is a fold of RFC 822's, which some readers take for the end of the header.
    return newline.join(line for line in kept if line.strip(b" \t")) + newline
