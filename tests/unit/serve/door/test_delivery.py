"""One delivery through a worker: the packets, and what each end of it means for the client."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import cast

import pytest

from mdafilter.serve import wire
from mdafilter.serve.door.connection import Connection
from mdafilter.serve.door.delivery import CUT_OFF, NO_WORKER, UID, Delivery, outcome, request
from mdafilter.serve.door.recipients import Account
from mdafilter.serve.door.spool import Spool
from mdafilter.serve.lmtp import Complete, Path, Reply
from mdafilter.serve.lmtp.command import Mail, Rcpt

NOBODY = cast(Connection, None)  # a delivery only carries its connection along


@pytest.mark.parametrize(
    ("packet", "reply"),
    [
        (wire.ended(0, ""), Reply(250, "2.0.0", "Delivered")),
        (wire.ended(0, "2.1.5 filed into Lists\n"), Reply(250, "2.0.0", "filed into Lists")),
        (wire.ended(77, "5.7.1 We do not want this\n"), Reply(550, "5.7.1", "We do not want this")),
        (wire.ended(77, "no status"), Reply(550, "5.7.1", "no status")),
        (wire.ended(77, ""), Reply(550, "5.7.1", "Refused")),
        (wire.ended(67, "5.1.6 moved"), Reply(550, "5.1.6", "moved")),
        (wire.ended(67, ""), Reply(550, "5.1.1", "Refused")),
        (wire.ended(77, "4.7.1 not yet"), Reply(451, "4.7.1", "not yet")),
        (wire.ended(75, "4.2.2 full"), Reply(451, "4.2.2", "full")),
        (wire.ended(75, "5.7.1 no"), Reply(451, "4.3.0", "no")),
        (wire.ended(75, ""), Reply(451, "4.3.0", "Not delivered; try again")),
        (wire.ended(1, "Traceback"), Reply(451, "4.3.0", "Traceback")),
        (b"", CUT_OFF),
        (b"S", CUT_OFF),
        (b"S0", CUT_OFF),
        (b"T", CUT_OFF),
        (wire.ACKNOWLEDGED, CUT_OFF),
        (b"\xff\xff", CUT_OFF),
        (wire.NOT_TAKEN, NO_WORKER),
    ],
)
def test_an_end_and_what_it_means(packet: bytes, reply: Reply) -> None:
    assert outcome(packet) == reply


@pytest.mark.parametrize("code", sorted(set(range(1, 256)) - {67, 77}))
def test_only_a_rule_refuses(code: int) -> None:
    """Every other exit code is a failure of ours, and "try again"."""
    assert outcome(wire.ended(code, "5.0.0 x")).code == 451


def test_a_request_is_what_local_would_say() -> None:
    rcpt = Rcpt(Path("Bob+x", "b.example"), (), "info@c.example")
    message = Complete(Mail(Path("ann", "a.example")), (rcpt,), {"NAME": "", "ADDR": "192.0.2.1", "PORT": "25"})
    packet = wire.decode(request(message, 0, Account(1000, "bob", "x")))
    assert (packet.arguments, packet.folder) == ((), "")
    assert dict(packet.environ) == {
        "SENDER": "ann@a.example",
        "RECIPIENT": "Bob+x@b.example",
        "ORIGINAL_RECIPIENT": "info@c.example",
        "EXTENSION": "x",
        "USER": "bob",
        "LOGNAME": "bob",
        "LOCAL": "Bob+x",
        "DOMAIN": "b.example",
        "CLIENT_ADDRESS": "192.0.2.1",
        "SMTPUTF8": "no",
    }
    message = message.replace(mail=message.mail.replace(utf8=True))
    assert "SMTPUTF8" not in dict(wire.decode(request(message, 0, Account(1000, "bob", "x"))).environ)


def test_what_the_sender_wants_to_hear_is_said() -> None:
    """RFC 3461."""
    rcpt = Rcpt(Path("bob"), ("SUCCESS", "DELAY"))
    message = Complete(Mail(Path("ann", "a.example"), ret="HDRS", envid="QQ 1"), (rcpt,), {})
    environ = dict(wire.decode(request(message, 0, Account(1, ""))).environ)
    assert (environ["DSN_NOTIFY"], environ["DSN_RET"], environ["ENVID"]) == ("SUCCESS,DELAY", "HDRS", "QQ 1")


def test_the_null_sender_is_said() -> None:
    """Without SENDER a worker would look for it in the message."""
    message = Complete(Mail(Path()), (Rcpt(Path("bob")),), {})
    assert ("SENDER", "") in wire.decode(request(message, 0, Account(1, ""))).environ


class Pair:
    """A delivery that was begun, and the worker's end of it."""

    def __init__(self, message: bytes = b"x") -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.spool = Spool("/tmp")
        self.spool.write(message)
        self.spool.seal()
        self.delivery = Delivery(NOBODY, 0, 4711, b"packet", self.spool, 0)
        with theirs:
            assert self.delivery.start(theirs) == self.delivery.fileno
        packet, (fd,), _, _ = socket.recv_fds(self.control, 64, 1)
        assert packet == b"l" + UID.pack(4711)
        self.worker = socket.socket(fileno=fd)
        self.worker.settimeout(10)

    def close(self) -> None:
        for one in (self.control, self.worker, self.delivery, self.spool):
            one.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    one = Pair()
    yield one
    one.close()


