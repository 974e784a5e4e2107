"""The decisions: one line of JSON (RFC 8259) for each answer, in a file that is rotated.

    {"time":..., "client":..., "name":..., "helo":..., "sender":..., "recipient":..., "state":..., "instance":...,
     "sasl":..., "action":..., "by":..., "why":..., "would":[[check, action], ...], "points":..., "facts":{...}}

Empty members are left out. Lines wait limits.DECISIONS_SECONDS for each other, and are written together: what is killed
loses as much. Several processes may write the same file (mdafilter/journal/file.py).

In:    a Request and its Decision; a path to read.
Out:   Entry values, oldest first.
Fails: never, in writing: the log hears of it, once per outage. OSError in reading.
Privacy: addresses are in it, so it is 0600, and its folder is made 0700.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, BinaryIO

from mdafilter.journal import file, read
from mdafilter_policyd import limits
from mdafilter_policyd.decide import Decision
from mdafilter_policyd.log import Log, Outages
from mdafilter_policyd.request import Request

_quoted = json.encoder.encode_basestring_ascii
_LONGEST = 64 * 1024  # octets of a line; what is longer is none of ours


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision, read back."""

    time: float
    client: str = ""
    name: str = ""
    helo: str = ""
    sender: str = ""
    recipient: str = ""
    state: str = ""
    instance: str = ""
    sasl: str = ""
    action: str = ""
    by: str = ""
    why: str = ""
    would: tuple[tuple[str, str], ...] = ()
    points: float = 0.0
    facts: Mapping[str, str] = field(default_factory=dict)


class Decisions:
    """Writes decisions to a file."""

    def __init__(
        self, path: str, log: Log, *, max_size: int = limits.DECISIONS_OCTETS, keep: int = limits.DECISIONS_KEEP
    ) -> None:
        self._path = path
        self._max_size = max_size
        self._keep = keep
        self._outages = Outages(log)
        self._lines: list[bytes] = []
        self._octets = 0
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0

    def write(self, now: float, request: Request, decision: Decision, facts: Mapping[str, str]) -> None:
        """A line for this one; it is in the file a moment later."""
        line = encode(now, request, decision, facts)
        self._last = now
        self._lines.append(line)
        self._octets += len(line)
        if self._octets > limits.DECISIONS_WAITING:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(limits.DECISIONS_SECONDS, self.flush)

    def flush(self) -> None:
        """Writes what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines, self._octets = b"".join(self._lines), [], 0
        if not lines:
            return
        try:
            file.append(self._path, lines, max_size=self._max_size, keep=self._keep)
        except OSError as failed:  # Postfix has its answers; only the lines about them are missing
            self._outages.failed("decisions", f"{self._path}: {failed.strerror or failed}", self._last)
        else:
            self._outages.answered("decisions", self._last)


def encode(now: float, request: Request, decision: Decision, facts: Mapping[str, str]) -> bytes:
    """The line of a decision."""
    members = {
        "client": request.client_address,
        "name": request.client_name or request.reverse_client_name,
        "helo": request.helo,
        "sender": request.sender,
        "recipient": request.recipient,
        "state": request.state,
        "instance": request.instance,
        "sasl": request.sasl_username,
        "action": decision.action,
        "by": decision.by,
        "why": decision.why,
    }
    out = [f'"time":{now:.3f}']
    out += _members({name: text for name, text in members.items() if text})
    if decision.would:
        out.append(f'"would":{json.dumps(decision.would, separators=(",", ":"))}')
    if decision.points:
        out.append(f'"points":{decision.points!r}')
    if facts:
        out.append(f'"facts":{{{",".join(_members(facts))}}}')
    return f"{{{','.join(out)}}}\n".encode("ascii")


def _members(texts: Mapping[str, str]) -> list[str]:
    """Texts by their names. A JSONEncoder, which is made anew for each line, takes three times as long."""
    return [f"{_quoted(name)}:{_quoted(text[: limits.DECISION_TEXT])}" for name, text in texts.items()]


def entries(path: str, since: float = 0.0) -> Iterator[Entry]:
    """The decisions since then in the file and in what it was rotated into, oldest first."""
    for name in reversed(read.files(path)):
        try:
            with open(name, "rb") as opened:
                if os.fstat(opened.fileno()).st_mtime >= since:
                    yield from (entry for entry in _entries(opened) if entry.time >= since)
        except FileNotFoundError:
            continue  # rotated meanwhile: its lines were read, or are in the next one


def parse(line: bytes) -> Entry | None:
    """The decision in a line; None where it is none."""
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        return None  # a piece of a line that a full disk cut off
    if not isinstance(members, dict) or not _is_number(members.get("time")):
        return None
    values: dict[str, Any] = {}
    for one in fields(Entry):
        value = members.get(one.name)
        if one.type == "str" and isinstance(value, str):
            values[one.name] = value
        elif one.type == "float" and value is not None and _is_number(value):
            values[one.name] = float(value)
    pairs = members.get("would")
    if isinstance(pairs, list):
        values["would"] = tuple((p[0], p[1]) for p in pairs if isinstance(p, list) and list(map(type, p)) == [str, str])
    facts = members.get("facts")
    if isinstance(facts, dict):
        values["facts"] = {name: value for name, value in facts.items() if isinstance(value, str)}
    return Entry(**values)


def _entries(opened: BinaryIO) -> Iterator[Entry]:
    while line := opened.readline(_LONGEST):
        entry = parse(line)
        if entry is not None:
            yield entry


def _is_number(value: Any) -> bool:
    """JSON's parser makes NaN and Infinity too."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e18 < value < 1e18
