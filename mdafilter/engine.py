"""Runs plans on a message: run(plans, scene) -> Decision. Knows the steps of plan.py, no word and no language.

Several plans (the site's, then the user's) run one after the other, and the next one only while the message is still
kept, as an LDA runs its before, user and after scripts.

The implicit keep (RFC 5228 section 2.10.2) is in force until an act cancels it; it takes the message as the rules have
left it at the end (RFC 5293 section 6), with the flags that are set then (RFC 5232 section 5).

Fails: never for what a rule or a message can do. RuleStalled skips that one branch and says so in the notes. RuleFailed
ends that plan: what it had decided is dropped, its flags too, the message is kept (section 2.10.6), and the notes say
why. TryAgain from the World passes through: the whole delivery is tried again.
"""

from __future__ import annotations

import time

from mdafilter import limits
from mdafilter.acts import File, Keep, Redirect, Reject
from mdafilter.decision import Answer, Asked, Decided, Decision, spelled
from mdafilter.errors import RuleFailed, RuleStalled
from mdafilter.message import Message
from mdafilter.outcome import check_conflicts, implicit_keep, is_kept, stands, without_doubles
from mdafilter.plan import Call, Clone, Do, If, Loop, Plan, Read, Rewrite, Scan, Scene, Set, Stop, Try
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING, never

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.decision import Described, Remember
    from mdafilter.plan import Block, Step


class Halt(Exception):
    """A Stop on its way to the loop, plan or run that it ends."""

    def __init__(self, scope: str, label: str) -> None:
        super().__init__(scope)
        self.scope = scope
        self.label = label


def run(plans: Sequence[Plan], scene: Scene, *, trace: bool = True) -> Decision:
    """Runs the plans in order on the scene. `trace` keeps a line for each step that was reached."""
    asked: list[Asked] = []
    aside: list[list[Decided]] = []  # of clones
    for plan in plans:
        if not is_kept(scene.decided):
            break
        before, message, bare, flags = len(scene.decided), scene.message, scene.bare, scene.flags
        remembered = len(scene.remember)
        scene.variables, scene.globals = {}, frozenset(plan.globals_)
        try:
            aside += ways(plan, scene, asked if trace else None)
            check_conflicts([*scene.decided, *(one for decided in aside for one in decided)])
        except RuleFailed as failed:
            del scene.decided[before:], scene.remember[remembered:]
            aside.clear()
            scored = scene.scores.get(message.mark)
            scene.message, scene.bare = message if scored is None else scored.message, bare
            scene.flags = flags
            scene.notes.append(f"{plan.source}: {failed}; the message is kept")
            break
    if implicit_keep(scene.decided):
        scene.decided.append(Decided(Keep(scene.flags), scene.message))
    decided = without_doubles([scene.decided, *aside])
    told = tuple(asked), tuple(scene.notes), scene.log, tuple(scene.logged)
    return Decision(tuple(decided), scene.verdict_so_far(), *told, remember=tuple(scene.remember))


def ways(plan: Plan, scene: Scene, asked: list[Asked] | None) -> list[list[Decided]]:
    """Runs the plan on the message, and then for each clone that it made; what the clones decided.

    A clone is a run from the beginning that goes the same way up to its Clone, where the other way begins: what was
    decided up to there is forgotten. Questions that cost something have their answers already (Scene.run).
    """
    start = scene.saved() if plan.copies else {}
    budget = Budget(limits.RULES_SECONDS)
    message = Walk(scene, asked, budget)
    message.plan(plan)
    waiting = message.clones
    if not waiting:
        return []
    assert plan.copies, f"{plan.source} makes copies and does not say so"
    end = scene.saved()
    aside: list[list[Decided]] = []
    remember: list[Remember] = []
    notes: list[str] = []
    logged: list[str] = []
    for way in waiting:  # it grows: clones make clones
        scene.restore(start)
        clone = Walk(scene, asked, budget, way)
        clone.plan(plan)
        waiting += clone.clones
        if len(waiting) > limits.CLONES:
            scene.restore(end)
            raise RuleFailed(f"more than {limits.CLONES} blocks for a copy of the message")
        if clone.apart:
            if implicit_keep(scene.decided):
                scene.decided.append(Decided(Keep(scene.flags), scene.message))
            aside.append(scene.decided)
            remember += scene.remember
            notes += scene.notes
            logged += scene.logged
    scene.restore(end)
    scene.remember += remember
    scene.notes += notes
    scene.logged += logged
    return aside


