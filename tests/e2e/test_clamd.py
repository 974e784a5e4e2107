"""Our client against the real clamd, which is private to this file, and a delivery that asks it."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.situations import Mailbox, Result, Situation, deliver
from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.message import Field, Message, Octets
from mdafilter.message.message import rebuilt
from mdafilter.scorers import clamd
from mdafilter.scorers.hosts import Outages
from mdafilter.world import Finding, Scanned
from tests.support import bare
from tests.support.archives import locked_zip, tarred, zipped
from tests.support.attached import attached
from tests.support.clamd import EICAR, SIGNATURE, STREAM_MAX_LENGTH, UNWANTED, Daemon, missing, options, real
from tests.support.spamd import closed_port

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(missing()), reason=missing() or "clamd is here")]

VIRUS = Finding(SIGNATURE)
INFECTED = attached(("eicar.com", EICAR))
CLEAN = attached(("minutes.txt", b"The minutes of Tuesday.\n"))


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    with real() as running:
        yield running


@pytest.fixture(params=["tcp", "unix"])
def host(daemon: Daemon, request: pytest.FixtureRequest) -> str:
    spelled: str = getattr(daemon, request.param)
    return spelled


def scan(data: bytes | Message, asked: clamd.Options) -> Scanned:
    message = Message.parse(data) if isinstance(data, bytes) else data
    return clamd.scan(message, asked, outages=Outages())


# --- what is found -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "files",
    [
        [("eicar.com", EICAR)],
        [("a.txt", b"a\n"), ("eicar.zip", zipped(("eicar.com", EICAR)))],
        [("eicar.tgz", zipped(("eicar.tar.gz", tarred(("eicar.com", EICAR), mode="gz"))))],
    ],
    ids=["attached", "in-a-zip", "in-a-tar-in-a-zip"],
)
def test_EICAR_is_a_virus(host: str, files: list[tuple[str, bytes]]) -> None:
    assert EICAR not in attached(*files)
    assert scan(attached(*files), options(host)) == Scanned(VIRUS)


def test_with_CR_LF_and_in_a_message_in_a_message(host: str) -> None:
    inner = b"Subject: x\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n" + INFECTED
    for data in (INFECTED.replace(b"\n", b"\r\n"), inner):
        assert scan(data, options(host)) == Scanned(VIRUS)


@pytest.mark.parametrize("data", [CLEAN, b"", b"\n", b"Subject: x", b"\0\xff\r\r\n", b"x" * 100_000])
def test_what_is_clean_is_clean(host: str, data: bytes) -> None:
    assert scan(data, options(host)) == Scanned(Finding())


def test_a_heuristic_and_an_unwanted_program_are_suspicions(host: str) -> None:
    encrypted = attached(("a.zip", locked_zip(("a.txt", b"a\n" * 100))))
    assert scan(encrypted, options(host)) == Scanned(Finding("Heuristics.Encrypted.Zip", heuristic=True))
    unwanted = attached(("a.bin", UNWANTED))
    assert scan(unwanted, options(host)) == Scanned(Finding("PUA.Test.Unwanted-1.UNOFFICIAL", heuristic=True))


def test_the_message_is_scanned_as_it_stands_now(host: str) -> None:
    changed = Message.parse(CLEAN).on_top(Field("X-Note", b"X-Note: " + UNWANTED))
    assert scan(changed, options(host)).finding == Finding("PUA.Test.Unwanted-1.UNOFFICIAL", heuristic=True)


def test_a_spooled_message_in_many_chunks(host: str, tmp_path: Path) -> None:
    filler = b"".join(f"{number:075d}\n".encode() for number in range(STREAM_MAX_LENGTH // 2 // 76))
    (tmp_path / "spool").write_bytes(attached(("filler.txt", filler), ("eicar.com", EICAR)))
    with open(tmp_path / "spool", "rb") as file:
        message = Message.parse(Octets.map(file.fileno()))
        assert message.size > 2 * limits.SPOOL_IN_MEMORY
        assert scan(message, options(host)) == Scanned(VIRUS)


# --- what is too large ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [1, limits.CLAMD_CHUNK_OCTETS, 30_000_000])
@pytest.mark.parametrize("when_down", ["accept", "defer"])
def test_more_than_StreamMaxLength_is_not_scanned_and_no_failure(host: str, more: int, when_down: str) -> None:
    large = rebuilt(lambda fd: Message.parse(b"Subject: x\n\n" + b"x" * (STREAM_MAX_LENGTH + more - 12)).write_to(fd))
    assert large.size == STREAM_MAX_LENGTH + more
    scanned = scan(large, options(host, max_size=10**9, when_down=when_down))
    assert scanned == Scanned(None, f"clamd: {large.size} octets are more than its StreamMaxLength: not scanned")


def test_just_StreamMaxLength_is_scanned(host: str) -> None:
    assert scan(b"x" * STREAM_MAX_LENGTH, options(host)) == Scanned(Finding())


def test_more_than_max_size_is_not_sent() -> None:
    scanned = scan(INFECTED, options(closed_port(), max_size=10, when_down="defer"))
    assert scanned == Scanned(None, f"clamd: {len(INFECTED)} octets are more than max_size (10): not scanned")


# --- a clamd that is down ------------------------------------------------------------------------------------------


def test_failing_over_from_where_nobody_is(daemon: Daemon) -> None:
    hosts = (closed_port(), "unix:/nonexistent/clamd", daemon.unix)
    assert scan(INFECTED, options(*hosts, when_down="defer")) == Scanned(VIRUS)


def test_a_clamd_that_was_killed() -> None:
    with real() as daemon:
        daemon.process.kill()
        daemon.process.wait()
        for host in (daemon.tcp, daemon.unix):  # its socket is still there
            assert scan(INFECTED, options(host)) == Scanned(None, f"clamd {host}: connection refused")
            assert scan(INFECTED, options(host, enabled="auto", when_down="defer")).finding is None
            with pytest.raises(TryAgain, match="connection refused"):
                scan(INFECTED, options(host, when_down="defer"))


def test_a_clamd_that_hangs_until_our_deadline() -> None:
    with real() as daemon:
        daemon.process.send_signal(signal.SIGSTOP)
        for host in (daemon.tcp, daemon.unix):
            started = time.monotonic()
            assert scan(INFECTED, options(host, timeout=1.0)) == Scanned(None, f"clamd {host}: no answer in time")
            with pytest.raises(TryAgain, match="no answer in time"):
                scan(INFECTED, options(host, timeout=1.0, enabled="auto", when_down="defer"))
            assert time.monotonic() - started < 20
        daemon.process.send_signal(signal.SIGCONT)
        assert scan(INFECTED, options(daemon.unix, timeout=30.0)) == Scanned(VIRUS)


def test_a_clamd_that_is_killed_while_we_wait_for_it() -> None:
    with real() as daemon:
        daemon.process.send_signal(signal.SIGSTOP)
        found: list[Scanned] = []
        waiting = threading.Thread(target=lambda: found.append(scan(INFECTED, options(daemon.unix, timeout=30.0))))
        waiting.start()
        time.sleep(0.5)
        daemon.process.kill()
        waiting.join()
    assert found[0].finding is None
    assert found[0].note.startswith(f"clamd {daemon.unix}: ")
    assert "in time" not in found[0].note


def test_another_daemon_is_no_clamd() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)

        def greet() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"220 mail.example.net ESMTP\r\n")
                connection.recv(100_000)

        greeting = threading.Thread(target=greet)
        greeting.start()
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        assert "220 mail.example.net ESMTP" in scan(CLEAN, options(host)).note
        greeting.join()


# --- a delivery ----------------------------------------------------------------------------------------------------


def delivered(installation: Path, message: bytes, host: str, when_down: str = "defer") -> tuple[Result, bytes]:
    """What the real mdafilter-deliver does with the message by the shipped rules, and what lies in the mailbox then."""
    settings = f'[spamd]\nenabled = "off"\n[journal]\nsyslog = false\n[clamd]\nenabled = "on"\nhosts = ["{host}"]\n'
    with bare.mailbox(f'{settings}when_down = "{when_down}"\n') as mailbox:
        command = [str(installation / "bin" / "mdafilter-deliver")]
        result = deliver(Situation("clamd", message, {}), command, Mailbox(mailbox.home, mailbox.uid, mailbox.gid))
        files = [path for paths in result.files.values() for path in paths]
        assert len(files) <= 1
        return result, files[0].read_bytes() if files else b""


def test_a_virus_is_delivered_into_quarantine_and_says_its_name(installation: Path, host: str) -> None:
    infected = attached(("eicar.zip", zipped(("eicar.txt", EICAR))))
    result, arrived = delivered(installation, infected, host)
    assert (result.status, list(result.files)) == (0, [".Quarantine"]), result.output
    label = Message.parse(arrived).headers.first("x-mdafilter")
    assert label is not None
    assert label.value.startswith("Quarantine; rule ")
    assert "virus.sieve:" in label.value
    assert label.value.endswith(f"; clamd {SIGNATURE}")
    assert f"clamd {SIGNATURE} (virus.sieve:" in result.why
    assert arrived.endswith(infected)


def test_what_is_clean_is_delivered_into_the_inbox(installation: Path, host: str) -> None:
    result, arrived = delivered(installation, CLEAN, host)
    assert (result.status, list(result.files)) == (0, ["INBOX"]), result.output
    assert arrived.endswith(CLEAN)
    assert not [note for note in result.entry["notes"] if "clamd" in note]


def test_a_clamd_that_is_down_defers_or_is_noted(installation: Path) -> None:
    host = closed_port()
    result, arrived = delivered(installation, CLEAN, host)
    assert (result.status, arrived) == (75, b"")
    assert "connection refused" in result.output
    result, arrived = delivered(installation, CLEAN, host, "accept")
    assert (result.status, list(result.files)) == (0, ["INBOX"]), result.output
    assert f"clamd {host}: connection refused" in result.entry["notes"]
