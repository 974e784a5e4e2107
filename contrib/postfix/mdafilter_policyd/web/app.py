"""The public pages, and all of them put together.

    GET  /                the same as /blocked
    GET  /blocked?ip=     why this address is refused, and a form that asks for an exception
    POST /blocked         the form
    GET  /decide?token=   what the link in the postmaster's mail shows: the request, and two buttons
    POST /decide          one of them
    GET  /style.css       the only other thing that a page needs
    /admin ...            admin.py
    /metrics              admin.py, metrics.py

A GET changes nothing. The form has a token, signed: for whom it was made, about which address, and when. It is good for
FORM_SECONDS, and not before the `patience` of a person is over; it can be sent once.

Fails: where a store is needed that does not answer, a 503, and the log says so. Without decisions the page has the
       form alone.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import MutableMapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mdafilter_policyd import durations
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.web import blocked, mail
from mdafilter_policyd.web.admin import Admin
from mdafilter_policyd.web.anew import Found
from mdafilter_policyd.web.blocked import Refusal
from mdafilter_policyd.web.requests import CONTACT, TEXT, Asked, Wrong, neighbourhood
from mdafilter_policyd.web.site import TEMPLATES, Refused, Site

FORM_SECONDS = 2 * 3600.0
LOOKS, LOOK_SECONDS = 30, 60.0  # looks at /blocked, of one address
LOOK_OCTETS = 16 * 1024 * 1024  # of the decisions, for everybody
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # With "no-referrer" browsers would send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "interest-cohort=()",
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
}


class Public:
    """The pages that everybody may see."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        return [
            Route("/", self.show),
            Route("/blocked", self.show),
            Route("/blocked", self.ask, methods=["POST"]),
            Route("/decide", self.confirm),
            Route("/decide", self.decide, methods=["POST"]),
            Route("/style.css", self.style),
            Route("/favicon.ico", self.nothing),
        ]

    async def style(self, _request: Request) -> Response:
        path = os.path.join(TEMPLATES, "style.css")
        return FileResponse(path, media_type="text/css", headers={"cache-control": "max-age=3600"})

    async def nothing(self, _request: Request) -> Response:
        """Browsers ask for a picture, and there is none."""
        return Response(status_code=204, headers={"cache-control": "max-age=86400"})

    async def show(self, request: Request) -> Response:
        """Why an address is refused."""
        site, origin = self._site, self._site.peer(request)
        await site.limit(f"look {neighbourhood(origin)}", LOOKS, LOOK_SECONDS)
        text = request.query_params.get("ip", "")
        client = blocked.address(text)
        if not client:
            message = f"{text[:64]!r} is no address." if text else ""
            return site.page("which.html", 400 if text else 200, origin=origin, message=message)
        return await self._blocked(client, origin)

    async def _blocked(self, client: str, origin: str, message: str = "", **typed: str) -> Response:
        site = self._site
        refusals, found = await self._reasons(client, origin)
        values: dict[str, Any] = {
            "client": client,
            "refusals": refusals,
            "unknown": refusals is None,
            "found": found,
            "excepted": await self._excepted(client),
            "contact": site.options.contact,
            "typed": {"contact": "", "text": ""} | typed,
            "token": typed.get("token") or self._token(client, origin),
            "most": {"contact": CONTACT, "text": TEXT},
        }
        return site.page("blocked.html", 400 if message else 200, message=message, **values)

    async def _excepted(self, client: str) -> bool:
        """Whether it is let in by now. Without a store the page still says why it was refused."""
        try:
            return await self._site.requests.covers(client, self._site.now())
        except StoreError:
            return False

    def _token(self, client: str, origin: str) -> str:
        now = self._site.now()
        fields = (client, neighbourhood(origin), str(int(now * 1000)), secrets.token_hex(8))
        return self._site.signer.sign("form", fields, now + FORM_SECONDS)

    async def _reasons(self, client: str, origin: str) -> tuple[list[Refusal] | None, Found]:
        """Those of the decisions, and those that hold now. None where there are no decisions to be read."""
        past = await self._refusals(client)
        known = bool(past) or client == origin
        found = await self._site.anew.look(client, neighbourhood(origin), known=known)
        if past is None and not found.refusals:
            return None, found
        return blocked.compared(past or (), found), found

    async def _refusals(self, client: str) -> list[Refusal] | None:
        """None where there are no decisions to be read."""
        path = self._site.config.decisions_file
        if not path:
            return None
        async with self._site.looking:
            try:
                return await asyncio.to_thread(blocked.refusals, path, client, LOOK_OCTETS)
            except OSError as failed:
                self._site.log.warn(f"web: {path}: {failed.strerror or failed}")
                return None

    async def ask(self, request: Request) -> Response:
        """The form."""
        site, origin, now = self._site, self._site.peer(request), self._site.now()
        form = await site.form(request)
        client = blocked.address(form.get("ip", ""))
        if not client:
            raise Refused(400, "There is no address in this form.")
        contact = " ".join(form.get("contact", "").split())[:CONTACT]
        text = form.get("text", "").replace("\0", "")[:TEXT].strip()
        typed = {"contact": contact, "text": text}
        if form.get("website"):
            raise Refused(400, "The field that nobody sees must stay empty. Please go back and empty it.")
        fields = site.signer.read("form", form.get("token", ""), now)
        if fields is None or len(fields) != 4 or fields[:2] != (client, neighbourhood(origin)):
            return await self._blocked(client, origin, "The form was too old. Please send it once more.", **typed)
        typed["token"] = form["token"]
        if now - int(fields[2]) / 1000 < site.options.patience:
            message = "That was faster than a person writes. Please wait some seconds and send it once more."
            return await self._blocked(client, origin, message, **typed)
        if not contact or not text:
            message = "Please say how you can be reached, and what you send."
            return await self._blocked(client, origin, message, **typed)
        asked = Asked(fields[3], client, contact, text, origin, now)
        if await site.requests.ask(asked):
            site.log.say(f"web: {client} asks for an exception, request {asked.id}")
            await self._mail(asked)
        return site.page("asked.html", asked=asked)

    async def _mail(self, asked: Asked) -> None:
        """It is in the store already: a mail that fails is said in the log, and the admin's page has the request."""
        site, options = self._site, self._site.options
        link = ""
        if options.url:
            token = site.signer.sign("decide", (asked.id,), asked.time + durations.seconds(options.link))
            link = f"{options.url.rstrip('/')}/decide?token={token}"
        refusals, _found = await self._reasons(asked.address, asked.origin)
        why = "; ".join(
            f"{r.check or 'the points of several checks'}: {r.reason or r.about}{' (no longer)' * (r.state == 'over')}"
            for r in (refusals or [])[:3]
        )
        message = mail.letter(asked, options.postmaster, site.hostname, link, why)
        try:
            await mail.send(options.sendmail, options.postmaster, message)
        except (OSError, TimeoutError, mail.MailError) as failed:
            site.log.warn(f"web: request {asked.id} is not mailed: {str(failed) or 'no answer in time'}")

    async def confirm(self, request: Request) -> Response:
        """What the link shows."""
        token = request.query_params.get("token", "")
        asked = await self._linked(token)
        span = durations.seconds(self._site.options.exception)
        return self._site.page("decide.html", asked=asked, token=token, days=max(1, span // 86400))

    async def decide(self, request: Request) -> Response:
        """One of the buttons."""
        site, now = self._site, self._site.now()
        form = await site.form(request)
        asked = await self._linked(form.get("token", ""))
        by = f"{site.options.postmaster} by mail"
        if form.get("what") == "approve":
            asked = await site.requests.approve(asked.id, by, now, durations.seconds(site.options.exception))
        elif form.get("what") == "refuse":
            asked = await site.requests.refuse(asked.id, by, now)
        else:
            raise Refused(400, "Approve or refuse?")
        site.log.say(f"web: request {asked.id} of {asked.address} is {asked.state} by {by}")
        if asked.state == "approved":
            await site.in_force()
        return site.page("decided.html", asked=asked)

    async def _linked(self, token: str) -> Asked:
        fields = self._site.signer.read("decide", token, self._site.now())
        if fields is None or len(fields) != 1:
            raise Refused(403, "This link is not valid, or no longer. The admin's page has all requests.")
        asked = await self._site.requests.get(fields[0], self._site.now())
        if asked is None:
            raise Refused(404, "There is no such request any more.")
        return asked


class Headers:
    """Puts HEADERS into each answer that does not say otherwise."""

    def __init__(self, inside: ASGIApp) -> None:
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                known = {name for name, _value in message["headers"]}
                more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in known]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._inside(scope, receive, sending)


def app(site: Site) -> ASGIApp:
    """All of it."""

    async def wrong(_request: Request, failed: Exception) -> Response:
        match failed:
            case Refused(status=status, text=text):
                pass
            case HTTPException(status_code=status, detail=text):
                pass
            case Wrong():
                status, text = 409, str(failed)
            case _:
                site.log.warn(f"web: the store does not answer: {failed}")
                status, text = 503, "This does not work just now. Please try again in some minutes."
        return site.page("wrong.html", status, title=status, text=text)

    kinds: tuple[type[Exception], ...] = (Refused, HTTPException, Wrong, StoreError)
    routes = [*Public(site).routes(), *Admin(site).routes()]
    return Headers(Starlette(routes=routes, exception_handlers=dict.fromkeys(kinds, wrong)))
