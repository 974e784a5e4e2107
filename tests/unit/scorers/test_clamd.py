"""Asking clamd: what is sent, what is found, fail-over, time limits and policies. The servers are real sockets."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.message import Field, Message, Octets
from mdafilter.scorers import clamd
from mdafilter.scorers.hosts import KNOWN, Host, Outages
from mdafilter.scorers.instream import COMMAND
from mdafilter.world import Finding, Scanned
from tests.support.clamd import answer, options, request, silent
from tests.support.spamd import HAM, Scripted, closed_port, scripted

MESSAGE = Message.parse(HAM)
OK = b"stream: OK\0"
FOUND = b"stream: Eicar-Test-Signature FOUND\0"


def scan(message: Message, asked: clamd.Options, outages: Outages | None = None) -> Scanned:
    """A scan by a process that remembers nothing: another test may get the port."""
    return clamd.scan(message, asked, outages=outages or Outages())


# --- what is asked and answered ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "finding"),
    [
        (OK, Finding()),
        (FOUND, Finding("Eicar-Test-Signature")),
        (b"stream: Heuristics.Encrypted.Zip FOUND\0", Finding("Heuristics.Encrypted.Zip", heuristic=True)),
        (b"stream: PUA.Win.Tool.Packed-1 FOUND\0", Finding("PUA.Win.Tool.Packed-1", heuristic=True)),
        (b"stream: Win.Heuristics.PUA. FOUND\0", Finding("Win.Heuristics.PUA.")),
    ],
)
def test_a_finding(reply: bytes, finding: Finding) -> None:
    with scripted(answer(reply)) as server:
        assert scan(MESSAGE, options(server.host)) == Scanned(finding)
    assert server.requests == [HAM]


def test_a_UNIX_socket(tmp_path: Path) -> None:
    with scripted(answer(FOUND), f"{tmp_path}/s") as server:
        assert scan(MESSAGE, options(server.host)).finding == Finding("Eicar-Test-Signature")


def test_a_changed_message_is_sent_as_it_stands_now() -> None:
    changed = MESSAGE.on_top(Field.make("X-First", "1", b"\n"))
    with scripted(answer(OK)) as server:
        scan(changed, options(server.host))
    assert server.requests == [b"X-First: 1\n" + HAM]


def test_a_message_without_octets_is_scanned_too() -> None:
    with scripted(answer(OK)) as server:
        assert scan(Message.parse(b""), options(server.host)).finding == Finding()
    assert server.requests == [b""]


def test_a_spooled_message_is_sent_whole(tmp_path: Path) -> None:
    data = HAM + b"0123456789abcdef" * 300_000
    (tmp_path / "spool").write_bytes(data)
    with open(tmp_path / "spool", "rb") as file, scripted(answer(OK)) as server:
        assert scan(Message.parse(Octets.map(file.fileno())), options(server.host)).finding == Finding()
    assert server.requests == [data]


def test_a_spool_that_cannot_be_read_is_no_finding(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(HAM + b"x" * 5_000_000)
    with open(tmp_path / "spool", "r+b") as file, scripted(answer(OK)) as server:
        message = Message.parse(Octets.map(file.fileno()))
        file.truncate(2_000_000)
        scanned = scan(message, options(server.host))
    assert scanned.finding is None
    assert "became shorter" in scanned.note


# --- what is too large ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when_down", ["accept", "defer"])
def test_a_message_that_is_larger_than_max_size_is_not_sent(when_down: str) -> None:
    with scripted(answer(OK)) as server:
        scanned = scan(MESSAGE, options(server.host, max_size=len(HAM) - 1, when_down=when_down))
        assert scanned == Scanned(
            None, f"clamd: {len(HAM)} octets are more than max_size ({len(HAM) - 1}): not scanned"
        )
        assert server.requests == []
        assert scan(MESSAGE, options(server.host, max_size=len(HAM))).finding == Finding()


LARGE = Message.parse(HAM + b"x" * 10_000_000)


def cut_off(connection: socket.socket, server: Scripted) -> None:
    """What clamd does past StreamMaxLength: it says so and closes, while we still send."""
    connection.recv(100_000)
    connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")


@pytest.mark.parametrize("when_down", ["accept", "defer"])
@pytest.mark.parametrize("unix", [False, True])
def test_a_stream_that_clamd_cuts_off_is_not_scanned_and_no_failure(tmp_path: Path, unix: bool, when_down: str) -> None:
    """clamd(8): "otherwise clamd will reply with INSTREAM size limit exceeded and close the connection"."""
    with scripted(cut_off, f"{tmp_path}/s" if unix else "") as server, scripted(answer(OK)) as other:
        scanned = scan(LARGE, options(server.host, other.host, when_down=when_down))
    size = LARGE.size
    assert scanned == Scanned(None, f"clamd: {size} octets are more than its StreamMaxLength: not scanned")
    assert other.requests == []


def test_a_host_that_cuts_off_without_a_word_has_failed() -> None:
    def play(connection: socket.socket, server: Scripted) -> None:
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with scripted(play) as server:
        scanned = scan(LARGE, options(server.host))
    assert scanned.finding is None
    assert "reset" in scanned.note or "broken pipe" in scanned.note


# --- without an answer ---------------------------------------------------------------------------------------------


def test_down_and_accept_is_a_note() -> None:
    host = closed_port()
    assert scan(MESSAGE, options(host)) == Scanned(None, f"clamd {host}: connection refused")


def test_down_and_defer_has_it_tried_again() -> None:
    host = closed_port()
    with pytest.raises(TryAgain) as caught:
        scan(MESSAGE, options(host, when_down="defer"))
    assert (caught.value.text, caught.value.status) == (f"clamd {host}: connection refused", "4.3.2")


def test_auto_takes_an_absent_clamd_for_no_failure(tmp_path: Path) -> None:
    absent = options(closed_port(), f"unix:{tmp_path}/none", enabled="auto", when_down="defer")
    assert "connection refused" in scan(MESSAGE, absent).note
    with scripted(answer(b"")) as server, pytest.raises(TryAgain):
        scan(MESSAGE, absent.replace(hosts=(*absent.hosts, server.host)))


def test_off_asks_nobody() -> None:
    with scripted(answer(OK)) as server:
        assert scan(MESSAGE, options(server.host, enabled="off")).finding is None
    assert server.requests == []


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (b"", "ended early, after 0 octets"),
        (b"stream: OK", "ended early, after 10 octets"),
        (b"UNKNOWN COMMAND\0", "no reply of clamd: UNKNOWN COMMAND"),
        (b"stream: Can't allocate memory ERROR\0", ": Can't allocate memory"),
        (b"COMMAND READ TIMED OUT\n", "COMMAND READ TIMED OUT"),
        (b"\x1b[31m\xff\0", "no reply of clamd: ?[31m?"),
        (b"x" * (limits.CLAMD_REPLY_OCTETS + 1), f"more than {limits.CLAMD_REPLY_OCTETS} octets"),
    ],
)
def test_what_is_no_answer(reply: bytes, note: str) -> None:
    with scripted(answer(reply)) as server:
        scanned = scan(MESSAGE, options(server.host))
    assert scanned.finding is None
    assert note in scanned.note
    assert scanned.note.isprintable()
    with scripted(answer(reply)) as server, pytest.raises(TryAgain):
        scan(MESSAGE, options(server.host, when_down="defer"))


def test_a_server_that_floods_is_left() -> None:
    def play(connection: socket.socket, server: Scripted) -> None:
        request(connection)
        while not server.stopped.is_set():
            connection.sendall(b"x" * 65536)

    with scripted(play) as server:
        assert "a reply of more than" in scan(MESSAGE, options(server.host)).note


# --- time, and several hosts ---------------------------------------------------------------------------------------


def stuck(connection: socket.socket, server: Scripted) -> None:
    """A script: reads nothing."""
    server.stopped.wait(20)


def trickle(connection: socket.socket, server: Scripted) -> None:
    """A script: says an octet now and then."""
    request(connection)
    while not server.stopped.wait(0.02):
        connection.sendall(b"x")


@pytest.mark.parametrize("play", [silent, stuck, trickle])
def test_no_wait_is_longer_than_the_deadline(play: object) -> None:
    with scripted(play) as server:  # type: ignore[arg-type]
        started = time.monotonic()
        assert scan(LARGE, options(server.host, timeout=0.3)).note == f"clamd {server.host}: no answer in time"
        assert time.monotonic() - started < 5


def test_the_next_host_is_asked_when_one_refuses_fails_or_is_late() -> None:
    with scripted(answer(b"x ERROR\0")) as failing, scripted(silent) as late, scripted(answer(FOUND)) as good:
        scanned = scan(MESSAGE, options(closed_port(), failing.host, late.host, good.host, timeout=2.0))
    assert scanned == Scanned(Finding("Eicar-Test-Signature"))
    assert failing.requests == late.requests == good.requests == [HAM]


def test_all_that_failed_are_named() -> None:
    with scripted(answer(b"x ERROR\0")) as server:
        refused, host = closed_port(), server.host
        assert scan(MESSAGE, options(refused, host)).note == f"clamd {refused}: connection refused; clamd {host}: x"


def test_a_process_remembers_who_was_late_until_the_rest_is_over() -> None:
    outages, now = Outages(), 1000.0
    with scripted(silent) as server:
        asked = options(server.host, timeout=0.2)
        clamd.scan(MESSAGE, asked, outages=outages)
        scanned = clamd.scan(MESSAGE, asked, outages=outages)
        assert scanned.note == f"clamd {server.host}: was late, and is not asked for a while"
        assert len(server.requests) == 1
    with scripted(answer(OK)) as server:
        asked = options(server.host)
        outages.note(Host.parse(server.host), "late", now + limits.CLAMD_REST_SECONDS)
        assert clamd.scan(MESSAGE, asked, outages=outages, clock=lambda: now).finding is None
        now += limits.CLAMD_REST_SECONDS + 1
        assert clamd.scan(MESSAGE, asked, outages=outages, clock=lambda: now).finding == Finding()


def test_that_is_so_for_all_questions_of_a_process() -> None:
    with scripted(silent) as server:
        asked = options(server.host, timeout=0.2)
        try:
            for _ in range(3):
                clamd.scan(MESSAGE, asked)
        finally:
            KNOWN.forget(Host.parse(server.host))
        assert len(server.requests) == 1


def test_descriptors_are_closed() -> None:
    counts = []
    for _ in range(4):
        with scripted(answer(b"?")) as server:
            scan(MESSAGE, options(server.host, closed_port(), timeout=2.0))
        counts.append(len(os.listdir("/proc/self/fd")))
    assert len(set(counts[1:])) == 1  # the first time, modules are loaded


# --- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"timeout": 0.0},
        {"timeout": float("nan")},
        {"timeout": 1000.0},
        {"max_size": 0},
        {"hosts": ()},
        {"hosts": ("/run/clamav/clamd.ctl",)},
    ],
)
def test_settings_that_are_wrong(changes: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=next(iter(changes))):
        scan(MESSAGE, options("127.0.0.1:1").replace(**changes))


def test_the_defaults_are_right_and_off() -> None:
    clamd.check(clamd.Options())
    assert clamd.Options().enabled == "off"
    assert clamd.Options().timeout < limits.DELIVERY_SECONDS < 1000


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        clamd.check(clamd.Options(timeout=0.0, max_size=0, hosts=("z",)))
    assert str(caught.value).splitlines() == [
        f"[clamd] timeout is more than 0 and at most {limits.DELIVERY_SECONDS:g} seconds",
        "[clamd] max_size is more than 0",
        "[clamd] hosts: no host: 'z' (host:port, [::1]:port, tls:host:port or unix:/path is meant)",
    ]


def test_the_stream_begins_with_the_command() -> None:
    seen: list[bytes] = []

    def play(connection: socket.socket, server: Scripted) -> None:
        seen.append(connection.recv(len(COMMAND)))
        connection.sendall(OK)

    with scripted(play) as server:
        scan(MESSAGE, options(server.host))
    assert seen == [COMMAND]
