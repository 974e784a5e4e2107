"""What is sent of a message: its first octets, never all at once; and servers that are late, or down, or several."""

from __future__ import annotations

import socket
import time
from itertools import pairwise
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.message import Field, Message, Octets
from mdafilter.scorers import client, spamd
from mdafilter.scorers.hosts import KNOWN, Host, Outages
from mdafilter.scorers.spamc import ProtocolError
from tests.support.spamd import HAM, SYMBOLS, VERDICT, Scripted, answer, closed_port, options, request, scripted, silent

MESSAGE = Message.parse(HAM)
DATA = b"Subject: x\n\nbody\nend"
CHANGED = b"X-A: b\n" + DATA


def sent(message: Message, *, tls: bool, **changes: object) -> bytes:
    options = spamd.Options().replace(**changes)
    return b"".join(client._request(client.Question("CHECK", message), options, tls=tls))


@pytest.mark.parametrize("most", [1, 2, 7, 8, 17, len(CHANGED) - 1, len(CHANGED), 1000])
def test_the_first_octets_of_a_changed_message(most: int) -> None:
    message = Message.parse(DATA).on_top(Field("X-A", b"X-A: b\n"))
    assert b"".join(client.octets(message, most)) == CHANGED[:most]
    assert sent(message, tls=False, max_size=most).partition(b"\r\n\r\n")[2] == CHANGED[:most]


@pytest.mark.parametrize("most", range(1, len(CHANGED) + 2))
def test_over_TLS_the_last_line_has_an_end(most: int) -> None:
    for message, data in (
        (Message.parse(DATA).on_top(Field("X-A", b"X-A: b\n")), CHANGED),
        (Message.parse(DATA), DATA),
    ):
        head, _, body = sent(message, tls=True, max_size=most, compress=True).partition(b"\r\n\r\n")
        cut = data[:most]
        assert body == (cut if cut.endswith(b"\n") else cut + b"\n")
        assert head.endswith(b"Content-length: %d" % len(body))


def test_over_TLS_nothing_is_a_line_too() -> None:
    assert sent(Message.parse(b""), tls=True).endswith(b"Content-length: 1\r\n\r\n\n")
    assert sent(Message.parse(b""), tls=False).endswith(b"Content-length: 0\r\n\r\n")


def test_a_spooled_message_goes_out_in_windows(tmp_path: Path) -> None:
    with open(tmp_path / "spool", "w+b") as file:
        file.write(b"Subject: x\n\n")
        file.truncate(100_000_000)  # a hole
        file.flush()
        message = Message.parse(Octets.map(file.fileno()))
        options = spamd.Options(max_size=3 * limits.WINDOW + 5)
        pieces = list(client._request(client.Question("CHECK", message), options, tls=True))
    assert max(map(len, pieces)) <= limits.WINDOW + 1
    assert sum(map(len, pieces)) == len(pieces[0].partition(b"\r\n\r\n")[0]) + 4 + 3 * limits.WINDOW + 6


def test_a_small_message_goes_out_in_one_piece() -> None:
    question = client.Question("CHECK", Message.parse(DATA).on_top(Field("X-A", b"X-A: b\n")))
    assert len(list(client._request(question, spamd.Options(), tls=False))) == 1


def test_a_field_that_cannot_be_sent_is_refused_before_anything_is() -> None:
    with pytest.raises(ProtocolError):
        client._request(client.Question("CHECK", Message.parse(DATA), "a\nb"), spamd.Options(), tls=False)


# --- time ----------------------------------------------------------------------------------------------------------


def until(seconds: float, host: str, **changes: object) -> str:
    """The note of a question with so much time, which must not have waited for the server."""
    started = time.monotonic()
    note = spamd.score(MESSAGE, options(host, timeout=seconds, **changes)).note
    assert time.monotonic() - started < 10
    return note


def test_a_server_that_says_nothing() -> None:
    with scripted(silent) as server:
        assert until(0.3, server.host) == f"spamd {server.host}: no answer in time"


def test_a_server_that_says_a_byte_now_and_then() -> None:
    def play(connection: socket.socket, server: Scripted) -> None:
        request(connection)
        connection.sendall(b"SPAMD/1.1 0 EX_OK\r\nX: ")
        while not server.stopped.wait(0.02):
            connection.sendall(b"x")

    with scripted(play) as server:
        assert "no answer in time" in until(0.3, server.host)


def test_a_server_that_does_not_read() -> None:
    def play(connection: socket.socket, server: Scripted) -> None:
        server.stopped.wait(20)

    large = Message.parse(HAM + b"x" * 20_000_000)
    with scripted(play) as server:
        started = time.monotonic()
        scored = spamd.score(large, options(server.host, timeout=0.3, max_size=10**8))
        assert time.monotonic() - started < 10
    assert "no answer in time" in scored.note


