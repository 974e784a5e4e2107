"""How much one may send: messages and recipients, by SASL user, envelope sender and client, in a window of time.

    sasl_messages     = "100/1h"            at most 100 messages an hour of each user that has logged in
    sasl_recipients   = "50/10m, 500/1d"    several limits: all hold
    sender_messages, sender_recipients      of each envelope sender; the null sender is nobody, and has no limit
    client_messages, client_recipients      of each client that has not logged in: its address, or /64 of IPv6

This is what protects against a stolen password: the user who passes a limit is deferred, and the admin is told, once
in a window.

Recipients are counted at RCPT, one by one, for there the limit can hold in the middle of a message, and the policy
service need stand in one place of main.cf only (smtpd_recipient_restrictions). What a later restriction refuses is
counted, too. A message is counted at the first request about it, which its `instance` tells. Where only DATA or
END-OF-MESSAGE is asked (smtpd_data_restrictions), `recipient_count` is counted there; where both are, only what has not
been counted before. What is deferred is taken back: a queue that tries again gets on at the rate of its limit.

Windows slide: the store adds up the last `window` seconds.

In:    `exempt`: users, senders (of those who have not logged in), addresses and networks that have no limit.
Out:   Defer.
Fails: StoreError goes through: run.py makes it a Pass. ConfigError for a limit, a text or a network that is none.

Known bugs
    Which messages have been counted is known to one process: smtpd(8) stays with it as long as their connection lasts.
    A message whose requests come by two connections is counted as two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mdafilter_policyd import durations, limits
from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.checks.greykey import network
from mdafilter_policyd.checks.template import Template
from mdafilter_policyd.checks.whitelists import Networks
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.opinion import Defer, Opinion
from mdafilter_policyd.request import Request

Who = Literal["sasl", "sender", "client"]
What = Literal["messages", "recipients"]
WHO: tuple[Who, ...] = ("sasl", "sender", "client")
WHAT: tuple[What, ...] = ("messages", "recipients")
NAMES = ("who", "what", "most", "window", "client", "sender", "user", "url")
_LIMIT = re.compile(r"([0-9]{1,9})\s*/\s*(\S+)", re.ASCII)


@dataclass(frozen=True)
class Options:
    """Its table in the configuration. A limit is "number/span" (durations.py); "" is none."""

    mode: Literal["off", "warn", "on"] = "off"
    sasl_messages: str = "100/1h"
    sasl_recipients: str = "500/1h"
    sender_messages: str = ""
    sender_recipients: str = ""
    client_messages: str = ""
    client_recipients: str = ""
    exempt: tuple[str, ...] = ()
    # With NAMES (template.py); `url` has "?ip=" and the client's address.
    text: str = "4.7.1 Too many $what from $who: at most $most in $window; please try again later"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of `what` in `window` seconds, of each `who`."""

    who: Who
    what: What
    most: int
    window: int


@dataclass(frozen=True, slots=True)
class Count:
    """What a request adds to a limit."""

    limit: Limit
    name: str
    amount: int

    @property
    def key(self) -> str:
        return f"{self.limit.who}/{self.limit.what}/{self.name}"[: limits.GREY_KEY]


def make(options: Options, house: House) -> Rate:
    """Reads the limits and the text."""
    faults: list[Fault] = []
    rules: list[Limit] = []
    for who in WHO:
        for what in WHAT:
            option = f"{who}_{what}"
            try:
                rules += parse(getattr(options, option), who, what)
            except ValueError as failed:
                faults.append(Fault(option, 0, 0, str(failed), "as in 100/1h, or several: 50/10m, 500/1d"))
    networks, names = Networks(), set()
    for entry in options.exempt:
        try:
            networks.add(entry)
        except ValueError:
            names.add(entry.lower())
    template = Template("", ())
    try:
        template = Template(options.text, NAMES)
    except ValueError as failed:
        faults.append(Fault("text", 0, 0, str(failed)))
    if faults:
        raise ConfigError(faults)
    return Rate(options, house, tuple(rules), networks, frozenset(names), template)


