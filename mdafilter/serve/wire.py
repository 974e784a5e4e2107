"""The packets between whoever has a message (mdafilter-deliver, the LMTP door) and the worker that delivers it.

They go over an AF_UNIX SOCK_SEQPACKET socket: one packet is one send, whole or not at all.

    client -> worker    a Request, with the descriptor of the message beside it (SCM_RIGHTS); or, from the LMTP door and
                        where it is small, with the message itself behind it
    worker -> client    NOT_TAKEN: the message was not touched, deliver it without us; or
                        ended(code, text): what became of it, and what belongs on standard output
    client -> worker    ACKNOWLEDGED: "delivered" has been answered; nothing more will be asked about this message

Standard output is not handed over: the text comes back in the last packet, so that no worker ever waits for somebody
else's descriptor.

The message is taken as soon as the request is read. Where no answer comes, the kernel tells the client which it was:

    ECONNRESET (unix(7))    the last descriptor of the service's end was closed, and the request lay in it unread, or
                            nobody had accepted it: nobody has the message; it means what NOT_TAKEN means
    end of file             the request was read, and the message may have been: the client must say "try again"

So the client sends nothing but the request before it is answered, and nobody looks at a request without taking it out
of the queue (MSG_PEEK), since that hands out the descriptor, too.

In, out: bytes and values. Fails: ValueError for what is no such packet.
"""

from __future__ import annotations

import socket
import struct

from mdafilter.values import Value

REQUEST_OCTETS = 64 * 1024
MESSAGE_OCTETS = 32 * 1024  # a message up to this size goes into the packet: that costs less than memfd_create(2)
TEXT_OCTETS = 4096

VERSION = b"mdafilter/1"
NOT_TAKEN = b"N"
ACKNOWLEDGED = b"A"
MESSAGE = b"m"  # all that follows it is the message

# What Postfix tells a mailbox_command (local(8)), and what decides where a user's own files are; QUEUE_ID, SMTPUTF8
# and DSN_... are the LMTP door's.
ENVIRONMENT = frozenset(
    "SENDER RECIPIENT ORIGINAL_RECIPIENT EXTENSION USER LOGNAME LOCAL DOMAIN HOME SHELL CLIENT_ADDRESS CLIENT_HOSTNAME "
    "CLIENT_HELO CLIENT_PROTOCOL SASL_METHOD SASL_SENDER SASL_USERNAME LANG MAIL_CONFIG TZ "
    "XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME QUEUE_ID ENVID DSN_NOTIFY DSN_RET SMTPUTF8".split()
)
# Of these, what says more than the envelope: only the user says that, and not the LMTP door, which serves all.
OWN = frozenset("HOME SHELL LANG MAIL_CONFIG TZ XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME".split())

_FD = struct.Struct("i")


class Request(Value):
    """Arguments as of mdafilter-deliver, variables of ENVIRONMENT, and the folder that relative paths start from.

    `message` is what came behind it; None is nothing.
    """

    arguments: tuple[str, ...] = ()
    environ: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    message: bytes | None = None


def encode(request: Request) -> bytes:
    """The packet. ValueError where it would be too large, or a text has a NUL."""
    fields = [f"a{text}" for text in request.arguments]
    fields += [f"e{name}={value}" for name, value in request.environ]
    fields += [f"d{request.folder}"] if request.folder else []
    if any("\0" in field for field in fields):
        raise ValueError("a NUL in a request")
    packet = b"".join((field.encode("utf-8", "surrogateescape") + b"\0") for field in fields)
    packet += b"" if request.message is None else MESSAGE + request.message
    if len(VERSION) + 1 + len(packet) > REQUEST_OCTETS:
        raise ValueError("the request is too large")
    return VERSION + b"\0" + packet


def decode(packet: bytes) -> Request:
    """The request of a packet. Variables that are not in ENVIRONMENT are left out."""
    head, mark, message = packet.partition(b"\0" + MESSAGE)  # no field has a NUL in it
    version, *fields = (head + b"\0" if mark else head).decode("utf-8", "surrogateescape").split("\0")
    if len(packet) > REQUEST_OCTETS or version != VERSION.decode() or not fields or fields.pop():
        raise ValueError("not a request")
    arguments: list[str] = []
    environ: list[tuple[str, str]] = []
    folder = ""
    for field in fields:
        kind, text = field[:1], field[1:]
        if kind == "e":
            name, equals, value = text.partition("=")
            if not equals:
                raise ValueError(f"no variable: {text!r}")
            if name in ENVIRONMENT:
                environ.append((name, value))
        elif kind == "a":
            arguments.append(text)
        elif kind == "d":
            folder = text
        else:
            raise ValueError(f"unknown field {kind!r}")
    return Request(tuple(arguments), tuple(environ), folder, message if mark else None)


def ended(code: int, text: str) -> bytes:
    """The last packet of a delivery: an exit status of sysexits(3), and the text for standard output."""
    return b"S%d\n" % code + text.encode("utf-8", "replace")[:TEXT_OCTETS]


def parse_end(packet: bytes) -> tuple[int, str]:
    """The status and the text of a last packet."""
    code, newline, text = packet[1:].partition(b"\n")
    if packet[:1] != b"S" or not newline or not (code.isdigit() and len(code) <= 3):
        raise ValueError("not the end of a delivery")
    return int(code), text.decode("utf-8", "replace")


def receive(connection: socket.socket, most: int) -> tuple[bytes, list[int]]:
    """A packet, and the descriptor beside it, if there is one; more of them are closed by the kernel (unix(7)).

    It is closed at exec(3): socket.recv_fds leaves out its flags, and the programs of rules would inherit it.
    """
    room, flags = socket.CMSG_LEN(_FD.size), socket.MSG_CMSG_CLOEXEC
    packet, beside, _flags, _address = connection.recvmsg(most, room, flags)
    rights = [data for level, kind, data in beside if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)]
    return packet, [fd for data in rights if len(data) == _FD.size for fd in _FD.unpack(data)]
