"""What a worker notes before it answers "delivered": the traces that it will take away once the answer has gone out.

A delivery leaves traces in the mailbox by which a retry sees that it was completed (perform.py). They are removed when
the client has acknowledged the answer. A worker that is killed between the two would leave them for ever: nobody comes
again for a message that was answered. So their paths are written here, in memory that the broker sees as well; it still
holds the client's connection, and so the acknowledgement, and has the user's next worker remove them.

The memory is shared by the broker and one worker, which is not trusted: the paths are used by a process of the same
user only, and only such as a draft has (`draft`).

Fails: never. What does not fit is left out, and its traces are swept as stale later (files.sweep).
"""

from __future__ import annotations

import mmap

from mdafilter.files import SUFFIX
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

OCTETS = 16 * 1024
_SIZE = 4  # octets at the beginning: how many are written behind them; they are written last


class Slate:
    """A page that two processes see; made before the fork."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, OCTETS)

    def write(self, paths: Iterable[str]) -> None:
        """Notes the paths, in the place of what stood there."""
        self.wipe()
        data = b"\0".join(path.encode("utf-8", "surrogateescape") for path in paths)
        if data and len(data) <= OCTETS - _SIZE:
            self._page[_SIZE : _SIZE + len(data)] = data
            self._page[:_SIZE] = len(data).to_bytes(_SIZE, "little")

    def wipe(self) -> None:
        """Nothing is noted."""
        self._page[:_SIZE] = bytes(_SIZE)

    def read(self) -> bytes:
        """What is noted, as `paths` understands it."""
        size = int.from_bytes(self._page[:_SIZE], "little")
        return bytes(self._page[_SIZE : _SIZE + size]) if size <= OCTETS - _SIZE else b""

    def close(self) -> None:
        """This process no longer sees it."""
        self._page.close()


def paths(data: bytes) -> list[str]:
    """The paths in what `read` gave, those of drafts alone."""
    found = (path.decode("utf-8", "surrogateescape") for path in data.split(b"\0"))
    return [path for path in found if draft(path)]


def draft(path: str) -> bool:
    """Whether a path can be that of a draft: absolute, with the ending of files.SUFFIX."""
    return path.startswith("/") and ".." not in path.split("/") and path.endswith(SUFFIX)
