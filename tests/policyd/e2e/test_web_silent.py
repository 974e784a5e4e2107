"""Five hundred connections that never say all they have to, and one visitor who does: by the process, as it is started.

What they say is what slow clients of the kind of Slowloris say: nothing, half a head, half a form.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest

from tests.support.daemons import free_port
from tests.support.policyd_daemon import SECONDS, environment, until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
COUNT = 500
HALVES = {
    "nothing": b"",
    "head": b"GET /blocked HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "form": b"POST /blocked HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nip=",
}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[int]:
    """Its port. It may open as many files as processes usually may."""
    (tmp_path / "policyd.toml").write_text(f'state_dir = "{tmp_path}"\n')
    port, log = free_port(), tmp_path / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                *("sh", "-c", 'ulimit -n 1024; exec "$@"', "sh"),
                *(sys.executable, "-m", "mdafilter_policyd.cli", "--config", str(tmp_path / "policyd.toml")),
                *("web", "--listen", f"inet:127.0.0.1:{port}"),
            ],
            env=environment(),
            stderr=said,
        )
    try:
        until(lambda: answers(port), log.read_text)
        yield port
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(SECONDS)
    assert log.read_text() == ""


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/blocked", timeout=SECONDS).status_code == 200
    except httpx.ConnectError:
        return False


@pytest.mark.parametrize("half", HALVES)
def test_a_visitor_is_answered_beside_five_hundred_who_are_silent(web: int, half: str) -> None:
    with ExitStack() as stack:
        silent = []
        for _ in range(COUNT):
            silent.append(stack.enter_context(closing(socket.create_connection(("127.0.0.1", web), SECONDS))))
            silent[-1].sendall(HALVES[half])
        for _ in range(5):
            assert answers(web)
        for each in silent:  # and in the end they are hung up on, all of them
            try:
                while each.recv(4096):
                    pass
            except ConnectionError:
                pass
