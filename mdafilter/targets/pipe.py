"""Delivery into a program: the message, byte for byte, on its standard input.

Exit status 0 is delivered; everything else, also 75, means that the whole delivery is tried again (program.py), unless
the act says that the status does not count, or stands in a Try. A program may get the header or the body alone.
"""

from __future__ import annotations

from mdafilter.acts import Pipe
from mdafilter.errors import RuleFailed
from mdafilter.message import Piece
from mdafilter.targets.program import ProgramRun
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.targets import Parcel


def place(parcel: Parcel) -> str:
    """The command as one text. RuleFailed for an empty one, or one with a NUL in it."""
    command = _command(parcel)
    if not command or not command[0] or any("\0" in word for word in command):
        raise RuleFailed("a program that has no name, or a NUL in its arguments, cannot be run")
    return "|" + "\0".join(command)


def stage(parcel: Parcel) -> ProgramRun:
    """Claims the draft that becomes the program's standard input."""
    act, message = parcel.decided.act, parcel.decided.message
    assert isinstance(act, Pipe)
    given = message if act.area == "both" else Piece(message, act.area)
    shown = " ".join(act.command)
    return ProgramRun(parcel, act.command, given, shown, check=act.check, seconds=act.seconds, lock=act.lock)


def _command(parcel: Parcel) -> tuple[str, ...]:
    act = parcel.decided.act
    return act.command if isinstance(act, Pipe) else ()
