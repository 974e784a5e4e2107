"""`:bytimerelative` and others of `redirect`: until when a message is to be delivered (RFC 6009, RFC 2852).

    redirect :bytimerelative 3600 :bymode "return" "bart@example.com";
    redirect :bytimeabsolute "2026-12-24T18:00:00+01:00" :bymode "notify" :bytrace "bart@example.com";

Postfix has no DELIVERBY (RFC 2852), and sendmail(1) no option for it: the tags are checked, the message is redirected
without them, and a note says so. Delivered late is better than not at all, and by `:bymode "notify"` it would be sent
on by such a mail system, too (RFC 2852 section 4.1.4.2).

In:    a time in seconds from now, or a date (RFC 3339); "notify" or "return", in any case.
Out:   a note.
Fails: an error at compile time for two times, for :bymode and :bytrace without one, for a constant that is none of
       these, and for a time of 0 with "return" (RFC 2852 section 4); RuleFailed for one made of variables.
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import quoted
from mdafilter.words.syntax import Tag

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.syntax import Use


class DeliverBy(Value):
    """The tags as they stand; None is one that does not."""

    relative: int | None = None
    absolute: Text | None = None
    mode: Text | None = None
    trace: bool = False

    def note(self, scene: Scene) -> None:
        """Says that the mail system is not asked for it."""
        absolute, mode = (None if text is None else scene.expand(text) for text in (self.absolute, self.mode))
        if fault := (date_fault(absolute) if absolute is not None else "") or self._mode_fault(mode):
            raise RuleFailed(f"redirect: {fault}")
        scene.notes.append(f"redirect: the mail system cannot be asked for {self.describe()} (RFC 2852)")

    def _mode_fault(self, mode: str | None) -> str:
        if mode is not None and mode.lower() not in ("notify", "return"):
            return f':bymode is "notify" or "return", not {quoted(mode)}'
        if mode is not None and mode.lower() == "return" and self.relative == 0:
            return 'no message that is to come back (:bymode "return") is delivered within 0 seconds'
        return ""

    def describe(self) -> str:
        """The tags as Sieve spells them."""
        time = (
            f":bytimerelative {self.relative}" if self.absolute is None else f":bytimeabsolute {quoted(self.absolute)}"
        )
        return f"{time}{'' if self.mode is None else f' :bymode {quoted(self.mode)}'}{' :bytrace' * self.trace}"


def date_fault(text: str) -> str:
    """RFC 3339 section 5.6: date-time."""
    from datetime import datetime  # few rules name a date

    shape = "".join("0" if c.isdigit() else c for c in text[:19].upper())
    try:
        known = shape == "0000-00-00T00:00:00" and datetime.fromisoformat(text.upper()).tzinfo is not None
    except ValueError:
        known = False
    return (
        ""
        if known and text.isascii() and text.isprintable()
        else f'{quoted(text)} is no date like "2026-12-24T18:00:00+01:00"'
    )


def deliver_by_of(use: Use) -> DeliverBy | None:
    """The tags on this command; None where none stands there."""
    relative, absolute, mode = (
        use.tag_number(":bytimerelative"),
        use.tag_text(":bytimeabsolute"),
        use.tag_text(":bymode"),
    )
    if relative is None and absolute is None:
        for tag in (":bymode", ":bytrace"):
            if use.has(tag):
                use.error(f"{tag} belongs to a time, which is missing", "write :bytimerelative 3600", tag=tag)
        return None
    wanted = DeliverBy(relative, absolute, mode, use.has(":bytrace"))
    if isinstance(absolute, str) and (fault := date_fault(absolute)):
        use.error(fault, "RFC 3339 section 5.6", tag=":bytimeabsolute")
    if isinstance(mode, str) and (fault := wanted._mode_fault(mode)):
        use.error(fault, "RFC 2852 section 4", tag=":bymode")
    return wanted


REQUIRES = ("redirect-deliverby",)

WORDS = ()
TAGS = (
    Tag(":bytimerelative", on=("redirect",), argument="number", requires=REQUIRES, group="the time"),
    Tag(":bytimeabsolute", on=("redirect",), argument="string", requires=REQUIRES, group="the time"),
    Tag(":bymode", on=("redirect",), argument="string", requires=REQUIRES),
    Tag(":bytrace", on=("redirect",), requires=REQUIRES),
)
