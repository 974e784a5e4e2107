"""The reply of a scanner in pieces, as sockets hand it out, and what its decoder makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from mdafilter.scorers.spamc import ProtocolError

Reply = TypeVar("Reply", covariant=True)
WAYS = {"whole": 0, "byte by byte": 1, "in threes": 3}


class Decoder(Protocol[Reply]):
    def feed(self, data: bytes) -> Reply | None: ...
    def end(self) -> Reply: ...


def cut(reply: bytes, way: str) -> list[bytes]:
    """In pieces, by one of WAYS."""
    size = WAYS[way] or len(reply) or 1
    return [reply[i : i + size] for i in range(0, len(reply), size)]


def outcome(decoder: Decoder[Reply], pieces: Sequence[bytes]) -> Reply | str:
    """The reply, or the text of the error. Any other exception fails the test."""
    try:
        for piece in pieces:
            reply = decoder.feed(piece)
            if reply is not None:
                return reply
        return decoder.end()
    except ProtocolError as error:
        return str(error)
