"""`vacation`: an answer to who has written, once in a while (RFC 5230; `:seconds` RFC 6131; `:fcc` RFC 8580).

    vacation [:days <number> / :seconds <number>] [:subject <string>] [:from <string>] [:addresses <string-list>]
             [:mime] [:handle <string>] [:fcc <mailbox> ...] <reason: string>

    vacation :days 14 :addresses "ann@example.net" "I am away until June.";

The message is kept as it would be without it. Nobody is answered, and the trace says why:

    programs, lists, what says of itself that it wants no answer    message/robots.py
    who is one of the user's own addresses                          of :addresses, the envelope, [sieve] user_email
    what names none of these in To, Cc, Bcc or their Resent-        section 4.5; [sieve] vacation_check_recipient
    who had this answer within the period                           section 4.2: by :handle, or by the arguments as the
                                                                    script has them, before variables are filled in
The answer goes to the sender of the envelope, from the null sender (section 5.1); it is remembered when it is sent
(seen.py). One that cannot be sent is left out, and no mail waits for it (targets/send.py). Periods and defaults are
those of [sieve]; a period of 0, where the site allows it, remembers none.

In:    the Scene. Out: a Send, to nobody where there is no answer; with :fcc a File of the answer.
Fails: an error at compile time for a :from that is no address, for :mime with an 8-bit header or none, for two periods;
       RuleFailed for a second vacation in one run (section 4.7). It contradicts a reject (outcome.py).
"""

from __future__ import annotations

from mdafilter.acts import Send
from mdafilter.decision import Remember
from mdafilter.errors import RuleFailed
from mdafilter.sieving import period
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.fcc import fcc_of
from mdafilter.words.names import ADDRESS_HINT, address_fault, addresses_fault, bare
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.fcc import Fcc
    from mdafilter.words.syntax import Use

KIND = "vacation"
DAY = 86400
TO = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")


class Vacation(Value):
    """The wish: answer with `reason`, unless there is a reason not to."""

    reason: Text
    seconds: int | None = None  # of the period; None is the site's
    subject: Text | None = None
    sender: Text | None = None  # :from
    addresses: Texts = ()
    mime: bool = False
    handle: Text | None = None
    fcc: Fcc | None = None

    def acts(self, scene: Scene) -> Sequence[Act]:
        """A Send, and a File where the answer is to be filed."""
        if any(isinstance(one.act, Send) and one.act.what == KIND for one in scene.decided):
            raise RuleFailed("vacation: there was one already")
        site = tuple(_own(scene))
        own = (*site, *self._also(scene))
        named = _named(scene, own)
        why = self._why_not(scene, own, named)
        if why:
            scene.notes.append(f"vacation: no answer: {why}")
            return (Send(KIND, b"", ()),)
        if seconds := self._period(scene):
            scene.remember.append(Remember(KIND, self._key(scene), scene.world.now() + seconds))
        from mdafilter.words import answer  # only who answers pays for it

        letter = answer.letter(self, scene, named or (own[0] if own else ""))
        from_us = ""
        if site and scene.world.option("vacation_send_from_recipient") == "yes":
            from_us = named if named in site else _original(scene) or site[0]  # no script says who sends, by :addresses
        sent = Send(KIND, letter, (scene.envelope.sender,), from_us)
        return (sent, *(self.fcc.acts(scene, letter) if self.fcc else ()))

    def _why_not(self, scene: Scene, own: Sequence[str], named: str) -> str:
        """Why there is no answer; "" where there is one."""
        from mdafilter.message import robots

        sender = scene.envelope.sender
        if why := robots.why_not(sender, scene.message.headers, robots.ABSENCE):
            return why
        if sender.lower() in (address.lower() for address in own):
            return f"{sender} is an address of the user"
        if not named and scene.world.option("vacation_check_recipient") != "no":
            return f"it is addressed to none of {', '.join(own) or 'the known addresses'}"
        met = scene.world.seen(KIND, self._key(scene)) if self._period(scene) else False
        if met is None:
            return "who was answered before cannot be read"
        return f"{sender} was answered before" if met else ""

    def _also(self, scene: Scene) -> Iterator[str]:
        """The addresses of :addresses."""
        for address in map(scene.expand, self.addresses):
            if fault := address_fault(address):
                scene.notes.append(f"vacation: :addresses: {fault}")
            else:
                yield bare(address)

    def _period(self, scene: Scene) -> int:
        """Seconds, within the site's bounds."""
        least, most, usual = (
            period(scene.world.option(f"vacation_{which}_period")) or 0 for which in ("min", "max", "default")
        )
        wanted = max(usual if self.seconds is None else self.seconds, least)
        return min(wanted, most) if most else wanted

    def _key(self, scene: Scene) -> str:
        """What must not be sent twice, and to whom: each part with its length, so that none reads as another."""
        if self.handle is not None:
            parts = ["handle", scene.expand(self.handle)]
        else:
            which = (self.subject, self.sender, self.reason)
            parts = [*("" if text is None else f"={text}" for text in which), str(self.mime)]
        return "\0".join([scene.envelope.sender.lower(), *(f"{len(part)}:{part}" for part in parts)])

    def describe(self) -> str:
        """The command as Sieve spells it."""
        period = "" if self.seconds is None else f" :seconds {self.seconds}"
        if self.seconds is not None and self.seconds % DAY == 0:
            period = f" :days {self.seconds // DAY}"
        named = ((":subject", self.subject), (":from", self.sender), (":handle", self.handle))
        texts = "".join(f" {tag} {quoted(text)}" for tag, text in named if text is not None)
        addresses = f" :addresses {listed(self.addresses)}" if self.addresses else ""
        fcc = f" {self.fcc.describe()}" if self.fcc else ""
        return f"vacation{period}{texts}{addresses}{' :mime' * self.mime}{fcc} {quoted(self.reason)}"


