"""Forwarding to another address through sendmail(1), with the original envelope sender.

    sendmail -i [-N NOTIFY] [-R RET] -f SENDER -- ADDRESS        (-f "<>" for the null sender)

`Delivered-To: RECIPIENT` is put on top, unless this delivery has brought one already (local(8) adds it for commands as
well). A message that has been here before is not forwarded but kept: it has our Delivered-To below a Received field,
that is from an earlier round, or twice; or more than limits.RECEIVED_HOPS Received fields (RFC 5321 section 6.3). Nor
is it sent to where it comes from: local(8) would bounce what has a Delivered-To of the address already.

Fails: RuleFailed for such a loop, or an address that cannot be one; TryAgain when sendmail does not end with 0.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.acts import Redirect
from mdafilter.errors import RuleFailed
from mdafilter.message import Field
from mdafilter.targets.program import ProgramRun
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.message import Message
    from mdafilter.targets import Parcel


def place(parcel: Parcel) -> str:
    """The address. RuleFailed for what must not be forwarded."""
    address = _address(parcel)
    if not is_address(address):
        raise RuleFailed(f"{address[:60]!a} is no address to forward to")
    message = parcel.decided.message
    if len(message.headers.all("received")) > limits.RECEIVED_HOPS:
        raise RuleFailed(f"not forwarded to {address}: more than {limits.RECEIVED_HOPS} Received fields")
    rounds, this_one = _delivered_to(message, parcel.envelope.recipient)
    if rounds > this_one:
        raise RuleFailed(f"not forwarded to {address}: it has been delivered to {parcel.envelope.recipient} before")
    if address.lower() in (parcel.envelope.recipient.lower(), *_deliveries(message)):
        raise RuleFailed(f"not forwarded to {address}: it comes from there")
    return f"@{address}"


def stage(parcel: Parcel) -> ProgramRun:
    """Claims the draft that becomes sendmail's standard input."""
    envelope, message, act = parcel.envelope, parcel.decided.message, parcel.decided.act
    assert isinstance(act, Redirect)
    if envelope.recipient and not any(_delivered_to(message, envelope.recipient)):
        message = message.on_top(Field.make("Delivered-To", envelope.recipient, message.newline))
    reports = (("-N", act.notify.lower()), ("-R", act.ret.lower()))
    asked = [word for option, value in reports if value for word in (option, value)]
    sender = (envelope.sender if act.sender is None else act.sender) or "<>"
    command = (parcel.mailbox.sendmail, "-i", *asked, "-f", sender, "--", act.address)
    return ProgramRun(parcel, command, message, act.address)


def is_address(text: str) -> bool:
    """Whether sendmail(1) can take it for one address: printable, with blanks in a quoted local part only."""
    local, _, domain = text.rpartition("@")
    quoted = len(local) > 1 and local.startswith('"') and local.endswith('"')
    return bool(text) and text.isprintable() and " " not in (domain if quoted else text)


def _address(parcel: Parcel) -> str:
    act = parcel.decided.act
    return act.address if isinstance(act, Redirect) else ""


def _deliveries(message: Message) -> tuple[str, ...]:
    """The addresses of all Delivered-To fields, in lower case."""
    return tuple(field.value.strip().strip("<>").lower() for field in message.headers.all("delivered-to"))


def _delivered_to(message: Message, recipient: str) -> tuple[int, int]:
    """How many Delivered-To fields name the recipient; and 1 if the first of them is of this delivery, that is on top
    of all Received fields. Addresses are compared without regard to case, as Postfix does.
    """
    rounds = this_one = 0
    received = False
    wanted = recipient.lower()
    for field in message.headers:
        if field.key == "received":
            received = True
        elif field.key == "delivered-to" and wanted and field.value.strip().strip("<>").lower() == wanted:
            rounds += 1
            this_one |= not received
    return rounds, this_one
