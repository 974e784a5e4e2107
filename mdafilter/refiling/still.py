"""The World of a run over stored mail: the outside as the mailbox and the settings have it, but still.

Nothing is run, nothing was met before (`duplicate`), and the time is that at which the message came: a rule that asks
for the date means the day of the delivery, and what the policy daemon had signed is believed as it was then. Scorers
are asked only where that is wanted; `unasked` says what was not.

In:    an Outside of the mailbox; the time of the message.
Out:   answers; see world.py for each.
Fails: TryAgain of a scorer that is down, with when_down = "defer", where scorers are asked.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING
from mdafilter.world import Ran, Scanned, Scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.files import Pourable
    from mdafilter.message import Envelope, Message
    from mdafilter.outside import Outside
    from mdafilter.world import Found, Listing


class Still:
    """Implements world.World for one stored message after the other: `turn_to` each."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._time = 0.0
        self._folders: dict[str, bool] = {}
        self.unasked: set[str] = set()  # what a rule has asked in vain, for people

    def turn_to(self, envelope: Envelope, time: float) -> None:
        """From here on it is about another message."""
        self._envelope = envelope
        self._time = time
        self.unasked.clear()

    def _there(self) -> Outside:
        """The outside, for this message; made when a rule asks."""
        return self._outside.replace(envelope=self._envelope)

    def now(self) -> float:
        """When the message came."""
        return self._time

    def seen(self, kind: str, key: str) -> bool | None:
        """No: what was remembered may be this very message."""
        return False

    def option(self, name: str) -> str:
        """From the [sieve] table."""
        return self._outside.option(name)

    def environment(self, name: str) -> str | None:
        """As in a delivery; the client is not known."""
        return self._there().environment(name)

    def score(self, message: Message) -> Scored:
        """Asked only if that is wanted."""
        chosen = self._outside.settings
        if not self._outside.scoring and (chosen.spamd.enabled != "off" or chosen.bayes.enabled != "off"):
            self.unasked.add("a scorer of spam was not asked")
            return Scored(message)
        return self._there().score(message)

    def scan(self, message: Message) -> Scanned:
        """Asked only if that is wanted."""
        if not self._outside.scoring and self._outside.settings.clamd.enabled != "off":
            self.unasked.add("clamd was not asked")
            return Scanned()
        return self._there().scan(message)

    def run(self, command: str, given: Pourable, variables: Mapping[str, str], lock: str = "") -> Ran:
        """Never run."""
        self.unasked.add("a program was not run")
        return self._there().run(command, given, variables, lock)

    def program(self, kind: str, name: str) -> str:
        """Its path, if the site has it."""
        return self._there().program(kind, name)

    def execute(self, command: tuple[str, ...], given: Pourable, environ: Mapping[str, str], seconds: float) -> Ran:
        """Never run."""
        self.unasked.add("a program")
        return self._there().execute(command, given, environ, seconds)

    def lookup(self, table: str, kind: str, value: str, rule: str) -> Found | None:
        """Looked up, as the table is now."""
        return self._there().lookup(table, kind, value, rule)

    def external(self, name: str) -> Listing | None:
        """As the list is now."""
        return self._there().external(name)

    def rules(self, path: str) -> object | None:
        """Read, as they are now."""
        return self._there().rules(path)

    def presets(self) -> Mapping[str, str]:
        """As in a delivery."""
        return self._there().presets()

    def folder_of(self, path: str) -> str | None:
        """By name alone."""
        return self._there().folder_of(path)

    def has_directory(self, path: str) -> bool:
        """Looks."""
        return self._outside.has_directory(path)

    def has_folder(self, name: str) -> bool:
        """Whether it was there when it was asked first: all messages get the same answer."""
        if name not in self._folders:
            self._folders[name] = self._outside.has_folder(name)
        return self._folders[name]

    def folder_with_id(self, identifier: str) -> str | None:
        """As they are now."""
        return self._outside.folder_with_id(identifier)

    def folders_for(self, use: str) -> tuple[str, ...]:
        """As they are now."""
        return self._outside.folders_for(use)

    def metadata(self, folder: str, name: str) -> str | None:
        """As it is now."""
        return self._outside.metadata(folder, name)
