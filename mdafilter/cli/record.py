"""One fact of the journal as people read it: a block of lines for a delivery, with the line of the rule that decided.

    2026-11-22 14:14:06 +0000  delivered  4XyZ1A2b
      message-id  <one@example.org>
      from        <spammer@example.net>
      to          <u@example.org>
      folder      .Trash (1795356846.M1P2.host)
      rule        rules/spam.sieve:12
                | fileinto "Trash";
      matched     Subject: *SPAM* Buy now
      score       spamd: 15.2 of 5.0, spam (BAYES_99)
      policy      spf=pass (signed by the policy daemon, client 192.0.2.1, 2 s before)
      deferred    2026-11-22 14:04:01 +0000: 4.3.1 disk full

In:    what journal/read.py gave: any text at all may be in it.
Out:   text in which every character prints, without a newline at its end.
"""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

from mdafilter import limits
from mdafilter.cli.terminal import short, size
from mdafilter.cli.trace import verdict
from mdafilter.journal import Entry, Event
from mdafilter.rulebook import located
from mdafilter.world import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.journal import Filed

_TEXT = 400  # characters of one line


def block(fact: Entry | Event, tries: Sequence[Entry] = ()) -> str:
    """The block of a fact; `tries` are the deferred deliveries before it, the newest first."""
    if isinstance(fact, Event):
        about = f"{fact.file}: " if fact.file else ""
        return f"{when(fact.time)}  {short(fact.event, 20)}  {short(about + fact.text, _TEXT)}"
    lines = [f"{when(fact.time)}  {short(fact.status, 20)}  {short(fact.id, 80)}".rstrip()]
    lines += [f"  {name:<10}  {text}" if name else f"            | {text}" for name, text in _items(fact)]
    lines += [f"  deferred    {when(one.time)}: {_reason(one)}" for one in tries]
    return "\n".join(lines)


def when(seconds: float) -> str:
    """A time in the local zone, with its offset; a number where no calendar has it."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g}"


def rule_line(rule: str, since: float) -> str:
    """The line that `rule` (file:line) names, "" if it is gone; with a remark if the file has changed since a time."""
    name, _, number = rule.rpartition(":")
    if not name or not (number.isascii() and number.isdigit()) or len(number) > 7:
        return ""
    try:
        fd = os.open(located(name), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return ""  # gone, or not ours to read: the block says the rest
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            return ""
        lines = os.pread(fd, limits.SCRIPT_OCTETS, 0).splitlines()
    except OSError:
        return ""  # as above
    finally:
        os.close(fd)
    if not 0 < int(number) <= len(lines):
        return "(the file has changed since, it is shorter now)"
    text = short(lines[int(number) - 1].decode("utf-8", "replace").strip(), _TEXT)
    return f"{text}   (the file has changed since)" if found.st_mtime > since else text


def _items(entry: Entry) -> Iterator[tuple[str, str]]:
    """Name and text of each line; a line without a name belongs to the one before it."""
    yield "message-id", short(entry.message_id or "(none)", _TEXT)
    yield "from", f"<{short(entry.sender, _TEXT)}>"
    yield "to", f"<{short(entry.recipient, _TEXT)}>"
    if entry.original_recipient not in ("", entry.recipient):
        yield "sent to", f"<{short(entry.original_recipient, _TEXT)}>"
    if entry.size:
        yield "size", size(entry.size)
    for act in entry.acts:
        yield from _act(act, entry.time)
    if entry.score is not None:
        found = entry.score
        yield (
            "score",
            verdict(Verdict(found.spam, found.score, found.threshold, found.symbols, found.scorer, found.scanned)),
        )
    if entry.policy:
        yield "policy", short(entry.policy, _TEXT)
    if entry.status == "refiling":
        yield "because", "whether it was moved is not told: the run goes on, or was killed; look where it lies"
    elif entry.reason:
        yield "because", _reason(entry)
    for note in entry.notes:
        yield "note", short(note, _TEXT)
    if entry.defects:
        yield "defects", short(", ".join(entry.defects), _TEXT)
    yield "took", f"{entry.delay:.2f} s"


def _act(act: Filed, since: float) -> Iterator[tuple[str, str]]:
    name = f" ({short(act.name, _TEXT)})" if act.name else ""
    undone = "" if act.done else "  (this was not done)"
    label = "folder" if act.action in ("keep", "file") else short(act.action, 10)
    yield label, f"{short(act.to, _TEXT) or ('INBOX' if label == 'folder' else '')}{name}{undone}".strip()
    yield "rule", short(act.rule, _TEXT) if act.rule else "none: the message was kept"
    if text := rule_line(act.rule, since):
        yield "", text
    if act.why:
        yield "matched", short(act.why, _TEXT)


def _reason(entry: Entry) -> str:
    return f"{short(entry.dsn, 20)} {short(entry.reason, _TEXT)}".strip()
