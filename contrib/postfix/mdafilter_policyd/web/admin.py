"""The admin's pages.

    GET  /admin             requests, exceptions, the lists of the DNS
    POST /admin/requests    approve or refuse one
    POST /admin/exceptions  grant one, or withdraw it
    GET  /admin/decisions   the newest ones, filtered; `refresh` loads the page again after so many seconds
    GET  /admin/plots       the last day or week
    GET  /admin/login       and POST; POST /admin/logout
    GET  /metrics           for Prometheus, and for those addresses alone that [web] names

Who is let in: whom the field `proxy_header` of a proxy of ours names; else who has the password. That one gets a
session, a signed cookie that ends with the browser, after SESSION_SECONDS, or with a new password. Each form has a
token of its session (CSRF), besides the cookie's SameSite=Strict (RFC 6265bis).

Known bug: to log out makes the browser forget the cookie; a copy of it is good until its end.
Fails: as app.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from mdafilter_policyd import checks, durations, report
from mdafilter_policyd.decisions import Entry
from mdafilter_policyd.store import Record
from mdafilter_policyd.web import backwards, metrics
from mdafilter_policyd.web.charts import chart
from mdafilter_policyd.web.password import fits
from mdafilter_policyd.web.requests import Wrong, neighbourhood
from mdafilter_policyd.web.site import Refused, Site, when
from mdafilter_policyd.web.tally import Tally

COOKIE = "mdafilter-policyd"
SESSION_SECONDS = 12 * 3600.0
TRIES, TRY_SECONDS = 10, 600.0  # passwords, of one address
SHOWN = 200  # decisions
DAYS = 3650  # of an exception at most
SPANS = {"24": "day", "168": "week"}
REFRESH = (0, 5, 30, 300)
KINDS = ("any", "refuse", "defer", "pass", "would", "other")


@dataclass(frozen=True)
class Session:
    """Somebody who is let in."""

    user: str
    id: str


Page = Callable[[Request, Session], Awaitable[Response]]


class Admin:
    """All of them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tally = Tally(site.config.decisions_file)
        self._hashing = asyncio.Semaphore(1)  # each takes 64 MiB

    def routes(self) -> list[Route]:
        return [
            Route("/admin", self._for(self.overview)),
            Route("/admin/requests", self._for(self.requests), methods=["POST"]),
            Route("/admin/exceptions", self._for(self.exceptions), methods=["POST"]),
            Route("/admin/decisions", self._for(self.decisions)),
            Route("/admin/plots", self._for(self.plots)),
            Route("/admin/login", self.login),
            Route("/admin/login", self.enter, methods=["POST"]),
            Route("/admin/logout", self._for(self.leave), methods=["POST"]),
            Route("/metrics", self.metrics),
        ]

    # --- who ---

    def _for(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """A page for those who are let in; others see where to log in."""

        async def let_in(request: Request) -> Response:
            session = self.session(request)
            return RedirectResponse("/admin/login", 303) if session is None else await page(request, session)

        return let_in

    def session(self, request: Request) -> Session | None:
        """Whose it is."""
        options = self._site.options
        if options.proxy_header and self._site.is_proxy(self._site.connected(request)):
            named = request.headers.getlist(options.proxy_header)
            if len(named) == 1 and named[0].strip():
                return Session(named[0].strip()[:80], "proxy")
        fields = self._site.signer.read("session", request.cookies.get(COOKIE, ""), self._site.now())
        if options.password and fields is not None and len(fields) == 2 and fields[0] == self._mark():
            return Session("admin", fields[1])
        return None

    def _mark(self) -> str:
        """Another one for each password."""
        return hashlib.sha256(self._site.options.password.encode()).hexdigest()[:16]

    def _token(self, session: Session) -> str:
        return self._site.signer.sign("csrf", (session.user, session.id), self._site.now() + SESSION_SECONDS)

    async def _form(self, request: Request, session: Session) -> dict[str, str]:
        form = await self._site.form(request)
        fields = self._site.signer.read("csrf", form.get("csrf", ""), self._site.now())
        if fields != (session.user, session.id):
            raise Refused(403, "This form is too old, or another one's. Please go back and load the page again.")
        return form

    async def login(self, _request: Request) -> Response:
        """The form."""
        return self._site.page("login.html", possible=bool(self._site.options.password))

    async def enter(self, request: Request) -> Response:
        """The form, filled in."""
        site = self._site
        peer = site.peer(request)
        form = await site.form(request)
        await site.limit(f"login {neighbourhood(peer)}", TRIES, TRY_SECONDS)
        async with self._hashing:
            right = await asyncio.to_thread(fits, form.get("password", ""), site.options.password)
        if not right:
            site.log.warn(f"web: a wrong password from {peer}")
            return site.page(
                "login.html", 403, possible=bool(site.options.password), message="That is not the password."
            )
        answer = RedirectResponse("/admin", 303)
        cookie = site.signer.sign("session", (self._mark(), secrets.token_hex(8)), site.now() + SESSION_SECONDS)
        # By a tunnel to this host it is http, whatever the address for the world is.
        url = urlsplit(site.options.url)
        secure = url.scheme == "https" and request.headers.get("host", "") == url.netloc
        answer.set_cookie(COOKIE, cookie, path="/admin", secure=secure, httponly=True, samesite="strict")
        return answer

    async def leave(self, request: Request, session: Session) -> Response:
        await self._form(request, session)
        answer = RedirectResponse("/admin/login", 303)
        answer.delete_cookie(COOKIE, path="/admin", httponly=True, samesite="strict")
        return answer

    # --- requests and exceptions ---

    async def overview(self, _request: Request, session: Session) -> Response:
        site, now = self._site, self._site.now()
        asked = await site.requests.all(now)
        return site.page(
            "admin.html",
            user=session.user,
            here="Requests",
            csrf=self._token(session),
            open=[one for one in asked if one.state == "open"],
            done=[one for one in asked if one.state != "open"][:50],
            exceptions=await site.requests.exceptions(now),
            lists=await self._lists(),
            days=max(1, durations.seconds(site.options.exception) // 86400),
            heard=any(one.name == "client_access" and one.mode == "on" for one in site.config.checks),
        )

    async def requests(self, request: Request, session: Session) -> Response:
        site, now = self._site, self._site.now()
        form = await self._form(request, session)
        id_ = form.get("id", "")[:64]
        if form.get("what") == "approve":
            network = form.get("network", "").strip()
            asked = await site.requests.approve(id_, session.user, now, _days(form), network)
        elif form.get("what") == "refuse":
            asked = await site.requests.refuse(id_, session.user, now)
        else:
            raise Wrong("Approve or refuse?")
        site.log.say(f"web: request {asked.id} of {asked.address} is {asked.state} by {session.user}")
        if asked.state == "approved":
            await site.in_force()
        return RedirectResponse("/admin", 303)

    async def exceptions(self, request: Request, session: Session) -> Response:
        site = self._site
        form = await self._form(request, session)
        key = form.get("key", "")
        if form.get("what") == "grant":
            key = await site.requests.grant(key, session.user, site.now(), _days(form), form.get("reason", ""))
            site.log.say(f"web: exception for {key} by {session.user}")
        elif form.get("what") == "withdraw":
            await site.requests.withdraw(key)
            site.log.say(f"web: exception for {key[:64]} withdrawn by {session.user}")
        else:
            raise Wrong("Grant or withdraw?")
        await site.in_force()
        return RedirectResponse("/admin", 303)

    async def _lists(self) -> dict[str, Record]:
        """Those of the DNS: by what they are asked for and their domain."""
        return {key: record async for key, record in self._site.store.scan("dnsbl", self._site.now())}

    # --- what was decided ---

    async def decisions(self, request: Request, session: Session) -> Response:
        site = self._site
        asked = {name: request.query_params.get(name, "")[:100] for name in ("check", "kind", "text")}
        refresh = request.query_params.get("refresh", "0")
        async with site.looking:
            found = await asyncio.to_thread(newest, site.config.decisions_file, asked)
        return site.page(
            "decisions.html",
            user=session.user,
            here="Decisions",
            csrf=self._token(session),
            asked=asked,
            found=found,
            checks=[name for name, _stage in checks.TABLE],
            kinds=KINDS,
            refresh=int(refresh) if refresh in map(str, REFRESH) else 0,
            spans=REFRESH,
            most=SHOWN,
        )

    async def plots(self, request: Request, session: Session) -> Response:
        site, tally = self._site, self._tally
        span = request.query_params.get("hours", "24")
        hours = int(span) if span in SPANS else 24
        await self._update()
        last = int(site.now() // 3600)
        series = tally.series(last, hours)
        groups = {
            "Accepted, greylisted, came back": _named(series, ("accepted", "greylisted", "came back")),
            "Refused, by check": _with(series, "refused "),
            "Deferred, by check": _with(series, "deferred "),
            "Would have refused or deferred": _with(series, "would "),
        }
        begin, end = when((last - hours + 1) * 3600), when(site.now())
        charts = [
            (title, chart(f"{title}, each hour", group, begin, end, f"chart{number}"), group)
            for number, (title, group) in enumerate(groups.items())
        ]
        return site.page(
            "plots.html",
            user=session.user,
            here="Plots",
            csrf=self._token(session),
            charts=charts,
            top=tally.top(last, hours),
            hours=hours,
            spans=SPANS,
            times=[when((last - hours + 1 + at) * 3600)[:16] for at in range(hours)],
        )

    async def metrics(self, request: Request) -> Response:
        site, now = self._site, self._site.now()
        if not site.may_measure(request):
            raise Refused(403, "This address may not read it: see `metrics` in [web].")
        await self._update()
        exceptions = len(await site.requests.exceptions(now))
        content = metrics.text(self._tally, await self._lists(), await site.requests.all(now), exceptions)
        return PlainTextResponse(content, media_type=metrics.TYPE)

    async def _update(self) -> None:
        path = self._site.config.decisions_file
        if path:
            try:
                await asyncio.to_thread(self._tally.update)
            except OSError as failed:  # the numbers are as old as they are
                self._site.log.warn(f"web: {path}: {failed.strerror or failed}")


def newest(path: str, asked: Mapping[str, str]) -> list[Entry]:
    """Those that fit, newest first. What cannot be read is not there."""
    found: list[Entry] = []
    if not path:
        return found
    needle = b""
    if len(words := asked["text"].split()) == 1 and words[0].isascii() and words[0].replace(".", "").isalnum():
        needle = json.dumps(words[0])[1:-1].encode()  # only those lines are parsed at all
    try:
        for entry in backwards.entries(path, needle):
            if _fits(entry, asked):
                found.append(entry)
                if len(found) == SHOWN:
                    break
    except OSError:
        pass  # the page shows what there is
    return found


def _fits(entry: Entry, asked: Mapping[str, str]) -> bool:
    kind, check, text = asked["kind"], asked["check"], asked["text"].strip()
    if check and check != entry.by and check not in (name for name, _action in entry.would):
        return False
    if kind == "would" and not entry.would:
        return False
    if kind in ("refuse", "defer", "pass", "other") and report.kind(entry.action) != kind:
        return False
    places = (entry.client, entry.name, entry.helo, entry.sender, entry.recipient, entry.sasl, entry.action, entry.why)
    return not text or any(text in place for place in places)


def _named(series: Mapping[str, list[int]], names: tuple[str, ...]) -> dict[str, list[int]]:
    return {name: series[name] for name in names if name in series}


def _with(series: Mapping[str, list[int]], prefix: str) -> dict[str, list[int]]:
    return {name.removeprefix(prefix): values for name, values in series.items() if name.startswith(prefix)}


def _days(form: Mapping[str, str]) -> float:
    text = form.get("days", "").strip()
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= DAYS):
        raise Wrong(f"The days are a number from 1 to {DAYS}.")
    return int(text) * 86400.0
