"""Decision -> Receipts: stage all, commit all, or abort all.

    claim     a draft for each place, and look how far an earlier try of the same message came
    admit     whether the Maildirs have room for all of it, where they have a quota
    write     all drafts: what can fail for lack of space or permission fails here, with nothing done
    ask       whether anybody still waits for the answer: who has gone comes again, or already has and waits for us
    commit    in the order of targets.TABLE: what cannot be undone comes last
    remember  what later messages are to be compared with (seen.py): a retry of this one knows its own trace
    forget    the drafts, the last one last; done by the caller, as the very last thing before it says "delivered"

As long as the last draft is there, a retry sees that everything was done, and does nothing; else it completes what
is missing (targets/maildir.py says how). The order of forgetting and of aborting keeps that true: while the last one
stays, none before it is undone. How many places there are is in a draft's name, so that a retry that decides otherwise
(the scorer answers now, the rules were changed) never takes the last of a longer list for the end of its own.

Folders that get the very same octets share one file, written once, by hard links.

A Maildir that is full defers or refuses the whole message, as over_quota says; what an earlier try has begun is
completed without asking again. What came into a Maildir with a quota is entered there when all is committed.

An act that can never be done (a folder name that is none, a forwarding loop) becomes a keep with a note. A decision
without any act is a keep as well. Nowhere else than by a Discard or a Reject does a message end outside of a mailbox.

In:    the Decision, the message as it came (its identity), the envelope, the Mailbox.
Out:   Receipts: what became of each act, the exit status, the reply.
Fails: TryAgain for whatever goes wrong, and OverQuota for want of room, after an abort of all. ActFailed for an act of
       a Try that cannot be done, and not for lack of space: whoever decided decides again. Anything else that is raised
       was aborted too.
Bugs:  after a SIGKILL, a retry that decides otherwise than the first try delivers to its places as well.
"""

from __future__ import annotations

import errno
import os
import time

from mdafilter import limits
from mdafilter.acts import Box, File, Keep, Pipe, Reject, Send
from mdafilter.decision import Decided
from mdafilter.errors import ActFailed, OverQuota, RuleFailed, TryAgain
from mdafilter.files import CALLS
from mdafilter.outcome import is_letter
from mdafilter.receipts import DELIVERED, UNSENT, Receipt, Receipts, nowhere
from mdafilter.targets import Mailbox, Parcel, load, rank
from mdafilter.targets.accounts import accounts
from mdafilter.targets.maildir import MaildirFile, as_it_is
from mdafilter.targets.naming import Naming, identity
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from mdafilter.decision import Decision, Remember
    from mdafilter.files import Calls
    from mdafilter.message import Envelope, Message
    from mdafilter.targets import Staged
    from mdafilter.targets.maildirsize import Account

    Wanted: TypeAlias = Callable[[], bool]

__all__ = ["Mailbox", "Receipt", "Receipts", "perform"]

_OF_THE_PLACE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)


class _Planned(Value):
    """A parcel, its target's line, its place, and the reason why it goes there and not where the rule wanted."""

    parcel: Parcel
    rank: int
    place: str
    instead: str = ""


def perform(
    decision: Decision,
    original: Message,
    envelope: Envelope,
    mailbox: Mailbox,
    *,
    calls: Calls = CALLS,
    naming: Naming | None = None,
    until: float | None = None,
    ran: Mapping[str, Staged] | None = None,
    wanted: Wanted | None = None,
    key: str = "",
) -> Receipts:
    """Carries the decision out, durably. Raises TryAgain, OverQuota, ActFailed.

    `until` (time.monotonic) bounds all programs together; `ran` is what had the message before an ActFailed.
    `wanted` is asked before all is written, and when nothing is committed yet; False ends it with TryAgain. `key` is
    what tells a retry that it is one, where that is not the identity of the message.
    """
    mailbox = mailbox.replace(root=os.path.normpath(mailbox.root))
    _prepare()
    key = key or identity(original.octets, envelope)
    receipts = _performed(decision, original, envelope, mailbox, calls, naming, until, ran or {}, wanted, key)
    if not decision.remember or any(one.done == "refused" for one in receipts.receipts):
        return receipts  # who is refused may come again, and is no duplicate
    unsent = [one.act.what for one in receipts.receipts if one.done == UNSENT and isinstance(one.act, Send)]
    entries = [one for one in decision.remember if one.kind not in unsent]
    try:
        notes, memories = remember(entries, identity(original.octets, envelope), mailbox, calls)
    except BaseException:  # the time is up (alarm.py), as below
        receipts.release()
        raise
    return receipts.replace(notes=(*receipts.notes, *notes), memories=memories)