def test_the_request_comes_with_the_message(pair: Pair) -> None:
    packet, descriptors, _, _ = socket.recv_fds(pair.worker, 64, 1)
    assert (packet, descriptors) == (b"packetmx", [])


def test_one_that_is_not_small_comes_on_a_descriptor() -> None:
    message = b"x" * (wire.MESSAGE_OCTETS + 1)
    pair = Pair(message)
    packet, (fd,), _, _ = socket.recv_fds(pair.worker, 64, 1)
    with open(fd, "rb") as file:
        assert (packet, file.read()) == (b"packet", message)
    pair.close()


def test_it_is_heard_to_its_end(pair: Pair) -> None:
    assert pair.delivery.hear() is None
    socket.recv_fds(pair.worker, 64, 0)
    assert pair.delivery.hear() is None
    pair.worker.send(wire.ended(0, ""))
    assert pair.delivery.hear() == Reply(250, "2.0.0", "Delivered")
    assert pair.delivery.good


def test_the_worker_hears_that_the_client_knows_and_then_the_end(pair: Pair) -> None:
    pair.delivery.acknowledge()
    assert pair.delivery.fileno == -1
    socket.recv_fds(pair.worker, 64, 0)
    assert [pair.worker.recv(10), pair.worker.recv(10)] == [wire.ACKNOWLEDGED, b""]
    pair.delivery.acknowledge()


def test_the_worker_hears_the_end_alone_where_the_client_does_not_know(pair: Pair) -> None:
    pair.delivery.close()
    socket.recv_fds(pair.worker, 64, 0)
    assert pair.worker.recv(10) == b""


@pytest.mark.parametrize(("read", "reply"), [(False, NO_WORKER), (True, CUT_OFF)])
def test_a_worker_that_dies(pair: Pair, read: bool, reply: Reply) -> None:
    """Whether it has read the request is what the kernel tells (wire.py)."""
    if read:
        socket.recv_fds(pair.worker, 64, 0)
    pair.worker.close()
    assert pair.delivery.hear() == reply
    assert not pair.delivery.good


def test_a_request_that_was_still_on_its_way_when_the_broker_ended(pair: Pair) -> None:
    """The connection lies unread in the control socket, and the request in the connection."""
    delivery = Delivery(NOBODY, 1, 4711, b"packet", pair.spool, 0)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        delivery.start(theirs)
    assert delivery.hear() == NO_WORKER
    delivery.close()


def test_a_broker_that_is_gone_leaves_nothing_open() -> None:
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.close()
    spool = Spool("/tmp")
    spool.seal()
    before = os.listdir("/proc/self/fd")
    delivery = Delivery(NOBODY, 0, 1, b"packet", spool, 0)
    with pytest.raises(OSError, match="Broken pipe"):
        delivery.start(theirs)
    assert len(os.listdir("/proc/self/fd")) == len(before)
    assert delivery.fileno == -1
    theirs.close()
    spool.close()
