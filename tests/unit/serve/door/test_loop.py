"""The LMTP door on real sockets; broker and workers are those of tests/support/door.py."""

from __future__ import annotations

import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.serve import wire
from mdafilter.serve.door import loop as door_module
from mdafilter.serve.door.spool import Spool
from tests.support.door import Client, Running, opening, options, running

OK = "250 2.0.0 Delivered"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        yield made


def test_a_message_is_delivered(door: Running) -> None:
    client = door.client()
    assert client.message("bob+x", text=b"Subject: x\r\n\r\n..hello\r\n") == [OK]
    client.send(b"QUIT\r\n")
    assert client.line() == "221 2.0.0 Bye"
    assert client.line() == ""
    door.broker.end()
    (seen,) = door.broker.seen
    assert (seen.uid, seen.message, seen.flags, seen.known) == (12345, b"Subject: x\n\n.hello\n", "", True)
    assert seen.environ == {
        "SENDER": "ann@a.example",
        "RECIPIENT": "bob+x@b.example",
        "EXTENSION": "x",
        "LOCAL": "bob+x",
        "DOMAIN": "b.example",
        "SMTPUTF8": "no",
    }


def test_eight_clients_at_once(door: Running) -> None:
    def work(number: int) -> None:
        client = Client(door.path)
        for _ in range(20):
            client.send(opening(f"user{number}", "refuses").replace(b"LHLO client.example\r\n", b"LHLO x\r\n"))
            client.send(b"%d\r\n.\r\n" % number)
            replies.append(client.replies(8 if _ == 0 else 7)[-2:])
        client.close()

    replies: list[list[str]] = []
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [[OK, "550 5.7.1 that"]] * 160
    door.broker.end()
    for seen in door.broker.seen:
        local = seen.environ["LOCAL"]
        assert local == "refuses" or seen.message == local.removeprefix("user").encode() + b"\n"


def test_many_recipients_are_delivered_to_a_few_at_a_time(door: Running) -> None:
    names = [f"user{n}" for n in range(150)]
    assert door.client().message(*names) == [OK] * 150
    assert door.broker.most <= 2 * limits.LMTP_AT_ONCE  # some have done, and do not know yet that we know
    door.broker.end()
    assert sorted(seen.environ["LOCAL"] for seen in door.broker.seen) == sorted(names)


def test_a_slow_client_costs_the_others_nothing(door: Running) -> None:
    slow = door.client()
    slow.begin("bob")
    for octet in b"Subject: x\r\n\r\nhello\r\n":
        slow.send(bytes([octet]))
        assert door.client().message("carl") == [OK]
    slow.send(b".\r\n")
    assert slow.reply() == OK


def test_a_delivery_that_takes_too_long(tmp_path: Path) -> None:
    with running(tmp_path, options(tmp_path).replace(delivery_seconds=0.1)) as door:
        assert door.client().message("bob", "held") == [OK, "451 4.4.2 The delivery took too long"]
        door.broker.end()
        assert {seen.environ["LOCAL"]: seen.known for seen in door.broker.seen} == {"bob": True, "held": False}


def test_one_connection_too_many(tmp_path: Path) -> None:
    with running(tmp_path, options(tmp_path).replace(connections=2)) as door:
        first, second = door.client(), door.client()
        assert [first.line()[:3], second.line()[:3]] == ["220", "220"]
        third = door.client()
        assert (third.line(), third.line()) == ("421 4.3.2 Too many connections; try again", "")
        first.send(b"QUIT\r\n")
        assert [first.line()[:3], first.line()] == ["221", ""]
        assert door.client().line()[:3] == "220"


# --- the end -------------------------------------------------------------------------------------------------------


