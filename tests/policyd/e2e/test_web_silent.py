"""Five hundred connections that never say all they have to, and one visitor who does: by the process, as it is started.

What they say is what slow clients of the kind of Slowloris say: nothing, half a head, half a form.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.policyd_daemon import SECONDS
from tests.support.policyd_pages import answers, pages

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
COUNT = 500
HALVES = {
    "nothing": b"",
    "head": b"GET /blocked HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "form": b"POST /blocked HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nip=",
}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """Its address. It may open as many files as processes usually may."""
    (tmp_path / "policyd.toml").write_text(f'state_dir = "{tmp_path}"\n')
    with pages(tmp_path, within=("sh", "-c", 'ulimit -n 1024; exec "$@"', "sh")) as url:
        yield url


@pytest.mark.parametrize("half", HALVES)
def test_a_visitor_is_answered_beside_five_hundred_who_are_silent(web: str, half: str) -> None:
    place = ("127.0.0.1", int(web.rpartition(":")[2]))
    with ExitStack() as stack:
        silent = []
        for _ in range(COUNT):
            silent.append(stack.enter_context(closing(socket.create_connection(place, SECONDS))))
            silent[-1].sendall(HALVES[half])
        for _ in range(5):
            assert answers(web)
        for each in silent:  # and in the end they are hung up on, all of them
            try:
                while each.recv(4096):
                    pass
            except ConnectionError:
                pass
