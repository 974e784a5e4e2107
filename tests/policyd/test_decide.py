"""What is done, by all opinions together."""

from __future__ import annotations

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.decide import DUNNO, NOTHING, Decision, Judged, decide, ends
from mdafilter_policyd.opinion import Accept, Action, Defer, Opinion, Pass, Points, Prepend, Reject


def on(check: str, *opinions: Opinion) -> Judged:
    return Judged(check, "on", opinions)


def warn(check: str, *opinions: Opinion) -> Judged:
    return Judged(check, "warn", opinions)


def test_nothing_said_is_nothing_done() -> None:
    assert decide([on("helo"), on("spf", Pass("fine")), Judged("dnsbl", "on", (), "late")]) == NOTHING


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("no", "554 5.7.1 no"),
        ("554 no", "554 no"),
        ("550 5.7.1 no", "550 5.7.1 no"),
        ("521", "521"),
        ("5.1.8 no", "554 5.1.8 no"),
        ("450 no", "554 5.7.1 450 no"),  # a refusal is none for a while
        ("5540 no", "554 5.7.1 5540 no"),
        ("", "554 5.7.1 "),
    ],
)
def test_a_refusal_has_a_code(text: str, action: str) -> None:
    assert decide([on("helo", Reject(text))]).action == action


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("later", "DEFER_IF_PERMIT later"),
        ("4.7.1 later", "DEFER_IF_PERMIT 4.7.1 later"),
        ("450 4.7.1 later", "450 4.7.1 later"),
        ("421", "421"),
        ("550 later", "DEFER_IF_PERMIT 550 later"),
    ],
)
def test_a_deferral_gives_way_to_a_rejection_unless_it_has_a_code(text: str, action: str) -> None:
    """access(5): DEFER_IF_PERMIT "Defer the request if some later restriction would result in [a] PERMIT action"."""
    assert decide([on("greylist", Defer(text, "new"))]) == Decision(action, "greylist", "new")


def test_the_first_that_accepts_or_rejects_wins() -> None:
    both = [on("client_access", Accept("a friend")), on("helo", Reject("no"))]
    assert decide(both) == Decision(DUNNO, "client_access", "a friend")
    assert decide(both, accept="OK").action == "OK"
    assert decide(both[::-1]) == Decision("554 5.7.1 no", "helo", "no")


def test_points_come_after_rejections_and_before_deferrals() -> None:
    given = [
        on("greylist", Defer("later")),
        on("dnsbl", Points(3, "listed")),
        on("helo", Points(1.5, "odd"), Points(-1, "x")),
    ]
    assert decide(given, reject_at=4).by == "greylist"
    assert decide(given, reject_at=3.5) == Decision(
        "554 5.7.1 listed; odd", "dnsbl", "3.5 points: listed; odd", points=3.5
    )
    assert decide(given, reject_at=5, defer_at=3).action == "DEFER_IF_PERMIT listed; odd"
    assert decide([*given, on("spf", Reject("no"))], reject_at=3).by == "spf"


def test_nothing_is_done_about_points_without_a_limit() -> None:
    assert decide([on("dnsbl", Points(1e9, "listed"))]).action == DUNNO


def test_an_action_that_ends_the_search_is_as_good_as_a_rejection() -> None:
    assert decide([on("client_access", Action("DISCARD")), on("helo", Reject("no"))]).action == "DISCARD"


@pytest.mark.parametrize("text", ["HOLD", "hold for a look", "REDIRECT a@example.org", "DEFER_IF_REJECT later"])
def test_an_action_that_lets_others_go_on_gives_way(text: str) -> None:
    """access(5) of HOLD: it "currently affects all recipients of the message"; a later restriction may still reject."""
    assert decide([on("client_access", Action(text)), on("helo", Reject("no"))]).by == "helo"
    assert decide([on("client_access", Action(text)), on("helo", Defer("later"))]).by == "helo"
    assert decide([on("client_access", Action(text))]).action == text


def test_fields_are_those_of_all_that_are_on() -> None:
    given = [
        on("spf", Prepend("Received-SPF: pass")),
        warn("greylist", Prepend("X-Greylist: x")),
        on("helo", Prepend("A: b")),
    ]
    assert decide(given) == Decision(prepends=("Received-SPF: pass", "A: b"))


def test_who_warns_only_decides_nothing() -> None:
    given = [warn("helo", Reject("no")), warn("client_access", Accept()), warn("greylist", Defer("later"))]
    assert decide(given) == Decision(
        would=(("helo", "554 5.7.1 no"), ("client_access", "OK"), ("greylist", "DEFER_IF_PERMIT later"))
    )


def test_points_of_a_warning_would_have_passed_a_limit_with_those_of_others() -> None:
    given = [on("dnsbl", Points(2, "listed")), warn("helo", Points(2, "odd"))]
    assert decide(given, reject_at=4) == Decision(would=(("helo", "554 5.7.1 listed; odd"),), points=2)
    assert decide(given, reject_at=5).would == ()
    assert decide(given, reject_at=2).would == ()  # it is refused without it
    assert decide(given, reject_at=4, defer_at=2).would == (("helo", "554 5.7.1 listed; odd"),)
    assert decide(given, defer_at=2).would == ()


def test_trust_of_a_warning_is_no_warning() -> None:
    assert decide([on("dnsbl", Points(5, "x")), warn("helo", Points(-9, "good"))], reject_at=4).would == ()


def test_a_text_is_one_printable_line() -> None:
    action = decide([on("helo", Reject("no\r\n554 ok\x00é" + "x" * 999))]).action
    assert action.startswith("554 5.7.1 no??554 ok??xxx")
    assert len(action) == limits.TEXT


@pytest.mark.parametrize(
    ("opinion", "end"),
    [
        (Accept(), True),
        (Reject("no"), True),
        (Action("DISCARD"), True),
        (Action("HOLD"), False),
        (Defer("later"), False),
        (Points(9, "x"), False),
        (Pass(), False),
    ],
)
def test_what_ends_a_question(opinion: Opinion, end: bool) -> None:
    assert ends([Pass(), opinion]) is end
