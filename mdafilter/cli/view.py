"""What mdafilter sees in a message, as data and as text: parts, names, archives, defects, addresses, path.

In:    a Message. Everything in it may be hostile: in the text each character prints.
Out:   data for JSON (view), and lines for people (render); the lines of one list end at limits.SHOWN_ROWS.
Fails: OSError of reading the message's file; TryAgain where there is no room to unpack an archive.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mdafilter import limits
from mdafilter.archives import Fact
from mdafilter.archives.budget import Budget
from mdafilter.archives.mail import attached
from mdafilter.archives.walk import look
from mdafilter.cli import received
from mdafilter.cli.terminal import printable, short, size
from mdafilter.message.addresses import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message import Message, Part

PEOPLE = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc")
TEXTS = ("Subject", "Date", "Message-ID")
_WIDTH = 160  # characters of one text


def view(message: Message) -> dict[str, Any]:
    """The message as data."""
    return {
        "size": len(message.octets),
        "newline": "CRLF" if message.newline == b"\r\n" else "LF",
        "fields": len(message.headers),
        **{name.lower().replace("-", "_"): [f.text for f in message.headers.all(name)] for name in TEXTS},
        "addresses": {name.lower(): list(_people(message, name)) for name in PEOPLE if message.headers.all(name)},
        "received": [_hop(hop) for hop in received.path([f.value for f in message.headers.all("Received")])],
        "parts": [_part(part) for part in message.parts],
        "inside": list(_inside(message)),
        "defects": [{"name": defect.name, "text": defect.text} for defect in message.defects],
    }


def _people(message: Message, name: str) -> Iterator[dict[str, Any]]:
    for field in message.headers.all(name):
        for address in parse(field.value):
            yield {"name": address.name, "address": address.text, "valid": address.valid}


def _hop(hop: received.Hop) -> dict[str, Any]:
    return {**hop.clauses, "date": hop.date, "time": hop.time, "delay": hop.delay}


def _part(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {
        "path": part.path,
        "type": part.type,
        "depth": part.depth,
        "octets": max(0, part.end - part.body),
        "disposition": part.disposition,
        "encoding": _encoding(part),
        "charset": part.parameter("charset") or "",
        "names": [{"text": reading.text, "how": reading.how} for reading in part.readings()],
    }
    if not part.is_container:
        content = part.decoded()
        whole = len(content) < limits.PART_DECODE
        found |= {"decoded": len(content), "sha256": hashlib.sha256(content).hexdigest() if whole else None}
    return found


def _inside(message: Message) -> Iterator[dict[str, Any]]:
    """What is in the attachments: files, and facts about archives."""
    budget = Budget()
    for part, member in ((one, member) for one in message.parts for member in attached(one)):
        for found in look(member, budget):
            one: dict[str, Any] = {"part": part.path, "path": found.path}
            if isinstance(found, Fact):
                yield {**one, "fact": found.name, "text": found.text}
            elif found.depth or found.kind or not part.is_attachment:
                names = [{"text": reading.text, "how": reading.how} for reading in found.readings]
                yield {**one, "kind": found.kind, "format": found.format, "octets": found.size, "names": names}


def _encoding(part: Part) -> str:
    field = part.headers.first("Content-Transfer-Encoding")
    return field.value.strip().lower() if field else ""


# --- for people --------------------------------------------------------------------------------------------------


def render(seen: dict[str, Any]) -> list[str]:
    """The lines for what `view` gave."""
    lines = [f"{size(seen['size'])} octets, {seen['fields']} header fields, lines end with {seen['newline']}"]
    for name in TEXTS:
        lines += _rows(f"{name + ':':<12}{short(text, _WIDTH)}" for text in seen[name.lower().replace("-", "_")])
    for name, people in seen["addresses"].items():
        lines += _rows(f"{name.title() + ':':<12}{_address(one)}" for one in people)
    lines += _titled(
        "Path, the first step first (what is before your own hosts can be invented)", map(_step, seen["received"])
    )
    lines += _titled("Parts", (line for part in seen["parts"] for line in _part_lines(part)))
    lines += _titled("Inside of attachments", map(_inside_line, seen["inside"]))
    lines += _titled("Defects", (f"{one['name']}: {short(one['text'], _WIDTH)}" for one in seen["defects"]))
    return lines


def render_mailparser(found: dict[str, Any]) -> list[str]:
    """The lines for what mail-parser gave."""
    if "error" in found:
        return ["", f"As mail-parser sees it: {short(str(found['error']), 400)}"]
    rows = (f"{name}: {short(_plain(value), 2 * _WIDTH)}" for name, value in _flat(found))
    return _titled("As mail-parser sees it", rows)


def _flat(found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """One row for each member, and for each item of a list of objects."""
    for name, value in found.items():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield from ((name, item) for item in value)
        elif value not in (None, "", []):
            yield name, value


def _plain(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{name} {_plain(item)}" for name, item in value.items())
        case list():
            return ", ".join(_plain(item) for item in value)
    return str(value)


def _address(one: dict[str, Any]) -> str:
    address = f"<{one['address']}>" if one["valid"] else f"{one['address']}  (no address)"
    return short(f"{one['name']} {address}" if one["name"] else address, _WIDTH)


def _step(hop: dict[str, Any]) -> str:
    clauses = [f"{name} {hop[name]}" for name in ("from", "by", "with") if hop.get(name)]
    if hop["delay"] is not None:
        clauses.insert(0, f"{hop['delay']:+.0f} s")
    return short("  ".join([*clauses, hop["date"] or "(no date)"]), 2 * _WIDTH)


def _part_lines(part: dict[str, Any]) -> Iterator[str]:
    indent = "  " * min(part["depth"], 20)
    about = [part["type"], part["charset"], part["encoding"], part["disposition"], f"{size(part['octets'])} octets"]
    yield f"{indent}{short(part['path'], 40) or '(all)'}  {short(', '.join(text for text in about if text), _WIDTH)}"
    for name in part["names"]:
        yield f"{indent}    name {short(name['text'], _WIDTH)}   ({printable(name['how'])})"


def _inside_line(one: dict[str, Any]) -> str:
    if "fact" in one:
        return f"{short(one['path'], _WIDTH)}  {one['fact'].upper()}: {short(one['text'], _WIDTH)}"
    octets = f"{size(one['octets'])} octets" if one["octets"] >= 0 else ""
    about = ", ".join(text for text in (one["kind"], one["format"], octets) if text)
    return f"{short(one['path'], _WIDTH)}  {about}"


def _titled(title: str, rows: Iterator[str]) -> list[str]:
    found = _rows(f"  {row}" for row in rows)
    return ["", title, *found] if found else []


def _rows(rows: Iterator[str]) -> list[str]:
    found = list(rows)
    rest = len(found) - limits.SHOWN_ROWS
    return [*found[: limits.SHOWN_ROWS], f"  and {rest} more (--json shows all)"] if rest > 0 else found
