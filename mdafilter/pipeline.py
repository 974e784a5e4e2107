"""The way of a message, and nothing else. Every door (standard input, later a socket) comes through here.

    Envelope + Octets -> Message -> rules -> Decision -> perform -> Receipts -> journal

In:    the message's octets, its envelope, and a Setup: the settings, the compiled rules and the mailbox.
Out:   Receipts: where the message is, and what the door has to answer.
Fails: TryAgain: nothing was delivered, nothing is half done, and the journal says why. The door answers 75.

The receipts are not yet forgotten: until the door has answered, a trace in the mailbox tells a retry that this
delivery was completed (perform.py). The door calls `receipts.forget()` when the answer is given.
"""

from __future__ import annotations

import os
import time

from mdafilter import engine, journal, limits, perform, policy, record, seen
from mdafilter.acts import File, Keep
from mdafilter.decision import Decided, Decision
from mdafilter.errors import ActFailed, TryAgain
from mdafilter.message import Message
from mdafilter.plan import Scene
from mdafilter.targets import Mailbox
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.message import Envelope, Octets
    from mdafilter.notice import Told
    from mdafilter.perform import Wanted
    from mdafilter.receipts import Receipts
    from mdafilter.rulebook import Rulebook
    from mdafilter.settings import Settings
    from mdafilter.targets import Staged
    from mdafilter.texts import Where
    from mdafilter.world import Ran, World


class Setup(Value):
    """What stands before the message comes: settings, rules, and where the mailbox and its journal are."""

    settings: Settings
    rulebook: Rulebook
    mailbox: str  # the Maildir
    home: str  # of the user; "" has none
    journal: journal.Journal
    base: str = ""  # of virtual mailboxes (targets.Mailbox)
    environ: Mapping[str, str] | None = None  # of the delivery, for programs; None is that of this process


def deliver(octets: Octets, envelope: Envelope, setup: Setup, world: World, wanted: Wanted | None = None) -> Receipts:
    """Decides and carries it out. `wanted` (perform.py): whether anybody still waits for that."""
    message = Message.parse(octets)
    entry = record.begun(message, envelope, time.time())
    try:
        told = _notice(setup)
        letter = told.letter(envelope.recipient or envelope.user, message.newline, entry.time) if told else b""
        decision, receipts = _carried_out(message, envelope, setup, world, letter, wanted)
    except TryAgain as error:
        journal.deferred(setup.journal, record.ended(entry, time.time()), error.text, error.status)
        raise
    except OSError as error:
        failed = f"cannot read the message: {error.strerror}"
        journal.deferred(setup.journal, record.ended(entry, time.time()), failed)
        raise TryAgain(failed) from error
    try:
        if told is not None:
            told.remember()
        receipts = _warned(receipts, envelope, setup, message.newline)
        if problems := setup.rulebook.problems:
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            journal.rule_problem(
                setup.journal, entry.time, problems[0].file, f"{problems[0]}{more}", entry.id, envelope.user
            )
        entry = record.ended(record.completed(entry, message, decision, receipts), time.time())
        if decision.log.path:
            from mdafilter import logfile

            note = logfile.write(decision, receipts, message, envelope, entry.time)
            entry = entry.replace(notes=(*entry.notes, note)) if note else entry
        record.write(setup.journal, entry, receipts)
    except BaseException:
        receipts.release()  # the process may live on: a retry must find no lock, and see that all was delivered
        raise
    return receipts


def _carried_out(
    message: Message, envelope: Envelope, setup: Setup, world: World, letter: bytes, wanted: Wanted | None
) -> tuple[Decision, Receipts]:
    """Decides and performs; what cannot be done, and may fail, is passed over: then it is decided again without it."""
    failed: dict[Where, ActFailed] = {}
    ran: dict[tuple[object, ...], Ran] = {}
    places: dict[str, Staged] = {}
    for _ in range(limits.TRIES):
        trace = any(plan.logs for plan in setup.rulebook.plans)
        decision = decide(message, envelope, setup, world, failed, ran, trace=trace)
        if letter:
            beside = Decided(Keep(), Message.parse(letter), None, "broken rules")
            decision = decision.replace(decided=(*decision.decided, beside))
        try:
            return decision, perform.perform(decision, message, envelope, mailbox_of(setup), ran=places, wanted=wanted)
        except ActFailed as act:
            failed[act.at] = act
            places.update(act.ran)
    raise TryAgain(f"{limits.TRIES} deliveries failed one after the other: {next(reversed(failed.values())).text}")


def decide(
    message: Message,
    envelope: Envelope,
    setup: Setup,
    world: World,
    failed: Mapping[Where, ActFailed] | None = None,
    ran: dict[tuple[object, ...], Ran] | None = None,
    *,
    trace: bool = True,
) -> Decision:
    """What is to be done with the message; nothing has been done yet. `failed` and `ran` are plan.Scene's.

    `trace`: whether each step that was reached is told; a delivery needs it only where a log of the user's shows it.
    """
    message, found = policy.told(message, setup.settings.policy, envelope.client_address, world.now())
    scene = Scene(message, envelope, world, failed, ran, found.items if found else None)
    decision = engine.run(setup.rulebook.plans, scene, trace=trace)
    decision = decision.replace(policy=found) if found else decision
    return _into_subaddress(decision, envelope, setup.settings, world)


def _into_subaddress(decision: Decision, envelope: Envelope, settings: Settings, world: World) -> Decision:
    """user+folder@: what no rule filed goes into `folder`, if the site wants that (RFC 5233 explains the notation)."""
    folder, mode = envelope.extension, settings.subaddress
    kept = [d for d in decision.decided if d.at is None and isinstance(d.act, Keep)]
    if mode == "off" or not folder or not kept or not (mode == "create" or world.has_folder(folder)):
        return decision
    filed = kept[0].replace(act=File(folder, create=mode == "create"), why=f"the recipient's extension {folder!r}")
    return decision.replace(decided=tuple(filed if d is kept[0] else d for d in decision.decided))


def mailbox_of(setup: Setup) -> Mailbox:
    """The mailbox, and all that the settings say of deliveries into it."""
    options = setup.settings.delivery
    return Mailbox(
        setup.mailbox,
        options.sendmail,
        options.label,
        options.subscribe,
        setup.base,
        options.mbox_quoting,
        quota=options.quota,
        over_quota=options.over_quota,
        quota_trash=options.quota_trash,
        environ=setup.environ,
        memory=seen.folder(os.environ if setup.environ is None else setup.environ, setup.home, setup.mailbox),
    )


def _notice(setup: Setup) -> Told | None:
    """The letter about broken rules of the user, if there is one to send."""
    if not setup.rulebook.problems:
        return None
    from mdafilter import notice

    return notice.wanted(setup.rulebook.problems, setup.home, setup.environ)


def _warned(receipts: Receipts, envelope: Envelope, setup: Setup, newline: bytes) -> Receipts:
    """With the letter that the mailbox is nearly full, where it has a quota and is."""
    most = setup.settings.delivery.quota_warning
    if receipts.usage is None or not 0 < most <= receipts.usage.percent:
        return receipts
    from mdafilter import quotawarn

    return quotawarn.warned(receipts, envelope, mailbox_of(setup), newline)
