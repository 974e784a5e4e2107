"""The message through a program: flag f of a procmailrc (procmailrc(5)). No word of Sieve.

What the program writes takes the place of what it read: all of the message, its header, or its body. Where it fails the
message stays as it was, and `Failed` (failed.py) holds. It fails when it cannot run, takes too long, or ends with
another status than 0 while the status counts (flags w and W); and when it ends so and has written nothing, whatever
the flags: procmail would go on with an empty message.

In:    a command line of the shell, and a lock file ("" is none) that is there meanwhile. Out: another Message.
Fails: TryAgain where there is no room for the new message.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.message import Message, Octets, Piece
from mdafilter.message.headers import end_of_header
from mdafilter.message.message import rebuilt
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.command import command_line
from mdafilter.words.names import lock_path
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Where
    from mdafilter.words.command import Command


class FilterThrough(Value):
    """Replace the area of the message by what the command makes of it."""

    command: Command | Text
    area: str
    check: bool
    at: Where
    lock: Text = ""

    def rewrite(self, scene: Scene) -> Message:
        """Runs it."""
        ran = scene.run(command_line(scene, self.command), self.area, lock=lock_path(scene, self.lock))
        if ran.status is None or (ran.status and (self.check or not len(ran.output))):
            why = scene.failure = ran.says or f"exit status {ran.status}"
            scene.notes.append(f"{self.at}: the filter failed ({clipped(why)}); the message is as it was before")
            return scene.message
        scene.failure = ""
        if self.area == "both":
            return Message.parse(without_from(ran.output))
        try:
            return joined(scene.message, ran.output, self.area)
        except OSError as failed:
            raise TryAgain(f"no room for a filtered message: {failed.strerror}") from failed

    def describe(self) -> str:
        """Area and command line."""
        area = "" if self.area == "both" else f"{self.area} "
        return f"filter {area}through {quoted(str(self.command))}"


def without_from(octets: Octets) -> Octets:
    """formail and others put a From line on top; it is no part of the message."""
    head = octets.slice(0, 8192)
    if not head.startswith((b"From ", b">From ")) or b"\n" not in head:
        return octets
    start = head.index(b"\n") + 1
    return octets.behind(start)


def joined(message: Message, output: Octets, area: str) -> Message:
    """The message with this as its header, which gets an empty line at its end where it has none, or as its body."""

    def write(fd: int) -> None:
        if area == "header":
            _write_header(fd, without_from(output), message.newline)
            Piece(message, "body").write_to(fd)
        else:
            Piece(message, "header").write_to(fd)
            _copy(fd, output)

    return rebuilt(write)


def _write_header(fd: int, head: Octets, newline: bytes) -> None:
    """What a program wrote behind the empty line begins the body; without that line all would be fields."""
    fields = head.slice(0, min(len(head), limits.HEADER_OCTETS)).rstrip(b"\r\n")
    size = len(fields)
    if end_of_header(Octets.of(fields), 0, size) == (size, size) and len(head) <= limits.HEADER_OCTETS:
        _write(fd, fields + newline * 2 if fields else newline)
    else:
        _copy(fd, head)


def _copy(fd: int, octets: Octets) -> None:
    for chunk in octets.chunks(0, len(octets)):
        _write(fd, chunk)


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


WORDS = ()
