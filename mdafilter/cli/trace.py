"""A Decision as people read it: each question with its answer and the values that it looked at, then what is decided.

    rules/spam.sieve:12  header :contains "subject" "*SPAM*"  -> yes
                           Subject: *SPAM* Buy now
    rules/spam.sieve:13    fileinto "Trash"

    policy: spf=fail, points=3 (signed by the policy daemon, client 192.0.2.1, 12 s before)
    spamd: 15.2 of 5.0, spam (BAYES_99, URIBL_BLACK)
    -> folder Trash   (rules/spam.sieve:13: Subject: *SPAM* Buy now)

With Sources each place has the line of the rule file beside it, as it was written, and the question stands below.

In:    a Decision of the engine. Its texts come from the message: nothing in them reaches the terminal as it is.
       `mailbox` is the Maildir, for where the message would lie (effects.py).
Out:   text without a newline at its end, or data for JSON.
Used by `explain` and by `deliver --dry-run`, where no third-party package can be imported: none is here.
"""

from __future__ import annotations

from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.cli import effects
from mdafilter.cli.terminal import printable, short, style
from mdafilter.decision import Asked, Decided, Decision
from mdafilter.values import TYPE_CHECKING, never

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mdafilter.acts import Act
    from mdafilter.lint.sources import Sources
    from mdafilter.policy import Policy
    from mdafilter.world import Verdict

PLACE = 40  # characters that the column of places has at most
VALUE = 160  # characters of one value, or of what a step says
VALUES = 10  # values of one question


def render(decision: Decision, colour: bool = False, sources: Sources | None = None, mailbox: str | None = None) -> str:
    """The whole trace, the notes and the decision. What it would do in detail only with a mailbox ("" is unknown)."""
    width = min(PLACE, max((len(str(one.at)) for one in decision.trace), default=0))
    lines: list[str] = []
    at = None
    for one in decision.trace:
        beside = sources.rule(one.at) if sources is not None and one.at != at else []
        lines += _source(one, beside, width, colour)
        known = beside or (sources is not None and one.at == at and sources.line(one.at))
        lines += _asked(one, width, colour, placed=not known)
        at = one.at
    if not lines:
        lines = ["No rule was asked anything."]
    lines.append("")
    lines += [style(f"note: {short(note, 2 * VALUE)}", "yellow", colour) for note in decision.notes]
    if decision.policy is not None:
        lines.append(f"policy: {short(str(decision.policy), 4 * VALUE)}")
    if decision.verdict is not None:
        lines.append(verdict(decision.verdict))
    for decided in decision.decided:
        lines.append(_decided(decided, colour))
        if mailbox is not None:
            lines += [style(f"     {line}", "dim", colour) for line in effects.lines(decided.act, mailbox)]
    if not decision.decided:
        lines.append("-> nowhere: nothing was decided")
    if mailbox is not None:
        lines += [effects.remembered(one) for one in decision.remember]
        lines += [f"written to {short(decision.log.path, VALUE)}: {short(text, VALUE)}" for text in decision.logged]
    return "\n".join(lines)


def _source(one: Asked, lines: list[str], width: int, colour: bool) -> Iterator[str]:
    """The rule as it was written, the place before its first line."""
    place = style(f"{printable(str(one.at)):<{width}}", "dim", colour)
    for number, line in enumerate(lines):
        yield f"{' ' * width if number else place}  | {style(short(line, VALUE), 'bold', colour)}".rstrip()


def _asked(one: Asked, width: int, colour: bool, *, placed: bool = True) -> Iterator[str]:
    place = style(f"{printable(str(one.at)) if placed else '':<{width}}", "dim", colour and placed)
    indent = "  " * one.depth
    answer = ""
    if one.answer is not None:
        answer = "  -> " + (style("yes", "green", colour) if one.answer.held else style("no", "red", colour))
    yield f"{place}  {indent}{short(one.what, VALUE)}{answer}"
    if one.answer is not None:
        for value in one.answer.saw[:VALUES]:
            yield f"{' ' * width}  {indent}  {style(short(str(value), VALUE), 'cyan', colour)}"
        if len(one.answer.saw) > VALUES:
            yield f"{' ' * width}  {indent}  and {len(one.answer.saw) - VALUES} more"


