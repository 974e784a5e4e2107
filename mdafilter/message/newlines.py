"""A message with other line ends, piece by piece: what a program reads that expects CRLF, or LF.

In:    a message, or chunks of octets; LF or CRLF. A CR that no LF follows is no line end, and stays.
Out:   the octets, on their way to a descriptor. Fails: OSError of reading and writing.
"""

from __future__ import annotations

from mdafilter.message.message import write
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.message.message import Message


class WithNewlines:
    """A message, or a text, to be written with these line ends."""

    nameless = None

    def __init__(self, message: Message | bytes, newline: bytes) -> None:
        self.message = message
        self.newline = newline

    def write_to(self, fd: int) -> int:
        """As Message.write_to."""
        return sum(write(fd, chunk) for chunk in converted(self._chunks(), self.newline))

    def _chunks(self) -> Iterator[bytes]:
        if isinstance(self.message, bytes):
            yield self.message
            return
        for piece in self.message.pieces():
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from self.message.octets.chunks(piece.start, piece.end)


def converted(chunks: Iterable[bytes], newline: bytes) -> Iterator[bytes]:
    """The chunks with these line ends; one of them may end between CR and LF."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(held)].replace(b"\r\n", b"\n")
        yield text if newline == b"\n" else text.replace(b"\n", newline)
    yield held