def test_late_and_defer() -> None:
    with scripted(silent) as server, pytest.raises(TryAgain, match="no answer in time"):
        spamd.score(MESSAGE, options(server.host, timeout=0.2, when_down="defer", enabled="auto"))


# --- several hosts -------------------------------------------------------------------------------------------------


def test_the_next_host_is_asked_when_one_refuses_fails_or_is_late() -> None:
    busy = answer(b"SPAMD/1.0 75 EX_TEMPFAIL\r\n")
    with scripted(busy) as failing, scripted(silent) as late, scripted(answer(SYMBOLS)) as good:
        hosts = (closed_port(), failing.host, late.host, good.host)
        scored = spamd.score(MESSAGE, options(*hosts, timeout=2.0))
    assert scored.verdict == VERDICT
    assert len(failing.requests) == len(late.requests) == len(good.requests) == 1


def test_all_that_failed_are_named() -> None:
    with scripted(answer(b"")) as server:
        refused = closed_port()
        host = server.host
        note = spamd.score(MESSAGE, options(refused, host)).note
    assert note == f"spamd {refused}: connection refused; spamd {host}: the reply ended early, after 0 octets"


def test_a_host_is_asked_again_after_a_pause() -> None:
    seen: list[int] = []

    def play(connection: socket.socket, server: Scripted) -> None:
        request(connection)
        seen.append(1)
        connection.sendall(b"SPAMD/1.0 75 EX_TEMPFAIL\r\n" if len(seen) < 3 else SYMBOLS)

    with scripted(play) as server:
        assert spamd.score(MESSAGE, options(server.host, retries=1)).verdict is None
        seen.clear()
        assert spamd.score(MESSAGE, options(server.host, retries=2)).verdict == VERDICT


def test_no_pause_is_begun_that_would_not_end_in_time() -> None:
    assert "connection refused" in until(1.0, closed_port(), retries=5, back_off=500.0)


def test_a_process_remembers_who_was_late() -> None:
    outages = Outages()
    with scripted(silent) as server:
        asked = options(server.host, timeout=0.2, rest=30.0)
        spamd.score(MESSAGE, asked, outages=outages)
        assert len(server.requests) == 1
        scored = spamd.score(MESSAGE, asked, outages=outages)
        assert scored.note == f"spamd {server.host}: was late, and is not asked for a while"
        assert len(server.requests) == 1


@pytest.mark.parametrize("before", [False, True], ids=["now", "by-the-last-message"])
def test_a_host_that_was_late_is_not_taken_for_absent_when_the_others_are(before: bool) -> None:
    """With "auto" a message is delivered unscored only if no host is there at all."""
    outages = Outages()
    with scripted(silent) as server:
        late = options(server.host, timeout=0.5, rest=30.0, enabled="auto", when_down="defer", retries=2)
        if before:
            with pytest.raises(TryAgain):
                spamd.score(MESSAGE, late, outages=outages)
        with pytest.raises(TryAgain):
            spamd.score(MESSAGE, late.replace(hosts=(server.host, closed_port())), outages=outages)


def test_the_pause_doubles_and_a_host_with_little_time_left_is_not_remembered_as_late() -> None:
    """Asked at 0.0, 0.6 and 1.8 of 3 seconds: the third time it has less than half of what a host has to itself."""
    asked_at: list[float] = []

    def play(connection: socket.socket, server: Scripted) -> None:
        asked_at.append(time.monotonic())
        (silent if len(asked_at) == 3 else answer(b"SPAMD/1.0 75 EX_TEMPFAIL\r\n"))(connection, server)

    outages = Outages()
    with scripted(play) as server:
        asked = options(server.host, timeout=3.0, retries=5, back_off=0.6, rest=30.0)
        note = spamd.score(MESSAGE, asked, outages=outages).note
        host = Host.parse(server.host)
        assert note == f"spamd {host.text}: no answer in time"
        assert outages.order((host,), time.monotonic()) == (host,)
    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert len(pauses) == 2
    assert pauses[0] >= 0.5
    assert pauses[1] >= 1.1


def test_that_is_so_for_all_questions_of_a_process() -> None:
    with scripted(silent) as server:
        asked = options(server.host, timeout=0.2, rest=30.0)
        try:
            for _ in range(3):
                spamd.score(MESSAGE, asked)
        finally:
            KNOWN.forget(Host.parse(server.host))
        assert len(server.requests) == 1


def test_and_asks_again_when_the_rest_is_over() -> None:
    outages = Outages()
    now = 1000.0
    host = closed_port()
    spamd.score(MESSAGE, options(host, rest=30.0), outages=outages, clock=lambda: now)
    with scripted(answer(SYMBOLS)) as server:
        hosts = options(host, server.host, rest=30.0)
        assert spamd.score(MESSAGE, hosts, outages=outages, clock=lambda: now).verdict == VERDICT
        now += 31
        assert spamd.score(MESSAGE, hosts, outages=outages, clock=lambda: now).verdict == VERDICT
