"""What `mdafilter refile` tells of many messages: grouped by from where, to where and by which rule, and counted.

In:    Stored with its Fate, Moved, or Stored with its Difference, in the order of the files.
Out:   data for JSON, and lines for people made of them.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from mdafilter.cli.record import rule_line
from mdafilter.cli.terminal import printable, short
from mdafilter.refiling import fate as fates
from mdafilter.targets.foldername import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mdafilter.refiling.fate import Fate
    from mdafilter.refiling.judging import Difference
    from mdafilter.refiling.moving import Moved
    from mdafilter.refiling.stored import Stored

NOTES = 10  # different ones that are shown to people


def name(folder: str) -> str:
    """A folder for people."""
    return plain(folder) or "INBOX"


def summary(judged: Iterable[tuple[Stored, Fate]], is_there: Callable[[str], bool]) -> dict[str, Any]:
    """What would become of them."""
    moves: Counter[tuple[str, str, str]] = Counter()
    spared: Counter[tuple[str, str, str]] = Counter()
    undecided: Counter[tuple[str, str]] = Counter()
    notes: Counter[str] = Counter()
    copies: Counter[tuple[str, str]] = Counter()
    unread: list[dict[str, str]] = []
    stays = total = 0
    for stored, fate in judged:
        total += 1
        match fate.kind:
            case fates.MOVES:
                moves[stored.folder, fate.to, fate.rule] += 1
                copies.update((fate.to, one) for one in fate.copies)
            case fates.SPARED:
                spared[stored.folder, fate.to, fate.rule] += 1
            case fates.UNDECIDED:
                undecided[stored.folder, fate.to] += 1
            case fates.UNREAD:
                unread.append({"folder": name(stored.folder), "file": stored.name, "why": fate.to})
            case _:
                stays += 1
        notes.update(fate.notes)
    return {
        "messages": total,
        "moves": [
            {"from": name(was), "to": name(to), "rule": rule, "messages": count, "new": not is_there(to)}
            for (was, to, rule), count in _sorted(moves)
        ],
        "stay": stays,
        "spared": [
            {"folder": name(was), "what": what, "rule": rule, "messages": count}
            for (was, what, rule), count in _sorted(spared)
        ],
        "undecided": [{"folder": name(was), "why": why, "messages": count} for (was, why), count in _sorted(undecided)],
        "copies": [{"to": name(to), "beside": name(one), "messages": count} for (to, one), count in _sorted(copies)],
        "unread": unread,
        "notes": [{"note": note, "messages": count} for note, count in _sorted(notes)],
    }


def compared(found: Iterable[tuple[Stored, Difference | None]]) -> dict[str, Any]:
    """What differs."""
    groups: Counter[tuple[str, str, str, str]] = Counter()
    unread: list[dict[str, str]] = []
    total = 0
    for stored, one in found:
        total += 1
        if one is not None and one.old == one.new:
            unread.append({"folder": name(stored.folder), "file": stored.name, "why": one.old})
        elif one is not None:
            groups[one.old, one.new, one.old_rule, one.new_rule] += 1
    return {
        "messages": total,
        "differ": groups.total(),
        "differences": [
            {"old": plain(old), "new": plain(new), "old_rule": old_rule, "new_rule": new_rule, "messages": count}
            for (old, new, old_rule, new_rule), count in _sorted(groups)
        ],
        "unread": unread,
    }


def one_move(stored: Stored, fate: Fate) -> dict[str, str]:
    """A line of --verbose."""
    told = {"file": f"{name(stored.folder)}/{stored.part}/{stored.name}", "to": name(fate.to), "why": fate.why}
    return told | {"rule": fate.rule, "message_id": fate.head[0]}


def one_difference(stored: Stored, one: Difference) -> dict[str, str]:
    """A line of --verbose."""
    told = {"file": f"{name(stored.folder)}/{stored.part}/{stored.name}", "old": plain(one.old), "to": plain(one.new)}
    return told | {"rule": one.new_rule or one.old_rule, "why": one.why}


def failures(moved: Iterable[Moved]) -> list[dict[str, str]]:
    """What could not be moved."""
    return [
        {"folder": name(one.move.stored.folder), "file": one.move.stored.name, "why": one.why_not}
        for one in moved
        if one.why_not
    ]


def render(told: dict[str, Any]) -> Iterator[str]:
    """The lines for people of `summary`."""
    count = sum(one["messages"] for one in told["moves"])
    done = "moved" if told["executed"] else "would move"
    yield printable(f"{told['maildir']}: {_messages(told['messages'])}, {count} {done}")
    for one in told["moves"]:
        made = "" if not one["new"] else " (was made)" if told["executed"] else " (would be made)"
        yield printable(f"  {one['messages']:>7}  {one['from']} -> {one['to']}{made}{_by(one['rule'])}")
    yield from _listed(told)
    for one in told["copies"]:
        yield printable(f"  {one['messages']:>7}  of those for {one['to']} also belong in {one['beside']}: no copy")
    yield f"  {told['stay']:>7}  stay where they are"
    for one in told["spared"]:
        yield printable(f"  {one['messages']:>7}  stay in {one['folder']}: would be {one['what']}{_by(one['rule'])}")
    for one in told["undecided"]:
        yield printable(f"  {one['messages']:>7}  stay in {one['folder']}, where mdafilter put them: {one['why']}")
    yield from _trouble(told)
    if count and not told["executed"]:
        yield "  Nothing was moved: say --execute."


def render_compared(told: dict[str, Any]) -> Iterator[str]:
    """The lines for people of `compared`."""
    yield printable(f"{told['maildir']}: {_messages(told['messages'])}, {told['differ']} of them differently")
    for one in told["differences"]:
        yield printable(f"  {one['messages']:>7}  {one['old']} -> {one['new']}")
        for which in ("old", "new"):
            if rule := one[f"{which}_rule"]:
                yield printable(f"           {which}{_by(rule)}")
    yield from _listed(told)
    yield from _trouble(told)


def _listed(told: dict[str, Any]) -> Iterator[str]:
    for one in told.get("list", ()):
        why = f"  ({short(one['why'], 120)})" if one["why"] else ""
        yield printable(f"           {one['file']} -> {one['to']}") + why


def _trouble(told: dict[str, Any]) -> Iterator[str]:
    for one in told.get("notes", ())[:NOTES]:
        yield f"  {one['messages']:>7}  note: {short(one['note'], 300)}"
    for what in ("unread", "failed"):
        for one in told.get(what, ())[:NOTES]:
            yield printable(f"  {what}: {one['folder']}/{one['file']}: {one['why']}")
        if (more := len(told.get(what, ())) - NOTES) > 0:
            yield f"  {what}: {more} more"
    for note in told.get("remarks", ()):
        yield printable(f"  note: {note}")


def _by(rule: str) -> str:
    text = rule_line(rule, time.time()) if rule else ""
    return (f"  by {rule}" if rule else "") + (f"  {text}" if text else "")


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"


def _sorted(groups: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(groups.items(), key=lambda item: (-item[1], item[0]))