def _performed(
    decision: Decision,
    original: Message,
    envelope: Envelope,
    mailbox: Mailbox,
    calls: Calls,
    naming: Naming | None,
    until: float | None,
    ran: Mapping[str, Staged],
    wanted: Wanted | None,
    key: str,
) -> Receipts:
    deliveries = [d for d in decision.decided if rank(d.act) >= 0 and not (isinstance(d.act, Send) and not d.act.to)]
    if any(isinstance(d.act, Reject) and d.act.told for d in decision.decided):  # RFC 5429 section 2.4: unchanged
        deliveries = [d.replace(message=original) for d in deliveries]
    if not deliveries and decision.decided:
        return nowhere(decision.decided).replace(staged=tuple(ran.values()))
    template = Parcel(
        decided=Decided(Keep(), original),
        envelope=envelope,
        mailbox=mailbox,
        key=key,
        until=time.monotonic() + limits.DELIVERY_SECONDS if until is None else until,
        naming=naming or Naming.here(),
        calls=calls,
    )
    planned, notes = _plan([template.replace(decided=d) for d in deliveries] or [template])
    refuses = any(isinstance(d.act, Reject) for d in decision.decided)
    refuses = refuses and all(is_letter(p.parcel.decided.act) for p in planned)
    earlier = [_had(p) for p in planned if p.place in ran]
    planned = [p for p in planned if p.place not in ran]
    try:
        staged, counted = _carry_out(planned, wanted, begun=bool(ran)) if planned else ([], [])
    except OverQuota as full:
        if mailbox.over_quota != "refuse":
            raise
        refused = nowhere([Decided(Reject("the mailbox is full", "5.2.2"), original, None, full.text)])
        return refused.replace(staged=tuple(ran.values()))
    receipts = (*earlier, *(_receipt(p, s) for p, s in zip(planned, staged, strict=True)))
    notes += [*(note for one in staged for note in one.notes), *(one.note for one in counted if one.note)]
    usage = next((one.usage for one in counted if one.root == template.mailbox.root), None)
    done = Receipts(receipts, DELIVERED, "", tuple(notes), (*ran.values(), *staged), usage)
    if not refuses:
        return done
    told = not any(one.done == UNSENT and isinstance(one.act, Send) and one.act.needed for one in receipts)
    refused = nowhere(decision.decided, told=told)
    return done.replace(receipts=(*receipts, *refused.receipts), exit_code=refused.exit_code, reply=refused.reply)


def remember(
    entries: Sequence[Remember], key: str, mailbox: Mailbox, calls: Calls
) -> tuple[list[str], tuple[str, ...]]:
    """Writes it; notes on what could not be remembered, and the files of what is."""
    if not mailbox.memory:
        return [], ()
    from mdafilter import seen

    now, notes, paths = time.time(), [], []
    for one in entries:
        note = seen.remember(mailbox.memory, mailbox.root, one.kind, one.key, one.until, key, now, calls)
        notes += [note] if note else []
        paths.append(seen.path_of(mailbox.memory, mailbox.root, one.kind, one.key))
    return notes, tuple(paths)


def _prepare() -> None:
    """Umask 077 for all that we and our programs make; past RLIMIT_FSIZE a write fails (EFBIG) and does not kill us."""
    import _signal  # type: ignore[import-not-found]

    os.umask(0o077)
    if _signal.getsignal(_signal.SIGXFSZ) is not _signal.SIG_IGN:
        _signal.signal(_signal.SIGXFSZ, _signal.SIG_IGN)


# --- planning --------------------------------------------------------------------------------------------------------


def _plan(parcels: Sequence[Parcel]) -> tuple[list[_Planned], list[str]]:
    """Where each parcel goes, each place once, in the order of committing; and notes on what is kept instead."""
    notes: list[str] = []
    places: dict[tuple[str, int], _Planned] = {}  # a notice of ours goes beside the message, with octets of its own
    for parcel in parcels:
        try:
            line = rank(parcel.decided.act)
            planned = _Planned(parcel, line, load(line).place(parcel))
        except RuleFailed as failed:
            if parcel.decided.tried is not None:
                raise ActFailed(parcel.decided.tried, str(failed)) from failed
            notes.append(f"{parcel.decided.at or 'implicit keep'}: {failed}; the message is kept")
            kept = parcel.replace(decided=parcel.decided.replace(act=Keep()))
            planned = _Planned(kept, rank(Keep()), load(rank(Keep())).place(kept), str(failed))
        places.setdefault((planned.place, id(planned.parcel.decided.message.octets)), planned)
    return _numbered(sorted(places.values(), key=lambda p: p.rank)), notes


def _numbered(ordered: Sequence[_Planned]) -> list[_Planned]:
    """Each with its number, and whether it shares a file: the same message, as it is, into several folders."""
    files = [id(p.parcel.decided.message) for p in ordered if as_it_is(p.parcel)]
    numbered = []
    for number, one in enumerate(ordered):
        shared = as_it_is(one.parcel) and files.count(id(one.parcel.decided.message)) > 1
        numbered.append(one.replace(parcel=one.parcel.replace(number=number, count=len(ordered), shared=shared)))
    return numbered


