"""A log file of the user's: LOGFILE, LOGABSTRACT, VERBOSE and LOG of a procmailrc (procmailrc(5)). No word of Sieve.

What the rules say is noted here; it is written when the message is where it belongs (mdafilter/logfile.py). Without a
log file, a text for it is a note in the journal.

In: a text with variables. Out: what Decision.log and Decision.logged say. Fails: never.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import in_maildir
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text

ON = ("y", "o", "t", "e", "a", "1")  # "yes", "on", "true", "enable", "all"; but "off"


class LogInto(Value):
    """The log file is this one; relative to MAILDIR. "" is none."""

    path: Text

    def assign(self, scene: Scene) -> None:
        """Remembers it."""
        path = scene.expand(self.path)
        if path:
            path = in_maildir(scene, path)
        scene.log = scene.log.replace(path="" if "\0" in path else path)

    def describe(self) -> str:
        return f"log into {quoted(self.path)}"


class LogAbstract(Value):
    """Which deliveries are logged: the last one, or all, or none."""

    which: Text

    def assign(self, scene: Scene) -> None:
        """Remembers it."""
        which = scene.expand(self.which).lower()
        scene.log = scene.log.replace(abstract="all" if which.startswith("a") else "yes" if _is_on(which) else "no")

    def describe(self) -> str:
        return f"log abstracts: {quoted(self.which)}"


class LogTrace(Value):
    """Whether the log file gets each question as well."""

    on: Text

    def assign(self, scene: Scene) -> None:
        """Remembers it."""
        scene.log = scene.log.replace(verbose=_is_on(scene.expand(self.on)))

    def describe(self) -> str:
        return f"log the trace: {quoted(self.on)}"


class LogText(Value):
    """A text for the log file, as it is: it has its own line ends."""

    text: Text

    def assign(self, scene: Scene) -> None:
        """Notes it; no more than limits.NOTES."""
        text = scene.expand(self.text)
        if scene.log.path and len(scene.logged) < limits.NOTES:
            scene.logged.append(text[: limits.VARIABLE_OCTETS])
        elif len(scene.notes) < limits.NOTES and text.strip():
            scene.notes.append(clipped(text.strip()))

    def describe(self) -> str:
        return f"log {quoted(self.text)}"


def _is_on(text: str) -> bool:
    """As procmail takes a word for yes: by its beginning."""
    word = text.strip().lower()
    return word.startswith(ON) and not word.startswith("of")


WORDS = ()
