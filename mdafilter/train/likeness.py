"""What is in a file of a Maildir, as far as it tells whether it is the same message as that in another one.

The same is meant strictly: the very same delivery, copied by a client. The header is compared as a whole, with the
Received fields that each delivery has of its own, and the beginning of the body. So a message that is sent twice is
two, and nobody can teach anything by sending again what a reader has filed. (identity.py is about what is the same to
a teacher.) What clients do to a copy is not looked at: other line ends (RFC 3501 has CRLF, a Maildir LF), and the
fields of FIELDS.

In:    the path of the file.
Out:   Likeness.
Fails: OSError as the kernel gives it. What is no message at all has a likeness, too; so has what is compressed and
       cannot be unpacked, that of its octets.
"""

from __future__ import annotations

import os
from hashlib import blake2b

from mdafilter import limits
from mdafilter.errors import BadFolder
from mdafilter.message import Message
from mdafilter.targets.foldername import folder_name
from mdafilter.targets.label import NAME as LABEL
from mdafilter.train.stored import Broken, NotHere, first, packing
from mdafilter.values import Value

WINDOW = 16 * 1024  # octets that are read at first; most headers are in them
BODY = 4 * 1024  # octets of the body that count
# mbsync(1); mbox files of UW-IMAP, mutt and Dovecot; Thunderbird; Evolution
FIELDS = ("x-tuid", "status", "x-status", "x-keywords", "x-uid", "x-imap", "x-imapbase", "content-length", "lines")
FIELDS_BEGIN = ("x-mozilla-", "x-evolution")


class Likeness(Value):
    """`key` is the same for the same message. `label` is the folder that our own label names, None without one."""

    key: str
    label: str | None
    message_id: str


def likeness(path: str) -> Likeness:
    """That of the message in a file."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        raw = os.read(fd, WINDOW)
        if packing(raw):
            return of(_unpacked(fd) or raw)
        if len(raw) == WINDOW and Message.parse(raw).body + 2 * BODY > WINDOW:
            raw += os.read(fd, limits.LIKENESS_OCTETS - WINDOW)
    finally:
        os.close(fd)
    return of(raw)


def _unpacked(fd: int) -> bytes:
    try:
        return first(fd, limits.LIKENESS_OCTETS)
    except (Broken, NotHere):
        return b""  # a copy that the server makes has the same octets; who learns from it says what is wrong (learn.py)


def of(raw: bytes) -> Likeness:
    """That of the beginning of a message."""
    # Half of what was read is there, whether its lines end with LF or with CRLF, which is twice as much at most.
    message = Message.parse(raw.replace(b"\r\n", b"\n")[: limits.LIKENESS_OCTETS // 2])
    digest = blake2b(digest_size=16)
    for field in message.headers:
        if not (field.key in FIELDS or field.key.startswith(FIELDS_BEGIN)):
            digest.update(field.raw.rstrip(b"\n") + b"\n")
    end = min(len(message.octets), message.body + BODY)
    digest.update(b"\n" + message.octets.slice(message.body, end).rstrip(b"\n"))
    top = message.headers[0] if len(message.headers) else None
    identity = message.headers.first("message-id")
    # Only on top: below what the MTA has added, it is what the message came with, and anybody can write that.
    label = _folder(top.text) if top is not None and top.name == LABEL else None
    return Likeness(digest.hexdigest(), label, identity.text if identity else "")


def _folder(label: str) -> str | None:
    """The folder of "Trash; rule ...", as it is called in a Maildir."""
    try:
        return folder_name(label.partition(";")[0].strip())
    except BadFolder:
        return None
