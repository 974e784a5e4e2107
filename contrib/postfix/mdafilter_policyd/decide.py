"""All opinions about one request: what is done. Pure.

In this order, by the checks that are "on":

    1. the first Accept, Reject or final Action, in the order of checks.TABLE
    2. the points of all together: from `reject_at` on they refuse, from `defer_at` on they defer; 0 is never
    3. the first Defer
    4. the first Action that lets others go on ("HOLD")
    5. DUNNO, with the header fields that there are

A check in mode "warn" is looked at by itself: what it would have done, as if it were "on", is in `would`. Its points
count there together with those of the others: they would have done something if the sum passes a limit that it does
not pass without them.

Words of an answer are those of access(5). A text is one line of printable ASCII, at most limits.TEXT characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mdafilter_policyd import limits
from mdafilter_policyd.opinion import Accept, Action, Defer, Opinion, Points, Prepend, Reject

DUNNO = "DUNNO"
# access(5): these do not end the search, so they cannot stand before what another check refuses.
GOES_ON = frozenset(
    {"BCC", "DEFER_IF_PERMIT", "DEFER_IF_REJECT", "DUNNO", "FILTER", "HOLD", "INFO", "PREPEND", "REDIRECT", "WARN"}
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one check said. `mode` is "on" or "warn"; `trouble` is why it could not say anything."""

    check: str
    mode: str
    opinions: tuple[Opinion, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What Postfix is told, and why.

    action      an action of access(5)
    by          the check that decided; "" is none, with DUNNO
    why         its reason
    prepends    header fields for the message, if it comes in
    would       (check, action): what those in mode "warn" would have done
    points      the sum
    """

    action: str = DUNNO
    by: str = ""
    why: str = ""
    prepends: tuple[str, ...] = ()
    would: tuple[tuple[str, str], ...] = ()
    points: float = 0.0


NOTHING = Decision()


def decide(judged: Sequence[Judged], *, reject_at: float = 0.0, defer_at: float = 0.0, accept: str = DUNNO) -> Decision:
    """The decision. `accept` is what Postfix is told where a check accepts: "DUNNO", or "OK"."""
    if not any(one.opinions for one in judged):
        return NOTHING
    on = [one for one in judged if one.mode == "on"]
    warn = [one for one in judged if one.mode == "warn"]
    total = points(on)
    limit = _limit(total, reject_at, defer_at)
    action, by, why = _first(on, limit, accept) or (DUNNO, "", "")
    prepends = tuple(line(o.field, limits.FINDINGS) for one in on for o in one.opinions if isinstance(o, Prepend))
    return Decision(action, by, why, prepends, tuple(_would(warn, on, limit, (reject_at, defer_at))), total)


def ends(opinions: Sequence[Opinion]) -> bool:
    """Whether no further check needs to be asked after one that said this."""
    return any(_is_final(opinion) for opinion in opinions)


def points(judged: Sequence[Judged]) -> float:
    """The sum of their points."""
    return sum(o.points for one in judged for o in one.opinions if isinstance(o, Points))


def line(text: str, most: int = limits.TEXT) -> str:
    """One line of printable ASCII, not too long."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if " " <= c <= "~" else "?" for c in text)
    return text[:most]


def _is_final(opinion: Opinion) -> bool:
    match opinion:
        case Accept() | Reject():
            return True
        case Action(text):
            return text.partition(" ")[0].upper() not in GOES_ON
    return False


Found = tuple[str, str, str]  # action, by, why


def _first(on: Sequence[Judged], limit: str, accept: str) -> Found | None:
    """What stands first in the order of the manual page above."""
    said = [(one.check, opinion) for one in on for opinion in one.opinions]
    for check, opinion in said:
        if _is_final(opinion):
            return _action(opinion, accept), check, _why(opinion)
    if limit:
        return _by_points(on, limit)
    for kind in (Defer, Action):
        for check, opinion in said:
            if isinstance(opinion, kind):
                return _action(opinion, accept), check, _why(opinion)
    return None


def _action(opinion: Opinion, accept: str) -> str:
    match opinion:
        case Accept():
            return accept
        case Reject(text):
            if _has_code(text, "5"):
                return line(text)
            return line(f"554 {text}" if _has_status(text, "5") else f"554 5.7.1 {text}")
        case Defer(text):
            # With a code of its own it is an answer at once; else another restriction may still reject.
            return line(text if _has_code(text, "4") else f"DEFER_IF_PERMIT {text}")
        case Action(text):
            return line(text)
    return DUNNO


def _why(opinion: Opinion) -> str:
    match opinion:
        case Accept(why):
            return why
        case Reject(text, why) | Defer(text, why) | Action(text, why):
            return why or text
    return ""


def _limit(total: float, reject_at: float, defer_at: float) -> str:
    """What so many points do: "554 5.7.1", "DEFER_IF_PERMIT" or ""."""
    if reject_at > 0 and total >= reject_at:
        return "554 5.7.1"
    return "DEFER_IF_PERMIT" if defer_at > 0 and total >= defer_at else ""


def _by_points(judged: Sequence[Judged], limit: str) -> Found:
    """By whom: the check that gave most. Why: all that gave some, the most first."""
    given = [(o.points, one.check, o.why) for one in judged for o in one.opinions if isinstance(o, Points)]
    worst = sorted((g for g in given if g[0] > 0), key=lambda g: -g[0])
    why = "; ".join(why for _points, _check, why in worst)
    return line(f"{limit} {why}"), worst[0][1], f"{sum(g[0] for g in given):g} points: {why}"


def _would(
    warn: Sequence[Judged], on: Sequence[Judged], limit: str, at: tuple[float, float]
) -> Iterator[tuple[str, str]]:
    for one in warn:
        found = _first([one], "", "OK")
        if found is not None:
            yield one.check, found[0]
    if any(isinstance(o, Points) for one in warn for o in one.opinions):
        both = [*on, *warn]
        shadow = _limit(points(both), *at)
        if shadow and shadow != limit and limit != "554 5.7.1":
            action, _by, _why = _by_points(both, shadow)
            yield _by_points(warn, shadow)[1], action


def _has_code(text: str, kind: str) -> bool:
    """RFC 5321 section 4.2: three digits, then a blank or the end."""
    return text[:1] == kind and len(text) > 2 and text[:3].isdigit() and text[3:4] in ("", " ")


def _has_status(text: str, kind: str) -> bool:
    """RFC 3463 section 2: class "." subject "." detail."""
    parts = text.partition(" ")[0].split(".")
    return len(parts) == 3 and parts[0] == kind and all(p.isascii() and p.isdigit() for p in parts)
