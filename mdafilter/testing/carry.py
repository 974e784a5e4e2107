"""Carries out what was decided, in the test's own store and queue: what perform.py and targets/ are to a delivery.

    keep, fileinto     into the store, with flags; a mailbox that is not there, and may not be made, leaves it in INBOX
    redirect           to the queue, as targets/forward.py would send it; loops are kept
    vacation, notify, report    to the queue (acts.Send)
    reject             the message that tells the sender (outgoing.py), but none to the null sender
    pipe               is run only where the test file says by sieve_pipe_bin_dir which programs there are; with :try
                       a program that fails is passed over, and cancels no keep
    discard            nothing

At an event of IMAP, which a test file has by `test_config_set "sieve_environment/imap.cause" "COPY"`, the message is in
the mailbox that imap.mailbox names, as it came: with the flags that a keep has, or else as \\Deleted (RFC 6785).

In:    the Stage, and what was decided.
Out:   what could not be done; the message is in INBOX then, as it would be.
Fails: never.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.decision import Decided
from mdafilter.errors import RuleFailed, TryAgain
from mdafilter.message import Field, Held
from mdafilter.message.message import rebuilt
from mdafilter.outcome import implicit_keep, of_stored, without_doubles
from mdafilter.targets import Mailbox, Parcel, forward
from mdafilter.targets.naming import Naming
from mdafilter.targets.send import given
from mdafilter.testing import outgoing
from mdafilter.testing.store import INBOX, Stored
from mdafilter.values import TYPE_CHECKING, never
from mdafilter.words.flags import normalised
from mdafilter.words.imapsieve import cause

if TYPE_CHECKING:
    from mdafilter.testing.stage import Stage


def result(stage: Stage) -> tuple[Decided, ...]:
    """The result so far, each place once, without the implicit keep."""
    return tuple(without_doubles([stage.decided]))


def carry_out(stage: Stage) -> list[str]:
    """All of the result, and the implicit keep where it is in force."""
    if cause(stage):
        return _at_event(stage)
    decided = [*result(stage)]
    if implicit_keep(decided):
        message, flags = stage.ending or (stage.message, stage.flags)
        decided = list(without_doubles([[*decided, Decided(Keep(flags), message)]]))
    faults: list[str] = []
    passed: list[Decided] = []
    for one in decided:
        try:
            _done(stage, one)
        except RuleFailed as failed:
            if one.tried in stage.attempts:
                passed.append(one)
            else:
                faults.append(str(failed))
    if passed and not faults and implicit_keep([one for one in decided if one not in passed]):
        stage.store.add(INBOX, Stored(*(stage.ending or (stage.message, stage.flags))))
    if faults and not _is_kept(decided):
        last = next(one for one in reversed(decided) if not isinstance(one.act, Send))
        stage.store.add(INBOX, Stored(last.message))
    stage.met.update({(one.kind, one.key): one.until for one in stage.remember})
    return faults


def _at_event(stage: Stage) -> list[str]:
    """The same for a message that is stored already."""
    decided, before = list(stage.decided), stage.scene().flags
    if implicit_keep(decided):
        message, flags = stage.ending or (stage.message, stage.flags)
        decided.append(Decided(Keep(flags), message))
    stays, other = of_stored(decided)
    faults: list[str] = []
    for one in other:
        try:
            _done(stage, one)
        except RuleFailed as failed:
            faults.append(str(failed))
    mailbox = stage.environment("imap.mailbox") or INBOX
    flags = before if faults else normalised((*before, "\\Deleted")) if stays is None else stays
    stage.store.create(mailbox)
    stage.store.add(mailbox, Stored(stage.message, flags))
    stage.met.update({(one.kind, one.key): one.until for one in stage.remember if not faults})
    return faults


def _is_kept(decided: list[Decided]) -> bool:
    """Whether a keep is among them: then INBOX has the message already."""
    return any(isinstance(one.act, Keep) for one in decided)


def _done(stage: Stage, one: Decided) -> None:
    """RuleFailed where it cannot be done."""
    message = one.message
    match one.act:
        case Keep(flags=flags):
            stage.store.add(INBOX, Stored(message, flags))
        case File(folder=folder, flags=flags, create=create):
            if create:
                stage.store.create(folder)
            if not stage.store.add(folder, Stored(message, flags)):
                raise RuleFailed(f"failed to store into mailbox '{folder}': Mailbox doesn't exist: {folder}")
        case Box(path=path):
            home = f"{stage.folder}/"
            folder = stage.world.folder_of(path) or (f"~/{path.removeprefix(home)}" if path.startswith(home) else path)
            stage.store.create(folder)
            stage.store.add(folder, Stored(message))
        case Redirect():
            stage.outgoing.append(_forwarded(stage, one))
        case Send(to=to, sender=sender) as act:
            sent = rebuilt(given(act, message).write_to)  # once for each recipient, as Pigeonhole's tests count them
            stage.outgoing += [outgoing.Outgoing(sent, sender, (address,)) for address in to]
        case Reject(text=text):
            number = len(stage.outgoing)
            refused = outgoing.refusal(text, message, stage.envelope, stage.now, number=number)
            stage.outgoing += [refused] if refused else []
        case Pipe():
            if stage.config.option("pipe_bin_dir"):
                _piped(stage, one)
        case Discard():
            pass
        case act:
            never(act)


def _piped(stage: Stage, one: Decided) -> None:
    """Runs the program in the folder of the test file. RuleFailed where it does not take the message."""
    from mdafilter.files import CALLS
    from mdafilter.targets import pipe, program

    act = one.act
    assert isinstance(act, Pipe)
    pipe.place(Parcel(one, stage.envelope, Mailbox(stage.mailbox), "", 0.0, Naming.here()))
    stdin, stdout = Held.nameless(), Held.nameless()
    one.message.write_to(stdin.fd)
    os.lseek(stdin.fd, 0, os.SEEK_SET)
    environ = {**os.environ, **dict(act.environ)}
    try:
        ended = program.run(CALLS, act.command, stdin.fd, act.seconds or limits.PROGRAM_SECONDS, environ, stdout.fd)
    except TryAgain as failed:
        raise RuleFailed(f"pipe: {failed.text}") from failed
    if ended.status != 0:
        raise RuleFailed(f"pipe: {act.command[0]} ended with {ended.status}: {ended.says}")


def _forwarded(stage: Stage, one: Decided) -> outgoing.Outgoing:
    """As targets/forward.py sends it. RuleFailed for a loop."""
    assert isinstance(one.act, Redirect)
    parcel = Parcel(one, stage.envelope, Mailbox(stage.mailbox), "", 0.0, Naming.here())
    forward.place(parcel)
    message, envelope = one.message, stage.envelope
    if envelope.recipient:
        message = message.on_top(Field.make("Delivered-To", envelope.recipient, message.newline))
    sender = envelope.sender if one.act.sender is None else one.act.sender
    return outgoing.Outgoing(message, sender, (one.act.address,))