def verdict(found: Verdict) -> str:
    """What a scorer said, as one line."""
    symbols = f" ({short(', '.join(found.symbols), 4 * VALUE)})" if found.symbols else ""
    part = f"; only {found.scanned} octets were looked at" if found.scanned else ""
    word = "spam" if found.spam else "not spam"
    return f"{printable(found.scorer)}: {found.score:.1f} of {found.threshold:.1f}, {word}{symbols}{part}"


def _decided(one: Decided, colour: bool) -> str:
    if one.at is None and not one.why:
        reason = "no rule put it elsewhere"
    else:
        reason = ": ".join(text for text in (str(one.at or ""), one.why) if text)
    return f"-> {style(act(one.act), 'bold', colour)}   ({short(reason, 2 * VALUE)})"


def act(what: Act) -> str:
    """An act in words."""
    match what:
        case Keep(flags=flags):
            return "inbox" + _flags(flags)
        case File(folder=folder, flags=flags, copy=copy, create=create, letter=letter):
            made = ", which is made if it is missing" if create else ""
            which = ", the letter that was sent" if letter else _copy(copy)
            return f"folder {short(folder, VALUE)}{made}{_flags(flags)}{which}"
        case Box(path=path, copy=copy):
            return f"mailbox {short(path, VALUE)}{_copy(copy)}"
        case Redirect(address=address, copy=copy, sender=sender, notify=notify):
            whose = "" if sender is None else f", from <{short(sender, VALUE)}>"
            told = f", reports: {printable(notify.lower())}" if notify else ""
            return f"redirect to <{short(address, VALUE)}>{_copy(copy)}{whose}{told}"
        case Pipe(command=command, copy=copy):
            return f"program {short(' '.join(command), VALUE)}{_copy(copy)}"
        case Send(what=word, to=()):
            return f"{printable(word)}: no letter is due"
        case Send(what=word, to=to):
            return f"{printable(word)}: a letter to {short(', '.join(to), VALUE)}"
        case Discard():
            return "nowhere: discarded"
        case Reject(text=text, told=True):
            return f"refused, by that letter: {short(text, VALUE)}"
        case Reject(text=text, status=status):
            return f"refused with {printable(status)} {short(text, VALUE)}"
        case _:
            never(what)


def _flags(flags: tuple[str, ...]) -> str:
    return f", flags {short(' '.join(flags), VALUE)}" if flags else ""


def _copy(copy: bool) -> str:
    return ", as a copy" if copy else ""


def data(decision: Decision, sources: Sources | None = None, mailbox: str = "") -> dict[str, Any]:
    """The decision as JSON has it: "trace", "policy", "verdict", "notes", "decided", "remembered", "logged"."""
    return {
        "trace": [_asked_data(one, sources) for one in decision.trace],
        "policy": decision.policy and {**_members(decision.policy), "facts": dict(decision.policy.facts)},
        "verdict": decision.verdict and _members(decision.verdict),
        "notes": list(decision.notes),
        "decided": [_decided_data(one, mailbox) for one in decision.decided],
        "remembered": [{"kind": one.kind, "key": one.key, "until": one.until} for one in decision.remember],
        "logged": {"file": decision.log.path, "texts": list(decision.logged)},
    }


def _asked_data(one: Asked, sources: Sources | None) -> dict[str, Any]:
    found: dict[str, Any] = {"file": one.at.file, "line": one.at.line, "depth": one.depth, "what": one.what}
    if sources is not None:
        found["source"] = sources.line(one.at)
    if one.answer is not None:
        found |= {"answer": one.answer.held, "saw": [str(value) for value in one.answer.saw], "matched": one.answer.by}
    return found


def _decided_data(one: Decided, mailbox: str) -> dict[str, Any]:
    return {
        "action": type(one.act).__name__.lower(),
        **_members(one.act),
        "rule": None if one.at is None else str(one.at),
        "why": one.why,
        "at": effects.path(one.act, mailbox),
    }


def _members(value: Act | Verdict | Policy) -> dict[str, Any]:
    members = ((name, getattr(value, name)) for name in value._fields)
    return {name: m.decode("utf-8", "replace") if isinstance(m, bytes) else m for name, m in members}
