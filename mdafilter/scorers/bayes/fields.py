"""Header fields and the header of a part -> tokens (tokens.py lists them).

What a mailbox, a filter or our own delivery adds is left out (LOCAL, FILTERS): messages that are taught have it, those
that are scored do not, or the sender wrote it. What differs in each message (IDLE) says only that the field is there.

In:    Headers, a Part. Out: tokens. Fails: never. Bounded: each field gives so many tokens at most.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from mdafilter.message.field import Field
    from mdafilter.message.headers import Headers
    from mdafilter.message.parts import Part

LOCAL = frozenset(
    "bcc content-length delivered-to delivery-date envelope-to lines return-path status x-bogosity x-envelope-to "
    "x-evolution x-folder x-gmail-labels x-greylist x-keywords x-mozilla-keys x-mozilla-status x-mozilla-status2 "
    "x-original-to x-spam x-status x-uid x-uidl xref".split()
)
FILTERS = (
    "arc- x-amavis x-barracuda x-crm114 x-dspam x-forefront x-ironport x-mdafilter x-microsoft-antispam x-mimedefang "
    "x-ms-exchange-organization x-original-x- x-pyzor x-rspamd x-spam- x-virus"
).split()
IDLE = frozenset(
    "authentication-results date dkim-signature domainkey-signature in-reply-to message-id received references".split()
)
ADDRESSES = frozenset("cc errors-to from list-post mail-followup-to reply-to resent-from resent-to sender to".split())
TEXT = 1000  # characters of one field that are looked at
WORDS = 12  # of one field
NAME = 40  # characters of a field's name, a type or a character set
_PATTERNS: list[re.Pattern[str]] = []  # compiled when the first header is looked at


def _patterns() -> list[re.Pattern[str]]:
    if not _PATTERNS:
        import re

        _PATTERNS[:] = [
            re.compile(r"(?<![\w.+=-])[\w.+=-]{1,64}@[\w.-]{1,120}"),
            re.compile(r"(?<![a-z0-9.-])[a-z0-9-]{1,60}(?:\.[a-z0-9-]{1,60}){1,6}"),
        ]
    return _PATTERNS


def tokens(headers: Headers) -> Iterator[str]:
    """The tokens of a message's header."""
    for at, field in enumerate(headers):
        if at >= limits.BAYES_FIELDS:
            return
        key = field.key
        if not key or key in LOCAL or key.startswith(tuple(FILTERS)):
            continue
        yield f"header:{field.name[:NAME]}"
        if key == "subject":
            yield from _subject(field)
        elif key in ADDRESSES:
            yield from _addresses(key, field)
        elif key == "received":
            yield from _received(field)
        elif key == "date":
            yield f"date:{field.value[:TEXT].partition(' (')[0].strip()[-5:]}"  # the zone
        elif key == "message-id":
            yield f"message-id:{field.value[:TEXT].strip(' <>').lower().rpartition('@')[2][:NAME]}"
        elif key not in IDLE:
            yield from _prefixed(key[:NAME], field.text[:TEXT])


def _prefixed(key: str, text: str) -> Iterator[str]:
    from mdafilter.scorers.bayes.tokens import words

    for word in words(text)[:WORDS]:
        yield f"{key}:{word}"


def _subject(field: Field) -> Iterator[str]:
    from mdafilter.scorers.bayes.tokens import phrases

    text = field.text[:TEXT]
    if "=?" in field.value:
        yield f"subject:=?{field.value.partition('=?')[2].partition('?')[0].lower()[:NAME]}"
    for phrase in phrases(text):
        yield f"subject:{phrase}"
    if any(word.isupper() and len(word) > 2 for word in text.split()):
        yield "subject:CAPITALS"


def _addresses(key: str, field: Field) -> Iterator[str]:
    text = field.text[:TEXT].lower()
    found = _patterns()[0].findall(text)[:WORDS]
    for address in found:
        yield f"{key}:{address}"
        labels = address.rpartition("@")[2].split(".")[-4:]
        for at in range(len(labels) - 1 or 1):
            yield f"{key}:@{'.'.join(labels[at:])}"
    if len(found) > 1:
        yield f"{key}:many"
    for token in _prefixed(key, text):
        if "@" not in token:
            yield token


def _received(field: Field) -> Iterator[str]:
    """Whom the host took it from (RFC 5321 section 4.4: From-domain): names, and addresses as networks."""
    for host in _patterns()[1].findall(field.value[:TEXT].lower().partition(" by ")[0])[:WORDS]:
        labels = host.split(".")
        if host.replace(".", "").isdigit():
            for many in range(2, len(labels[:4]) + 1):
                yield f"received:{'.'.join(labels[:many])}"
        else:
            labels = labels[-4:]
            for at in range(len(labels) - 1):
                yield f"received:{'.'.join(labels[at:])}"


def of_part(part: Part) -> Iterator[str]:
    """The tokens of what the header of a part says of it."""
    from mdafilter.scorers.bayes.tokens import words

    yield f"type:{part.type[:NAME]}"
    if part.is_container:
        return
    if charset := part.parameter("charset"):
        yield f"charset:{charset.lower()[:NAME]}"
    yield f"encoding:{part.encoding[:NAME]}"
    if part.is_attachment:
        for reading in part.readings()[:4]:
            name = reading.text.lower()[-200:]
            yield f"file:.{name.rpartition('.')[2][:10]}"
            for word in words(name.replace(".", " "))[:WORDS]:
                yield f"file:{word}"
