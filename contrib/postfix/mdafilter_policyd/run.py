"""One question: every check is asked, and Postfix gets one answer.

    Request -> for each stage of checks.TABLE: its checks, side by side -> decide.py -> the answer
                                                                        -> decisions.py, the mail log

A stage ends when all of its checks have answered. An Accept or a Reject of a check that is "on" ends the question. Two
Scenes are kept where a check is in mode "warn": such a check sees what it would see if all were "on", and none that is
"on" sees anything of it.

Each check has its deadline, and all together have theirs. One that is late or raises is as if it had said Pass, and the
log hears of it once per outage: a sick daemon stops no mail.

Speed: most checks answer from memory. A check is begun right here, in the task of its connection; only one that waits
for something makes those after it in its stage tasks of their own.

In:    a Request.
Out:   an action of access(5): what protocol.encode makes an answer of.
Fails: never, but by being cancelled.
"""

from __future__ import annotations

import asyncio
import time
import types
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mdafilter_policyd import findings, limits
from mdafilter_policyd.checks import OF_MESSAGES, Check, Scene
from mdafilter_policyd.decide import DUNNO, Decision, Judged, decide, ends, points
from mdafilter_policyd.instances import Instances
from mdafilter_policyd.log import Log, Outages
from mdafilter_policyd.opinion import Opinion
from mdafilter_policyd.recipients import EVERYBODY, Recipients
from mdafilter_policyd.request import Request

# SMTPD_POLICY_README, access(5): PREPEND "must execute before the message content is received".
BEFORE_CONTENT = frozenset({"MAIL", "RCPT", "DATA"})
# SMTPD_POLICY_README: here "recipient" is empty where there are several.
AFTER_RECIPIENTS = frozenset({"DATA", "END-OF-MESSAGE"})


@dataclass(frozen=True)
class Active:
    """A check that is in force. `mode` is "warn" or "on"."""

    name: str
    stage: int
    mode: str
    check: Check
    recipients: Recipients = EVERYBODY
    seconds: float = limits.CHECK_SECONDS


