"""Greylisting: who is not known is asked to come again, as mail servers do after minutes (RFC 6647, postgrey(8)).

    a request at RCPT
      from ourselves (SASL, own networks)          pass; the recipient may write back: it is "known"
      whitelists, postmaster@ and abuse@, DNSWL    pass
      `selective`, and nothing suspicious          pass
      a client (or SPF domain) that has proven     pass
      itself
      a triplet that came back after the delay     pass, with X-Greylist at the first time
      a triplet that is new or too early:
          exception, known correspondent,          pass
          recipient with an open window
          else                                     defer, with the seconds that are left

A triplet is the client's network, the sender and the recipient (greykey.py). Where SPF says "pass", its domain stands
in the place of the network: a farm of senders is one sender. Such a domain, or a client's address, that has come back
with `auto_whitelist` triplets, one an hour at most, is not asked again for as long as it is seen within `max_age`.

A triplet that comes again only after the `retry_window` is new.

Only RCPT is answered, once for each recipient. The null sender is greylisted as any other: what tries whether our
users exist by a null sender (an address verification) is deferred, too. `null_sender = "pass"` lets it through.

In:    facts "spf" and "spf-domain" of spf.py, "dnswl" of dnsbl.py, and the points of all before.
Out:   Defer, which makes DEFER_IF_PERMIT, or Prepend; fact "greylist": new, early, passed-SECONDS, passed, client,
       domain, known, open, exception, ours, whitelist, role, null, dnswl, clean.
Fails: StoreError goes through: run.py makes it a Pass. ConfigError for a text, a span or a whitelist that is none.

Known bugs
    Whom we have written to is known by its envelope sender, which anybody may write: such a forger does not wait.
    A triplet whose daemon ends between its return and the note of it is delayed no more, but has its header twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal

from mdafilter_policyd import VERSION, durations
from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.checks.dynamic import looks_dynamic
from mdafilter_policyd.checks.excuses import Excuses
from mdafilter_policyd.checks.greykey import Keys, address, network, parsed, recipient, sender
from mdafilter_policyd.checks.template import Template
from mdafilter_policyd.checks.whitelists import Clients, Networks, Recipients
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.opinion import Defer, Opinion, Pass, Prepend
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Record, Store

# What the texts may have. `seconds` are left, or, in the header, were waited; `domain` is the recipient's; `url` has
# "?ip=" and the client's address.
NAMES = ("seconds", "minutes", "recipient", "domain", "sender", "client", "hostname", "version", "date", "url")
# postgrey(8), "Greylist Text" and "Greylist Header": texts that were written for it.
LETTERS = {"s": "seconds", "t": "seconds", "r": "domain", "h": "hostname", "v": "version", "d": "date"}

DAY = 86400
HOUR = 3600  # postgrey(8): "Only one attempt per hour counts."


@dataclass(frozen=True)
class Options:
    """Its table in the configuration. Spans of time are texts as "5m", "2d" (durations.py)."""

    mode: Literal["off", "warn", "on"] = "off"
    delay: str = "5m"
    retry_window: str = "2d"
    max_age: str = "35d"
    # For how long those that never came back are remembered, for the report; at least for the retry_window.
    remember: str = "7d"
    lookup_by: Literal["subnet", "host"] = "subnet"
    ipv4_prefix: int = 24
    ipv6_prefix: int = 64
    # Times that a client comes back until it is not asked any more; 0 is never.
    auto_whitelist: int = 5
    # Files in the format of postgrey.
    whitelist_clients: tuple[str, ...] = ()
    whitelist_recipients: tuple[str, ...] = ()
    # RFC 5321 section 4.5.1, RFC 2142: somebody must be reachable when all else goes wrong.
    roles: tuple[str, ...] = ("postmaster", "abuse")
    null_sender: Literal["greylist", "pass"] = "greylist"
    # Clients of our own, besides those that have logged in: whom they write to may write back.
    own_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    # For how long a correspondent is known after the last message to it; "0" knows none.
    known_age: str = "180d"
    # Only where there are so many points, or the client has no reverse name or one that looks dynamic.
    selective: bool = False
    points: float = 1.0
    # A client on a list of the good (DNSWL) passes; an SPF pass keys the sender by its domain.
    dnswl: bool = True
    spf: bool = True
    # Keys are stored as hashes.
    privacy: bool = False
    secret: str = ""
    # Texts with NAMES or LETTERS (template.py); "" as header writes none.
    text: str = "4.2.0 Greylisted: please try again in $seconds seconds"
    header: str = "X-Greylist: delayed $seconds seconds by mdafilter-policyd-$version at $hostname; $date"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Spans:
    """The spans of Options in seconds."""

    delay: int
    retry_window: int
    max_age: int
    remember: int
    known_age: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a triplet stands with this request: "new", "early", "back" (for the first time) or "passed".

    `seconds` are left, or have passed since it was first seen.
    """

    word: Literal["new", "early", "back", "passed"]
    seconds: int


