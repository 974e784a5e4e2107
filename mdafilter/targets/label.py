"""The header field that says why a message is not in the inbox.

    X-Mdafilter: Trash; rule /home/alice/.mdafilter.sieve:12; header :contains "subject" "***SPAM***"

It stands on top. Fields of that name that the message brought along are renamed to X-Original-X-Mdafilter, so that
nobody can forge a reason. It holds nothing that changes from one try to the next, and only what can stand in a header:
control characters become blanks, what is not ASCII becomes encoded words (RFC 2047), and lines are folded (RFC 5322
section 2.2.3).
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.message import Field
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.message import Message
    from mdafilter.texts import Where

NAME = "X-Mdafilter"
LINE = 78  # characters (RFC 5322 section 2.1.1)


def labelled(message: Message, folder: str, at: Where | None, why: str) -> Message:
    """The message with the field on top; its body is untouched."""
    headers = message.headers
    for i, field in enumerate(headers):
        if field.key == "x-mdafilter":
            renamed = Field(f"X-Original-{field.name}", b"X-Original-" + field.raw)
            headers = headers.replaced(i, renamed)
    if headers is not message.headers:
        message = message.with_headers(headers)
    return message.on_top(folded(Field.make(NAME, text(folder, at, why), message.newline), message.newline))


def text(folder: str, at: Where | None, why: str) -> str:
    """The value of the field, cleaned and bounded."""
    parts = [clean(folder)[:250]]
    if at is not None:
        parts.append(f"rule {clean(str(at))[:250]}")
    if why:
        parts.append(clean(why)[: limits.WHY_OCTETS])
    return "; ".join(parts)


def clean(text: str) -> str:
    """One line of printable text: runs of white space and control characters are one blank."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def folded(field: Field, newline: bytes) -> Field:
    """The field in lines of at most 78 characters, where its blanks allow that. Unfolded it is the same text."""
    lines: list[bytes] = []
    line = b""
    for word in field.raw.rstrip(b"\r\n").split(b" "):
        if line and len(line) + 1 + len(word) > LINE:
            lines.append(line)
            line = b" " + word
        else:
            line = line + b" " + word if line else word
    lines.append(line)
    return Field(field.name, newline.join(lines) + newline)
