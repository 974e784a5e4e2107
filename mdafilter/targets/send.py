"""A letter of ours, through sendmail(1): the answer of `vacation`, what `notify` and `report` send.

    sendmail -i -f SENDER -- ADDRESS ...        (-f "<>" for the null sender)

A letter may have the message within it (acts.Send), which is copied from where it is, however large. It is sent after
the message has come to its places, and by program.py's way: a retry that finds it sent does not send it again.

A letter that cannot be sent is left out, and a note says so: mail is there to be delivered, and must not wait for a
courtesy until Postfix bounces it ("If there are errors sending the notification, the Sieve interpreter SHOULD ignore
the notification and not retry indefinitely", RFC 5435 section 3.8). Who was not answered is not remembered as one who
was (perform.py): the next message of his is. Only the letter of a refusal is needed: the delivery comes again, until
sendmail takes the letter, or says that it never will (REFUSED).

Fails: RuleFailed for an address that cannot be one: the message is kept. ProgramFailed (try again) for one that is
       needed.
Bugs:  :fcc has filed the letter before it is known that it cannot be sent.
"""

from __future__ import annotations

from mdafilter.acts import Send
from mdafilter.errors import ProgramFailed, RuleFailed
from mdafilter.message import Message, Piece
from mdafilter.targets.forward import is_address
from mdafilter.targets.program import ProgramRun
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.files import Pourable
    from mdafilter.targets import Parcel

REFUSED = (64, 65, 67, 68, 77)  # sysexits(3): EX_USAGE, EX_DATAERR, EX_NOUSER, EX_NOHOST, EX_NOPERM


class Letter(ProgramRun):
    """A letter on its way into sendmail."""

    def commit(self) -> None:
        """The message is in its places already, or comes to them; it has no part in what becomes of the letter."""
        try:
            super().commit()
        except ProgramFailed as failed:
            act = self.parcel.decided.act
            if isinstance(act, Send) and act.needed and failed.exit_status not in REFUSED:
                raise
            self.notes = (f"the letter to {self.path} was not sent: {failed}",)


def place(parcel: Parcel) -> str:
    """The word, the addresses and which letter. RuleFailed for what is no address."""
    act = parcel.decided.act
    assert isinstance(act, Send)
    for address in (*act.to, *([act.sender] if act.sender else [])):
        if not is_address(address):
            raise RuleFailed(f"{act.what}: {address[:60]!a} is no address")
    return f"{act.what}:{' '.join(act.to)}:{hash(act.letter)}"


def given(act: Send, message: Message) -> Pourable:
    """The letter as sendmail gets it."""
    return Piece(message, act.area, act.letter, act.tail) if act.area else Message.parse(act.letter)


def stage(parcel: Parcel) -> Letter:
    """Claims the draft that becomes sendmail's standard input."""
    act = parcel.decided.act
    assert isinstance(act, Send)
    command = (parcel.mailbox.sendmail, "-i", "-f", act.sender or "<>", "--", *act.to)
    return Letter(parcel, command, given(act, parcel.decided.message), ", ".join(act.to))