def _own(scene: Scene) -> Iterator[str]:
    """The user's addresses as the site knows them, that of the envelope first."""
    envelope = scene.envelope
    if envelope.recipient:
        yield envelope.recipient
        if envelope.detail is not None:
            yield f"{envelope.user_part}@{envelope.recipient.rpartition('@')[2]}"
    if original := _original(scene):
        yield original
    if email := scene.world.option("user_email"):
        yield email


def _original(scene: Scene) -> str:
    """The address before aliases, where the site wants it."""
    wanted = scene.world.option("vacation_use_original_recipient") == "yes"
    return scene.envelope.original_recipient if wanted else ""


def _named(scene: Scene, own: Sequence[str]) -> str:
    """The first of the user's addresses that the header names as a recipient; "" where it names none."""
    from mdafilter.message.addresses import parse

    fields = [field for name in TO for field in scene.message.headers.all(name)]
    there = {address.text.lower() for field in fields for address in parse(field.value)}
    return next((address for address in own if address.lower() in there), "")


def build(use: Use) -> Vacation:
    """The node for one use of `vacation`."""
    sender, addresses, reason = use.tag_text(":from"), use.tag_texts(":addresses") or (), use.text(0)
    if isinstance(sender, str) and (fault := addresses_fault(sender)):
        use.error(fault, ADDRESS_HINT, tag=":from")
    for address in addresses:
        if isinstance(address, str) and (fault := address_fault(address)):
            use.warn(fault, "it is passed over: these are the addresses at which you get mail", tag=":addresses")
    if use.has(":mime") and isinstance(reason, str) and (fault := _mime_fault(reason)):
        use.error(fault, "RFC 5230 section 4.4: fields like Content-Type, an empty line, the content", argument=0)
    days, seconds = use.tag_number(":days"), use.tag_number(":seconds")
    return Vacation(
        reason,
        seconds if days is None else days * DAY,
        use.tag_text(":subject"),
        sender,
        addresses,
        use.has(":mime"),
        use.tag_text(":handle"),
        fcc_of(use),
    )


def _mime_fault(text: str) -> str:
    """What is wrong with a MIME entity, as far as its header goes (section 5)."""
    head = text.replace("\r\n", "\n").partition("\n\n")[0]
    if not head.isascii():
        return "the header of a :mime answer has characters that are not ASCII"
    first = head.partition("\n")[0]
    if head and not first.partition(":")[0].strip().replace("-", "").isalnum():
        return "a :mime answer begins with its header"
    return ""


TAGS_OF_IT = (
    Tag(":days", argument="number", group="the period"),
    Tag(":seconds", argument="number", group="the period", requires=("vacation-seconds",)),
    Tag(":subject", argument="string"),
    Tag(":from", argument="string"),
    Tag(":addresses", argument="strings"),
    Tag(":mime"),
    Tag(":handle", argument="string"),
)

# RFC 6131 section 2: whoever requires vacation-seconds need not require vacation as well.
WORDS = (Word("vacation", "action", build, ("string",), tags=TAGS_OF_IT, requires=("vacation", "vacation-seconds")),)
