"""What became of a decision: a receipt for each act, and what the door has to answer.

A message that was delivered has a receipt for each of its places; who answers forgets the traces by which a retry would
know it (perform.py). One that was discarded or refused has them, too, and a refusal has a reply.

In:    what perform.py has done; of a message that goes nowhere, what was decided.
Out:   Receipts: the exit status, and the reply, an enhanced status code (RFC 3463) and a text.
Fails: never.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.acts import Reject
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.decision import Decided
    from mdafilter.targets import Staged
    from mdafilter.targets.maildirsize import Usage
    from mdafilter.texts import Where

DELIVERED, REFUSED, TRY_AGAIN = 0, 77, 75  # sysexits(3): EX_OK, EX_NOPERM, EX_TEMPFAIL
UNSENT = "not sent"


class Receipt(Value):
    """What became of one act. `path` is a file, a program or an address; `folder` is "" for what is no folder.

    `done` is "delivered", "already" (by an earlier try), "discarded", "refused", UNSENT (a letter of ours, which holds
    up nothing), or "kept after <reason>".
    """

    act: Act
    folder: str
    path: str
    size: int
    at: Where | None
    why: str
    done: str


class Receipts(Value):
    """All receipts of one message, in the order of committing. `reply` is the text for the bounce, if it is refused.

    `usage`: how full the user's Maildir is now, where it has a quota and got something. `memories` are seen.py's files.
    """

    receipts: tuple[Receipt, ...]
    exit_code: int = DELIVERED
    reply: str = ""
    notes: tuple[str, ...] = ()
    staged: tuple[Staged, ...] = ()
    usage: Usage | None = None
    memories: tuple[str, ...] = ()

    @property
    def traces(self) -> tuple[str, ...]:
        """The files that `forget` removes, in its order."""
        return tuple(path for one in self.staged for path in one.traces)

    def release(self) -> None:
        """Gives up the locks: a retry need no longer wait for us, and sees what was done."""
        for one in self.staged:
            one.release()

    def forget(self) -> None:
        """Removes what a retry would go by. The next thing after it is the answer "delivered": os._exit, or 250."""
        if self.memories:
            from mdafilter import seen

            for path in self.memories:
                seen.settle(path)
        for one in self.staged:
            one.forget()


def nowhere(decided: Sequence[Decided], *, told: bool = False) -> Receipts:
    """The receipts of a message that is refused, or else discarded. `told`: by a letter, if it has one."""
    refused = [d for d in decided if isinstance(d.act, Reject)]
    if not refused:
        return Receipts(tuple(Receipt(d.act, "", "", 0, d.at, d.why, "discarded") for d in decided))
    one = refused[0]
    assert isinstance(one.act, Reject)
    reply = _reply(one.act)
    receipt = Receipt(one.act, "", "", 0, one.at, one.why, "refused")
    if told and one.act.told:
        return Receipts((receipt,))
    return Receipts((receipt,), TRY_AGAIN if reply.startswith("4.") else REFUSED, reply)


def _reply(act: Reject) -> str:
    """The enhanced status code and the text: printable lines (RFC 5429 section 2.5), for the door to make ASCII of."""
    parts = act.status.split(".")
    proper = (
        len(parts) == 3 and parts[0] in ("4", "5") and all(p.isascii() and p.isdigit() and len(p) <= 3 for p in parts)
    )
    rows = (" ".join(row.split()) for row in act.text[: limits.REPLY_CHARACTERS].splitlines())
    text = "\n".join("".join(c if c.isprintable() else "?" for c in row) for row in rows if row)
    return f"{act.status if proper else '5.7.1'} {text or 'refused by a rule of the recipient'}"
