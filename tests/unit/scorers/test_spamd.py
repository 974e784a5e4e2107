"""Asking spamd: policies, fail-over, time limits, and what is sent. The servers are real sockets."""

from __future__ import annotations

import os
import socket
import zlib
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.message import Field, Message
from mdafilter.scorers import spamd
from mdafilter.scorers.hosts import Outages, Unanswered
from tests.support.spamd import HAM, SYMBOLS, VERDICT, Scripted, answer, closed_port, options, request, scripted, silent

MESSAGE = Message.parse(HAM)


class FakeClock:
    """Seconds, as the test says."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def raw(message: Message) -> bytes:
    pieces = message.pieces()
    return b"".join(p if isinstance(p, bytes) else message.octets.slice(p.start, p.end) for p in pieces)


# --- what is asked and answered ------------------------------------------------------------------------------------


def test_a_verdict_and_the_marked_message() -> None:
    with scripted(answer(SYMBOLS)) as server:
        scored = spamd.score(MESSAGE, options(server.host), user="alice")
    assert scored.verdict == VERDICT
    assert scored.note == ""
    assert raw(scored.message).startswith(b"X-Spam-Flag: YES\n")
    assert raw(scored.message).endswith(HAM)
    head = b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\nUser: alice\r\n\r\n" % len(HAM)
    assert server.requests == [head + HAM]


def test_a_UNIX_socket(tmp_path: Path) -> None:
    with scripted(answer(SYMBOLS), f"{tmp_path}/s") as server:
        assert spamd.score(MESSAGE, options(server.host)).verdict == VERDICT


@pytest.mark.parametrize(("setting", "sent"), [("", b"User: alice\r\n"), ("-", b""), ("site", b"User: site\r\n")])
def test_whose_preferences(setting: str, sent: bytes) -> None:
    with scripted(answer(SYMBOLS)) as server:
        spamd.score(MESSAGE, options(server.host, user=setting), user="alice")
    head = server.requests[0].partition(b"\r\n\r\n")[0] + b"\r\n"
    assert [line for line in head.splitlines(True) if line.startswith(b"User")] == ([sent] if sent else [])


def test_a_user_name_with_a_line_end_is_never_sent() -> None:
    with scripted(answer(SYMBOLS)) as server:
        scored = spamd.score(MESSAGE, options(server.host), user="a\r\nSet: local")
    assert scored.verdict is None
    assert "control character" in scored.note
    assert server.requests == []


def test_a_changed_message_is_sent_as_it_stands_now() -> None:
    changed = MESSAGE.on_top(Field.make("X-First", "1", b"\n"))
    with scripted(answer(SYMBOLS)) as server:
        spamd.score(changed, options(server.host))
    assert server.requests[0].endswith(b"\r\n\r\nX-First: 1\n" + HAM)


def test_of_a_large_message_the_first_octets_are_scored_and_that_is_said() -> None:
    large = Message.parse(HAM + b"x" * 2000)
    for max_size in (1, 100, len(HAM), len(HAM) + 1999):
        with scripted(answer(SYMBOLS)) as server:
            scored = spamd.score(large, options(server.host, max_size=max_size))
        assert server.requests[0].partition(b"\r\n\r\n")[2] == (HAM + b"x" * 2000)[:max_size]
        assert scored.verdict == VERDICT.replace(scanned=max_size)
        assert scored.note == f"spamd: only the first {max_size} of {large.size} octets were scored"
        assert b"scanned=%d\n" % max_size in raw(scored.message)


def test_a_message_of_just_the_size_is_scored_whole() -> None:
    with scripted(answer(SYMBOLS)) as server:
        scored = spamd.score(MESSAGE, options(server.host, max_size=len(HAM)))
    assert scored.verdict == VERDICT
    assert scored.note == ""


@pytest.mark.parametrize("compress", [False, True])
def test_our_half_is_closed_behind_the_message(compress: bool) -> None:
    """spamd 4.0.1 reads whole lines, and compressed data until the end, whatever Content-length says."""
    ended: list[bytes] = []

    def play(connection: socket.socket, server: Scripted) -> None:
        server.requests.append(request(connection))
        ended.append(connection.recv(1))
        connection.sendall(SYMBOLS)

    with scripted(play) as server:
        scored = spamd.score(MESSAGE, options(server.host, compress=compress))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert scored.verdict == VERDICT
    assert (b"Compress: zlib" in head) is compress
    assert b"Content-length: %d" % len(body) in head
    assert (zlib.decompress(body) if compress else body) == HAM
    assert ended == [b""]


HEADERS = (
    b"X-Spam-Flag: YES\nX-Spam-Status: Yes, score=15.2 required=5.0 tests=A,\n\tB version=4.0.1\n"
    b"X-Spam-Report: \n\t* A\nSubject: *****SPAM***** minutes of Tuesday\nX-Spam-Prev-Subject: minutes of Tuesday\n\n"
)


def test_the_subject_is_rewritten_as_spamd_has_it() -> None:
    reply = b"SPAMD/1.1 0 EX_OK\r\nContent-length: %d\r\nSpam: True ; 15.2 / 5.0\r\n\r\n" % len(HEADERS) + HEADERS
    with scripted(answer(reply)) as server:
        scored = spamd.score(MESSAGE, options(server.host, rewrite_subject=True))
    assert server.requests[0].startswith(b"HEADERS SPAMC/1.5\r\n")
    assert scored.verdict == VERDICT.replace(symbols=("A", "B"))
    assert [f.value for f in scored.message.headers.all("subject")] == ["*****SPAM***** minutes of Tuesday"]
    assert len(scored.message.headers.all("x-spam-status")) == 1


def test_fields_of_a_trusted_relay_are_kept() -> None:
    forged = Message.parse(b"X-Spam-Status: No\n" + HAM)
    for trusted, names in ((False, 1), (True, 2)):
        with scripted(answer(SYMBOLS)) as server:
            scored = spamd.score(forged, options(server.host, trusted_upstream=trusted))
        assert len(scored.message.headers.all("x-spam-status")) == names


@pytest.mark.parametrize(
    ("kind", "field", "reply", "changed"),
    [
        ("spam", b"Message-class: spam\r\nSet: local", b"DidSet: local\r\n", True),
        ("ham", b"Message-class: ham\r\nSet: local", b"", False),
        ("forget", b"Remove: local", b"DidRemove: local\r\n", True),
        ("forget", b"Remove: local", b"DidSet: local\r\n", False),
        ("spam", b"Set: local", b"DidSet: local,remote\r\n", True),
    ],
)
def test_learning(kind: str, field: bytes, reply: bytes, changed: bool) -> None:
    with scripted(answer(b"SPAMD/1.1 0 EX_OK\r\n" + reply + b"\r\n\r\n")) as server:
        assert spamd.tell(MESSAGE, kind, options(server.host), user="alice") is changed
    assert field in server.requests[0]


def test_learning_that_fails_is_to_be_tried_again() -> None:
    with pytest.raises(TryAgain, match="connection refused"):
        spamd.tell(MESSAGE, "spam", options(closed_port()))
    forbidden = answer(b"SPAMD/1.0 69 Service Unavailable: TELL commands are not enabled\r\n")
    with scripted(forbidden) as server, pytest.raises(TryAgain, match="TELL commands are not enabled"):
        spamd.tell(MESSAGE, "spam", options(server.host))


# --- without an answer ---------------------------------------------------------------------------------------------


def test_down_and_accept_delivers_the_message_as_it_came() -> None:
    host = closed_port()
    scored = spamd.score(MESSAGE, options(host))
    assert scored.message is MESSAGE
    assert scored.verdict is None
    assert scored.note == f"spamd {host}: connection refused"


def test_down_and_defer_has_it_tried_again() -> None:
    host = closed_port()
    with pytest.raises(TryAgain) as caught:
        spamd.score(MESSAGE, options(host, when_down="defer"))
    assert (caught.value.text, caught.value.status) == (f"spamd {host}: connection refused", "4.3.2")


def test_auto_takes_an_absent_spamd_for_no_failure(tmp_path: Path) -> None:
    hosts = (closed_port(), f"unix:{tmp_path}/none")
    scored = spamd.score(MESSAGE, options(*hosts, enabled="auto", when_down="defer", retries=50, back_off=1.0))
    assert scored.verdict is None
    assert "connection refused" in scored.note


def test_auto_does_not_ask_again_for_a_second_where_nothing_listens(tmp_path: Path) -> None:
    """Then it does; and it asks others at once."""
    place, clock, outages = f"{tmp_path}/s", FakeClock(), Outages()

    def note(*hosts: str, enabled: str = "auto") -> str:
        return spamd.score(MESSAGE, options(*hosts, enabled=enabled), outages=outages, clock=clock).note

    first = note(f"unix:{place}")
    assert "no such file" in first
    with scripted(answer(SYMBOLS), place) as server:
        clock.now += limits.SPAMD_ABSENT_SECONDS - 0.01
        assert (note(f"unix:{place}"), server.requests) == (first, [])
        assert note(f"unix:{place}", enabled="on") == ""
        assert "refused" in note(closed_port())
        assert "no such file" in note(f"unix:{tmp_path}/none")
    with scripted(answer(SYMBOLS), place + "2") as server:
        assert "no such file" in note(f"unix:{place}3")
        clock.now += limits.SPAMD_ABSENT_SECONDS
        (tmp_path / "s3").symlink_to(place + "2")
        assert (note(f"unix:{place}3"), len(server.requests)) == ("", 1)


def test_auto_defers_for_a_spamd_that_is_there_and_fails() -> None:
    failing = answer(b"SPAMD/1.0 79 Timeout: (300 second timeout)\r\n")
    with scripted(failing) as server, pytest.raises(TryAgain, match="79 Timeout"):
        spamd.score(MESSAGE, options(server.host, enabled="auto", when_down="defer"))


def test_off_asks_nobody() -> None:
    with scripted(answer(SYMBOLS)) as server:
        scored = spamd.score(MESSAGE, options(server.host, enabled="off"))
    assert (scored.message, scored.verdict, server.requests) == (MESSAGE, None, [])


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (b"", "ended early, after 0 octets"),
        (b"SPAMD/1.1 0 EX_OK\r\nContent-length: 100\r\nSpam: True ; 1 / 5\r\n\r\nA", "ended early"),
        (b"220 mail.example.net ESMTP\r\n", "no reply of spamd"),
        (b"SPAMD/1.0 76 Bad header line: x\r\n", "76 Bad header line: x"),
        (b"SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\n\r\n", "0 Spam: fields"),
        (b"SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: True ; nan / 5\r\n\r\n", "no score"),
        (b"SPAMD/1.1 0 EX_OK\r\nContent-length: 99999999999\r\n", "a reply of 99999999999 octets"),
        (b"x" * (limits.SPAMD_HEAD_OCTETS + 1), "head of the reply"),
        (b"SPAMD/1.1 75 \x1b[31m\xff\r\n", "75 ?[31m?"),
    ],
)
def test_what_is_no_answer(reply: bytes, note: str) -> None:
    with scripted(answer(reply)) as server:
        scored = spamd.score(MESSAGE, options(server.host))
    assert scored.message is MESSAGE
    assert scored.verdict is None
    assert note in scored.note
    assert scored.note.isprintable()


def test_a_server_that_floods_is_left() -> None:
    def play(connection: socket.socket, server: Scripted) -> None:
        request(connection)
        connection.sendall(b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 1 / 5\r\n\r\n")
        while not server.stopped.is_set():
            connection.sendall(b"x" * 65536)

    with scripted(play) as server:
        assert f"more than {limits.SPAMD_REPLY_OCTETS} octets" in spamd.score(MESSAGE, options(server.host)).note


def test_a_server_that_closes_before_it_was_told_all_may_say_why() -> None:
    def play(connection: socket.socket, server: Scripted) -> None:
        connection.recv(10)
        connection.sendall(b"SPAMD/1.0 69 Service Unavailable: too busy\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            continue

    large = Message.parse(HAM + b"x" * 5_000_000)
    with scripted(play) as server:
        assert "69 Service Unavailable: too busy" in spamd.score(large, options(server.host, max_size=10**7)).note


def test_a_server_that_resets() -> None:
    def play(connection: socket.socket, server: Scripted) -> None:
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    large = Message.parse(HAM + b"x" * 5_000_000)
    with scripted(play) as server:
        scored = spamd.score(large, options(server.host, max_size=10**7, enabled="auto"))
    assert scored.verdict is None
    assert "reset" in scored.note or "broken pipe" in scored.note


# --- settings ------------------------------------------------------------------------------------------------------


def greeting(connection: socket.socket, server: Scripted) -> None:
    """A server that speaks first, and not TLS."""
    connection.sendall(b"220 hello\r\n")
    connection.recv(65536)


@pytest.mark.parametrize(
    "changes",
    [
        {"timeout": 0.0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": 1000.0},
        {"max_size": 0},
        {"retries": -1},
        {"back_off": float("nan")},
        {"rest": -1.0},
        {"user": "a\nb"},
        {"hosts": ()},
        {"hosts": ("127.0.0.1",)},
    ],
)
def test_settings_that_are_wrong(changes: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=next(iter(changes))):
        spamd.score(MESSAGE, options("127.0.0.1:1").replace(**changes))


def test_the_defaults_are_right() -> None:
    spamd.check(spamd.Options())
    assert spamd.Options().timeout < limits.DELIVERY_SECONDS < 1000


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        spamd.check(spamd.Options(timeout=0.0, max_size=0, hosts=("z",), retries=-1, user="a\nb"))
    assert str(caught.value).splitlines() == [
        f"[spamd] timeout is more than 0 and at most {limits.DELIVERY_SECONDS:g} seconds",
        "[spamd] retries is from 0 to 100",
        "[spamd] max_size is more than 0",
        "[spamd] user has a control character",
        "[spamd] hosts: no host: 'z' (host:port, [::1]:port, tls:host:port or unix:/path is meant)",
    ]


def test_a_ca_file_that_is_missing_is_not_taken_for_an_absent_spamd(tmp_path: Path) -> None:
    with scripted(silent) as server:
        asked = options(f"tls:{server.host}", ca_file=f"{tmp_path}/none", when_down="defer", enabled="auto")
        with pytest.raises(TryAgain, match="ca_file"):
            spamd.score(MESSAGE, asked)


def test_TLS_with_a_server_that_speaks_none() -> None:
    with scripted(greeting) as server, pytest.raises(Unanswered, match="TLS"):
        spamd.ask("PING", options(f"tls:{server.host}", timeout=2.0))


def test_descriptors_are_closed() -> None:
    counts = []
    for _ in range(4):
        with scripted(greeting) as server:
            spamd.score(MESSAGE, options(server.host, closed_port(), f"tls:{server.host}", timeout=2.0))
        counts.append(len(os.listdir("/proc/self/fd")))
    assert len(set(counts[1:])) == 1  # the first time, modules are loaded
