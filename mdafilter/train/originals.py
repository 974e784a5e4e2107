"""What a report reports: the messages in it, as they arrived at the reporter's.

    what                                        how
    Resent-* fields (RFC 5322 section 3.6.6)    "resent"    the message itself ("bounced", "redirected"), without the
                                                            newest block of them
    message/rfc822, message/global              "attached"  each, also in base64 (which RFC 2046 section 5.2.1 forbids)
    a part of multipart/digest                  "digest"    each
    a file *.eml of any other type              "eml"       where it is a message
    a file *.msg (outlook.py)                   Hints       what it says; found.py looks for the original
    an archive with such files (packed.py)      "zip"       each that is a message; Hints for each that says something.
                                                            A winmail.dat is one, and has messages as its objects, too
    an inline forward (inline.py)               Hints       what it says

What is meant is what the reporter attached, that is the outermost message: of a forward of a forward the forward, which
is what he got. An inline forward takes the attachments of what it forwards along. So where the text is one, what is
attached is the original only if it has the Subject that the text tells of.

In:    the report as a Message
Out:   an Original, or Hints, for each message in the order in which they stand, at most limits.ORIGINALS and of these
       limits.HINTS; where the report says nothing, one Hints that is empty. Octets are those of the report, without
       transfer encoding; a From line of mbox, and a byte order mark or empty lines before the header, are left out
Fails: TryAgain, where the disk is full while an archive is unpacked. Nothing that a report can be makes it fail.
Bounds: limits.ORIGINALS and below, those of message/ and archives/. Linear.
"""

from __future__ import annotations

from itertools import islice

from mdafilter import limits
from mdafilter.message import Headers, Message, transfer
from mdafilter.train import Hints, Original, inline, outlook
from mdafilter.train.bare import octets_of
from mdafilter.train.identity import message_ids
from mdafilter.train.packed import PackedMessages, format_of, is_mail_name
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.message import Part

_MESSAGES = frozenset(("message/rfc822", "message/global", "message/news"))
_RESENT = ("resent-from", "resent-to", "resent-sender", "resent-date", "resent-message-id")
_HEAD = 64 * 1024  # of a file that is looked at to see whether it is a message
_FIELDS = frozenset(("received", "return-path", "from", "to", "subject", "date", "message-id"))  # a message has one
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def originals(message: Message) -> tuple[Original | Hints, ...]:
    """The messages that are reported, or what is known of those that are not there."""
    if any(message.headers.first(name) for name in _RESENT):
        return (Original(_before_resending(message), "resent"),)
    found = tuple(_few(islice(_attached(message), limits.ORIGINALS)))
    said = inline.block(message)
    if found and (said is None or any(folded(_subject(one)) == folded(said.subject) for one in found)):
        return found
    return (_hints(message, said),)


def folded(subject: str) -> str:
    """A Subject to compare with another: without white space and case, which programs that show it change."""
    return "".join(subject.split()).casefold()


def is_message(data: bytes) -> bool:
    """Whether these octets begin as a message does: with a field, one of those that no message is without."""
    headers = Message.parse(data[:_HEAD]).headers
    return bool(len(headers) and headers[0].name) and any(field.key in _FIELDS for field in headers)


def _before_resending(message: Message) -> bytes:
    """The message without the Resent fields that stand first: each time they are put on top as a block."""
    fields = list(message.headers)
    first = next(at for at, field in enumerate(fields) if field.key.startswith("resent-"))
    last = first
    while last < len(fields) and fields[last].key.startswith("resent-"):
        last += 1
    return octets_of(message.with_headers(Headers(fields[:first] + fields[last:])))


def _few(found: Iterable[Original | Hints]) -> Iterator[Original | Hints]:
    """All originals, and as many hints as are looked up."""
    left = limits.HINTS
    for one in found:
        left -= isinstance(one, Hints)
        if left >= 0 or isinstance(one, Original):
            yield one


def _attached(message: Message) -> Iterator[Original | Hints]:
    """The messages in the report, but none that is in another one."""
    archives = PackedMessages()
    for part in inline.own_parts(message):
        if part.type in _MESSAGES:
            if raw := _enclosed(part):
                is_digest = part.parent is not None and part.parent.type == "multipart/digest"
                yield Original(raw, "digest" if is_digest else "attached", part.path)
        elif part.is_attachment:
            yield from _filed(part, archives)


def _enclosed(part: Part) -> bytes:
    """The message in a part that says it is one."""
    plain = part.octets.slice(part.body, part.end)
    if part.encoding in transfer.ENCODED:
        decoded = part.decoded(limits.ORIGINAL_OCTETS + 1)
        if len(decoded) > limits.ORIGINAL_OCTETS:
            return b""
        if is_message(_clean(decoded)) or not is_message(_clean(plain)):  # some say that it is encoded, and it is not
            plain = decoded
    return _clean(plain)


def _filed(part: Part, archives: PackedMessages) -> Iterator[Original | Hints]:
    """The message that an attached file is, or those in it."""
    if part.type == outlook.TYPE or any(is_mail_name(reading.text) for reading in part.readings()):
        data = part.decoded(limits.ORIGINAL_OCTETS + 1)
        if len(data) <= limits.ORIGINAL_OCTETS:
            yield from _read(data, "eml", part.path)
    elif not part.type.startswith("text/") and (format_ := format_of(part.decoded(limits.ARCHIVE_HEAD))):
        for name, data in archives.in_part(part, format_):
            yield from _read(data, "zip", f"{part.path} {name}")


def _read(data: bytes, how: str, where: str) -> Iterator[Original | Hints]:
    """The message that a file is, if it is one."""
    raw = _clean(data)
    if is_message(raw):
        yield Original(raw, how, where)
    elif (told := outlook.hints(data)) is not None:
        yield told


def _clean(raw: bytes) -> bytes:
    """The message without what stands before its header; as it is, where that would be none either."""
    text = raw.removeprefix(_BYTE_ORDER_MARK).lstrip(b"\r\n")
    if text.startswith((b"From ", b">From ")):
        text = text.partition(b"\n")[2]
    return text if len(text) != len(raw) and is_message(text) else raw


def _subject(one: Original | Hints) -> str:
    if isinstance(one, Hints):
        return one.subject
    field = Message.parse(one.raw[:_HEAD]).headers.first("subject")
    return field.text if field else ""


def _hints(message: Message, said: inline.Block | None) -> Hints:
    """What the report tells of its original.

    X-Forwarded-Message-Id is Thunderbird's. In-Reply-To and References tell of the message only if there is a forward
    in the text: else this is an answer. Of References the last is the nearest (RFC 5322 section 3.6.4).
    """
    headers = message.headers
    ids = [found for field in headers.all("x-forwarded-message-id") for found in message_ids(field.value)]
    if said is None:
        return Hints(tuple(dict.fromkeys(ids[: limits.FORWARD_IDS])))
    ids += [said.message_id] if said.message_id else []
    for name in ("in-reply-to", "references"):
        ids += reversed([found for field in headers.all(name) for found in message_ids(field.value)])
    return Hints(tuple(dict.fromkeys(ids))[: limits.FORWARD_IDS], said.subject, said.date, said.sender)
