"""The pages of the policy daemon as a process of their own, by the command line, and one who looks at them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.daemons import free_port
from tests.support.policyd_daemon import SECONDS, environment, until


@contextmanager
def pages(folder: Path, port: int = 0, within: tuple[str, ...] = ()) -> Iterator[str]:
    """By the policyd.toml of the folder, from when they answer, started by the command `within`; their address."""
    port, log = port or free_port(), folder / "web.log"
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                *(*within, sys.executable, "-m", "mdafilter_policyd.cli", "--config", str(folder / "policyd.toml")),
                *("web", "--listen", f"inet:127.0.0.1:{port}"),
            ],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        until(lambda: answers(url), log.read_text)
        yield url
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(SECONDS)
    assert log.read_text() == ""


def look(url: str, ip: str) -> str:
    """The page of who was refused, for this address; by a connection of its own."""
    answer = httpx.get(f"{url}/blocked?ip={ip}", timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.text


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/blocked", timeout=SECONDS).status_code == 200
    except httpx.ConnectError:
        return False
