"""test_set: the message at hand, its envelope, and the clock.

    test_set <name: string> <value: string>

    test_set "message" text:
    From: ann@example.org

    Hello
    .
    ;
    test_set "envelope.from" "ann@example.org";     # .to, .orig_to, .auth; or <ann@example.org>, as SMTP has it
    test_set "date" "2026-12-24T18:00:00+01:00";    # or as a Date field has it
    test_set "score" "7.5";                         # of a spam scorer with a threshold of 5; "" is none
    test_set "virus" "Eicar";                       # what a virus scanner finds; "" is nothing

The last three are mdafilter's own.

Out:   the Stage, changed. A new message has the envelope that its header tells, but for what was set; see stage.py.
Fails: an error at compile time for a name that is none; CaseFailed for a date or number that is none.
"""

from __future__ import annotations

from mdafilter.message import Message
from mdafilter.testing import CAPABILITY
from mdafilter.testing.stage import stage_of
from mdafilter.testing.walk import CaseFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Word
from mdafilter.world import Finding, Verdict

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use

ENVELOPE = {
    "envelope.from": "sender",
    "envelope.to": "recipient",
    "envelope.orig_to": "original_recipient",
    "envelope.auth": "auth",
}
NAMES = ("message", *ENVELOPE, "date", "score", "virus")
THRESHOLD = 5.0


class Set(Value):
    """`name` becomes `value`."""

    name: str
    value: Text

    def assign(self, scene: Scene) -> None:
        stage, value = stage_of(scene), scene.expand(self.value)
        if self.name == "message":
            stage.take(Message.parse(value.encode("utf-8", "surrogateescape")))
        elif self.name == "date":
            stage.now = seconds(value.strip())
        elif self.name == "score":
            stage.verdict_given = verdict(value.strip())
            stage.look_again()
        elif self.name == "virus":
            stage.finding_given = Finding(value.strip())
            stage.look_again()
        else:
            stage.set_envelope(ENVELOPE[self.name], bare(value.strip()))

    def describe(self) -> str:
        return f"test_set {quoted(self.name)} {quoted(self.value)}"


def bare(path: str) -> str:
    """The address in a path of SMTP, which may stand in < and > (RFC 5321 section 4.1.2)."""
    return path[1:-1] if path.startswith("<") and path.endswith(">") else path


def verdict(text: str) -> Verdict | None:
    """What a scorer with the usual threshold says by this score."""
    if not text:
        return None
    try:
        score = float(text)
    except ValueError:
        raise CaseFailed(f'test_set "score": {quoted(text)} is no number') from None
    return Verdict(score >= THRESHOLD, score, THRESHOLD)


def seconds(text: str) -> float:
    """The time of a date: RFC 3339, or RFC 5322 section 3.3; without a zone it is UTC."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = read(text)
            return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    raise CaseFailed(f'test_set "date": {quoted(text)} is no date like 2026-12-24T18:00:00+01:00')


def build(use: Use) -> Set:
    name = str(use.text(0)).lower()
    if name not in NAMES:
        use.error(f'test_set knows no "{name}"', f"it knows {', '.join(NAMES)}", argument=0)
    return Set(name, use.text(1))


WORDS = (Word("test_set", "assignment", build, ("string", "string"), requires=(CAPABILITY,)),)
