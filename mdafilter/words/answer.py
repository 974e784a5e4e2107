"""The letter that `vacation` sends (RFC 5230 section 5).

    From: the user, or :from            To: the sender, with the name that the message has for it
    Subject: :subject, or "Auto: " and that of the message, cut where it is too long
    In-Reply-To, References             Auto-Submitted: auto-replied (RFC 3834), and in the words of others
                                        Precedence: bulk, X-Auto-Response-Suppress: All

In:    the Vacation, the Scene, the address that the message was for.
Out:   the octets, at most limits.LETTER_OCTETS.
Fails: RuleFailed past that.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.letter import TEXT, date, lines, message_id, spelled, thread, written
from mdafilter.message.addresses import parse
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.vacation import Vacation

FROM = ("sender", "resent-from", "from")  # fields in which the name of the sender may stand
SUBJECT = 256  # characters of a subject, where the site does not say
CUT = "\u2026"


def letter(wanted: Vacation, scene: Scene, own: str) -> bytes:
    """The whole message."""
    message, now = scene.message, scene.world.now()
    host = scene.world.environment("host") or ""
    fields = [
        ("From", own if wanted.sender is None else ", ".join(map(spelled, parse(scene.expand(wanted.sender))))),
        ("To", _to(scene)),
        ("Subject", _subject(wanted, scene)),
        ("Date", date(now)),
        ("Message-ID", message_id(f"{own} {scene.envelope.sender} {wanted.reason}", now, host)),
        *thread(message),
        ("Auto-Submitted", "auto-replied (vacation)"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "All"),
        ("MIME-Version", "1.0"),
    ]
    text = lines(scene.expand(wanted.reason), message.newline)
    if not wanted.mime:
        fields += [("Content-Type", TEXT), ("Content-Transfer-Encoding", "8bit")]
        text = message.newline + text
    whole = written(fields, text, message.newline)
    if len(whole) > limits.LETTER_OCTETS:
        raise RuleFailed(f"vacation: the answer is longer than {limits.LETTER_OCTETS} octets")
    return whole


def _to(scene: Scene) -> str:
    """The sender of the envelope, as the header spells it where it does (section 5.5)."""
    sender = scene.envelope.sender
    any_will_do = scene.world.option("vacation_to_header_ignore_envelope") == "yes"
    for name in FROM:
        for field in scene.message.headers.all(name):
            for address in parse(field.value):
                if address.valid and (any_will_do or address.text.lower() == sender.lower()):
                    return spelled(address)
    return f"<{sender}>"


def _subject(wanted: Vacation, scene: Scene) -> str:
    """Section 5.3, no longer than the site wants it."""
    subject, most = _whole_subject(wanted, scene), scene.world.option("vacation_max_subject_codepoints")
    longest = int(most) if most.isascii() and most.isdigit() and len(most) < 9 else SUBJECT
    return subject if not longest or len(subject) <= longest else subject[: longest - 1] + CUT


def _whole_subject(wanted: Vacation, scene: Scene) -> str:
    if wanted.subject is not None:
        return scene.expand(wanted.subject)
    field = scene.message.headers.first("subject")
    if field is None or not field.text.strip():
        return scene.world.option("vacation_default_subject") or "Automated reply"
    template = scene.world.option("vacation_default_subject_template") or "Auto: %$"
    return template.replace("%{subject}", "%$").replace("%$", field.text.strip())