def make(options: Options, house: House) -> Greylist:
    """Reads spans, texts and whitelists."""
    faults: list[Fault] = []
    spans = _spans(options, faults)
    for name, most in (("ipv4_prefix", 32), ("ipv6_prefix", 128)):
        if not 0 < getattr(options, name) <= most:
            faults.append(Fault(name, 0, 0, f"must be between 1 and {most}"))
    if options.auto_whitelist < 0:
        faults.append(Fault("auto_whitelist", 0, 0, "must not be negative", "0 is never"))
    own = Networks()
    for text in options.own_networks:
        try:
            own.add(text)
        except ValueError:
            faults.append(Fault("own_networks", 0, 0, f"{text!r} is no network", "as in 192.0.2.0/24"))
    templates = {}
    for name in ("text", "header"):
        try:
            templates[name] = Template(getattr(options, name), NAMES, LETTERS)
        except ValueError as failed:
            faults.append(Fault(name, 0, 0, str(failed)))
    if options.header and ":" not in options.header:
        faults.append(Fault("header", 0, 0, "must be a header field, as in X-Greylist: delayed $seconds seconds"))
    lists: list[Clients | Recipients] = []
    for read, files in ((Clients, options.whitelist_clients), (Recipients, options.whitelist_recipients)):
        try:
            lists.append(read(files))
        except ConfigError as failed:
            faults.extend(failed.faults)
    if faults:
        raise ConfigError(faults)
    clients, recipients = lists
    assert isinstance(clients, Clients) and isinstance(recipients, Recipients)
    return Greylist(options, house, spans, own, clients, recipients, templates)


def _spans(options: Options, faults: list[Fault]) -> Spans:
    values = {}
    for name in ("delay", "retry_window", "max_age", "remember", "known_age"):
        try:
            values[name] = durations.seconds(getattr(options, name))
        except ValueError as failed:
            faults.append(Fault(name, 0, 0, str(failed)))
            values[name] = 0
    if not faults and values["retry_window"] <= values["delay"]:
        faults.append(Fault("retry_window", 0, 0, "must be longer than delay: nobody could come back in time"))
    return Spans(**values)


def stand(record: Record, now: float, spans: Spans) -> Standing:
    """How a triplet stands, by its record after this request was noted in it.

    `value` is until when the record is kept, once the triplet has passed.
    """
    waited = now - record.first
    if record.value:
        return Standing("passed", int(waited))
    # postgrey(8): "allow only N days for the first retrial".
    if record.count == 1 or waited > spans.retry_window:
        return Standing("new", spans.delay)
    if waited >= spans.delay:
        return Standing("back", int(waited))
    # The clock of another host may be ahead of ours: never more than the delay itself.
    return Standing("early", min(spans.delay, max(1, int(spans.delay - waited + 0.999))))


def judge(standing: Standing, text: str) -> tuple[Opinion, ...]:
    """What is said about a triplet. `text` is that of a Defer, or the header field; "" is none."""
    if standing.word in ("new", "early"):
        return (Defer(text, f"{standing.word}, {standing.seconds} s left"),)
    if standing.word == "back" and text:
        return (Prepend(text),)
    return (Pass(standing.word),)


