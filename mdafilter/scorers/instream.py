"""The command INSTREAM of clamd: a message as a stream of chunks, the reply from bytes. Does no I/O.

Spec:  clamd(8), and what clamd 1.4 really sends where that is silent.

    zINSTREAM NUL                             stream: OK NUL
    0 0 0 5  h e l l o                        stream: Eicar-Test-Signature FOUND NUL
    0 0 0 0                                   INSTREAM size limit exceeded. ERROR NUL

The letter z has the command, and the reply, end with a NUL. A chunk is its length, four octets in network byte order,
and so many octets; a chunk of none ends the stream. A stream that is longer than StreamMaxLength is answered before
its end, and the connection is closed. A client that clamd has waited for too long is told so in a line without NUL.

In:    encode() gets the message in pieces of any size; Decoder.feed() the bytes of the reply, likewise.
Out:   chunks; and a Reply, as soon as it is complete, however the bytes were cut; what follows it is not looked at.
Fails: ProtocolError, whatever the bytes are, and past limits.CLAMD_REPLY_OCTETS. A reply without its NUL is none: no
       answer is never "no virus".
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.scorers.spamc import ProtocolError, clean
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMMAND = b"zINSTREAM\0"
END = b"\0\0\0\0"

_STREAM = b"stream: "


class Reply(Value):
    """A whole reply. `word` is OK, FOUND or ERROR; `text` the name of what was found, or what went wrong."""

    word: str
    text: str = ""

    @property
    def too_large(self) -> bool:
        """Whether the stream was longer than clamd takes."""
        return self.word == "ERROR" and self.text.startswith("INSTREAM size limit exceeded")


def encode(pieces: Iterable[bytes], most: int = limits.CLAMD_CHUNK_OCTETS) -> Iterator[bytes]:
    """The command and the octets in chunks of at most `most`; what is small goes out in one piece."""
    held = bytearray(COMMAND)
    for piece in pieces:
        for start in range(0, len(piece), most):
            chunk = piece[start : start + most]
            held += len(chunk).to_bytes(4, "big") + chunk
            if len(held) >= most:
                yield bytes(held)
                held.clear()
    yield bytes(held + END)


class Decoder:
    """Reads one reply, in bounded memory and in time linear in its size."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._reply: Reply | None = None

    def feed(self, data: bytes) -> Reply | None:
        """Takes the next bytes; the reply when it is complete. ProtocolError if it cannot become one."""
        if self._reply is None:
            line, nul, _ = data.partition(b"\0")
            if len(self._held) + len(line) > limits.CLAMD_REPLY_OCTETS:
                raise ProtocolError(f"a reply of more than {limits.CLAMD_REPLY_OCTETS} octets")
            self._held += line
            if nul:
                self._reply = _reply(bytes(self._held))
        return self._reply

    def end(self) -> Reply:
        """The server has closed: the reply, if it was complete. ProtocolError if it was cut off."""
        if self._reply is None:
            said = f": {clean(bytes(self._held.strip()))}" if self._held else ""
            raise ProtocolError(f"the reply ended early, after {len(self._held)} octets{said}")
        return self._reply


def _reply(line: bytes) -> Reply:
    if line == _STREAM + b"OK":
        return Reply("OK")
    name = line.removeprefix(_STREAM).removesuffix(b" FOUND")
    if name and line == _STREAM + name + b" FOUND":
        return Reply("FOUND", clean(name))
    if line.endswith(b" ERROR"):
        return Reply("ERROR", clean(line.removesuffix(b" ERROR").removeprefix(_STREAM)))
    raise ProtocolError(f"no reply of clamd: {clean(line)}")