@dataclass(frozen=True)
class Rules:
    """What is in force: exchanged as a whole when the configuration changes."""

    checks: tuple[Active, ...] = ()
    recipients: Recipients = EVERYBODY
    delimiter: str = "+"
    seconds: float = limits.REQUEST_SECONDS
    reject_at: float = 0.0
    defer_at: float = 0.0
    accept: str = DUNNO
    header_secret: str = ""
    log: bool = True

    def stages(self) -> tuple[tuple[Active, ...], ...]:
        """The checks by their stages, in order."""
        numbers = sorted({active.stage for active in self.checks})
        return tuple(tuple(a for a in self.checks if a.stage == number) for number in numbers)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, answered."""

    decision: Decision
    judged: tuple[Judged, ...]
    scene: Scene  # of those that are "on"
    facts: Mapping[str, str]  # of all


class Writer(Protocol):
    """Where decisions are written to (decisions.py)."""

    def write(self, now: float, request: Request, decision: Decision, facts: Mapping[str, str]) -> None: ...


class Run:
    """Answers questions. `rules` may be exchanged between two of them."""

    def __init__(
        self, rules: Rules, log: Log, writer: Writer | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._log = log
        self._writer = writer
        self._now = now
        self._outages = Outages(log)
        self._instances = Instances()
        self.rules = rules

    @property
    def rules(self) -> Rules:
        return self._rules

    @rules.setter
    def rules(self, rules: Rules) -> None:
        self._rules, self._stages = rules, rules.stages()

    async def answer(self, request: Request) -> str:
        """The answer for Postfix."""
        return self.tell(request, await self.ask(request))

    def tell(self, request: Request, outcome: Outcome) -> str:
        """What Postfix is told of an outcome; the file of decisions and the log hear of it."""
        decision, now = outcome.decision, self._now()
        if self._writer is not None:
            self._writer.write(now, request, decision, outcome.facts)
        if self._rules.log:
            if decision.action != DUNNO:
                self._log.decided(request, decision)
            for check, action in decision.would:
                self._log.would(request, check, action)
        if decision.action == DUNNO and request.instance and request.state in BEFORE_CONTENT:
            return self._prepend(request, outcome, now) or DUNNO
        return decision.action

    async def ask(self, request: Request) -> Outcome:
        """Every check's opinion, and the decision."""
        rules, stages = self._rules, self._stages
        end = asyncio.get_running_loop().time() + rules.seconds
        scene = shadow = Scene()
        if any(active.mode == "warn" for active in rules.checks):
            shadow = Scene()
        judged: list[Judged] = []
        for stage in stages:
            asked = [active for active in stage if self._wants(rules, active, request)]
            if asked:
                said = await self._stage(asked, request, (scene, shadow), end)
                judged += said
                if any(one.mode == "on" and ends(one.opinions) for one in said):
                    break
                scene.points = points([one for one in judged if one.mode == "on"])
                if shadow is not scene:
                    shadow.points = points(judged)
                    shadow.facts.update(scene.facts)
        decision = decide(judged, reject_at=rules.reject_at, defer_at=rules.defer_at, accept=rules.accept)
        return Outcome(decision, tuple(judged), scene, shadow.facts if shadow is scene else shadow.facts | scene.facts)

    def _wants(self, rules: Rules, active: Active, request: Request) -> bool:
        """Whether the check is for this recipient: its own lists come first."""
        recipient = request.recipient
        if not recipient and request.state in AFTER_RECIPIENTS and active.name not in OF_MESSAGES:
            # Several recipients: each was asked about, and one of those who do not want the check may be among them.
            return not (active.recipients or rules.recipients)
        wanted = active.recipients.wants(recipient, rules.delimiter)
        if wanted is None:
            wanted = rules.recipients.wants(recipient, rules.delimiter)
        return wanted is not False

    async def _stage(
        self, asked: Sequence[Active], request: Request, scenes: tuple[Scene, Scene], end: float
    ) -> list[Judged]:
        """The checks of one stage, side by side; in the order of the table, up to one that ends it."""
        judged: list[Judged] = []
        for at, active in enumerate(asked):
            check = active.check.check(request, scenes[active.mode == "warn"])
            try:
                waits_for = check.send(None)
            except StopIteration as done:
                judged.append(self._judged(active, done.value))
            except (Exception, asyncio.CancelledError) as failed:  # noqa: BLE001 - whatever it is, mail goes on
                judged.append(self._failed(active, failed))
            else:
                others = [
                    asyncio.ensure_future(self._task(other, request, scenes[other.mode == "warn"], end))
                    for other in asked[at + 1 :]
                ]
                try:
                    judged.append(await self._within(active, _rest(check, waits_for), end))
                    for other in others:
                        judged.append(await other)
                finally:  # nobody waits for them any more, if this question is cancelled
                    for other in others:
                        other.cancel()
                break
            if active.mode == "on" and ends(judged[-1].opinions):
                break
        return judged

    async def _task(self, active: Active, request: Request, scene: Scene, end: float) -> Judged:
        return await self._within(active, active.check.check(request, scene), end)

    async def _within(self, active: Active, check: Coroutine[Any, Any, Sequence[Opinion]], end: float) -> Judged:
        """What the check says until its deadline, or that of the whole question."""
        limit = asyncio.timeout_at(min(asyncio.get_running_loop().time() + active.seconds, end))
        try:
            async with limit:
                return self._judged(active, await check)
        except (Exception, asyncio.CancelledError) as failed:  # noqa: BLE001 - likewise
            return self._failed(active, "no answer in time" if limit.expired() else failed)

    def _judged(self, active: Active, opinions: Sequence[Opinion]) -> Judged:
        if self._outages:
            self._outages.answered(active.name, self._now())
        return Judged(active.name, active.mode, tuple(opinions))

    def _failed(self, active: Active, failed: BaseException | str) -> Judged:
        """It is as if the check had said Pass."""
        if isinstance(failed, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise failed  # it is this question that is cancelled
            failed = "what it waited for was cancelled"
        why = failed if isinstance(failed, str) else f"{type(failed).__name__}: {failed}"
        self._outages.failed(active.name, why, self._now())
        return Judged(active.name, active.mode, (), why)

    def _prepend(self, request: Request, outcome: Outcome, now: float) -> str:
        """The action for the header field whose turn it is; "" is none."""
        fields, instance = outcome.decision.prepends, request.instance
        facts, secret = outcome.scene.facts, self._rules.header_secret
        if secret and facts and not self._instances.knows(instance, findings.NAME):
            ours = findings.field(facts, request.client_address, outcome.decision.points, now, secret)
            fields = (ours, *fields)
        self._instances.add(instance, fields)
        field = self._instances.next(instance)
        return f"PREPEND {field}" if field else ""


@types.coroutine
def _rest(check: Coroutine[Any, Any, Sequence[Opinion]], waits_for: Any) -> Generator[Any, Any, Sequence[Opinion]]:
    """Goes on with a coroutine that was begun by hand and waits for something, in the same task."""
    while True:
        thrown: BaseException | None = None
        try:
            sent = yield waits_for
        except BaseException as failed:  # noqa: BLE001 - it is thrown into the check, whatever it is
            thrown = failed
        try:
            waits_for = check.send(sent) if thrown is None else check.throw(thrown)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
