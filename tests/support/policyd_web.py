"""The pages of the policy daemon for tests: on a store in memory, with a clock, decisions and a sendmail of our own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from mdafilter_policyd.checks import House
from mdafilter_policyd.config import Config
from mdafilter_policyd.decide import Decision
from mdafilter_policyd.decisions import encode
from mdafilter_policyd.dns import Resolver
from mdafilter_policyd.request import Request
from mdafilter_policyd.store.memory import Memory
from mdafilter_policyd.web.app import app
from mdafilter_policyd.web.options import Options
from mdafilter_policyd.web.site import Site
from tests.support.policyd_core import Lines, NoDns
from tests.support.policyd_daemon import SECONDS

NOW = 1_790_000_000.0
PASSWORD = "correct horse"
# scrypt with little work: N is 16.
HASH = (
    "scrypt$16,8,1$000102030405060708090a0b0c0d0e0f$43b11c1f5ef93ff91c53b244d87454faa4d1aeafc14ba51b09160f741682e72f$"
)


class Browser:
    """One without a will of its own: it keeps cookies, and follows nothing."""

    def __init__(self, site: Site, address: str, runner: asyncio.Runner) -> None:
        transport = httpx.ASGITransport(app(site), client=(address, 50000))
        self.http = httpx.AsyncClient(transport=transport, base_url="https://mx.example.org")
        self._runner = runner

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self.http.get(path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self.http.post(path, **options))

    def put(self, path: str) -> httpx.Response:
        return self._runner.run(self.http.put(path))


class Pages:
    """A site, and a folder that it lives in."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.time = NOW
        self.sent = folder / "sent"
        sendmail = folder / "sendmail"
        sendmail.write_text(f'#!/bin/sh\necho "$@" >>{self.sent}.args\ncat >>{self.sent}\n')
        sendmail.chmod(0o755)
        self.log = Lines()
        self.options = Options(**({"sendmail": str(sendmail), "url": "https://mx.example.org"} | options))
        self.config = Config(state_dir=str(folder), hostname="mx.example.org", web=self.options)
        self.store = Memory()
        self.site = self.made(NoDns())

    def made(self, resolver: Resolver) -> Site:
        """The site of this configuration, whose DNS is this one."""
        house = House(resolver, self.store, lambda: self.time, self.log.alert, self.config.hostname)
        site = Site(self.config, self.options, house, b"0123456789abcdef", self.log)
        site.patience = 0.0  # nobody else reads this store
        return site

    @contextmanager
    def client(self, address: str = "198.51.100.7") -> Iterator[Browser]:
        """A browser at this address."""
        with asyncio.Runner() as runner:
            made = Browser(self.site, address, runner)
            yield made
            runner.run(made.http.aclose())

    def decided(self, action: str, by: str, why: str = "", ago: float = 60.0, **attributes: str) -> None:
        """A line in the file of decisions."""
        usual = {"client_address": "192.0.2.1", "sender": "secret@sender.example", "recipient": "hidden@rcpt.example"}
        usual |= {"protocol_state": "RCPT", "client_name": "mail.example.net"}
        request = Request(usual | attributes)
        with open(self.config.decisions_file, "ab") as file:
            file.write(encode(self.time - ago, request, Decision(action, by, why), {}))

    def requests(self) -> list[Any]:
        """Those in the store."""
        return asyncio.run(self.site.requests.all(self.time))

    def mail(self) -> str:
        return self.sent.read_text() if self.sent.exists() else ""


async def until(holds: Callable[[], bool]) -> None:
    """Waits for it, in the loop."""
    async with asyncio.timeout(SECONDS):
        while not holds():
            await asyncio.sleep(0.01)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return unescape(found[1])


def fill(client: Browser, pages: Pages, ip: str = "192.0.2.1", wait: float = 5.0, **fields: str) -> httpx.Response:
    """Asks for an exception as a person does."""
    page = client.get("/blocked", params={"ip": ip}).text
    pages.time += wait
    usual = {"ip": ip, "token": hidden(page, "token"), "contact": "me@else.example", "text": "Invoices", "website": ""}
    return client.post("/blocked", data=usual | fields)
