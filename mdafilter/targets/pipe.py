"""Delivery into a program: the message, byte for byte, on its standard input.

Exit status 0 is delivered; everything else, also 75, means that the whole delivery is tried again (program.py), unless
the act says that the status does not count, or stands in a Try. A program may get the header or the body alone.
"""

from __future__ import annotations

from mdafilter.acts import Pipe
from mdafilter.errors import RuleFailed
from mdafilter.message import Piece, framed
from mdafilter.message.newlines import WithNewlines
from mdafilter.targets.program import Manner, ProgramRun
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.files import Pourable
    from mdafilter.targets import Parcel


def place(parcel: Parcel) -> str:
    """The command and its variables as one text. RuleFailed for an empty one, or one with a NUL in it."""
    act = parcel.decided.act
    command = act.command if isinstance(act, Pipe) else ()
    if not command or not command[0] or any("\0" in word for word in command):
        raise RuleFailed("a program that has no name, or a NUL in its arguments, cannot be run")
    return "|" + "\0".join((*command, *map("=".join, act.environ if isinstance(act, Pipe) else ())))


def stage(parcel: Parcel) -> ProgramRun:
    """Claims the draft that becomes the program's standard input."""
    act, message = parcel.decided.act, parcel.decided.message
    assert isinstance(act, Pipe)
    given: Pourable = message
    if act.newline:
        given = WithNewlines(message, act.newline)
    elif act.area != "both" or act.postmark or act.ended:
        given = _framed(parcel, act)
    manner = Manner(act.check, act.seconds, act.environ, act.lock)
    return ProgramRun(parcel, act.command, given, " ".join(act.command), manner)


def _framed(parcel: Parcel, act: Pipe) -> Piece:
    """The area, with what an mbox file has around it: no more than is missing."""
    message = parcel.decided.message
    before = parcel.envelope.postmark(message.newline) if act.postmark and act.area != "body" else b""
    return framed(message, act.area, before) if act.ended else Piece(message, act.area, before)
