"""Two MX hosts, each with its daemon, and one greylist: on a Redis, and on a cluster of three nodes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import policyd_store as support
from tests.support.daemons import free_port
from tests.support.policyd_daemon import Daemon, daemon, until

Stage = tuple[str, Sequence[support.Server]]


@pytest.fixture(params=["redis", "cluster"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A URL, and the servers behind it."""
    if support.missing():
        pytest.skip(support.missing())
    if request.param == "redis":
        port = free_port()
        with support.server("--port", str(port)) as server:
            yield f"redis://127.0.0.1:{port}", [server]
    else:
        with support.cluster() as nodes:
            yield f"redis://{nodes[0].name},{nodes[1].name}?cluster=yes", nodes


@contextmanager
def host(folder: Path, url: str) -> Iterator[Daemon]:
    folder.mkdir()
    with daemon(folder, f'store = "{url}"\n[greylist]\nmode = "on"\ndelay = "1s"\n') as made:
        yield made


def says(asked: Daemon, sender: str) -> str:
    return asked.ask(sender=sender, instance=f"{time.monotonic_ns()}")


def deferred(asked: Daemon) -> str:
    """A sender whom nobody had seen, and who shall come again. A machine that is busy may be too late with an answer."""
    seen: list[tuple[str, str]] = []

    def told() -> bool:
        sender = f"a@d{time.monotonic_ns()}.example"
        seen.append((sender, says(asked, sender)))
        return "Greylisted" in seen[-1][1]

    until(told, lambda: f"{seen[-1]}\n{asked.said}")
    return seen[-1][0]


def comes_back(asked: Daemon, sender: str) -> None:
    """And is known."""
    until(lambda: says(asked, sender).startswith("PREPEND X-Greylist: delayed"), lambda: says(asked, sender))


def test_one_stops_and_the_other_knows(stage: Stage, tmp_path: Path) -> None:
    url, _ = stage
    with host(tmp_path / "one", url) as one, host(tmp_path / "two", url) as two:
        sender = deferred(one)
        one.process.kill()
        one.process.wait()
        comes_back(two, sender)
        deferred(two)


def test_without_redis_mail_goes_on_and_that_is_said_once(stage: Stage, tmp_path: Path) -> None:
    url, servers = stage
    with host(tmp_path / "one", url) as one:
        sender = deferred(one)
        for server in servers:
            server.stop()
        assert {says(one, f"{n}@example.net") for n in range(5)} == {"DUNNO"}
        assert one.said.count("greylist fails, mail goes on without it: StoreError: 127.0.0.1:") == 1
        for server in servers:
            server.start()
        deferred(one)
        comes_back(one, sender)


def test_redis_that_comes_later(stage: Stage, tmp_path: Path) -> None:
    url, servers = stage
    for server in servers:
        server.stop()
    with host(tmp_path / "one", url) as one:
        assert says(one, "a@example.net") == "DUNNO"
        for server in servers:
            server.start()
        deferred(one)
