"""What looking into the attachments of one message may cost: one Budget for all of them.

In:    what is done: an entry looked at, octets unpacked, octets declared.
Fails: Past, when a limit is passed; the walker makes a Fact of it. Once passed, it stays so for the message.
"""

from __future__ import annotations

import time

from mdafilter import limits


class Past(Exception):
    """A limit is passed; `name` is that of the Fact."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name
        self.text = text


class Budget:
    """Counts. `unpacked` is the work that was done, `declared` what the archives say that they hold.

    `facts` and `told` are the walker's. Only the time between `start` and `stop` counts.
    """

    def __init__(self) -> None:
        self.entries = 0
        self.unpacked = 0
        self.declared = 0
        self.text = 0
        self.facts = 0
        self.told: set[str] = set()  # names of facts
        self.seconds = 0.0
        self._since: float | None = None

    def start(self) -> None:
        """The time begins to count."""
        self._since = time.process_time()

    def stop(self) -> None:
        """Somebody else's turn."""
        if self._since is not None:
            self.seconds += time.process_time() - self._since
            self._since = None

    def entry(self) -> None:
        """One more file."""
        self.entries += 1
        self.check()

    def keep(self, characters: int) -> None:
        """Names and paths of so many characters more are kept in memory."""
        self.text += characters
        self.check()

    def take(self, octets: int) -> None:
        """So many octets more were unpacked."""
        self.unpacked += octets
        self.check()

    def declare(self, octets: int) -> bool:
        """So many octets more are said to be there; whether that is more than there may be."""
        self.declared += max(0, octets)
        return self.declared > limits.ARCHIVE_UNPACKED

    def check(self) -> None:
        """Raises Past where nothing more may be looked at."""
        if self.entries > limits.ARCHIVE_ENTRIES:
            raise Past("too-many", f"more than {limits.ARCHIVE_ENTRIES} files")
        if self.text > limits.ARCHIVE_TEXT:
            raise Past("too-many", f"names of more than {limits.ARCHIVE_TEXT} characters")
        if self.unpacked > limits.ARCHIVE_UNPACKED:
            raise Past("too-large", f"more than {limits.ARCHIVE_UNPACKED} octets when it is unpacked")
        now = 0.0 if self._since is None else time.process_time() - self._since
        if self.seconds + now > limits.ARCHIVE_SECONDS:
            raise Past("too-long", f"more than {limits.ARCHIVE_SECONDS:g} s of processor time")


def is_bomb(unpacked: int, packed: int) -> bool:
    """Whether a file becomes so much larger than it is that nobody should unpack it."""
    return unpacked > limits.ARCHIVE_RATIO_FROM and unpacked > limits.ARCHIVE_RATIO * max(1, packed)
