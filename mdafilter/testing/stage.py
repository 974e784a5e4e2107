"""The Scene of a test file: what its words see and change. One for each file.

message, envelope   those at hand. A new message brings the envelope that its header tells (Return-Path, Sender or From;
                    Envelope-To or To), but for what test_set has said of it before
decided             the result: what the rules have decided so far, this file's own commands and the scripts it has run
ending              the message and its flags at the end of the script that was run last: what the implicit keep takes
verdict_given, finding_given    what the scorer and the virus scanner say; None: nobody was asked
now                 the clock: the time at which the file began, until test_set "date" sets it
attempts            the places whose acts are passed over where they are impossible (plan.Try)
met                 what has been remembered (duplicate, vacation); forgotten with each new case and test_result_reset
store, outgoing     mailboxes in memory, and what was sent
errors              what the last compile, run or execute found wrong
plan                the script that was compiled last; None: it has errors
"""

from __future__ import annotations

import os

from mdafilter import rulebook
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.settings import Settings
from mdafilter.testing.config import Config
from mdafilter.testing.store import Store
from mdafilter.testing.world import Inside
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.plan import Plan
    from mdafilter.testing.outgoing import Outgoing
    from mdafilter.texts import Where
    from mdafilter.world import Finding, Verdict

MESSAGE = b"From: sender@example.com\r\nTo: recipient@example.org\r\nSubject: A message\r\n\r\nHello.\r\n"
SENDER, RECIPIENT = "sender@example.com", "recipient@example.org"


class Stage(Scene):
    """See above."""

    def __init__(self, folder: str, settings: Settings, now: float) -> None:
        self.folder = folder  # of the test file: it is the home, too
        self.mailbox = f"{folder}/Maildir"  # only a name: nothing is ever looked for there
        self.site = settings
        self.config = Config()
        self.store = Store()
        self.outgoing: list[Outgoing] = []
        self.errors: list[str] = []
        self.plan: Plan | None = None
        self.ending: tuple[Message, tuple[str, ...]] | None = None
        self.kept: dict[str, bytes] = {}  # compiled scripts that were put aside
        self.met: dict[tuple[str, str], float] = {}
        self.attempts: set[Where] = set()
        self.metadata: dict[tuple[str, str], str] = {}
        self.said: list[str] = []  # what the file has printed
        self.now = now
        self.verdict_given: Verdict | None = None
        self.finding_given: Finding | None = None
        self._set: dict[str, str] = {}  # what test_set has said of the envelope
        self._stored: tuple[str, ...] = ()  # flags that the message at hand was filed with
        message = Message.parse(MESSAGE)
        self.inside = self._inside(settings, _told(message))
        super().__init__(message, _told(message), self.inside)

    # --- the message at hand -----------------------------------------------------------------------------------------

    def take(self, message: Message, envelope: Envelope | None = None, flags: tuple[str, ...] | None = None) -> None:
        """This message from here on. Without an envelope it is what the message and test_set say; `flags` are those
        that it was filed with, and hasflag sees them.
        """
        told = _told(message).replace(**self._set) if envelope is None else envelope
        self.message, self.parts, self.bare = message, [], None
        self._stored = flags or ()
        self.flags = self.flags if flags is None else flags
        self.look_again(told)

    def set_envelope(self, field: str, address: str) -> None:
        """One address of the envelope, for this message and those to come."""
        self._set[field] = address
        self.look_again(self.envelope.replace(**{field: address}))

    def look_again(self, envelope: Envelope | None = None) -> None:
        """After what words see of the outside has changed."""
        self.envelope = self.envelope if envelope is None else envelope
        settings = self.site.replace(**self.config.settings())
        if lists := self.config.lists(self.folder):
            settings = settings.replace(sieve=settings.sieve.replace(extlists=(*lists, *settings.sieve.extlists)))
        self.world = self.inside = self._inside(settings, self.envelope)
        self.looked.clear()
        self._scored, self._verdict, self._scanned = False, None, None
        self.scores.clear()

    def _inside(self, settings: Settings, envelope: Envelope) -> Inside:
        return Inside(settings, envelope, self.mailbox, running=False, home=self.folder, environ={}, stage=self)

    def _in_namespace(self, space: str, name: str) -> str:
        """Of a test file's own variables there is ${tst.path}: its folder."""
        if space == "tst":
            return self.folder if name == "path" else ""
        return super()._in_namespace(space, name)

    # --- scripts -----------------------------------------------------------------------------------------------------

    def library(self) -> rulebook.Folders:
        """Where scripts find what they include: the user's in `included` beside the test file, or beside it; the site's
        in `included-global`, or where they are for deliveries."""
        folders, home = rulebook.folders(self.site, self.folder), self.folder
        site = (os.path.join(home, "included-global"), *folders.site)
        return folders.replace(personal=(os.path.join(home, "included"), home), site=site)

    def scene(self) -> Scene:
        """What a script sees that is run now."""
        scene = Scene(self.message, self.envelope, self.inside.replace(delivery=True))
        scene.flags = self._stored
        return scene

    def begin(self) -> None:
        """A case begins: nothing is decided or remembered. Flags, variables and mailboxes keep what they have."""
        self.decided.clear()
        self.remember.clear()
        self.ending = None
        self.met.clear()
        self.looked.clear()  # also what has been reported

    def reset(self) -> None:
        """And nothing has been sent, and the flags are those that the message at hand was filed with."""
        self.begin()
        self.outgoing.clear()
        self.flags = self._stored


def stage_of(scene: Scene) -> Stage:
    """The Stage that a word of a test file is on: nobody else has these words."""
    assert isinstance(scene, Stage)
    return scene


def _told(message: Message) -> Envelope:
    """The envelope of a message of which nothing else is known."""
    sender = _address(message, ("return-path", "sender", "from"))
    recipient = _address(message, ("envelope-to", "to"))
    return Envelope(SENDER if sender is None else sender, recipient or RECIPIENT, recipient or RECIPIENT)


def _address(message: Message, names: tuple[str, ...]) -> str | None:
    """The first address in the first field of these that is there; "" is the null one."""
    from mdafilter.message.addresses import parse

    for name in names:
        field = message.headers.first(name)
        if field is None:
            continue
        if name == "return-path" and field.text.strip() == "<>":
            return ""
        found = [address.text for address in parse(field.value) if address.valid and address.domain]
        return found[0] if found else None
    return None
