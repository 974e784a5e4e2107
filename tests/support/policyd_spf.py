"""A Resolver that answers from a zone: {"example.org": [("TXT", "v=spf1 -all")]}, and counts what it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mdafilter_policyd.dns import Answer, DnsError

TIMEOUT = "TIMEOUT"  # instead of a kind: the records before it are there, whatever else is asked for never comes

Zone = Mapping[str, Sequence[tuple[str, str]]]


class ZoneResolver:
    """The names have no case, and no last dot."""

    def __init__(self, zone: Zone) -> None:
        self.zone = {name.lower().rstrip("."): list(records) for name, records in zone.items()}
        self.asked: list[tuple[str, str]] = []

    async def lookup(self, name: str, kind: str) -> Answer:
        self.asked.append((name, kind))
        seen = set()
        while True:
            records = self.zone.get(name.lower().rstrip("."))
            if records is None:
                return Answer(exists=False)
            found = tuple(value for k, value in records if k == kind)
            if found:
                return Answer(found, 300.0)
            if any(k == TIMEOUT for k, _ in records):
                raise DnsError(f"{name} {kind}: no answer in time")
            alias = [value for k, value in records if k == "CNAME"]
            if not alias:
                return Answer(ttl=300.0)
            if alias[0].lower() in seen:
                raise DnsError(f"{name} {kind}: a loop of aliases")
            seen.add(alias[0].lower())
            name = alias[0]


def zone(text: str) -> dict[str, list[tuple[str, str]]]:
    """From lines "NAME KIND VALUE"; "NAME TIMEOUT" is a name that nobody answers for."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text.strip().splitlines():
        name, kind, value = (*line.strip().split(" ", 2), "", "")[:3]
        found.setdefault(name, []).append((kind, value))
    return found
