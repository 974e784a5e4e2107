"""The packets between a client and a worker."""

from __future__ import annotations

import os
import socket

import pytest

from mdafilter.serve.wire import (
    MESSAGE,
    MESSAGE_OCTETS,
    REQUEST_OCTETS,
    Request,
    decode,
    encode,
    ended,
    parse_end,
    receive,
)


def test_a_request_comes_back_as_it_was() -> None:
    request = Request(("-r", "a"), (("SENDER", "ä@b"), ("RECIPIENT", "\udcff@b")), "/home/x")
    assert decode(encode(request)) == request


@pytest.mark.parametrize("message", [b"", b"x", b"\0", b"\0mm\0dx\0", b"\xff" * MESSAGE_OCTETS])
def test_a_message_behind_it_is_as_it_was(message: bytes) -> None:
    request = Request(("-r",), (("SENDER", "m@b"),), "/home/m")
    assert decode(encode(request) + MESSAGE + message) == request.replace(message=message)
    assert encode(request.replace(message=message)) == encode(request) + MESSAGE + message


def test_no_more_than_a_packet_is_taken() -> None:
    with pytest.raises(ValueError, match="not a request"):
        decode(encode(Request(("a",))) + MESSAGE + b"x" * REQUEST_OCTETS)


@pytest.mark.parametrize("request_", [Request(("a\0b",)), Request(("x" * REQUEST_OCTETS,))])
def test_what_is_no_request(request_: Request) -> None:
    with pytest.raises(ValueError, match=r"NUL|too large"):
        encode(request_)


def test_an_end_comes_back_as_it_was() -> None:
    assert parse_end(ended(77, "5.7.1 no\nway\n")) == (77, "5.7.1 no\nway\n")


@pytest.mark.parametrize("packet", [b"", b"S", b"S0", b"Sx\n", b"T", b"S1234\n"])
def test_what_is_no_end(packet: bytes) -> None:
    with pytest.raises(ValueError, match="end"):
        parse_end(packet)


@pytest.mark.parametrize("read", [True, False])
def test_the_kernel_tells_whether_a_request_was_read(read: bool) -> None:
    """unix(7): "ECONNRESET Remote socket was unexpectedly closed." The last descriptor of it, that is."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, open(os.devnull, "rb") as file:
        theirs.setblocking(False)
        socket.send_fds(theirs, [b"request"], [file.fileno()])
        brokers = ours.dup()
        if read:
            os.close(receive(ours, 64)[1][0])
        ours.close()
        with pytest.raises(BlockingIOError):
            theirs.recv(10)
        brokers.close()
        if not read:
            with pytest.raises(ConnectionResetError):
                theirs.recv(10)
        assert theirs.recv(10) == b""


@pytest.mark.parametrize("count", [0, 1, 2, 250])
def test_a_packet_comes_with_one_descriptor_at_most_which_no_program_inherits(count: int) -> None:
    """unix(7): what does not fit into the buffer for ancillary data is closed by the kernel."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, open(os.devnull, "rb") as file:
        before = os.listdir("/proc/self/fd")
        socket.send_fds(theirs, [b"packet"], [file.fileno()] * count)
        packet, descriptors = receive(ours, 64)
        assert (packet, len(descriptors)) == (b"packet", min(count, 1))
        assert len(os.listdir("/proc/self/fd")) == len(before) + len(descriptors)
        for fd in descriptors:
            assert not os.get_inheritable(fd)
            os.close(fd)