def test_draining(door: Running) -> None:
    """Nobody is let in; a message that has begun is finished; the next command gets 421."""
    busy, held, idle = door.client(), door.client(), door.client()
    idle.send(b"LHLO x\r\n")
    idle.replies(2)
    busy.begin("bob")
    held.begin("held")
    held.send(b".\r\n")
    door.drain()
    idle.send(b"MAIL FROM:<>\r\n")
    assert (idle.line(), idle.line()) == ("421 4.3.2 The service is restarted; try again", "")
    with pytest.raises(OSError, match="refused"):
        Client(door.path)
    busy.send(b"x\r\n.\r\nNOOP\r\n")
    assert busy.replies(2) == [OK, "421 4.3.2 The service is restarted; try again"]
    assert door.thread.is_alive()
    door.broker.holds.set()
    held.send(b"QUIT\r\n")
    assert held.replies(2) == [OK, "221 2.0.0 Bye"]
    assert door.ended()


def test_draining_does_not_wait_for_who_is_idle(door: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LMTP_DRAIN_SECONDS", 0.1)
    idle = door.client()
    assert idle.line()[:3] == "220"
    door.drain()
    assert idle.line() == "421 4.3.2 The service is restarted; try again"
    assert door.ended()


def test_the_broker_ends(door: Running) -> None:
    """What a worker has in hand is finished, as that ends; all else is 451 or 421."""
    busy, held, idle = door.client(), door.client(), door.client()
    idle.line()
    busy.begin("bob", "carl")
    held.begin("held")
    held.send(b".\r\n")
    while door.broker.now < 1:
        time.sleep(0.01)
    door.broker.control.shutdown(socket.SHUT_RDWR)
    assert idle.line() == "421 4.3.2 The service is restarted; try again"
    busy.send(b"x\r\n.\r\n")
    assert busy.replies(2) == ["451 4.3.2 Nobody is free to deliver this now"] * 2
    door.broker.holds.set()
    assert held.reply() == OK
    busy.close()
    held.close()
    assert door.ended()


def test_the_broker_drops_what_it_was_asked_for(tmp_path: Path) -> None:
    """No worker can be made: it closes the connection."""
    with running(tmp_path) as door:
        assert door.client().message("nobody") == ["451 4.3.2 Nobody is free to deliver this now"]


# --- what goes wrong -----------------------------------------------------------------------------------------------


def test_no_descriptors_for_a_delivery(door: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_self: Spool) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(Spool, "descriptor", none)
    names = [f"user{n}" for n in range(300)]
    text = b"x\r\n" * wire.MESSAGE_OCTETS
    assert door.client().message(*names, text=text) == ["451 4.3.0 No delivery can be begun now"] * 300
    monkeypatch.undo()
    assert door.client().message("bob") == [OK]


def test_no_descriptors_for_a_connection(tmp_path: Path) -> None:
    """Who connects waits, and is let in when there are some again; meanwhile the door does not spin."""
    with running(tmp_path) as door:
        door.client().line()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        waiting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, hard))
            waiting.connect(door.path)
            began, used = time.monotonic(), time.process_time()
            time.sleep(0.5)
            assert time.process_time() - used < (time.monotonic() - began) / 2
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        waiting.settimeout(20)
        assert waiting.recv(100).startswith(b"220 ")
        waiting.close()


def test_a_busy_broker_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its socket is full: the deliveries wait, and all are made."""
    monkeypatch.setattr(limits, "LMTP_AT_ONCE", 1000)
    monkeypatch.setattr(limits, "LMTP_DELIVERIES", 1000)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(tmp_path / "lmtp"))
    listening.listen()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    thread = threading.Thread(target=door_module.run, args=([listening], theirs, options(tmp_path)))
    thread.start()
    client = Client(str(tmp_path / "lmtp"))
    client.begin(*[f"user{n}" for n in range(60)])
    client.send(b".\r\n")
    time.sleep(0.3)
    ends: list[socket.socket] = []
    while len(ends) < 60:
        _, (fd,), _, _ = socket.recv_fds(ours, 64, 1)
        ends.append(socket.socket(fileno=fd))
    for end in ends:
        end.close()
    assert {r[:9] for r in client.replies(60)} == {"451 4.3.2"}
    client.close()
    ours.close()
    thread.join(20)
    assert not thread.is_alive()
