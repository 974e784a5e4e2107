"""What runs in the child process of `inspect`: mail-parser reads the message on standard input, a summary goes out.

The first thing is to bound itself: address space, processor time, and what it may write. mail-parser and the standard
library under it read a hostile message here, and nothing else of mdafilter is in the process. This file runs as a
script (python -I FILE OCTETS SECONDS MEMORY REPLY) and imports nothing of ours.

Out:   one JSON object: {"error": "..."} or the members of `summary`. Texts and lists are cut.
Exit:  0 with an object; anything else is for the parent to tell.
"""

from __future__ import annotations

import json
import resource
import sys

TEXT = 1000  # characters of one text
ITEMS = 200  # items of one list


def main(argv: list[str]) -> None:
    """Bounds the process, reads, and writes the object."""
    octets, seconds, memory, reply = map(int, argv)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (reply, reply))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = summary(sys.stdin.buffer.read(octets))
    except ImportError as error:
        found = {"error": f"mail-parser cannot be loaded: {error}"}
    except BaseException as error:  # noqa: BLE001 - whatever a hostile message made it raise is what is to be told
        found = {"error": f"mail-parser failed: {type(error).__name__}: {str(error)[:TEXT]}"}
    sys.stdout.write(json.dumps(found))


def summary(octets: bytes) -> dict[str, object]:
    """What mail-parser makes of the message."""
    import mailparser

    mail = mailparser.parse_from_bytes(octets)
    return {
        "subject": _cut(mail.subject),
        "date": _cut(mail.date),
        "message_id": _cut(mail.message_id),
        "from": _cut(mail.from_),
        "to": _cut(mail.to),
        "cc": _cut(mail.cc),
        "received": [_pick(hop, "hop", "from", "by", "with", "date_utc", "delay") for hop in mail.received[:ITEMS]],
        "attachments": [
            {**_pick(found, "filename", "mail_content_type", "charset", "binary"), "octets": _octets(found)}
            for found in mail.attachments[:ITEMS]
        ],
        "text_plain": len(mail.text_plain),
        "text_html": len(mail.text_html),
        "defects": sorted(map(str, mail.defects_categories)),
    }


def _pick(found: dict[str, object], *names: str) -> dict[str, object]:
    return {name: _cut(found[name]) for name in names if found.get(name) not in (None, "")}


def _octets(found: dict[str, object]) -> int:
    """The size of an attachment's content; base64 is what mail-parser keeps of a binary one."""
    payload = str(found.get("payload") or "")
    return len(payload.rstrip("=\n")) * 3 // 4 if found.get("binary") else len(payload)


def _cut(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_cut(item) for item in value[:ITEMS]]
    return str(value)[:TEXT]


if __name__ == "__main__":
    main(sys.argv[1:])
