"""A connection of the LMTP door: a client, its messages, and what becomes of them (tests/support/door.py)."""

from __future__ import annotations

import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.serve.door import connection
from tests.support.door import Running, opening, options, running

OK = "250 2.0.0 Delivered"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as made:
        yield made


def test_what_postfix_says_of_the_client_reaches_the_worker(door: Running) -> None:
    client = door.client()
    client.send(
        b"LHLO x\r\nXFORWARD NAME=mx.c.example ADDR=IPV6:2001:db8::1 HELO=helo.c.example PROTO=ESMTP IDENT=4bX\r\n"
        b"MAIL FROM:<>\r\nRCPT TO:<bob@b.example> ORCPT=rfc822;info@c.example\r\nDATA\r\nx\r\n.\r\n"
    )
    assert client.replies(7)[-1] == OK
    door.broker.end()
    environ = door.broker.seen[0].environ
    assert environ["SENDER"] == ""
    assert environ["ORIGINAL_RECIPIENT"] == "info@c.example"
    assert environ["CLIENT_HOSTNAME"] == "mx.c.example"
    assert environ["CLIENT_ADDRESS"] == "2001:db8::1"
    assert environ["CLIENT_HELO"] == "helo.c.example"
    assert environ["CLIENT_PROTOCOL"] == "ESMTP"
    assert environ["QUEUE_ID"] == "4bX"


def test_each_recipient_has_a_result_of_its_own(door: Running) -> None:
    """Whatever befalls one, the others get theirs, and the replies are in the order of RCPT."""
    names = ["slow", "refuses", "full", "dies", "nobody", "busy", "strange", "bob"]
    assert door.client().message(*names) == [
        OK,
        "550 5.7.1 that",
        "451 4.2.2 mdafilter: over quota",
        "451 4.3.0 The delivery ended early",
        "451 4.3.2 Nobody is free to deliver this now",
        "451 4.3.2 Nobody is free to deliver this now",
        "451 4.3.0 The delivery ended early",
        OK,
    ]
    door.broker.end()
    known = {seen.environ["LOCAL"]: seen.known for seen in door.broker.seen}
    assert {name for name, heard in known.items() if heard} == {"slow", "bob"}
    assert len({seen.message for seen in door.broker.seen}) == 1


def test_replies_go_out_as_soon_as_they_can(door: Running) -> None:
    client = door.client()
    client.begin("bob", "held", "carl")
    client.send(b".\r\n")
    assert client.reply() == OK
    door.broker.holds.set()
    assert client.replies(2) == [OK, OK]


def test_a_large_message_is_spooled_once_and_read_by_all(door: Running, tmp_path: Path) -> None:
    line = b"x" * 98 + b"\r\n"
    text = line * 30_000
    assert door.client().message("a", "b", "c", text=text) == [OK] * 3
    door.broker.end()
    assert [seen.message for seen in door.broker.seen] == [text.replace(b"\r\n", b"\n")] * 3
    assert {seen.flags for seen in door.broker.seen} == {"r"}
    assert os.listdir(tmp_path) == ["lmtp"]  # none of it had a name


def test_pipelined_messages_wait_for_each_other(door: Running) -> None:
    client = door.client()
    one = opening("slow") + b"one\r\n.\r\n"
    client.send(one + one.replace(b"LHLO client.example\r\n", b"") * 5 + b"QUIT\r\n")
    codes = [reply[:3] for reply in client.replies(1 + 1 + 6 * 4 + 1)]
    assert codes == ["220", "250", *["250", "250", "354", "250"] * 6, "221"]


def test_a_client_that_sends_all_and_shuts_down_gets_all_replies(door: Running) -> None:
    client = door.client()
    one = opening("slow") + b"one\r\n.\r\n"
    client.send(one + one.replace(b"LHLO client.example\r\n", b""))
    client.socket.shutdown(socket.SHUT_WR)
    assert client.file.read().count(b"250 2.0.0 Delivered\r\n") == 2


def test_a_client_that_goes_is_not_taken_to_know(door: Running) -> None:
    """The delivery that has begun is finished, and the worker keeps its traces for the retry."""
    client = door.client()
    client.begin("held", "bob")
    client.send(b"x\r\n.\r\n")
    while door.broker.now < 1:
        time.sleep(0.01)
    client.close()
    time.sleep(0.1)
    door.broker.holds.set()
    door.broker.end()
    assert {seen.environ["LOCAL"]: seen.known for seen in door.broker.seen} == {"held": False, "bob": False}


def test_a_client_that_does_not_read_is_not_read(door: Running) -> None:
    client = door.client()
    client.socket.settimeout(1)
    with pytest.raises(TimeoutError):
        client.send(b"HELP\r\n" * 10_000_000)
    assert door.client().message("bob") == [OK]


def test_who_says_nothing_for_too_long(tmp_path: Path) -> None:
    with running(tmp_path, options(tmp_path).replace(command_seconds=0.1)) as door:
        idle, busy = door.client(), door.client()
        busy.begin("bob")
        busy.send(b"x\r\n")
        assert idle.replies(2) == ["220 mx.example LMTP mdafilter", "421 4.4.2 Nothing has come for too long"]
        assert idle.line() == ""
        assert busy.reply() == "421 4.4.2 Nothing has come for too long"


def test_a_message_that_is_too_large(tmp_path: Path) -> None:
    with running(tmp_path, options(tmp_path).replace(max_size=1000)) as door:
        client = door.client()
        assert (
            client.message("a", "b", text=b"x" * 2000 + b"\r\n")
            == ["552 5.3.4 The message is larger than is taken here"] * 2
        )
        assert door.broker.seen == []


def test_a_spool_without_room(tmp_path: Path) -> None:
    """RFC 5321, 4.2.3: "452 Requested action not taken: insufficient system storage"; the session goes on."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if not child:
        status = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
            with running(tmp_path) as door:
                client = door.client()
                large = client.message("a", "b", text=b"x" * 400_000 + b"\r\n")
                client.send(opening("c")[len("LHLO client.example\r\n") :] + b"x\r\n.\r\n")
                theirs.send("\n".join([*large, *client.replies(4)]).encode())
            status = 0
        finally:
            os._exit(status)
    theirs.close()
    with ours:
        got = ours.recv(10_000).decode().splitlines()
    assert os.waitpid(child, 0)[1] == 0
    assert got[:2] == ["452 4.3.1 There is no room for the message"] * 2
    assert got[-1] == OK


def test_a_spool_that_is_not_there(tmp_path: Path) -> None:
    with running(tmp_path, options(tmp_path).replace(spool="/nowhere")) as door:
        assert (
            door.client().message("a", "b", text=b"x" * 400_000 + b"\r\n")
            == ["451 4.3.0 The message cannot be stored now: No such file or directory"] * 2
        )


def test_a_defect_of_ours_is_try_again_for_each(
    door: Running, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_args: object) -> bytes:
        raise RuntimeError("a defect")

    client, other = door.client(), door.client()
    client.begin("a", "b")
    other.begin("bob")
    monkeypatch.setattr(connection, "request", broken)
    client.send(b"x\r\n.\r\n")
    assert client.replies(3) == [
        "451 4.3.0 Something is wrong here; try again",
        "451 4.3.0 Something is wrong here; try again",
        "421 4.3.0 Something is wrong here; try again",
    ]
    assert client.line() == ""
    monkeypatch.undo()
    other.send(b".\r\n")
    assert other.reply() == OK
    assert "RuntimeError: a defect" in capfd.readouterr().err
