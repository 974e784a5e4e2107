"""`envelope`: whether an address of the SMTP envelope matches (RFC 5228 section 5.4).

    envelope [COMPARATOR] [ADDRESS-PART] [MATCH-TYPE] <envelope-part: string-list> <key-list: string-list>

    envelope :all :is "from" "tim@example.com"

Parts are "from" (MAIL FROM), "to" (RCPT TO), and as other implementations have them "auth" (who logged in to send)
and "orig_to" (the recipient before aliases); envelopeparts.py has those that are no addresses. "The null reverse-path
is matched against as the empty string, regardless of the ADDRESS-PART argument specified."

In:    the Envelope. Source routes are dropped. What is not known ("auth" of a message from elsewhere) matches nothing.
       What is no address is compared by :all, and by no other part.
Out:   an Answer that names part and address: `envelope from: tim@example.com`.
Fails: an error at compile time for an unknown part; made of variables it matches nothing. RuleStalled, from a key with
       wildcards or a regular expression. RuleFailed at an IMAP event, which has no envelope (imapsieve.py).
"""

from __future__ import annotations

from mdafilter.message import Address
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import imapsieve
from mdafilter.words.addressparts import ADDRESS_TAGS, PARTS, part_of
from mdafilter.words.envelopeparts import VALUES
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.strings import listed
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mdafilter.decision import Answer
    from mdafilter.message import Envelope
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use

ENVELOPE_PARTS: dict[str, Callable[[Envelope], str]] = {
    "from": lambda envelope: envelope.sender,
    "to": lambda envelope: envelope.recipient,
    "auth": lambda envelope: envelope.auth,
    "orig_to": lambda envelope: envelope.original_recipient,
}


class EnvelopeTest(Value):
    """The question: does this part of any of the envelope's addresses `names` match?"""

    names: Texts
    part: str
    match: Match

    def ask(self, scene: Scene) -> Answer:
        """Looks at one address after the other until one matches."""
        imapsieve.refuse(scene, "envelope")
        return self.match.test_named(scene, self._parts(scene))

    def describe(self) -> str:
        """The test as Sieve spells it."""
        return f"envelope {self.part} {self.match.describe(listed(self.names))}"

    def _parts(self, scene: Scene) -> Iterator[tuple[str, str]]:
        for name in (scene.expand(text).lower() for text in self.names):
            if name in VALUES and self.part == ":all":
                yield from ((f"envelope {name}", value) for value in VALUES[name][1](scene.envelope))
            if name not in ENVELOPE_PARTS:
                continue
            text = ENVELOPE_PARTS[name](scene.envelope)
            if text:
                part = PARTS[self.part](scene, envelope_address(text))
            else:  # RFC 5231 section 4.2: "The envelope "from" will be 0 if the MAIL FROM is empty"
                part = "" if name == "from" and not self.match.counts else None
            if part is not None:
                yield f"envelope {name}", part


def envelope_address(text: str) -> Address:
    """An address as SMTP carries it: no names, no comments, and without a domain that of a local user.

    Postfix may have taken the quotes away, so that much can stand in a local part.
    """
    if text.startswith("@") and ":" in text:  # "All tests against envelopes MUST drop source routes"
        text = text.partition(":")[2]
    local, at, domain = text.rpartition("@")
    if not at:
        local, domain = domain, ""
    if (at and not (local and domain)) or (("<" in text or ">" in text) and not local.startswith('"')):
        return Address("", "", "", text, False)
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        local = "\\".join(piece.replace("\\", "") for piece in local[1:-1].split("\\\\"))
    return Address("", local, domain, text)


def build(use: Use) -> EnvelopeTest:
    """The node for one use of `envelope`."""
    names = use.texts(0)
    for name in names:
        if not isinstance(name, str) or name.lower() in ENVELOPE_PARTS:
            continue
        capability = VALUES[name.lower()][0] if name.lower() in VALUES else ""
        if not capability:
            known = ", ".join((*ENVELOPE_PARTS, *VALUES))
            use.error(f'the envelope has no "{name}"', f"it has {known}", argument=0)
        elif not use.requires(capability):
            use.error(f'"{name}" needs the extension "{capability}"', f'require "{capability}";', argument=0)
    return EnvelopeTest(names, part_of(use), match_of(use, 1))


WORDS = (
    Word(
        "envelope",
        "test",
        build,
        arguments=("strings", "strings"),
        tags=MATCH_TAGS + ADDRESS_TAGS,
        requires=("envelope",),
    ),
)
