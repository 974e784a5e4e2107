"""The letter that `notify` sends by mailto (RFC 5436 section 2.7).

    Auto-Submitted: auto-notified; owner-email="the user" (section 2.7.1)
    From: as enotify.py says            To, Cc: of the URI
    Subject: :message, else that of the URI, else that of the message
    References: the message             Importance, Priority and X-Priority: of the URI, or else by :importance

The body is that of the URI, or else says who has written, and the subject. Received fields are not retained.

In:    the Notify, its URI, the Scene. Out: the octets, at most limits.LETTER_OCTETS. Fails: RuleFailed past that.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.letter import TEXT, date, lines, message_id, spelled, thread, written
from mdafilter.message.addresses import parse
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.sender import owner

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.enotify import Notify
    from mdafilter.words.mailto import Mailto

SHOWN = 1000  # characters of a field of the message that are repeated
IMPORTANCE = {
    # what   X-Priority, Importance, Priority (RFC 2156 section 5.3.4 and 5.3.6)
    "1": ("1 (Highest)", "High", "urgent"),
    "2": ("3 (Normal)", "Normal", "normal"),
    "3": ("5 (Lowest)", "Low", "non-urgent"),
}


def letter(wanted: Notify, uri: Mailto, scene: Scene, importance: str, author: str) -> bytes:
    """The whole message, from `author`."""
    message, now = scene.message, scene.world.now()
    user = owner(scene)
    priority, important, precedence = IMPORTANCE[importance]
    ours = (("Precedence", "bulk"), ("X-Priority", priority), ("Importance", important), ("Priority", precedence))
    given = {name.lower() for name, _value in uri.fields}
    fields = [
        ("Auto-Submitted", f'auto-notified; owner-email="{_escaped(user)}"'),
        ("From", spelled(parse(author)[0])),
        *([("To", ", ".join(uri.to))] if uri.to else []),
        *([("Cc", ", ".join(uri.cc))] if uri.cc else []),
        ("Subject", _subject(wanted, uri, scene)),
        ("Date", date(now)),
        ("Message-ID", message_id(f"{user} {uri}", now, scene.world.environment("host") or "")),
        *(field for field in thread(message) if field[0] == "References"),
        *(field for field in ours if field[0].lower() not in given),
        *uri.fields,
        ("MIME-Version", "1.0"),
        ("Content-Type", TEXT),
        ("Content-Transfer-Encoding", "8bit"),
    ]
    text = uri.body if uri.body is not None else f"From: {_field(scene, 'from')}\nSubject: {_field(scene, 'subject')}"
    whole = written(fields, message.newline + lines(text, message.newline), message.newline)
    if len(whole) > limits.LETTER_OCTETS:
        raise RuleFailed(f"notify: the letter is longer than {limits.LETTER_OCTETS} octets")
    return whole


def _subject(wanted: Notify, uri: Mailto, scene: Scene) -> str:
    """Section 2.6: :message "overrides all other mechanisms for determining the subject"."""
    if wanted.message is not None:
        return scene.expand(wanted.message)
    return uri.subject if uri.subject is not None else _field(scene, "subject")


def _field(scene: Scene, name: str) -> str:
    """A field of the message, as people see it."""
    field = scene.message.headers.first(name)
    return " ".join(field.text[:SHOWN].split()) if field is not None else ""


def _escaped(address: str) -> str:
    """Within a quoted string (RFC 5322 section 3.2.4)."""
    return "".join(f"\\{c}" if c in '"\\' else c for c in address if " " <= c <= "~")
