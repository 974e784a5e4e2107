"""What acts mean together, as the engine decides by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.decision import Decided, Decision, Remember
from mdafilter.engine import run
from mdafilter.message import Message
from mdafilter.outcome import cancels_keep, of_stored
from mdafilter.plan import Do, Plan, Scene, Set
from mdafilter.texts import Where
from mdafilter.values import Value
from tests.support.scene import scene
from tests.support.steps import Fails, Wants

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.plan import Step

AT = Where("t", 1)
LETTER = b"Subject: gone\n\n"


def do(*acts: Act) -> Do:
    return Do(Wants(acts), AT)


def decide(*steps: Step, s: Scene | None = None) -> Decision:
    return run([Plan(steps, "t")], s or scene())


def acts(decision: Decision) -> list[Act]:
    return [d.act for d in decision.decided]


@pytest.mark.parametrize(
    ("act", "cancels"),
    [
        (Keep(), True),
        (Discard(), True),
        (Reject("no"), True),
        (File("x"), True),
        (File("x", copy=True), False),
        (File("x", letter=LETTER), False),
        (Box("/x"), True),
        (Redirect("a@b.test", copy=True), False),
        (Pipe(("p",)), True),
        (Send("notify", LETTER, ("a@b.test",)), False),
    ],
)
def test_what_takes_the_place_of_the_implicit_keep(act: Act, cancels: bool) -> None:
    """RFC 5228, 2.10.2; RFC 3894: "the fileinto action is executed without cancelling the implicit keep"."""
    assert cancels_keep(act) is cancels


def test_one_letter_is_sent_once_and_two_are_two() -> None:
    one, other = Send("notify", LETTER, ("a@b.test",)), Send("notify", b"Subject: 2\n\n", ("a@b.test",))
    assert acts(decide(do(one, one, other))) == [one, other, Keep()]


def test_a_letter_of_ours_is_beside_the_implicit_keep() -> None:
    """RFC 5230, 4.7: "The vacation action does not affect Sieve's implicit keep action." """
    one, filed = Send("vacation", b"Subject: gone\n\n", ("a@b.test",)), File("Sent", letter=b"Subject: gone\n\n")
    decision = decide(do(one, filed))
    assert acts(decision) == [one, filed, Keep()]
    assert decision.decided[1].message.octets.slice(0, 20) == b"Subject: gone\n\n"


def test_an_answer_contradicts_a_refusal() -> None:
    """RFC 5230, 4.7: "The vacation action is incompatible with the Sieve reject and refuse actions"."""
    decision = decide(do(Send("vacation", b"", ("a@b.test",)), Reject("no")))
    assert acts(decision) == [Keep()]
    assert decision.notes == ("t: reject at t:1 contradicts the vacation at t:1; the message is kept",)


def test_a_notice_does_not_contradict_a_refusal() -> None:
    """RFC 5435, 3.4: "The notify action is compatible with all other actions"."""
    notice, no = Send("notify", b"Subject: x\n\n", ("a@b.test",)), Reject("no")
    assert acts(decide(do(notice, no, File("Sent", letter=b"Subject: x\n\n"))))[:2] == [notice, no]


def test_what_is_to_be_remembered_is_forgotten_with_a_plan_that_fails() -> None:
    one, other = Remember("duplicate", "a", 1.0), Remember("duplicate", "b", 1.0)
    s = scene()
    s.remember.append(one)
    assert decide(do(Keep()), s=s).remember == (one,)
    s = scene()
    s.remember.append(one)
    assert decide(Set(Remembers(other), AT), Do(Fails(), AT), s=s).remember == (one,)


class Remembers(Value):
    one: Remember

    def assign(self, scene: Scene) -> None:
        scene.remember.append(self.one)

    def describe(self) -> str:
        return "remember"


def test_the_last_flags_of_a_folder_count_though_they_were_there_before() -> None:
    """RFC 5232, 3: "The last flag list value MUST win"."""
    one, other = File("a", ("\\Seen",)), File("a", ("\\Flagged",))
    assert acts(decide(do(one), do(other), do(one))) == [one]
    assert acts(decide(do(one), do(one), do(other))) == [other]


@pytest.mark.parametrize(
    ("acts", "flags", "other"),
    [
        ([Keep(("\\Seen",))], ("\\Seen",), []),
        ([Keep(), Keep(("a",))], ("a",), []),
        ([Discard()], None, []),
        ([Discard(), Keep()], (), []),
        ([File("a"), File("a", ("x",))], None, [File("a", ("x",))]),
        ([Keep(), File("INBOX")], (), [File("INBOX")]),
        ([Redirect("a@x", copy=True), Keep()], (), [Redirect("a@x", copy=True)]),
    ],
)
def test_what_becomes_of_a_message_that_is_stored(
    acts: list[Act], flags: tuple[str, ...] | None, other: list[Act]
) -> None:
    """RFC 6785 section 3: keep is to stay, also where a fileinto into the inbox is another message."""
    message = Message.parse(b"\n")
    stays, rest = of_stored([Decided(act, message) for act in acts])
    assert (stays, [one.act for one in rest]) == (flags, other)
