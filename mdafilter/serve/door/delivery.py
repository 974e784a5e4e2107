"""The message of one recipient on its way through a worker: the client's side of wire.py, for the LMTP door.

    start     a socket pair; one end goes to the broker with the number of the user, and the request lies in it already
    hear      what the worker says: the end, or that it went without one
    outcome   what the LMTP client is told of that
    taken     the client has the 250: only now the worker may remove the traces by which a retry would know it

In:    the request, the spooled message.
Out:   a Reply, to the connection that the recipient is of.
Fails: OSError at the start. Whatever else happens is "try again": a worker that falls silent, or says what is no word
       of the protocol. A message that was delivered all the same has left its trace, and is not delivered twice.
"""

from __future__ import annotations

import os
import re
import socket
import struct

from mdafilter.serve import wire
from mdafilter.serve.lmtp import Reply
from mdafilter.serve.wire import Request
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.serve.door.connection import Connection
    from mdafilter.serve.door.recipients import Account
    from mdafilter.serve.door.spool import Spool
    from mdafilter.serve.lmtp import Complete

LETTER = b"l"
UID = struct.Struct("<I")
PACKET_OCTETS = wire.TEXT_OCTETS + 16

NO_WORKER = Reply(451, "4.3.2", "Nobody is free to deliver this now")
CUT_OFF = Reply(451, "4.3.0", "The delivery ended early")
LATE = Reply(451, "4.4.2", "The delivery took too long")
_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?= |\Z)")

# What Postfix says by XFORWARD   and how local(8) calls it
FORWARDED = {
    "NAME": "CLIENT_HOSTNAME",
    "ADDR": "CLIENT_ADDRESS",
    "HELO": "CLIENT_HELO",
    "PROTO": "CLIENT_PROTOCOL",
    "IDENT": "QUEUE_ID",
}


def request(message: Complete, number: int, account: Account) -> bytes:
    """The packet for a recipient: the environment that local(8) gives to a mailbox_command."""
    rcpt = message.recipients[number]
    environ = {
        "RECIPIENT": str(rcpt.path),
        "ORIGINAL_RECIPIENT": rcpt.original,
        "EXTENSION": account.extension,
        "USER": account.user,
        "LOGNAME": account.user,
        "LOCAL": rcpt.path.local,
        "DOMAIN": rcpt.path.domain,
        "DSN_NOTIFY": ",".join(rcpt.notify),
        "DSN_RET": message.mail.ret,
        "ENVID": message.mail.envid,
        "SMTPUTF8": "" if message.mail.utf8 else "no",
    }
    environ |= {ours: message.forwarded.get(theirs, "") for theirs, ours in FORWARDED.items()}
    known = [pair for pair in environ.items() if pair[1]]
    return wire.encode(Request((), (("SENDER", str(message.mail.sender)), *known)))


def outcome(packet: bytes) -> Reply:
    """What the packet of a worker means; b"" is the end of the connection."""
    if packet == wire.NOT_TAKEN:
        return NO_WORKER
    try:
        code, text = wire.parse_end(packet)
    except ValueError:
        return CUT_OFF
    found = _STATUS.match(text)
    status, text = (found[0], text[found.end() :].strip()) if found else ("", text.strip())
    if code == 0:
        return Reply(250, "2.0.0", text or "Delivered")
    # Refused by a rule (67, 77), unless its status says otherwise: that goes before the code, as with pipe(8).
    if code in (67, 77) and not status.startswith("4"):
        return Reply(550, status if status[:1] == "5" else ("5.1.1" if code == 67 else "5.7.1"), text or "Refused")
    return Reply(451, status if status[:1] == "4" else "4.3.0", text or "Not delivered; try again")


class Delivery:
    """One recipient of a message. `number` counts those of the message; `due` is when it is given up."""

    def __init__(self, connection: Connection, number: int, uid: int, packet: bytes, spool: Spool, due: float) -> None:
        self.connection = connection
        self.number = number
        self.due = due
        self.good = False  # delivered, and the worker waits to hear that the client knows
        self._uid = uid
        self._packet = packet
        self._spool = spool
        self._socket: socket.socket | None = None

    def start(self, control: socket.socket) -> int:
        """Sends it off; the descriptor to listen to. OSError; BlockingIOError is that the broker is busy."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            ours.setblocking(False)
            if self._spool.octets is not None:
                ours.sendmsg([self._packet, wire.MESSAGE, self._spool.octets])
            else:
                self._send_descriptor(ours)
            socket.send_fds(control, [LETTER + UID.pack(self._uid)], [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._socket = ours
        return ours.fileno()

    def _send_descriptor(self, ours: socket.socket) -> None:
        fd = self._spool.descriptor()
        try:
            socket.send_fds(ours, [self._packet], [fd])
        finally:
            os.close(fd)

    def hear(self) -> Reply | None:
        """What became of it, when that is known."""
        assert self._socket is not None
        try:
            packet = self._socket.recv(PACKET_OCTETS)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            return NO_WORKER  # nobody has read the request (wire.py): refused, or given to a worker that was dead
        except OSError:
            return CUT_OFF
        answer = outcome(packet)
        self.good = answer.code == 250
        return answer

    def acknowledge(self) -> None:
        """The client has its 250."""
        if self._socket is not None:
            try:
                self._socket.send(wire.ACKNOWLEDGED)
            except OSError:
                pass  # the worker has not waited so long; its traces are swept later
            self.close()

    def close(self) -> None:
        """The worker is not listened to any more; without acknowledge() it leaves its traces for a retry."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @property
    def fileno(self) -> int:
        """The descriptor; -1 is none."""
        return self._socket.fileno() if self._socket is not None else -1
