"""Who was refused looks at the page: he is listed, he is delisted, his line in the decisions has been rotated away.

The daemon, the process of the pages and the DNS are real ones.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import policyd_dns
from tests.support.daemons import free_port
from tests.support.policyd_daemon import daemon, until
from tests.support.policyd_dns import dnsmasq
from tests.support.policyd_pages import look, pages
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


def test_listed_delisted_and_forgotten(tmp_path: Path) -> None:
    (tmp_path / "clients").write_text("# ours\n203.0.113.0/24 554 Too much spam\n")
    dns = free_port()
    with dnsmasq(*LISTED, at=dns), daemon(tmp_path, configuration(dns)) as running:
        assert "blocked using zen.test; https://zen.test/66" in running.ask(client_address=CLIENT)
        with pages(tmp_path) as url:
            until(lambda: "1 time" in look(url, CLIENT))
            page = look(url, CLIENT)
        assert "Mail from this address is refused." in page and "Refused by dnsbl<" in page
        assert "<code>listed by zen.test</code>" in page and "blocked using zen.test; https://zen.test/66" in page
    with dnsmasq(*addresses("zen.test"), at=dns), pages(tmp_path) as url:
        page = look(url, CLIENT)
        assert "not refused any more" in page and "Refused by dnsbl, before" in page and "no longer" in page
    shutil.rmtree(tmp_path / "state")
    (tmp_path / "state").mkdir()
    with dnsmasq(*LISTED, at=dns), pages(tmp_path) as url:
        page = look(url, CLIENT)
        assert "Refused by dnsbl<" in page and "no mail was refused for it lately" in page
        page = look(url, "203.0.113.9")
        assert "<code>clients:2: 554 Too much spam</code>" in page


def test_who_looks_for_others_asks_the_lists_little(tmp_path: Path) -> None:
    (tmp_path / "clients").write_text("")
    dns = free_port()
    with dnsmasq(*addresses("zen.test"), at=dns) as server:
        (tmp_path / "state").mkdir()
        (tmp_path / "policyd.toml").write_text(f'state_dir = "{tmp_path}/state"\n' + configuration(dns))
        with pages(tmp_path) as url:
            for number in range(20):
                look(url, f"198.51.100.{number}")
            assert "too many questions for now" in look(url, "198.51.100.21")
        assert sum(server.asked(f"{number}.100.51.198.zen.test", "A") for number in range(20)) == 3
