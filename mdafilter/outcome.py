"""What the acts of a decision mean together: whether the message is kept, what contradicts what, what is there twice.

The implicit keep (RFC 5228 section 2.10.2) is in force until an act cancels it. Letters of ours, and what is filed of
them, say nothing of the message: they cancel nothing, and only an answer contradicts a refusal.

At an event of IMAP (RFC 6785) the message is in its folder already: Keep leaves it there as it is, with the flags that
the script has given it, and where no keep is in effect it gets the flag \\Deleted (`of_stored`).

In:    the acts, as they were decided.
Out:   bool; the decided ones that are left.
Fails: RuleFailed for a contradiction: the message is kept.
"""

from __future__ import annotations

from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, never

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.acts import Act
    from mdafilter.decision import Decided


def cancels_keep(act: Act) -> bool:
    """Whether the act takes the place of the implicit keep (RFC 5228 section 2.10.2, RFC 3894, RFC 5429)."""
    match act:
        case File(copy=copy) | Box(copy=copy) | Redirect(copy=copy) | Pipe(copy=copy):
            return not (copy or is_letter(act))
        case Send():
            return False
        case Discard() | Reject() | Keep():
            return True
        case _:
            never(act)


def is_letter(act: Act) -> bool:
    """Whether it is about a letter of ours, and not about the message."""
    return isinstance(act, Send) or (isinstance(act, File) and bool(act.letter))


def implicit_keep(decided: Sequence[Decided]) -> bool:
    """Whether no act has cancelled it."""
    return not any(cancels_keep(d.act) for d in decided)


def is_kept(decided: Sequence[Decided]) -> bool:
    """Whether keep, implicit or explicit, is in effect: only then does the next plan run."""
    return implicit_keep(decided) or any(isinstance(d.act, Keep) for d in decided)


def check_conflicts(decided: Sequence[Decided]) -> None:
    """A refused message is delivered nowhere (RFC 5429 section 2.5): that and a delivery is an error, so it is kept."""
    refused = [d for d in decided if isinstance(d.act, Reject)]
    if refused and (answer := [d for d in decided if isinstance(d.act, Send) and d.act.what == "vacation"]):
        raise RuleFailed(f"reject at {refused[0].at} contradicts the vacation at {answer[0].at}")  # RFC 5230, 4.7
    if len(refused) > 1:
        raise RuleFailed(f"a second reject at {refused[1].at}")
    other = [d for d in decided if isinstance(d.act, Keep | File | Box | Redirect | Pipe) and not is_letter(d.act)]
    if refused and other:
        raise RuleFailed(f"reject at {refused[0].at} contradicts the delivery at {other[0].at}")


def stands(decided: Sequence[Decided], new: Decided) -> bool:
    """Whether the last act for the same place is this one already: of a folder, with the same flags."""
    place = _place(new)
    last = next((one for one in reversed(decided) if _place(one) == place), None)
    return last is not None and last.act == new.act and last.message is new.message


def without_doubles(ways: Sequence[Sequence[Decided]]) -> Iterator[Decided]:
    """Each folder, address and program once (RFC 5228 section 2.10.3); the first one's rule is what is journalled.

    "The last flag list value MUST win" (RFC 5232 section 3). A clone that a rule has changed is another message.
    """
    first: dict[object, Decided] = {}
    for decided in ways:
        for one in decided:
            key = (_place(one), one.message.mark if len(ways) > 1 else ())
            first[key] = _flagged(first[key], one.act) if key in first else one
    yield from first.values()


def of_stored(decided: Sequence[Decided]) -> tuple[tuple[str, ...] | None, tuple[Decided, ...]]:
    """The flags of a message that stays where it is stored, None for one that is marked as deleted; and what else is
    done, each once. To file it is to make a new message, wherever that is (RFC 6785 section 3.3): no keep is the same.
    """
    kept = [one.act for one in decided if isinstance(one.act, Keep)]
    other = [one for one in decided if not isinstance(one.act, Keep | Discard)]
    return (kept[-1].flags if kept else None), tuple(without_doubles([other]))


def _flagged(first: Decided, last: Act) -> Decided:
    act = first.act
    if isinstance(act, Keep | File) and isinstance(last, Keep | File) and act.flags != last.flags:
        return first.replace(act=act.replace(flags=last.flags))
    return first


def folder_key(name: str) -> str:
    """One text for all spellings of a folder: "a/b", "a.b", "INBOX.a.b"; that of the inbox is ""."""
    levels = name.removeprefix(".").replace("/", ".").split(".")
    return ".".join(levels[1:] if levels[0].upper() == "INBOX" else levels)


def _place(decided: Decided) -> object:
    match decided.act:
        case Keep():
            return ("folder", "")
        case File(folder=folder, letter=letter):
            return ("folder", folder_key(folder), *([letter] if letter else []))
        case Box(path=path):
            return ("mailbox", path)
        case Redirect(address=address):
            local, at, domain = address.rpartition("@")  # of a domain case does not matter (RFC 5321 section 2.4)
            return ("address", f"{local}{at}{domain.lower()}")
        case Pipe(command=command, area=area, environ=environ):
            return ("program", command, area, environ, id(decided.message))
        case Send(letter=letter, to=to):
            return ("letter", letter, to)
        case Discard() | Reject() as act:
            return type(act)
        case other:
            never(other)
