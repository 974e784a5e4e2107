"""Whether a list of the DNS can be believed: its self test (RFC 5782 section 5), and what happens where it fails.

    addresses   127.0.0.2 is listed, 127.0.0.1 is not; of IPv6 ::FFFF:7F00:2 is, ::FFFF:7F00:1 is not
    names       TEST is listed, INVALID is not

A list is used after its first test. One that lists everything, has lost its domain, does not want to answer us, or is
silent is off at once, or after limits.RBL_FAILURES questions in a row without an answer. This is told once. It is
tested again after a minute, then after longer and longer times up to an hour, and is on again when it passes, which is
told as well. A list that does not list ::FFFF:7F00:2 has no IPv6 addresses, and is not asked for any.

In:    a resolver, the clock, and who is to be told.
Fails: never. A test that gets no answer is one that was not passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mdafilter_policyd import limits
from mdafilter_policyd.checks.rbl import sort
from mdafilter_policyd.dns import DnsError, Resolver

Kind = Literal["address", "name"]

# By kind: what is listed, and what is not; those of IPv6 as nibbles.
POINTS: dict[Kind, tuple[str, str]] = {"address": ("2.0.0.127", "1.0.0.127"), "name": ("test", "invalid")}
_NIBBLES = "0.0.0.0.0.f.7.f.f.f.f" + 20 * ".0"
POINTS6 = ("2." + _NIBBLES, "1." + _NIBBLES)


@dataclass(frozen=True, slots=True)
class Found:
    """What a self test saw. `fault` is why the list cannot be used; "" is that it can."""

    fault: str = ""
    ipv6: bool = False


def judge(
    listed: tuple[str, ...], unlisted: tuple[str, ...], listed6: tuple[str, ...], unlisted6: tuple[str, ...]
) -> Found:
    """From the replies to the points."""
    refused = [reply for replies in (listed, unlisted, listed6, unlisted6) for reply in sort(replies)[1]]
    if refused:
        return Found(meaning(refused[0]))
    if sort(unlisted)[0] or sort(unlisted6)[0]:
        return Found("it lists everything")
    if not sort(listed)[0]:
        return Found("it does not list its own test point: it is no list, or no longer one")
    return Found(ipv6=bool(sort(listed6)[0]))


def meaning(reply: str) -> str:
    """What a reply means that is no listing."""
    known = {
        "127.255.255.252": "its name is misspelled",
        "127.255.255.254": "it does not answer public resolvers: use a resolver of your own",
        "127.255.255.255": "we have asked it too much",
    }
    text = known.get(
        reply, "it does not want to answer" if reply.startswith("127.255.255.") else "this is no reply of a list"
    )
    return f"{text} ({reply})"


class Health:
    """One list, by its domain and what it is asked for."""

    def __init__(self, domain: str, kind: Kind, now: Callable[[], float], alert: Callable[[str], None]) -> None:
        self.domain = domain
        self.kind = kind
        self.why = "it has not been tested yet"  # "" is on
        self.ipv6 = False
        self.due = 0.0  # when it is tested next
        self._tested = False
        self._failures = 0  # questions in a row
        self._rest = 0.0
        self._now = now
        self._alert = alert
        self._testing: asyncio.Task[None] | None = None

    @property
    def usable(self) -> bool:
        """Whether its answers count."""
        return not self.why

    async def ready(self, resolver: Resolver) -> bool:
        """The same, after the first test, which is made now if it has not been."""
        if not self._tested:
            await self.test(resolver)
        return self.usable

    async def test(self, resolver: Resolver) -> None:
        """Tests it. Who comes while it is being tested waits for the same test, and may leave."""
        if self._testing is None or self._testing.done():
            self._testing = asyncio.ensure_future(self._test(resolver))
        await asyncio.shield(self._testing)

    async def _test(self, resolver: Resolver) -> None:
        try:
            found = await examine(resolver, self.domain, self.kind)
        except DnsError as error:
            if self.usable:
                self.due = self._now() + limits.RBL_REST
                self.failed(str(error))
            else:
                self._off(str(error))
            return
        self.ipv6 = found.ipv6
        if found.fault:
            self._off(found.fault)
            return
        if self._tested and self.why:
            self._alert(f"dnsbl: {self.domain} is used again")
        self.why, self._tested, self._failures, self._rest = "", True, 0, 0.0
        self.due = self._now() + limits.RBL_TEST_SECONDS

    def answered(self) -> None:
        """A question had an answer."""
        self._failures = 0

    def failed(self, why: str) -> None:
        """A question had none, or none in time."""
        self._failures += 1
        if self._failures >= limits.RBL_FAILURES:
            self.refused(why)

    def refused(self, why: str) -> None:
        """An answer was none of a list. Of many that come at one time the first one counts."""
        if self.usable:
            self._off(why)

    def _off(self, why: str) -> None:
        """Told the first time, and not at each test that it fails again."""
        news = self.usable or not self._tested
        self._tested = True
        self._failures = 0
        self._rest = min(max(limits.RBL_REST, 2 * self._rest), limits.RBL_TEST_SECONDS)
        self.due = self._now() + self._rest
        self.why = why
        if news:
            self._alert(f"dnsbl: {self.domain} is switched off until it passes its self test: {why}")


async def examine(resolver: Resolver, domain: str, kind: Kind) -> Found:
    """Asks for the points. DnsError."""
    points = (*POINTS[kind], *POINTS6) if kind == "address" else POINTS[kind]
    answers = await asyncio.gather(
        *(resolver.lookup(f"{point}.{domain}", "A") for point in points), return_exceptions=True
    )
    replies: list[tuple[str, ...]] = []
    for place, answer in enumerate(answers):
        if isinstance(answer, BaseException):
            # Of IPv6 it is the list's own affair: some servers do not answer such a name at all.
            if place < 2 or not isinstance(answer, DnsError):
                raise answer
            replies.append(())
        else:
            replies.append(answer.records)
    replies += [()] * (4 - len(replies))
    return judge(replies[0], replies[1], replies[2], replies[3])
