"""The engine: branches, loops, calls, stops; the implicit keep; what a failing or stalling rule means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mdafilter import limits
from mdafilter.acts import Discard, File, Keep, Pipe, Redirect, Reject
from mdafilter.decision import Answer, Decision
from mdafilter.engine import run
from mdafilter.errors import ActFailed, RuleStalled, TryAgain
from mdafilter.message import Message
from mdafilter.plan import Branch, Call, Clone, Do, Entry, Hit, If, Loop, Plan, Rewrite, Scan, Scene, Set, Stop, Try
from mdafilter.texts import Where
from mdafilter.values import Value
from mdafilter.words.discard import DiscardIt
from mdafilter.words.imap4flags import Flagging
from mdafilter.words.keep import KeepIt
from mdafilter.world import Scored
from tests.support.scene import StillWorld, scene
from tests.support.steps import Adds, Fails, Parts, Puts, Says, Texts, Wants

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.plan import Block, Step

AT = Where("t", 1)


def do(*acts: Act) -> Do:
    return Do(Wants(acts), AT)


def when(held: bool, *then: Step, by: str = "", orelse: Block = ()) -> If:
    return If((Branch(Says(held, by), then, AT),), orelse)


def decide(*steps: Step, s: Scene | None = None) -> Decision:
    return run([Plan(steps, "t", copies=True)], s or scene())


def acts(decision: Decision) -> list[Act]:
    return [d.act for d in decision.decided]


STOP = Stop("all", "", AT)


def test_without_an_action_the_message_is_kept() -> None:
    """RFC 5228, 2.10.2: "implicit keep"."""
    decision = decide()
    assert acts(decision) == [Keep()]
    assert decision.decided[0].at is None


@pytest.mark.parametrize("act", [File("x"), Redirect("a@b"), Discard(), Reject("no"), Pipe(("p",)), Keep()])
def test_an_act_takes_the_place_of_the_implicit_keep(act: Act) -> None:
    assert acts(decide(do(act))) == [act]


@pytest.mark.parametrize("act", [File("x", copy=True), Redirect("a@b", copy=True), Pipe(("p",), copy=True)])
def test_a_copy_leaves_the_implicit_keep(act: Act) -> None:
    """RFC 3894, 3: ":copy ... the implicit keep is not cancelled"."""
    assert acts(decide(do(act))) == [act, Keep()]


def test_the_first_branch_that_holds_is_taken() -> None:
    branches = tuple(
        Branch(Says(held), (do(File(name)),), AT) for held, name in [(False, "a"), (True, "b"), (True, "c")]
    )
    assert acts(decide(If(branches, (do(File("d")),)))) == [File("b")]
    assert acts(decide(when(False, do(File("a")), orelse=(do(File("d")),)))) == [File("d")]


def test_a_chain_of_many_branches_costs_no_nesting() -> None:
    branches = tuple(Branch(Says(False), (), AT) for _ in range(5000))
    assert acts(decide(If(branches, (do(File("end")),)))) == [File("end")]


def test_stop_ends_the_plan_and_keeps_what_was_decided() -> None:
    assert acts(decide(do(File("a")), when(True, STOP), do(File("b")))) == [File("a")]


@pytest.mark.parametrize("before", [(), (STOP,), (when(True, STOP),)])
def test_what_is_at_the_end_follows_in_any_case(before: tuple[Step, ...]) -> None:
    plan = Plan((do(File("a")), *before), "t", at_end=(do(File("z")),))
    assert acts(run([plan], scene())) == [File("a"), File("z")]


def test_what_matched_is_told_with_the_act() -> None:
    decision = decide(when(True, when(True, do(File("a")), by="inner"), by="outer"))
    assert decision.decided[0].why == "outer; inner"
    assert decision.decided[0].at == AT


def test_a_stalled_rule_is_skipped_and_the_others_run() -> None:
    stalled = If((Branch(Says(True, error=RuleStalled), (do(Discard()),), AT),), ())
    decision = decide(stalled, do(File("a")))
    assert acts(decision) == [File("a")]
    assert decision.notes == ("t:1: it happened; the rule was skipped",)


def test_a_failed_rule_means_keep() -> None:
    """RFC 5228, 2.10.6: "If an error occurs ... an implicit keep is performed"."""
    decision = decide(do(File("a")), Do(Fails(), AT))
    assert acts(decision) == [Keep()]
    assert decision.notes == ("t: no such address; the message is kept",)


def test_a_failed_plan_leaves_what_earlier_plans_decided() -> None:
    plans = [Plan((do(File("copy", copy=True)),), "site"), Plan((Do(Fails(), AT),), "user")]
    assert acts(run(plans, scene())) == [File("copy", copy=True), Keep()]


def test_the_next_plan_runs_only_while_the_message_is_kept() -> None:
    user = Plan((do(File("user")),), "user")
    assert acts(run([Plan((do(File("site")), STOP), "site"), user], scene())) == [File("site")]
    assert acts(run([Plan((STOP,), "site"), user], scene())) == [File("user")]
    assert acts(run([Plan((do(Keep()),), "site"), user], scene())) == [Keep(), File("user")]


def test_a_rewrite_is_for_what_follows() -> None:
    """RFC 5293, 6: "actions ... before the header was changed" store it as it was."""
    decision = decide(do(File("before", copy=True)), Rewrite(Adds("X-New"), AT))
    before, after = (d.message.headers.first("x-new") for d in decision.decided)
    assert before is None
    assert after is not None


def test_variables_belong_to_their_plan() -> None:
    s = scene()
    inner = Plan((Set(Puts("a", "inner"), AT), Set(Puts("g", "1"), AT)), "inner", ("g",))
    run([Plan((Set(Puts("a", "outer"), AT), Call(inner, "", AT)), "t")], s)
    assert (s.value("a"), s.shared) == ("outer", {"g": "1"})


def test_a_called_plan_ends_at_its_own_stop() -> None:
    inner = Plan((Stop("plan", "", AT), do(File("never"))), "inner")
    assert acts(decide(Call(inner, "", AT), do(File("after")))) == [File("after")]
    assert acts(decide(Call(Plan((STOP,), "inner"), "", AT), do(File("after")))) == [Keep()]


def test_a_plan_that_is_called_once_runs_once() -> None:
    inner = Plan((do(Redirect("a@b", copy=True)), do(File("x", copy=True))), "inner")
    decision = decide(Call(inner, "key", AT), Call(inner, "key", AT))
    assert sum(a.answer is None and a.what == "wants" for a in decision.trace) == 2


MULTIPART = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n"


def test_a_loop_goes_through_the_parts_and_gives_the_outer_one_back() -> None:
    s = scene(MULTIPART)
    decide(Loop(Parts(), (do(File("x", copy=True)),), "", AT), s=s)
    assert s.part is None


def test_a_stop_leaves_the_loop_that_it_names() -> None:
    s = scene(MULTIPART)
    inner = Loop(Parts(), (Stop("loop", "outer", AT),), "", AT)
    decision = decide(Loop(Parts(), (inner, do(File("never"))), "outer", AT), do(File("after")), s=s)
    assert acts(decision) == [File("after")]
    innermost = Loop(Parts(), (Loop(Parts(), (Stop("loop", "", AT),), "", AT), do(File("each"))), "", AT)
    assert acts(decide(innermost, s=scene(MULTIPART))) == [File("each")]


@pytest.mark.parametrize("other", [File("x"), Keep(), Redirect("a@b"), Pipe(("p",))])
def test_a_refused_message_is_delivered_nowhere(other: Act) -> None:
    """RFC 5429, 2.5: reject is incompatible with deliveries; the error means that the message is kept."""
    decision = decide(do(Reject("no")), do(other))
    assert acts(decision) == [Keep()]
    assert "reject at t:1 contradicts the delivery at t:1" in decision.notes[0]
    assert acts(decide(do(Reject("no")), do(Discard()))) == [Reject("no"), Discard()]


def test_a_second_reject_is_an_error() -> None:
    decision = decide(do(Reject("a")), do(Reject("b")))
    assert acts(decision) == [Keep()]
    assert "a second reject at t:1" in decision.notes[0]


def test_the_same_folder_gets_the_message_once() -> None:
    """RFC 5228, 2.10.3: "MUST NOT ... file the same message into the same mailbox more than once"."""
    assert acts(decide(do(File("a")), do(File("a")), do(File("inbox")), do(Keep()))) == [File("a"), File("inbox")]


def test_too_many_actions_and_redirects_are_an_error() -> None:
    many = [do(File(f"f{n}")) for n in range(limits.ACTIONS + 1)]
    decision = decide(*many)
    assert acts(decision) == [Keep()]
    assert f"the total number of actions exceeds policy limit of {limits.ACTIONS}" in decision.notes[0]
    redirects = [do(Redirect(f"a{n}@b")) for n in range(limits.REDIRECTS + 1)]
    decision = decide(*redirects)
    assert (acts(decision), "redirect actions" in decision.notes[0]) == ([Keep()], True)


def test_rules_that_take_too_long_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RULES_SECONDS", -1.0)
    decision = decide(do(Discard()))
    assert acts(decision) == [Keep()]
    assert "the rules took more than -1 s of processor time" in decision.notes[0]


class DeferringWorld(StillWorld):
    def score(self, message: Message) -> Scored:
        raise TryAgain("spamd is down")


class Scores(Value):
    def ask(self, scene: Scene) -> Answer:
        scene.verdict()
        return Answer(True)

    def describe(self) -> str:
        return "scores"


def test_try_again_ends_the_whole_delivery() -> None:
    with pytest.raises(TryAgain):
        decide(If((Branch(Scores(), (), AT),)), s=scene(world=DeferringWorld()))


def test_the_trace_has_a_line_for_each_step_reached() -> None:
    decision = decide(when(False, do(File("a"))), when(True, do(File("b"))))
    assert [(a.what, a.answer and a.answer.held, a.depth) for a in decision.trace] == [
        ("says False", False, 0),
        ("says True", True, 0),
        ("wants", None, 1),
    ]
    assert run([Plan((do(File("b")),))], scene(), trace=False).trace == ()


def test_the_trace_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRACE_LINES", 3)
    assert len(decide(*(do(File(f"f{n}")) for n in range(5))).trace) == 3


def test_flags_that_are_set_at_the_end_are_those_of_the_implicit_keep() -> None:
    """RFC 5232, 5: "the implicit keep ... uses the internal variable"."""
    s = scene()
    s.flags = ("\\Seen",)
    assert acts(decide(s=s)) == [Keep(("\\Seen",))]


def test_flags_of_a_plan_that_fails_are_dropped_with_its_decisions() -> None:
    s = scene()
    site = Plan((Set(Flagging("addflag", ("\\Seen",)), AT),), "site")
    user = Plan((Set(Flagging("addflag", ("\\Flagged",)), AT), Do(Fails(), AT)), "user")
    assert acts(run([site, user], s)) == [Keep(("\\Seen",))]


def test_a_try_that_failed_is_passed_over() -> None:
    """And what is decided in one that did not says so."""
    where = Where("rc", 1)
    plan = Plan((Try((Do(KeepIt(), where), Stop("all", "", where)), where), Do(DiscardIt(), where)))
    (kept,) = run([plan], scene()).decided
    assert (kept.act, kept.tried) == (Keep(()), where)
    made = scene()
    made.failed[where] = ActFailed(where, "no such folder", exit_status=3)
    decision = run([plan], made)
    assert [(one.act, one.tried) for one in decision.decided] == [(Discard(), None)]
    assert decision.trace[0].what == "failed, and is passed over: no such folder"
    assert made.value("$?") == "3"


def test_a_try_that_is_needed_and_failed_keeps_the_message() -> None:
    where = Where("rc", 1)
    plan = Plan((Do(DiscardIt(), where), Try((Do(KeepIt(), where),), where, True)))
    made = scene()
    made.failed[where] = ActFailed(where, "ended with 1")
    decision = run([plan], made)
    assert [one.act for one in decision.decided] == [Keep()]
    assert "rc:1: ended with 1; the message is kept" in decision.notes[0]


def test_what_held_is_what_held_when_it_was_asked_last() -> None:
    s = scene()
    decide(when(True), s=s)
    assert s.held == {AT}
    decide(when(True), when(False), s=s)
    assert s.held == set()


def test_a_scan_tells_of_each_entry_whether_it_matched() -> None:
    entries = (Entry((), AT, "a"), Entry((do(File("b")),), AT, "b"), Entry((), AT, "c"))
    decision = decide(Scan(Texts((Hit(1, "one"), Hit(1, "two"))), entries, AT))
    told = [(asked.what, asked.answer and asked.answer.held) for asked in decision.trace]
    assert told == [
        ("texts", None),
        ("b", True),
        ("wants", None),
        ("b", True),
        ("wants", None),
        ("a", False),
        ("c", False),
    ]
    assert [(d.act, d.why) for d in decision.decided] == [(File("b"), "one")]


def clone(*steps: Step) -> Clone:
    return Clone(steps, AT)


def test_a_clone_goes_through_its_block_and_on_behind_it() -> None:
    """procmailrc(5): "the current procmail process will fork"; the parent goes on behind the block."""
    decision = decide(clone(do(File("a", copy=True))), do(File("b")))
    assert acts(decision) == [File("b"), File("a", copy=True)]
    assert acts(decide(clone(do(File("a")), STOP), do(File("b")))) == [File("b"), File("a")]


def test_a_clone_has_a_keep_of_its_own() -> None:
    assert acts(decide(clone(), do(File("b")))) == [File("b")]
    assert acts(decide(clone(STOP), do(File("b")))) == [File("b"), Keep()]
    assert acts(decide(clone(do(File("a")), STOP))) == [Keep(), File("a")]
    assert acts(decide(clone(STOP))) == [Keep()]


def test_a_clone_changes_nothing_of_the_message() -> None:
    s = scene()
    s.flags = ("kept",)
    steps = (clone(Set(Puts("x", "in"), AT), Rewrite(Adds("X-In"), AT)), do(File("b")))
    decision = decide(*steps, s=s)
    assert [d.message.headers.first("x-in") is not None for d in decision.decided] == [False, True]
    assert s.value("x") == ""


def test_what_was_decided_before_a_clone_is_decided_once() -> None:
    s = scene()
    decision = decide(do(Pipe(("p",), copy=True)), clone(do(File("a")), STOP), do(File("b")), s=s)
    assert acts(decision) == [Pipe(("p",), copy=True), File("b"), File("a")]
    assert s.message.headers.first("x-in") is None


def test_clones_make_clones() -> None:
    """And each of them goes on behind all of the blocks that it is in."""
    inner = clone(do(File("c")), STOP)
    assert acts(decide(clone(inner, do(File("b")), STOP), do(File("a")))) == [File("a"), File("b"), File("c")]
    assert acts(decide(clone(do(File("a", copy=True))), clone(do(File("b", copy=True))), do(File("c")))) == [
        File("c"),
        File("a", copy=True),
        File("b", copy=True),
    ]


def test_clones_are_bounded() -> None:
    decision = decide(do(File("x", copy=True)), *[clone() for _ in range(6)])
    assert acts(decision) == [Keep()]
    assert f"more than {limits.CLONES} blocks for a copy of the message" in decision.notes[0]


def test_a_clone_asks_no_scorer_again() -> None:
    world = StillWorld(note="asked")

    class Asks(Value):
        def ask(self, scene: Scene) -> Answer:
            return Answer(scene.verdict() is not None)

        def describe(self) -> str:
            return "asks"

    asks = If((Branch(Asks(), (), AT),))
    decision = decide(asks, clone(asks, do(File("a")), STOP), s=scene(world=world))
    assert world.asked == 1
    assert decision.notes == ("asked",)
    assert acts(decision) == [Keep(), File("a")]


def test_the_trace_tells_the_way_of_a_clone_from_where_it_begins() -> None:
    decision = decide(when(True), clone(do(File("a")), STOP), do(File("b")))
    assert [asked.what for asked in decision.trace] == [
        "says True",
        "a copy of the message is made",
        "wants",
        "the copy goes on here",
        "wants",
        "stop",
    ]


def test_a_refusal_of_a_clone_contradicts_a_delivery() -> None:
    decision = decide(clone(do(Reject("no")), STOP), do(File("b")))
    assert acts(decision) == [Keep()]
    assert "reject at t:1 contradicts the delivery at t:1" in decision.notes[0]
