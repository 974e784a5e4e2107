"""What all pages need: who asks, what a form says, and how a page is made.

Who asks is the other end of the connection; where that is a proxy of ours, the last address in X-Forwarded-For that is
not. On a socket of the file system the other end is this host.

In:    a Request of starlette, which is hostile.
Out:   pages; the fields of a form, at most FORM_OCTETS of them.
Fails: Refused, with a status of RFC 9110 and a text for people.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jinja2
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse

from mdafilter_policyd import durations, limits
from mdafilter_policyd.checks import House
from mdafilter_policyd.config import Config
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.log import Log
from mdafilter_policyd.web.anew import Anew
from mdafilter_policyd.web.options import Options
from mdafilter_policyd.web.requests import Requests
from mdafilter_policyd.web.signed import Signer

FORM_OCTETS = 16 * 1024
FORM_FIELDS = 20
FORM_SECONDS = 10.0
TEMPLATES = os.path.join(os.path.dirname(__file__), "templates")
LOOPBACK = "127.0.0.1"


class Refused(Exception):
    """A request that is not answered as it was meant."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Site:
    """What there is one of in a process."""

    def __init__(self, config: Config, options: Options, house: House, secret: bytes, log: Log) -> None:
        self.config = config
        self.options = options
        self.store = house.store
        self.signer = Signer(secret)
        self.log = log
        self.now = house.now
        self.hostname = config.hostname or os.uname().nodename
        self.patience = limits.EXCEPTION_SECONDS
        self.requests = Requests(house.store, options.requests, options.requests_of_all)
        self.anew = Anew(config, house, log)
        # Looking back costs some tenths of a second of one processor: not everybody at one time.
        self.looking = asyncio.Semaphore(2)
        self._strange = False  # a proxy that we were not told of, and that has been said
        self._proxies = tuple(map(ipaddress.ip_network, options.proxies))
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._pages.filters.update(when=when, ago=self._ago, span=durations.spelled)
        self._pages.globals.update(zone=zone)

    def page(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A template, filled in."""
        values = {"host": self.hostname, "user": "", "message": "", "refresh": 0, "here": ""} | values
        return HTMLResponse(self._pages.get_template(name).render(values), status)

    def peer(self, request: Request) -> str:
        """The address of who asks."""
        found = self.connected(request)
        if self.is_proxy(found):
            for text in reversed(",".join(request.headers.getlist("x-forwarded-for")).split(",")):
                if not (before := _address(text)):
                    break
                found = before
                if not self.is_proxy(found):
                    break
        elif "x-forwarded-for" in request.headers and not self._strange and ipaddress.ip_address(found).is_loopback:
            self._strange = True
            self.log.warn(
                f"web: there is a proxy at {found}, and it is none of `proxies` in [web]: whoever it brings is the "
                "same visitor, with the bounds of one"
            )
        return found

    def connected(self, request: Request) -> str:
        """The other end of the connection, be it a proxy or not."""
        return (_address(request.client.host) if request.client else "") or LOOPBACK

    def is_proxy(self, address: str) -> bool:
        """Whether it is one of ours."""
        return _is_in(address, self._proxies)

    def may_measure(self, request: Request) -> bool:
        """Who may read /metrics. What has come through a proxy that we do not know is nobody's."""
        if "x-forwarded-for" in request.headers and not self._proxies:
            return False
        return _is_in(self.peer(request), tuple(map(ipaddress.ip_network, self.options.metrics)))

    async def form(self, request: Request) -> dict[str, str]:
        """The fields of a form that one of our own pages has sent."""
        if not self._is_ours(request):
            raise Refused(403, "This form was sent from another page.")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise Refused(415, "This is no form.")
        body = b""
        try:
            async with asyncio.timeout(FORM_SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > FORM_OCTETS:
                        raise Refused(413, "This is too long. Please shorten the text.")
        except TimeoutError:
            raise Refused(408, "The form took too long to arrive.") from None
        except ClientDisconnect:
            raise Refused(400, "The form has not arrived.") from None  # nobody reads it
        try:
            return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FORM_FIELDS))
        except ValueError:
            raise Refused(400, "This form has too many fields.") from None

    def _is_ours(self, request: Request) -> bool:
        """By what browsers say of themselves (Fetch Metadata; RFC 6454 section 7). Others are no browsers."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("origin")
        if origin is None:
            return True
        return urlsplit(origin).netloc in (request.headers.get("host", ""), urlsplit(self.options.url).netloc)

    async def in_force(self) -> None:
        """Waits until the daemon has seen an exception that was granted, or withdrawn."""
        await asyncio.sleep(self.patience)

    async def limit(self, name: str, most: int, seconds: float) -> None:
        """So many in so many seconds. Without a store nobody is kept out: it only saves work."""
        try:
            if await self.store.add("rate", f"web-{name}", 1, self.now(), seconds) > most:
                raise Refused(429, "Too many questions in a short time. Please wait a minute.")
        except StoreError:
            pass  # nothing is lost by it

    async def close(self) -> None:
        await self.anew.close()
        try:
            await self.store.close()
        except StoreError:
            pass  # what it had answered is kept

    def _ago(self, time: float) -> str:
        seconds = max(0, self.now() - time)
        for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
            if seconds >= size:
                count = int(seconds // size)
                return f"{count} {unit}{'s' * (count > 1)} ago"
        return "just now"


def when(seconds: float) -> str:
    """A moment, in the time of this host."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "?"


def zone() -> str:
    """That of these moments."""
    found = time.strftime("%z")
    return f"UTC{found[:3]}:{found[3:5]}" if found.strip("+-0") else "UTC"


def _address(text: str) -> str:
    """Of an address that may have a port behind it; "" for what is none."""
    text = text.strip()[:64]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _is_in(address: str, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)
