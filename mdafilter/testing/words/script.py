"""test_script_compile, test_script_run, test_multiscript: other rule files, compiled and run.

    test_script_compile <path: string>
    test_script_run [:append_result]
    test_multiscript <paths: string-list>

A path is relative to the folder of the test file; its name tells its language, and is a Sieve script where it tells
none. Nothing is carried out (test_result_execute does). What is decided takes the place of the result, or with
:append_result goes behind it.

With several scripts the next one runs only while the message is kept, as it is with the files of a site and a user;
what contradicts an earlier script, or answers a second time, is passed over.

Out:   holds where there was no error. What was wrong is for test_error: of compiling as many errors as Pigeonhole
       counts (told.py).
Fails: CaseFailed for a file that cannot be read, and for a run without a script.
"""

from __future__ import annotations

import os

from mdafilter import lang, limits
from mdafilter.acts import Keep, Send
from mdafilter.decision import Answer, Decided
from mdafilter.engine import ways
from mdafilter.errors import RuleErrors, RuleFailed, RuleStalled, TryAgain
from mdafilter.lang import sieve
from mdafilter.lang.sieve.vocabulary import of_events
from mdafilter.outcome import check_conflicts, implicit_keep, is_kept, without_doubles
from mdafilter.testing import CAPABILITY, told
from mdafilter.testing.stage import stage_of
from mdafilter.testing.walk import CaseFailed, attempts
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.imapsieve import cause
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.plan import Plan, Scene
    from mdafilter.testing.stage import Stage
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use


class Compile(Value):
    """Does the script compile?"""

    path: Text

    def ask(self, scene: Scene) -> Answer:
        stage = stage_of(scene)
        stage.plan = compiled(stage, scene.expand(self.path))
        return Answer(stage.plan is not None, tuple(stage.errors[: limits.SAW_VALUES]))

    def describe(self) -> str:
        return f"test_script_compile {quoted(self.path)}"


class Run(Value):
    """Does the compiled script run without an error?"""

    append: bool

    def ask(self, scene: Scene) -> Answer:
        stage = stage_of(scene)
        if stage.plan is None:
            raise CaseFailed("test_script_run: no script was compiled")
        held = ran(stage, (stage.plan,), append=self.append)
        return Answer(held, tuple(stage.errors))

    def describe(self) -> str:
        return f"test_script_run{' :append_result' * self.append}"


class Several(Value):
    """Do these scripts compile and run, one after the other?"""

    paths: Texts

    def ask(self, scene: Scene) -> Answer:
        stage = stage_of(scene)
        plans = [compiled(stage, scene.expand(path)) for path in self.paths]
        held = None not in plans and ran(stage, [plan for plan in plans if plan is not None])
        return Answer(held, tuple(stage.errors[: limits.SAW_VALUES]))

    def describe(self) -> str:
        return f"test_multiscript {listed(self.paths)}"


def compiled(stage: Stage, path: str) -> Plan | None:
    """The plan of a rule file; None where it has errors."""
    from mdafilter import rulebook

    stage.errors = []
    language, text = lang.language(path) or "sieve", b""
    try:
        text = rulebook.read(os.path.join(stage.folder, path))
        if language != "sieve":
            return lang.compile(text, path, stage.library()).plan
        vocabulary = of_events() if cause(stage) else None
        return sieve.compile(text, path, stage.library(), vocabulary=vocabulary).plan
    except RuleErrors as wrong:
        others = [*(problem.text for problem in wrong.problems), told.NO_GOOD]
        stage.errors = told.errors(text, wrong.problems, path, stage.library()) if language == "sieve" else others
        return None
    except OSError as failed:
        raise CaseFailed(f"the script {quoted(path)} cannot be read: {failed.strerror}") from failed


def ran(stage: Stage, plans: Sequence[Plan], *, append: bool = False) -> bool:
    """Runs them; what they decide is the result. False, and an error, where one of them failed."""
    scene = stage.scene()
    stage.errors = []
    if append:
        scene.decided = list(stage.decided)
    else:
        stage.decided, stage.remember, stage.ending = [], [], None
    try:
        for number, plan in enumerate(plans):
            if number and not is_kept(scene.decided):
                break
            earlier = list(scene.decided) if number else []
            scene.decided = scene.decided[len(earlier) :]
            scene.variables, scene.globals = {}, frozenset(plan.globals_)
            stage.attempts.update(attempts(plan.steps))
            _walked(plan, scene)
            scene.decided = [*earlier, *(one for one in scene.decided if not _contradicts(one, earlier))]
    except (RuleFailed, RuleStalled, TryAgain) as failed:
        stage.errors = [str(failed)]
        return False
    stage.errors = [note for note in scene.notes if "the rule was skipped" in note]
    stage.decided, stage.ending = scene.decided, (scene.message, scene.flags)
    stage.remember += scene.remember
    return not stage.errors


def _walked(plan: Plan, scene: Scene) -> None:
    """Runs one plan; what copies of the message decide (procmail) goes behind what it decides itself."""
    aside = ways(plan, scene, None)
    if aside and implicit_keep(scene.decided):
        scene.decided.append(Decided(Keep(scene.flags), scene.message))
    if aside:
        scene.decided = list(without_doubles([scene.decided, *aside]))
    check_conflicts(scene.decided)


def _contradicts(one: Decided, earlier: Sequence[Decided]) -> bool:
    """Whether this cannot be done after what earlier scripts have decided."""
    if not earlier:
        return False
    if isinstance(one.act, Send) and any(isinstance(e.act, Send) and e.act.what == one.act.what for e in earlier):
        return one.act.what == "vacation"  # RFC 5230 section 4.7: one answer
    try:
        check_conflicts([*earlier, one])
    except RuleFailed:
        return True
    return False


def build_compile(use: Use) -> Compile:
    return Compile(use.text(0))


def build_run(use: Use) -> Run:
    return Run(use.has(":append_result"))


def build_several(use: Use) -> Several:
    return Several(use.texts(0))


WORDS = (
    Word("test_script_compile", "test", build_compile, ("string",), requires=(CAPABILITY,)),
    Word("test_script_run", "test", build_run, tags=(Tag(":append_result"),), requires=(CAPABILITY,)),
    Word("test_multiscript", "test", build_several, ("strings",), requires=(CAPABILITY,)),
)