def parse(text: str, who: Who, what: What) -> list[Limit]:
    """The limits of an option. ValueError."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if len(parts) > limits.RATE_LIMITS:
        raise ValueError(f"more than {limits.RATE_LIMITS} limits")
    found = []
    for part in parts:
        match = _LIMIT.fullmatch(part)
        if match is None:
            raise ValueError(f"{part[: limits.SPAN]!r} is no limit")
        window = durations.seconds(match[2])
        if not window:
            raise ValueError(f"{part!r}: a window has one second at least")
        found.append(Limit(who, what, int(match[1]), window))
    return found


def judge(over: Count | None, text: str) -> tuple[Opinion, ...]:
    """What is said about the limit that was passed."""
    if over is None:
        return ()
    limit = over.limit
    return (Defer(text, f"{limit.who}_{limit.what} of {limit.most} in {durations.spelled(limit.window)}"),)


class Rate:
    """The check."""

    files: Sequence[str] = ()

    def __init__(
        self,
        options: Options,
        house: House,
        rules: tuple[Limit, ...],
        networks: Networks,
        names: frozenset[str],
        template: Template,
    ) -> None:
        self._options = options
        self._house = house
        self._rules = rules
        self._networks = networks
        self._names = names
        self._template = template
        self._instances: dict[str, int] = {}  # messages that have been counted, and how many recipients of each

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        """Counts, and takes back what is too much."""
        new = self._new(request)
        if not any(new.values()) or self._is_exempt(request):
            return ()
        now, store = self._house.now(), self._house.store
        counted: list[Count] = []
        for count in self._counts(request, new):
            counted.append(count)
            total = await store.add("rate", count.key, count.amount, now, count.limit.window)
            if total > count.limit.most:
                for one in counted:
                    await store.add("rate", one.key, -one.amount, now, one.limit.window)
                if count.limit.who == "sasl":
                    await self._alert(count, request, now)
                return judge(count, self._template.fill(self._values(count, request)))
        self._remember(request.instance, new["recipients"])
        return judge(None, "")

    def _new(self, request: Request) -> dict[What, int]:
        """What of this message has not been counted before."""
        before = self._instances.get(request.instance) if request.instance else None
        messages = int(before is None)
        if request.state == "RCPT":
            return {"messages": messages, "recipients": 1}
        if request.state in ("DATA", "END-OF-MESSAGE"):
            return {"messages": messages, "recipients": max(0, request.recipient_count - (before or 0))}
        return {"messages": 0, "recipients": 0}

    def _remember(self, instance: str, recipients: int) -> None:
        if instance:
            self._instances[instance] = self._instances.pop(instance, 0) + recipients
            if len(self._instances) > limits.RATE_INSTANCES:
                del self._instances[next(iter(self._instances))]

    def _counts(self, request: Request, new: dict[What, int]) -> Iterator[Count]:
        names: dict[Who, str] = {
            "sasl": request.sasl_username.lower(),
            "sender": request.sender.lower(),
            # One host has a /64 of IPv6 to itself (RFC 6177).
            "client": "" if request.sasl_username else network(request.client_address, True, 32, 64),
        }
        for rule in self._rules:
            if names[rule.who] and new[rule.what]:
                yield Count(rule, names[rule.who], new[rule.what])

    def _is_exempt(self, request: Request) -> bool:
        # A user who has logged in is not exempt by the sender: whoever has the password may write any.
        name = (request.sasl_username or request.sender).lower()
        return name in self._names or bool(self._networks.find(request.client_address))

    async def _alert(self, over: Count, request: Request, now: float) -> None:
        """Once in a window, by all processes and hosts together."""
        key, store = f"{over.key}/{over.limit.window}", self._house.store
        if await store.get("alert", key, now) is None and (
            (await store.touch("alert", key, now, over.limit.window)).count == 1
        ):
            limit = Template("SASL user $user has passed $most $what in $window", NAMES)
            self._house.alert(
                f"rate: {limit.fill(self._values(over, request))}, now from {request.client_address}: "
                "if it is not the user, change the password"
            )

    def _values(self, over: Count, request: Request) -> dict[str, str]:
        url = self._options.url
        return {
            "who": over.name.removesuffix("/32").removesuffix("/64"),
            "what": over.limit.what,
            "most": str(over.limit.most),
            "window": durations.spelled(over.limit.window),
            "client": request.client_address,
            "sender": request.sender or "<>",
            "user": request.sasl_username,
            "url": url and f"{url}?ip={request.client_address}",
        }
