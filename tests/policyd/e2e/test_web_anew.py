"""Who was refused looks at the page: he is listed, he is delisted, his line in the decisions has been rotated away.

The daemon, the process of the pages and the DNS are real ones.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support import policyd_dns
from tests.support.daemons import free_port
from tests.support.policyd_daemon import SECONDS, daemon, environment, until
from tests.support.policyd_dns import dnsmasq
from tests.support.policyd_rbl import CLIENT, addresses

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(bool(policyd_dns.missing()), reason=policyd_dns.missing()),
]
LISTED = [*addresses("zen.test", CLIENT), "txt-record=66.2.0.192.zen.test,https://zen.test/66"]


def configuration(dns: int) -> str:
    return f"""\
nameservers = ["127.0.0.1:{dns}"]
[client_access]
mode = "on"
tables = ["./clients"]
[dnsbl]
mode = "on"
lists = ["zen.test"]
"""


@contextmanager
def pages(folder: Path) -> Iterator[httpx.Client]:
    """The process, and one who visits it. Each has a memory of its own."""
    port, log = free_port(), folder / "web.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mdafilter_policyd.cli", "--config", str(folder / "policyd.toml")),
                *("web", "--listen", f"inet:127.0.0.1:{port}"),
            ],
            env=environment(),
            stderr=said,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS) as visitor:
            until(lambda: answers(visitor), log.read_text)
            yield visitor
    finally:
        process.terminate()
        process.wait(SECONDS)
    assert log.read_text() == ""


def answers(visitor: httpx.Client) -> bool:
    try:
        return visitor.get("/").status_code == 200
    except httpx.ConnectError:
        return False


def test_listed_delisted_and_forgotten(tmp_path: Path) -> None:
    (tmp_path / "clients").write_text("# ours\n203.0.113.0/24 554 Too much spam\n")
    dns = policyd_dns.port()
    with dnsmasq(*LISTED, at=dns), daemon(tmp_path, configuration(dns)) as running:
        assert "blocked using zen.test; https://zen.test/66" in running.ask(client_address=CLIENT)
        with pages(tmp_path) as visitor:
            until(lambda: "1 time" in visitor.get(f"/blocked?ip={CLIENT}").text)
            page = visitor.get(f"/blocked?ip={CLIENT}").text
        assert "Mail from this address is refused." in page and "Refused by dnsbl<" in page
        assert "<code>listed by zen.test</code>" in page and "blocked using zen.test; https://zen.test/66" in page
    with dnsmasq(*addresses("zen.test"), at=dns), pages(tmp_path) as visitor:
        page = visitor.get(f"/blocked?ip={CLIENT}").text
        assert "not refused any more" in page and "Refused by dnsbl, before" in page and "no longer" in page
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "state").mkdir()
    with dnsmasq(*LISTED, at=dns), pages(tmp_path) as visitor:
        page = visitor.get(f"/blocked?ip={CLIENT}").text
        assert "Refused by dnsbl<" in page and "no mail was refused for it lately" in page
        page = visitor.get("/blocked?ip=203.0.113.9").text
        assert "<code>clients:2: 554 Too much spam</code>" in page


def test_who_looks_for_others_asks_the_lists_little(tmp_path: Path) -> None:
    (tmp_path / "clients").write_text("")
    dns = policyd_dns.port()
    with dnsmasq(*addresses("zen.test"), at=dns) as server:
        (tmp_path / "state").mkdir()
        (tmp_path / "policyd.toml").write_text(f'state_dir = "{tmp_path}/state"\n' + configuration(dns))
        with pages(tmp_path) as visitor:
            for number in range(20):
                assert visitor.get(f"/blocked?ip=198.51.100.{number}").status_code == 200
            assert "too many questions for now" in visitor.get("/blocked?ip=198.51.100.21").text
        assert sum(server.asked(f"{number}.100.51.198.zen.test", "A") for number in range(20)) == 3
