"""A letter of ours, through sendmail(1): the answer of `vacation`, the notice of `notify`.

    sendmail -i -f SENDER -- ADDRESS ...        (-f "<>" for the null sender)

It is sent after the message has come to its places, and by program.py's way: a retry that finds it sent does not send
it again. A letter that cannot be sent makes the whole delivery come again, as every program that fails does.

Fails: RuleFailed for an address that cannot be one: the message is kept. TryAgain when sendmail does not end with 0.
"""

from __future__ import annotations

from mdafilter.acts import Send
from mdafilter.errors import RuleFailed
from mdafilter.message import Message
from mdafilter.targets.program import ProgramRun
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.targets import Parcel


def place(parcel: Parcel) -> str:
    """The word, the addresses and which letter. RuleFailed for what is no address."""
    act = parcel.decided.act
    assert isinstance(act, Send)
    for address in (*act.to, *([act.sender] if act.sender else [])):
        if not address or not address.isprintable() or " " in address:
            raise RuleFailed(f"{act.what}: {address[:60]!a} is no address")
    return f"{act.what}:{' '.join(act.to)}:{hash(act.letter)}"


def stage(parcel: Parcel) -> ProgramRun:
    """Claims the draft that becomes sendmail's standard input."""
    act = parcel.decided.act
    assert isinstance(act, Send)
    command = (parcel.mailbox.sendmail, "-i", "-f", act.sender or "<>", "--", *act.to)
    return ProgramRun(parcel, command, Message.parse(act.letter), ", ".join(act.to))
