"""`report`: tells somebody by a feedback report about the message (vnd.dovecot.report; the format is RFC 5965, ARF).

    report [:headers_only] <feedback-type: string> <message: string> <address: string>

    report "abuse" "This message is spam." "abuse@example.org";

A letter of three parts (RFC 5965 section 2): the text, what is known of the message for programs, and the message, or,
with `:headers_only` its header. The feedback type is "abuse", "fraud", "virus", "not-spam", "other", or another one
that is a token (section 7.3). The message goes where it would go without it.

To one address a type is reported once. From, and the sender of the envelope unless the message has none, is what
[sieve] report_from says. A report about what says of itself that it is a report is not sent: two who report to each
other would do so for ever. The message is not held in memory for it (acts.Send), and no line of it is the boundary:
that is looked for.

In:    the Scene. Out: a Send, to nobody where no report is due.
Fails: an error at compile time for a constant that is no feedback type, or is no address; RuleFailed for one made of
       variables. A letter that cannot be sent is left out (targets/send.py).
"""

from __future__ import annotations

from _blake2 import blake2b

from mdafilter import VERSION, limits
from mdafilter.acts import Send
from mdafilter.errors import RuleFailed
from mdafilter.letter import TEXT, date, lines, message_id, thread, written
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.imapsieve import cause
from mdafilter.words.names import ADDRESS_HINT, address_fault, bare
from mdafilter.words.sender import chosen, postmaster
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.message import Message
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use

KIND = "report"
SUBJECT = 256  # characters of the message's subject that are repeated
SPECIALS = frozenset('()<>@,;:\\"/[]?=')  # RFC 2045 section 5.1: no token has one of them


class Report(Value):
    """The wish: a report of the type `feedback` to `address`."""

    feedback: Text
    text: Text
    address: Text
    headers_only: bool = False

    def acts(self, scene: Scene) -> Sequence[Act]:
        """One Send."""
        feedback, address = scene.expand(self.feedback), scene.expand(self.address)
        if fault := feedback_fault(feedback) or address_fault(address):
            raise RuleFailed(f"report: {fault}")
        address = bare(address)
        key = (KIND, feedback.lower(), address)
        if key in scene.looked:
            scene.notes.append(f"report: sent to {address} once: {feedback} was reported already")
            return ()
        scene.looked[key] = True
        if _is_report(scene.message):
            scene.notes.append(f"report: not sent to {address}: the message is a report itself")
            return (Send(KIND, b"", ()),)
        sender = chosen(scene, "report_from")
        sender = postmaster(scene) if sender is None else sender
        head, tail = self._letter(scene, feedback, address, sender or postmaster(scene))
        area = "header" if self.headers_only else "both"
        return (Send(KIND, head, (address,), sender if scene.envelope.sender else "", area, tail),)

    def _letter(self, scene: Scene, feedback: str, address: str, sender: str) -> tuple[bytes, bytes]:
        """What stands before the message, and behind it."""
        message, now, newline = scene.message, scene.world.now(), scene.message.newline
        bound = boundary(message, now)
        subject = message.headers.first("subject")
        host = scene.world.environment("host") or ""
        shown = subject.text.strip()[:SUBJECT] if subject else "(message without a subject)"
        fields = [
            ("From", sender),
            ("To", address),
            ("Subject", f"Report: {shown}"),
            ("Date", date(now)),
            ("Message-ID", message_id(f"{sender} {address} {feedback}", now, host)),
            *(field for field in thread(message) if field[0] == "References"),
            ("Auto-Submitted", "auto-generated (report)"),
            ("Precedence", "bulk"),
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/report; report-type=feedback-report; boundary="{bound}"'),
            ("Content-Transfer-Encoding", "8bit"),
        ]
        facts = [
            ("Feedback-Type", feedback),
            ("User-Agent", f"mdafilter/{VERSION}"),
            ("Version", "1"),
            ("Arrival-Date", date(now)),
        ]
        facts += _known(scene)
        kind = "text/rfc822-headers" if self.headers_only else "message/rfc822"
        parts = [
            _part([("Content-Type", TEXT), ("Content-Transfer-Encoding", "8bit")], newline)
            + lines(scene.expand(self.text), newline),
            _part([("Content-Type", "message/feedback-report")], newline) + written(facts, b"", newline),
            _part([("Content-Type", kind), ("Content-Disposition", "attachment")], newline),
        ]
        between = newline + b"--" + bound.encode() + newline
        head = written(fields, between + between.join(parts), newline)
        if len(head) > limits.LETTER_OCTETS:
            raise RuleFailed(f"report: the letter is longer than {limits.LETTER_OCTETS} octets")
        return head, newline + b"--" + bound.encode() + b"--" + newline

    def describe(self) -> str:
        """The command as Sieve spells it."""
        only = " :headers_only" * self.headers_only
        return f"report{only} {quoted(self.feedback)} {quoted(self.text)} {quoted(self.address)}"


def boundary(message: Message, now: float) -> str:
    """A boundary that is nowhere in the message; it cannot be foretold, so it is the first try."""
    tries = 0
    while True:
        octets = f"{message.mark!r} {now} {tries}".encode("utf-8", "surrogateescape")
        found = blake2b(octets, digest_size=16).hexdigest()
        if message.octets.find(found.encode(), 0, len(message.octets)) < 0:
            return found
        tries += 1


def feedback_fault(text: str) -> str:
    """RFC 5965 section 3.5: a token."""
    if text and all("!" <= c <= "~" and c not in SPECIALS for c in text):
        return ""
    return f'{quoted(text)} is no feedback type, which is one word like "abuse"'


def _known(scene: Scene) -> list[tuple[str, str]]:
    """RFC 5965 section 3.2: what is known of the envelope; at an event of IMAP there is none. Who reports has the field
    that Pigeonhole gives them."""
    envelope, user = scene.envelope, scene.world.option("user_email").strip(" <>")
    original = envelope.original_recipient or envelope.recipient
    known = [("Original-Mail-From", f"<{envelope.sender}>")]
    known += [("Original-Rcpt-To", f"<{original}>")] if original else []
    known += [("Dovecot-Reporting-User", f"<{user or original}>")] if user or original else []
    known += [("Source-IP", envelope.client_address)] if envelope.client_address else []
    known = [] if cause(scene) else known
    host = scene.world.environment("host")
    return [*known, ("Reporting-MTA", f"dns; {host}")] if host else known


def _part(fields: list[tuple[str, str]], newline: bytes) -> bytes:
    """The header of a part."""
    return written(fields, newline, newline)


def _is_report(message: Message) -> bool:
    """RFC 5965 section 2."""
    values = (field.value.lower() for field in message.headers.all("content-type"))
    return any(value.strip().startswith("multipart/report") and "feedback-report" in value for value in values)


def build(use: Use) -> Report:
    """The node for one use of `report`."""
    feedback, text, address = use.text(0), use.text(1), use.text(2)
    if isinstance(feedback, str) and (fault := feedback_fault(feedback)):
        use.error(fault, "RFC 5965 section 7.3: abuse, fraud, virus, not-spam, other", argument=0)
    if isinstance(address, str) and (fault := address_fault(address)):
        use.error(fault, ADDRESS_HINT, argument=2)
    return Report(feedback, text, address, use.has(":headers_only"))


WORDS = (
    Word(
        "report",
        "action",
        build,
        ("string", "string", "string"),
        tags=(Tag(":headers_only"),),
        requires=("vnd.dovecot.report",),
    ),
)