class Greylist:
    """The check."""

    def __init__(
        self,
        options: Options,
        house: House,
        spans: Spans,
        own: Networks,
        clients: Clients,
        recipients: Recipients,
        templates: dict[str, Template],
    ) -> None:
        self._options = options
        self._house = house
        self._spans = spans
        self._own = own
        self._clients = clients
        self._recipients = recipients
        self._templates = templates
        self._roles = frozenset(role.lower() for role in options.roles)
        self._waiting = max(spans.retry_window, spans.remember)
        self.keys = Keys(options.privacy, options.secret)
        self._excuses = Excuses(house.store, self.keys, known=bool(spans.known_age))
        self.files: Sequence[str] = (*options.whitelist_clients, *options.whitelist_recipients)

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        """Asks the store only for those whom nothing else lets through."""
        if request.state != "RCPT" or not request.recipient:
            return ()
        now = self._house.now()
        if request.sasl_username or self._own.find(request.client_address):
            await self._note(request, now)
            return self._passed(scene, "ours")
        if reason := self._exempt(request, scene):
            return self._passed(scene, reason)
        if reason := await self._proven(request, scene, now):
            return self._passed(scene, reason)
        key = self.keys.triplet(self._client(request, scene), sender(request.sender), recipient(request.recipient))
        record = await self._house.store.touch("grey", key, now, self._waiting)
        standing = stand(record, now, self._spans)
        if standing.word in ("new", "early") and (reason := await self._excuses.find(request, now)):
            await self._house.store.delete("grey", key)
            return self._passed(scene, reason)
        await self._keep(key, record, standing, now)
        if standing.word == "back":
            await self._count(request, scene, now)
        scene.facts["greylist"] = f"passed-{standing.seconds}" if standing.word == "back" else standing.word
        return judge(standing, self._text(request, standing, now))

    async def _keep(self, key: str, record: Record, standing: Standing, now: float) -> None:
        """What the request changes in the record of its triplet, besides that it was seen."""
        if standing.word == "new" and record.count > 1:
            await self._house.store.put("grey", key, Record(now, now, 1), now + self._waiting)
        elif standing.word == "back" or (standing.word == "passed" and float(record.value) < now + self._spans.max_age):
            # A day longer than it must be: it need not be written anew for each message.
            until = now + self._spans.max_age + DAY
            await self._house.store.put("grey", key, replace(record, value=f"{until:.0f}"), until)

    def _passed(self, scene: Scene, reason: str) -> tuple[Opinion, ...]:
        scene.facts["greylist"] = reason
        return (Pass(reason),)

    def _exempt(self, request: Request, scene: Scene) -> str:
        """What needs no store."""
        options = self._options
        # RFC 5321 section 4.1.1.3: "postmaster" may come without a domain.
        if address(request.recipient).partition("@")[0] in self._roles:
            return "role"
        if not request.sender and options.null_sender == "pass":
            return "null"
        if self._recipients.find(request.recipient) or self._clients.find(request.client_name, request.client_address):
            return "whitelist"
        if options.dnswl and scene.facts.get("dnswl"):
            return "dnswl"
        if (
            options.selective
            and scene.points < options.points
            and not looks_dynamic(request.reverse_client_name, request.client_address)
        ):
            return "clean"
        return ""

    def _domain(self, scene: Scene) -> str:
        """The domain that SPF vouches for; "" is none."""
        return scene.facts.get("spf-domain", "") if self._options.spf and scene.facts.get("spf") == "pass" else ""

    def _client(self, request: Request, scene: Scene) -> str:
        """Whom a triplet is about."""
        if domain := self._domain(scene):
            return f"spf:{domain.lower()}"
        options = self._options
        return network(request.client_address, options.lookup_by == "subnet", options.ipv4_prefix, options.ipv6_prefix)

    def _senders(self, request: Request, scene: Scene) -> tuple[tuple[str, str], ...]:
        """Kinds and keys of what can prove itself: the domain, or else the address. Who is neither proves nothing."""
        if domain := self._domain(scene):
            return (("domain", self.keys.domain(domain)), ("client", self.keys.client(request.client_address)))
        return (("client", self.keys.client(request.client_address)),) if parsed(request.client_address) else ()

    async def _proven(self, request: Request, scene: Scene, now: float) -> str:
        """The kind of what has come back often enough; "" is none."""
        enough = self._options.auto_whitelist
        if not enough:
            return ""
        for kind, key in self._senders(request, scene):
            record = await self._house.store.get(kind, key, now)
            if record is not None and record.count >= enough:
                if now - record.last >= HOUR:
                    await self._house.store.touch(kind, key, now, self._spans.max_age)
                return kind
        return ""

    async def _count(self, request: Request, scene: Scene, now: float) -> None:
        """It has come back: that counts once an hour."""
        if self._options.auto_whitelist:
            for kind, key in self._senders(request, scene)[:1]:
                record = await self._house.store.get(kind, key, now)
                if record is None or now - record.last >= HOUR:
                    await self._house.store.touch(kind, key, now, self._spans.max_age)

    async def _note(self, request: Request, now: float) -> None:
        if self._spans.known_age:
            await note(self._house.store, self.keys, request, now, self._spans.known_age)

    def _text(self, request: Request, standing: Standing, now: float) -> str:
        """The text for a client that waits, or the header field for one that has waited."""
        if standing.word == "passed":
            return ""
        url = self._options.url
        template = self._templates["header" if standing.word == "back" else "text"]
        values = {
            "seconds": str(standing.seconds),
            "minutes": str(-(-standing.seconds // 60)),
            "recipient": request.recipient,
            "domain": request.recipient.rpartition("@")[2],
            "sender": request.sender or "<>",
            "client": request.client_address,
            "hostname": self._house.hostname or "localhost",
            "version": VERSION,
            "date": format_datetime(datetime.fromtimestamp(now, UTC)) if "date" in template.names else "",
            "url": url and f"{url}?ip={request.client_address}",
        }
        return template.fill(values)


async def note(store: Store, keys: Keys, request: Request, now: float, ttl: float) -> None:
    """One of us writes to the recipient, who is known from now on: an answer is not delayed."""
    if request.sender and request.recipient:
        await store.touch("known", keys.known(request.recipient, request.sender), now, ttl)
