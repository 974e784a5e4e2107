"""What a test has sent: letters with their envelopes, in order. None of them leaves the process.

Among them is the message that a Reject makes (RFC 5429 section 2.1): what mdafilter refuses is refused in the protocol,
and Postfix writes that message; a test looks at one as a delivery agent would write it (RFC 8098), so that it sees the
reason, and that nothing is sent to the null sender (RFC 5321 section 4.5.5).
"""

from __future__ import annotations

from mdafilter import letter
from mdafilter.message import Message
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.message import Envelope

BOUNDARY = "=_mdafilter_refusal"
NEWLINE = b"\r\n"


class Outgoing(Value):
    """A letter and its envelope. `sender` "" is the null one."""

    message: Message
    sender: str
    to: tuple[str, ...]


def refusal(text: str, message: Message, envelope: Envelope, now: float, *, number: int = 0) -> Outgoing | None:
    """The message to the sender of one that was refused; None where it has no sender."""
    if not envelope.sender:
        return None
    host = envelope.recipient.rpartition("@")[2] or "localhost"
    original = envelope.original_recipient or envelope.recipient
    known = message.headers.first("message-id")
    lines = [
        f"Message-ID: <refusal.{int(now)}.{number}@{host}>",
        f"Date: {letter.date(now)}",
        f"From: Mail Delivery Subsystem <postmaster@{host}>",
        f"To: <{envelope.sender}>",
        "Subject: Automatically rejected mail",
        "Auto-Submitted: auto-replied (rejected)",  # RFC 3834 section 5
        "Precedence: bulk",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=disposition-notification; boundary="{BOUNDARY}"',
        "",
        "This is a MIME-encapsulated message.",
        "",
        f"--{BOUNDARY}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Disposition: inline",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"Your message to <{envelope.recipient}> was automatically rejected:",
        *text.replace("\r\n", "\n").split("\n"),
        f"--{BOUNDARY}",
        "Content-Type: message/disposition-notification",
        "",
        f"Reporting-UA: {host}; mdafilter",
        f"Original-Recipient: rfc822; {original}",
        f"Final-Recipient: rfc822; {envelope.recipient}",
        *([f"Original-Message-ID: {known.text.strip()}"] if known else []),
        "Disposition: automatic-action/MDN-sent-automatically; deleted",  # RFC 5429 section 2.1
        "",
        f"--{BOUNDARY}",
        "Content-Type: message/rfc822",
        "",
    ]
    head = NEWLINE.join(line.encode("utf-8", "replace") for line in lines) + NEWLINE
    whole = head + message.headers.raw() + NEWLINE + f"--{BOUNDARY}--".encode() + NEWLINE
    return Outgoing(Message.parse(whole), "", (envelope.sender,))
