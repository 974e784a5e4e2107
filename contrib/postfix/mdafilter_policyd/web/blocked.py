"""Why an address is refused: what the decisions say about it, and what was found anew, for the one who runs it.

Nothing of other people is shown: no sender, no recipient, no user. Of most checks it is only told what they are about;
of those whose reasons are about the client alone, the reason as well. Whatever looks like a mail address in it is left
out all the same, since an admin may have written one into a table.

In:    an address as text; the path of the decisions; what anew.py has found.
Out:   Refusal values, the newest first; at most SHOWN of them, from the newest part of the decisions (backwards.py).
       Those that hold now come first, with the moment since which the decisions know them.
Fails: OSError, where there are decisions that cannot be read.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from mdafilter_policyd import report
from mdafilter_policyd.decisions import Entry
from mdafilter_policyd.web import backwards
from mdafilter_policyd.web.anew import Found

SHOWN = 10
_MAIL = re.compile(r"[^\s<>\"'()\[\],;:=]*@[^\s<>\"'()\[\],;:]*")
_FILE = re.compile(r"(?<![\w.:/])(?:/[^/\s:]+)+/([^/\s:]+)")  # and no URL

# check              what it is about, and what its owner can do
CHECKS: dict[str, tuple[str, str]] = {
    "client_access": (
        "A rule of this server names your address, its network or its domain.",
        "Ask for an exception below, and say what you send and to whom it is of use.",
    ),
    "sender_access": (
        "A rule of this server names the sender of the message.",
        "Ask for an exception below, or let the recipient ask the postmaster here.",
    ),
    "recipient_access": (
        "A rule of this server protects the recipient.",
        "Reach the recipient in another way; an exception for your address is possible as well.",
    ),
    "rate": (
        "More mail came from you in a short time than is taken.",
        "Wait and send more slowly. If an account of yours was misused, change its password first.",
    ),
    "helo": (
        "The name that your server says in HELO is not right.",
        "Set it to the full name of the host, which has to be in the DNS with its address (RFC 5321 section 2.3.5).",
    ),
    "sender": (
        "The domain of the sender cannot get mail, or the address is not complete.",
        "Use an address whose domain is in the DNS, with an MX, A or AAAA record.",
    ),
    "spf": (
        "The domain of the sender says by SPF that your address does not send for it.",
        "Add your address to the SPF record of the domain, or send through its own servers (RFC 7208).",
    ),
    "dnsbl": (
        "A public list of addresses that spam comes from has your address or your domain.",
        "Look for an infected host first; then ask that list for removal on its web page. An exception here "
        "helps only with this server.",
    ),
    "greylist": (
        "The message was not refused for good: your server was asked to try again later.",
        "A mail server does so by itself within minutes. Nothing needs to be done unless it never tries again.",
    ),
}
ABOUT_CLIENT = frozenset({"client_access", "dnsbl", "helo"})  # their reasons are about the client alone
OTHER = ("A check of this server has refused it.", "Ask for an exception below.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one check, for one reason, has done, or would do. `kind` is "refuse" or "defer".

    state   "now" holds; "over" does not any more; "" cannot be said without a message
    first   since when; 0 is that the decisions do not know it, and `count` is 0
    answer  what its server is told, where that is about the client alone
    """

    check: str
    kind: str
    reason: str
    about: str
    advice: str
    first: float
    last: float
    count: int
    state: str = ""
    answer: str = ""


def address(text: str) -> str:
    """The address as decisions have it; "" where it is none."""
    try:
        found = ipaddress.ip_address(text.strip()[:64].removeprefix("IPv6:"))
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id:
            return ""
        return str(found.ipv4_mapped or found)
    return str(found)


def refusals(path: str, client: str, octets: int = backwards.OCTETS) -> list[Refusal]:
    """Of this client; `client` is as `address` returns it."""
    needle = json.dumps(client).encode()
    return summed(entry for entry in backwards.entries(path, needle, octets) if address(entry.client) == client)


def summed(entries: Iterable[Entry]) -> list[Refusal]:
    """The refusals among the entries, which are newest first."""
    found: dict[tuple[str, str, str], Refusal] = {}
    for entry in entries:
        kind = report.kind(entry.action)
        if kind not in ("refuse", "defer"):
            continue
        reason = _reason(entry)
        key = entry.by, kind, reason
        old = found.get(key)
        if old is not None:
            last, count = old.last, old.count + 1
        elif len(found) < SHOWN:
            last, count = entry.time, 1
        else:
            continue
        found[key] = Refusal(entry.by, kind, reason, *CHECKS.get(entry.by, OTHER), entry.time, last, count)
    return list(found.values())


def compared(past: Iterable[Refusal], found: Found) -> list[Refusal]:
    """All of them, those that hold now before the others."""
    past = list(past)
    holds = []
    for entry in found.refusals:
        # Nothing was known but the client, so that every reason is about it alone.
        kind, reason = report.kind(entry.action), _shown(entry, entry.why)
        same = [r for r in past if (r.check, r.kind) == (entry.by, kind)]
        same = [r for r in same if r.reason == reason] or same
        holds.append(
            Refusal(
                *(entry.by, kind, reason, *CHECKS.get(entry.by, OTHER)),
                first=min((r.first for r in same), default=0.0),
                last=max((r.last for r in same), default=0.0),
                count=sum(r.count for r in same),
                state="now",
                answer=_shown(entry, entry.action),
            )
        )
        past = [r for r in past if r not in same]
    return [*holds, *(replace(r, state="over" if r.check in found.settled else "") for r in past)]


def _reason(entry: Entry) -> str:
    """What can be shown of it."""
    return _shown(entry, entry.why or entry.action) if entry.by in ABOUT_CLIENT else ""


def _shown(entry: Entry, text: str) -> str:
    """Without others, and of a file only its name."""
    for other in (entry.sender, entry.recipient, entry.sasl):
        if len(other) > 2:
            text = re.sub(re.escape(other), "...", text, flags=re.IGNORECASE)
    return _FILE.sub(lambda match: os.path.basename(match[1]), _MAIL.sub("...", text))[:300]