# --- carrying out ----------------------------------------------------------------------------------------------------


def _carry_out(
    planned: Sequence[_Planned], wanted: Wanted | None, *, begun: bool
) -> tuple[list[Staged], list[Account]]:
    """Stages and commits all, in order; or aborts all, and raises TryAgain. `begun`: a program had the message."""
    staged: list[Staged] = []
    current = planned[0]
    try:
        for one in planned:
            current = one
            staged.append(_stage(one, staged))
        if staged[-1].already:  # it was committed after all others: they are done, and may be forgotten already
            for one_staged in staged:
                one_staged.already = True
            return staged, []
        counted = accounts(planned[0].parcel, staged)
        if counted and not begun and not any(one_staged.already for one_staged in staged):
            _admit(counted, planned[0].parcel.mailbox)
        _ask(wanted)
        for one, one_staged in zip(planned, staged, strict=True):
            current = one
            if not one_staged.already:
                one_staged.write()
        _ask(wanted)
        for one, one_staged in zip(planned, staged, strict=True):
            current = one
            if not one_staged.already:
                one_staged.commit()
    except Exception as error:
        _abort(staged)
        tried = current.parcel.decided.tried
        if tried is not None and _lies_in_the_act(current, error):
            ran = {p.place: s for p, s in zip(planned, staged, strict=False) if s.has_run}
            text = _reason(error) if isinstance(error, OSError) else str(error)
            raise ActFailed(tried, text, ran, getattr(error, "exit_status", None)) from error
        if isinstance(error, OSError):
            raise TryAgain(_reason(error)) from error
        raise
    try:
        for account in counted:
            account.enter()
    except BaseException:  # the time is up (alarm.py): a retry must find no lock, and see that all was delivered
        for one_staged in staged:
            one_staged.release()
        raise
    return staged, counted


def _admit(counted: Sequence[Account], mailbox: Mailbox) -> None:
    """OverQuota where one of the Maildirs has no room; nothing has been written yet, and no program has run."""
    for account in counted if mailbox.over_quota else ():
        account.admit()


def _ask(wanted: Wanted | None) -> None:
    if wanted is not None and not wanted():
        raise TryAgain("whoever brought the message has gone, and has to come again", "4.4.2")


def _stage(planned: _Planned, staged: Sequence[Staged]) -> Staged:
    """Stages one; where it shares a file, it is told of those before it that do."""
    parcel, target = planned.parcel, load(planned.rank)
    if parcel.shared:
        others = (one for one in staged if isinstance(one, MaildirFile) and one.parcel.shared)
        message = parcel.decided.message
        parcel = parcel.replace(twins=tuple(one for one in others if one.parcel.decided.message is message))
    return target.stage(parcel)


def _lies_in_the_act(planned: _Planned, error: Exception) -> bool:
    """Whether another place could take the message: no lack of space, no quota, and no fault of the machine."""
    if isinstance(error, OSError):
        return error.errno in _OF_THE_PLACE
    if isinstance(error, OverQuota):
        return False  # it is the whole Maildir that is full, and not a folder
    return isinstance(error, TryAgain) and isinstance(planned.parcel.decided.act, Pipe | Box)


def _abort(staged: Sequence[Staged]) -> None:
    """Undoes all, the last first. While the last one stays, the retry takes all as done: then nothing is undone."""
    for i, one in enumerate(reversed(staged)):
        if not one.abort() and i == 0:
            return


def _reason(error: OSError) -> str:
    name = os.path.basename(str(error.filename or ""))
    return f"cannot deliver: {error.strerror or error}{f' ({name})' if name else ''}"


def _had(planned: _Planned) -> Receipt:
    """The receipt of a program that had the message before another act failed, and all was decided anew."""
    decided = planned.parcel.decided
    path = " ".join(decided.act.command) if isinstance(decided.act, Pipe) else planned.place
    return Receipt(decided.act, "", path, 0, decided.at, decided.why, "delivered")


def _receipt(planned: _Planned, staged: Staged) -> Receipt:
    decided = planned.parcel.decided
    match decided.act:
        case Keep():
            folder = "INBOX"
        case File(folder=name) | Box(path=name):
            folder = name
        case _:
            folder = ""
    if isinstance(decided.act, Send) and not (staged.has_run or staged.already):
        return Receipt(decided.act, "", staged.path, 0, decided.at, decided.why, UNSENT)
    done = "already" if staged.already else f"kept after {planned.instead}" if planned.instead else "delivered"
    return Receipt(decided.act, folder, staged.path, staged.size, decided.at, decided.why, done)