class Budget:
    """So many seconds of processor time from now on.

    No more of them can have been used than have passed by the clock, which is read without a system call.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.began = time.monotonic()
        self.used = time.process_time()

    def spent(self) -> bool:
        """Whether they have been used."""
        return time.monotonic() - self.began > self.seconds and time.process_time() - self.used > self.seconds


class Walk:
    """One plan on one scene: the walk through its steps. `mdafilter test` has a step more (testing/walk.py)."""

    def __init__(self, scene: Scene, asked: list[Asked] | None, budget: Budget, way: tuple[bool, ...] = ()) -> None:
        self.scene = scene
        self.asked = asked
        self.budget = budget
        self.way = way  # for each Clone that is met whether this run is the copy; of the last one it is
        self.apart = not way  # whether what is decided is of this run alone
        self.gone: list[bool] = []  # `way` so far
        self.clones: list[tuple[bool, ...]] = []  # the ways of new copies
        self._first = len(asked) if asked is not None else 0
        self.held: list[str | Described] = []  # what matched, of the conditions around the current step
        self.called: set[str] = set()
        self.reading = 0  # files that are being read
        self.read = 0  # and all that were
        self.tried: Where | None = None  # the innermost Try

    def plan(self, plan: Plan) -> None:
        """Walks a whole plan; a Stop that nothing inside took ends it."""
        try:
            self.block(plan.steps)
        except Halt:
            pass  # the end of the plan: the message is where its decisions, or the implicit keep, put it
        self.block(plan.at_end)

    def block(self, steps: Block) -> None:
        """Walks a block. Nesting is bounded by the languages' own limit (limits.SCRIPT_NESTING)."""
        for step in steps:
            if self.budget.spent():
                raise RuleFailed(f"the rules took more than {limits.RULES_SECONDS:g} s of processor time")
            self.step(step)

    def step(self, step: Step) -> None:
        match step:
            case If():
                self._if(step)
            case Do(action=action, at=at):
                self.note(at, action)
                for act in action.acts(self.scene):
                    self.decide(act, at)
            case Rewrite(change=change, at=at):
                self.note(at, change)
                self.scene.message = change.rewrite(self.scene)
            case Set(assignment=assignment, at=at):
                self.note(at, assignment)
                assignment.assign(self.scene)
            case Loop():
                self._loop(step)
            case Scan():
                self._scan(step)
            case Try():
                self._try(step)
            case Clone():
                self._clone(step)
            case Call():
                self._call(step)
            case Read():
                self._read(step)
            case Stop(scope=scope, label=label, at=at):
                self.note(at, "stop" if scope == "all" else f"stop {scope}")
                raise Halt(scope, label)
            case _:
                never(step)

    def _if(self, step: If) -> None:
        for branch in step.branches:
            try:
                answer = branch.test.ask(self.scene)
            except RuleStalled as stalled:
                answer = self.stalled(branch.at, stalled)
            self.note(branch.at, branch.test, answer)
            if answer.held:
                self.scene.held.add(branch.at)
                self.held.append(answer.by or branch.test)
                try:
                    self.block(branch.then)
                finally:
                    self.held.pop()
                return
            if self.scene.held:
                self.scene.held.discard(branch.at)
        self.block(step.orelse)

    def _loop(self, step: Loop) -> None:
        self.note(step.at, step.series)
        parts = self.scene.parts
        depth = len(parts)
        try:
            for part in step.series.each(self.scene):
                parts[depth:] = [part]
                self.block(step.body)
        except Halt as halt:
            if halt.scope != "loop" or halt.label not in ("", step.label):
                raise
        finally:
            del parts[depth:]

    def _scan(self, step: Scan) -> None:
        self.note(step.at, step.source)
        scene, first = self.scene, len(self.scene.decided)
        matched: set[int] = set()
        try:
            for hit in step.source.hits(scene):
                entry = step.entries[hit.entry]
                matched.add(hit.entry)
                self.note(entry.at, entry.what, Answer(True, (hit.text,), hit.text))
                self.held.append(hit.text)
                try:
                    self.block(entry.then)
                finally:
                    self.held.pop()
            for number, entry in enumerate(step.entries[: limits.TRACE_ENTRIES]):
                if number not in matched:
                    self.note(entry.at, entry.what, Answer(False))
        finally:
            scene.message = step.source.settled(scene)
            scene.decided[first:] = [decided.replace(message=scene.message) for decided in scene.decided[first:]]

    def _try(self, step: Try) -> None:
        failed = self.scene.failed.get(step.at)
        self.scene.failure = failed.text if failed else ""
        if failed:
            if step.needed:
                raise RuleFailed(f"{step.at}: {failed.text}")
            if failed.exit_status is not None:
                self.scene.variables["$?"] = str(failed.exit_status)
            self.note(step.at, f"failed, and is passed over: {self.scene.failure}")
            self.scene.notes.append(f"{step.at}: {self.scene.failure}; the rules went on without it")
            return
        outer, self.tried = self.tried, step.at
        try:
            self.block(step.body)
        finally:
            self.tried = outer

    def _clone(self, step: Clone) -> None:
        turn = len(self.gone)
        copy = turn < len(self.way) and self.way[turn]
        if turn >= len(self.way):
            self.clones.append((*self.gone, True))
        self.gone.append(copy)
        if copy and turn + 1 == len(self.way):
            self._begin()
        self.note(step.at, "the copy goes on here" if copy else "a copy of the message is made")
        if copy:
            self.block(step.body)

    def _begin(self) -> None:
        """The way of a copy parts here from that of the message: what was decided and told so far is the message's."""
        self.apart = True
        self.scene.decided.clear()
        self.scene.remember.clear()
        self.scene.notes.clear()
        self.scene.logged.clear()
        if self.asked is not None:
            del self.asked[self._first :]

    def _call(self, step: Call) -> None:
        self.note(step.at, f"include {step.plan.source}")
        if step.once and step.plan.source in self.called:
            return
        self.called.add(step.plan.source)
        scene = self.scene
        outer = scene.variables, scene.globals
        scene.variables, scene.globals = {}, frozenset(step.plan.globals_)
        try:
            self.block(step.plan.steps)
        except Halt as halt:
            if halt.scope != "plan":
                raise
        finally:
            scene.variables, scene.globals = outer

    def _read(self, step: Read) -> None:
        self.note(step.at, step.file)
        self.read += 1
        if self.reading >= limits.INCLUDE_DEPTH or self.read > limits.INCLUDES:
            raise RuleFailed(f"{step.at}: too many files are read, or one within the other")
        block = step.file.block(self.scene)
        if block is None:
            return
        self.reading += 1
        try:
            self.block(block)
        except Halt as halt:
            if halt.scope != "file":
                raise
        finally:
            self.reading -= 1
        self.block(step.then)

    def stalled(self, at: Where, stalled: RuleStalled) -> Answer:
        """What is taken for the answer of a question that used up its time."""
        self.scene.notes.append(f"{at}: {stalled}; the rule was skipped")
        return Answer(False, (f"skipped: {stalled}",))

    def decide(self, act: Act, at: Where) -> None:
        decided = self.scene.decided
        why = "; ".join(map(spelled, self.held))[: limits.WHY_OCTETS]
        letter = act.letter if isinstance(act, File) else b""
        message = Message.parse(letter) if letter else self.scene.message
        if isinstance(act, Redirect) and self.scene.bare is not None:
            message = self.scene.bare  # RFC 5703 section 6: enclose "does not affect messages that are forwarded"
        new = Decided(act, message, at, why, self.tried)
        if not isinstance(act, Reject) and stands(decided, new):
            return  # RFC 5228 section 2.10.3: once; but a second reject is a mistake (RFC 5429 section 2.4)
        decided.append(new)
        most = self._most("max_actions", limits.ACTIONS)
        if len(decided) > min(most or limits.ACTIONS_AT_ALL, limits.ACTIONS_AT_ALL):
            raise RuleFailed(f"the total number of actions exceeds policy limit of {most or limits.ACTIONS_AT_ALL}")
        if isinstance(act, Redirect):
            most = self._most("max_redirects", limits.REDIRECTS)
            if sum(isinstance(one.act, Redirect) for one in without_doubles([decided])) > most:
                raise RuleFailed(f"the number of redirect actions exceeds policy limit of {most}")

    def _most(self, setting: str, usual: int) -> int:
        """A limit of the site's; the usual one where it says nothing."""
        text = self.scene.world.option(setting)
        return int(text) if text.isdigit() else usual

    def note(self, at: Where, what: str | Described, answer: Answer | None = None) -> None:
        if self.asked is not None and len(self.asked) < limits.TRACE_LINES:
            self.asked.append(Asked(at, what, answer, len(self.held)))
