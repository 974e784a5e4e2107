"""A message in a Maildir, as it came: the files of a folder, and the message and envelope that the rules once saw.

    sender      Return-Path (RFC 5321 section 4.4)
    recipient   Delivered-To, as local(8) and pipe(8) of Postfix write it; the address extension is in it
    original    X-Original-To

Our label (targets/label.py) is taken off, and what it had renamed gets its own name back; in the file both stay.
What other programs left in the header (X-Spam-Flag of a scorer) is part of the message.

In:    the root of the Maildir, the Maildir++ name of a folder, names of files.
Out:   Stored, in the order of their names; Letter.
Fails: OSError of a folder that cannot be listed, and of a file that is gone or cannot be read.
Bugs:  who was the client of the delivery is not known any more; nor is the extension, where Delivered-To lacks it.
"""

from __future__ import annotations

import errno
import os
import stat

from mdafilter import limits
from mdafilter.message import Envelope, Field, Headers, Message, Octets
from mdafilter.message.octets import Held
from mdafilter.targets.label import NAME
from mdafilter.train.listing import PARTS, directory, folders
from mdafilter.train.stored import plain
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY = NAME.lower()
_RENAMED = f"x-original-{_KEY}"
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Stored(Value):
    """A file of a folder: "" is the inbox; `part` is "new" or "cur"."""

    folder: str
    part: str
    name: str

    def path(self, root: str) -> str:
        """Where it is."""
        return f"{directory(root, self.folder)}/{self.part}/{self.name}"


class Letter(Value):
    """What is in the file. `label` is the folder that our label names, None where it has none."""

    message: Message
    envelope: Envelope
    label: str | None
    time: float  # when it came: of the file, which a move keeps
    size: int


def listed(root: str, names: tuple[str, ...] | None) -> Iterator[Stored]:
    """The messages of these folders (Maildir++ names); None is all folders. OSError."""
    for folder in sorted(folders(root)) if names is None else dict.fromkeys(names):
        found = []
        for part in PARTS:
            try:
                found += [(name, part) for name in os.listdir(f"{directory(root, folder)}/{part}") if name[0] != "."]
            except FileNotFoundError:
                if part == "cur":
                    raise  # new/ is made with the first delivery
        for name, part in sorted(found):
            yield Stored(folder, part, name)


def letter(path: str, user: str, delimiters: str) -> Letter:
    """Reads the file. OSError, MdafilterError of one that is compressed, and cannot be read."""
    fd = os.open(path, _FLAGS)
    try:
        state = os.fstat(fd)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if (found := plain(fd)) != fd:
            os.close(fd)
            fd = found
        size = os.fstat(fd).st_size
        octets = Octets.of(os.read(fd, size)) if size <= limits.SPOOL_IN_MEMORY else Octets.map(Held(os.dup(fd)))
    finally:
        os.close(fd)
    message = Message.parse(octets)
    label, message = unlabelled(message)
    return Letter(message, envelope(message, user, delimiters), label, state.st_mtime, state.st_size)


def envelope(message: Message, user: str, delimiters: str) -> Envelope:
    """What the header says of it."""
    first = message.headers.first
    sender, recipient, original = first("return-path"), first("delivered-to"), first("x-original-to")
    found = Envelope(
        _address(sender), _address(recipient) or user, _address(original), "", user, "", "", "", "", "", b""
    )
    if recipient and delimiters and (detail := found.split(delimiters)[1]):
        return found.replace(extension=detail)
    return found


def _address(field: Field | None) -> str:
    if field is None:
        return ""
    text = field.value.strip()  # no encoded words there: an address of an envelope (RFC 5321 section 4.1.2)
    if any(c < " " or c == "\x7f" for c in text):
        return ""  # none has a control character; names of files and environments are made of it
    return text[1:-1].strip() if text.startswith("<") and text.endswith(">") else text


def unlabelled(message: Message) -> tuple[str | None, Message]:
    """The folder that our label names, and the message without it."""
    headers = message.headers
    if not len(headers) or headers[0].key != _KEY:
        return None, message
    label = headers[0].text.partition(";")[0].strip()
    fields = [
        Field(field.name[11:], field.raw[11:]) if field.key == _RENAMED else field
        for number, field in enumerate(headers)
        if number
    ]
    return label, message.with_headers(Headers(fields))
