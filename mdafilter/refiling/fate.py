"""What a Decision means for a message that lies in a folder already.

    File                    it moves there; of several folders to the first, and stays where it lies in one of them
    Keep, implicit or not   it stays, as the reader may have put it where it is. What the filter itself had filed
                            there (our label names the folder) moves to the inbox
    Discard, Reject,        never done to stored mail: it stays, and this is told. What would have been discarded
    Redirect, Pipe, Box     can be moved into a folder instead
    Send, fcc               letters of ours; none is sent a second time
    rewrites                (addheader ...) do not change what is stored

What the filter itself had filed stays also where a rule has asked a scorer or a program, and that was not asked now:
without its answer nobody can tell that the message belongs elsewhere.

The flags that rules set (RFC 5232) are added to those that the reader has set, when a message moves; none is taken
away. Those without a letter in a Maildir are left out.

In:    the Decision, the folder (Maildir++ name), the folder that our label names, what was not asked.
Out:   Fate.
Fails: never; a name that no folder can have is a folder that it does not go to.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.errors import BadFolder
from mdafilter.outcome import is_letter
from mdafilter.targets.foldername import folder_name
from mdafilter.targets.naming import letters
from mdafilter.values import TYPE_CHECKING, Value, never

if TYPE_CHECKING:
    from mdafilter.decision import Decided, Decision

INBOX = ""
STAYS, MOVES, SPARED, UNDECIDED, UNREAD = "stays", "moves", "spared", "undecided", "unread"


class Fate(Value):
    """What becomes of a message. `kind` is one of those above.

    `to`: the Maildir++ name of the folder; of a message that is spared what a delivery would have done to it; else why
    it stays. `copies` are folders that a delivery would have filed it into as well. `head` is for the journal: the
    Message-ID, sender, recipient and size of what moves.
    """

    kind: str
    to: str = ""
    rule: str = ""  # file:line
    why: str = ""  # what matched
    flags: str = ""  # letters (targets/naming.py) that are added
    copies: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    head: tuple[str, str, str, int] = ("", "", "", 0)


def fate(decision: Decision, folder: str, label: str | None, unasked: tuple[str, ...], discard_to: str | None) -> Fate:
    """What the decision means for the message in `folder`."""
    filed = label is not None and _is_named(label, folder)
    kept = INBOX if filed else folder
    if (
        not filed
        and not unasked
        and not decision.notes
        and len(decision.decided) == 1
        and isinstance(decision.decided[0].act, Keep)
    ):
        return STAYED  # most messages
    places: list[tuple[str, Decided]] = []
    spared: list[tuple[str, Decided]] = []
    for one in decision.decided:
        if is_letter(one.act):
            continue
        to = _place(one, kept)
        if to is None:
            spared.append((_done(one), one))
        else:
            places.append((to, one))
    notes = (*decision.notes, *unasked)
    if not places and spared and isinstance(spared[0][1].act, Discard) and discard_to is not None:
        places = [(discard_to, spared[0][1])]
    if any(to == folder for to, _one in places):
        return Fate(STAYS, "", notes=notes) if notes else STAYED
    if not places:
        if not spared:
            return Fate(STAYS, notes=notes)
        what, one = spared[0]
        return Fate(SPARED, what, _rule(one), _why(one), notes=notes)
    to, one = places[0]
    if filed and unasked:
        return Fate(UNDECIDED, ", ".join(unasked), notes=decision.notes)
    flags = letters(one.act.flags) if isinstance(one.act, Keep | File) else ""
    copies = tuple(dict.fromkeys(name for name, _one in places[1:] if name != to))
    return Fate(MOVES, to, _rule(one), _why(one), flags, copies, notes)


STAYED = Fate(STAYS)


def delivered(decision: Decision) -> tuple[str, str, str]:
    """Where a delivery would bring the message, for people; the rule, and what matched."""
    what: dict[str, None] = {}
    for one in decision.decided:
        if not is_letter(one.act):
            to = _place(one, INBOX)
            what[_done(one) if to is None else to or "INBOX"] = None
    ruled = [one for one in decision.decided if one.at is not None and not is_letter(one.act)]
    first = ruled[0] if ruled else None
    return " and ".join(sorted(what)) or "nowhere", _rule(first), _why(first)


def _place(one: Decided, kept: str) -> str | None:
    """The folder; None for what is no folder of this Maildir."""
    match one.act:
        case Keep():
            return kept
        case File(folder=name):
            try:
                return folder_name(name)
            except BadFolder:
                return kept  # a delivery keeps the message
        case _:
            return None


def _done(one: Decided) -> str:
    """What a delivery would have done, for people."""
    match one.act:
        case Discard():
            return "discarded"
        case Reject():
            return "refused"
        case Redirect(address=address):
            return f"redirected to {address}"
        case Pipe(command=command):
            return f"given to {' '.join(command)}"[: limits.WHY_OCTETS]
        case Box(path=path):
            return f"filed into {path}"
        case Keep() | File() | Send():
            return ""
        case other:
            never(other)


def _is_named(label: str, folder: str) -> bool:
    try:
        return folder_name(label) == folder != INBOX
    except BadFolder:
        return False  # the label was cut, or is none of ours


def _rule(one: Decided | None) -> str:
    return str(one.at) if one is not None and one.at is not None else ""


def _why(one: Decided | None) -> str:
    return one.why if one is not None else ""
