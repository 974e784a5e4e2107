"""The letter of a `reject` whose reason cannot be said in the protocol: a failure MDN (RFC 5429 section 2.2.1).

A letter of three parts (RFC 8098): what has happened, and the reason, for people; that the message was deleted by a
program, for programs; and the message, as it came, or its header where it is longer than MOST. It is sent by the null
sender, as nothing may answer it (section 3).

In:    the Scene of a message with a sender; the reason.
Out:   a Send.
Fails: RuleFailed where it gets longer than limits.LETTER_OCTETS.
"""

from __future__ import annotations

from mdafilter import VERSION, limits
from mdafilter.acts import Send
from mdafilter.errors import RuleFailed
from mdafilter.letter import TEXT, date, lines, message_id, thread, written
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.report import boundary
from mdafilter.words.sender import postmaster

if TYPE_CHECKING:
    from mdafilter.plan import Scene

MOST = 50_000  # octets of a message that goes back as a whole: as much as Postfix returns (bounce_size_limit)
SAYS = "The message was refused by the recipient's mail filtering program.\nThe reason given was as follows:\n\n"


def letter(scene: Scene, reason: str) -> Send:
    """The MDN, to the sender of the envelope."""
    message, envelope, now = scene.message, scene.envelope, scene.world.now()
    newline, bound = message.newline, boundary(message, now)
    host = scene.world.environment("host") or "localhost"
    own = envelope.recipient or postmaster(scene)
    subject = message.headers.first("subject")
    fields = [
        ("From", own),
        ("To", f"<{envelope.sender}>"),
        ("Subject", f"Refused: {subject.text.strip()[:256]}" if subject else "Refused"),
        ("Date", date(now)),
        ("Message-ID", message_id(f"{own} {envelope.sender} {reason}", now, host)),
        *thread(message),
        ("Auto-Submitted", "auto-replied (rejected)"),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/report; report-type=disposition-notification; boundary="{bound}"'),
        ("Content-Transfer-Encoding", "8bit"),
    ]
    whole = len(message.octets) <= MOST
    facts = written(_facts(scene, host), b"", newline)
    parts = [
        _part(newline, ("Content-Type", TEXT), ("Content-Transfer-Encoding", "8bit")) + lines(SAYS + reason, newline),
        _part(newline, ("Content-Type", "message/disposition-notification")) + facts,
        _part(newline, ("Content-Type", "message/rfc822" if whole else "text/rfc822-headers")),
    ]
    between = newline + b"--" + bound.encode() + newline
    head = written(fields, between + between.join(parts), newline)
    if len(head) > limits.LETTER_OCTETS:
        raise RuleFailed(f"reject: the letter is longer than {limits.LETTER_OCTETS} octets")
    tail = newline + b"--" + bound.encode() + b"--" + newline
    return Send("reject", head, (envelope.sender,), "", "both" if whole else "header", tail, needed=True)


def _facts(scene: Scene, host: str) -> list[tuple[str, str]]:
    """RFC 8098 section 3.2; the disposition is that of RFC 5429 section 2.2.1."""
    envelope = scene.envelope
    known = [("Reporting-UA", f"{host}; mdafilter/{VERSION}")]
    if envelope.original_recipient:
        known.append(("Original-Recipient", f"rfc822;{envelope.original_recipient}"))
    known.append(("Final-Recipient", f"rfc822;{envelope.recipient}"))
    known += [("Original-Message-ID", value) for name, value in thread(scene.message) if name == "In-Reply-To"]
    return [*known, ("Disposition", "automatic-action/MDN-sent-automatically; deleted")]


def _part(newline: bytes, *fields: tuple[str, str]) -> bytes:
    """The header of a part."""
    return written(fields, newline, newline)
