"""Questions to the DNS: a Resolver, asked by the checks.

StubResolver asks the name servers of resolv.conf(5), or others, and keeps what they say for as long as its TTL allows:
also that there is no such name or no such record (RFC 2308). What is asked already is not asked again, but waited for.

In:    a name and a kind of record: A, AAAA, MX, TXT, PTR, NS.
Out:   an Answer. A name that does not exist is an answer; so is one that has no such record.
Fails: DnsError where there is no answer in time, or none that can be used (SERVFAIL, REFUSED). Nothing of it is kept.

Known bugs
    That there is nothing is kept for limits.DNS_NEGATIVE_SECONDS, since c-ares does not show the SOA record that would
    tell how long (RFC 2308 section 5). c-ares asks for names of letters, digits and "-_/*" alone: another one is
    one that does not exist. A name that is not ASCII is asked for as IDNA of 2003 has it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Protocol

from mdafilter_policyd import limits

if TYPE_CHECKING:
    from aiodns import DNSResolver

KINDS = ("A", "AAAA", "MX", "TXT", "PTR", "NS")
RESOLV_CONF = "/etc/resolv.conf"
RESOLVED = ("127.0.0.53", "/run/systemd/resolve/resolv.conf")  # systemd-resolved(8), and whom it asks

# Resolvers that everybody may use. A DNSBL cannot tell who of them asks, and refuses them all, or answers with errors.
PUBLIC = tuple(
    ip_network(network)
    for network in (
        *("8.8.8.8", "8.8.4.4", "2001:4860:4860::/48"),  # Google
        *("1.1.1.0/29", "1.0.0.0/29", "2606:4700:4700::/48"),  # Cloudflare
        *("9.9.9.0/24", "149.112.112.0/24", "2620:fe::/48"),  # Quad9
        *("208.67.222.0/24", "208.67.220.0/24", "2620:119:35::/48", "2620:119:53::/48"),  # OpenDNS
        *("4.2.2.0/29", "64.6.64.6", "64.6.65.6", "77.88.8.0/24", "94.140.14.0/23", "185.228.168.0/23"),
    )
)


class DnsError(Exception):
    """No answer: it may come another time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`records` as text: addresses, names without the last dot, "10 mail.example.org" of MX, a TXT's strings joined.

    The root is ".": "0 ." is the null MX. `ttl` in seconds; `exists` False: there is no such name (NXDOMAIN).
    """

    records: tuple[str, ...] = ()
    ttl: float = 0.0
    exists: bool = True


class Resolver(Protocol):
    """What answers."""

    async def lookup(self, name: str, kind: str) -> Answer: ...


async def known(resolver: Resolver, name: str, kinds: Sequence[str]) -> bool:
    """Whether there is a record of one of these kinds, asked for one after the other until there is. DnsError.

    That there is no such name is not believed at once: some servers say so where they have nothing of the kind.
    """
    for kind in kinds:
        if (await resolver.lookup(name, kind)).records:
            return True
    return False


NO_SUCH_NAME = Answer((), limits.DNS_NEGATIVE_SECONDS, exists=False)
NO_SUCH_RECORD = Answer((), limits.DNS_NEGATIVE_SECONDS)


class StubResolver:
    """Asks `servers`, "192.0.2.1", "127.0.0.1:5353" or "[::1]:5353" each; none are those of resolv.conf(5).

    It belongs to the event loop that it is first asked in. `seconds` is the deadline of a question, all tries together.
    """

    def __init__(
        self,
        servers: Sequence[str] = (),
        *,
        seconds: float = limits.DNS_SECONDS,
        entries: int = limits.DNS_CACHE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asked = [f"{host}:{port}" for host, port in map(server, servers)]
        self._seconds = seconds
        self._entries = entries
        self._clock = clock
        self._cache: dict[tuple[str, str], tuple[float, Answer]] = {}  # the oldest first
        self._pending: dict[tuple[str, str], asyncio.Task[Answer | DnsError]] = {}
        self._ares: DNSResolver | None = None

    @property
    def servers(self) -> tuple[str, ...]:
        """The addresses that are asked, as far as it is known here."""
        found = tuple(server(text)[0].strip("[]") for text in self._asked) or nameservers()
        return found + nameservers(RESOLVED[1]) if RESOLVED[0] in found else found

    async def lookup(self, name: str, kind: str) -> Answer:
        """What the DNS says, or what it said before. DnsError."""
        if kind not in KINDS:
            raise ValueError(f"no kind of record: {kind}")
        wire = wire_name(name)
        if not wire:
            return NO_SUCH_NAME
        question = (wire, kind)
        expires, answer = self._cache.get(question, (0.0, NO_SUCH_NAME))
        if self._clock() < expires:
            return answer
        asking = self._pending.get(question)
        if asking is None:
            if len(self._pending) >= limits.DNS_QUESTIONS:
                raise DnsError(f"{name} {kind}: {len(self._pending)} other questions wait for their answers")
            asking = self._pending[question] = asyncio.ensure_future(self._ask(question))
            asking.add_done_callback(lambda _: self._pending.pop(question, None))
        # Who is no longer interested does not stop it: others wait for it too, and the next one finds it in the cache.
        found = await asyncio.shield(asking)
        if isinstance(found, DnsError):
            raise DnsError(*found.args)  # one for each: a traceback is added to it
        return found

    async def close(self) -> None:
        """Ends what is still asked."""
        pending = list(self._pending.values())
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if self._ares is not None:
            await self._ares.close()
            self._ares = None

    async def _ask(self, question: tuple[str, str]) -> Answer | DnsError:
        """An error is a value here: it would be one that nobody took, where nobody waits any longer."""
        name, kind = question
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._query(name, kind)
        except TimeoutError:
            return DnsError(f"{name} {kind}: no answer within {self._seconds:g} s")
        except DnsError as error:
            return error
        if answer.ttl > 0:
            self._cache.pop(question, None)  # it becomes the newest
            self._cache[question] = (self._clock() + min(answer.ttl, limits.DNS_TTL), answer)
            while len(self._cache) > self._entries:
                del self._cache[next(iter(self._cache))]
        return answer

    async def _query(self, name: str, kind: str) -> Answer:
        from aiodns import DNSResolver
        from aiodns.error import ARES_EBADNAME, ARES_ENODATA, ARES_ENOTFOUND, DNSError

        if self._ares is None:
            first = min(self._seconds, limits.DNS_TRY_SECONDS)
            self._ares = DNSResolver(self._asked or None, timeout=first, tries=max(1, int(self._seconds / first)))
        try:
            result = await self._ares.query_dns(name, kind)
        except DNSError as error:
            code, text = error.args
            if code in (ARES_ENOTFOUND, ARES_EBADNAME):
                return NO_SUCH_NAME
            if code == ARES_ENODATA:
                return NO_SUCH_RECORD
            raise DnsError(f"{name} {kind}: {text}") from None
        records = tuple(text for record in result.answer if (text := _text(kind, record.data)))
        return Answer(records, float(min((record.ttl for record in result.answer), default=0)))


def _text(kind: str, data: Any) -> str:
    """A record as text; "" for one of another kind, as the CNAMEs on the way are."""
    if type(data).__name__ != f"{kind}RecordData":
        return ""
    match kind:
        case "A" | "AAAA":
            return str(data.addr)
        case "TXT":
            return bytes(data.data).decode("latin-1")
        case "MX":
            return f"{data.priority} {_plain(data.exchange)}"
        case _:
            return _plain(data.dname if kind == "PTR" else data.nsdname)


def _plain(name: str | bytes) -> str:
    text = name if isinstance(name, str) else name.decode("latin-1")
    return text.removesuffix(".") or "."


def wire_name(name: str) -> str:
    """A name as it is asked for: in lower case, ASCII, without the last dot. "" for one that cannot be in the DNS.

    RFC 1035 section 2.3.4: "labels 63 octets or less, names 255 octets or less", which are 253 without lengths.
    DnsError for a name that is not ASCII and that we cannot spell: it may exist all the same.
    """
    text = name.removesuffix(".").lower()
    if len(text) > 4 * limits.DOMAIN:
        return ""
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError:
            raise DnsError(f"{name!r} cannot be spelled in ASCII") from None
    if len(text) > limits.DOMAIN or not all(0 < len(label) <= 63 for label in text.split(".")):
        return ""
    return text if text.isprintable() and not set(text) & set(' \\"') else ""


def server(text: str) -> tuple[str, int]:
    """The address of a name server, one of IPv6 in brackets, and its port. ValueError."""
    host, port = text, "53"
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        port = rest.removeprefix(":") if rest or not closed else port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        raise ValueError(f"{text}: the port of a name server is a number from 1 to 65535")
    try:
        address = ip_address(host)
    except ValueError:
        raise ValueError(f"{text}: a name server is an address, with or without :port, as in [::1]:5353") from None
    return (f"[{address}]" if address.version == 6 else str(address)), int(port)


def nameservers(path: str = RESOLV_CONF) -> tuple[str, ...]:
    """The addresses that resolv.conf(5) names; none where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read(limits.RESOLV_CONF).splitlines()
    except OSError:
        return ()  # resolver(3) asks 127.0.0.1 then, which is nobody's public one
    words = [line.split() for line in lines]
    return tuple(word[1] for word in words if len(word) > 1 and word[0] == "nameserver")


def public(servers: Sequence[str]) -> tuple[str, ...]:
    """Those of the addresses that are resolvers for everybody."""
    return tuple(text for text in servers if _is_public(text))


def _is_public(text: str) -> bool:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    networks: tuple[IPv4Network | IPv6Network, ...] = PUBLIC
    return any(address.version == network.version and address in network for network in networks)
