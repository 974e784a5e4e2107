"""Every check is asked, by stages, with deadlines; a sick one stops no mail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from mdafilter import policy
from mdafilter_policyd.checks import Scene
from mdafilter_policyd.decide import DUNNO, Decision
from mdafilter_policyd.opinion import Accept, Defer, Opinion, Pass, Points, Prepend, Reject
from mdafilter_policyd.recipients import Recipients
from mdafilter_policyd.request import Request
from mdafilter_policyd.run import Rules, Run
from tests.support.policyd_core import Lines, Says, active, answer, decision, request, run

SECRET = "0123456789abcdef"


def test_no_check_is_no_objection() -> None:
    assert answer(run()) == "DUNNO"


def test_one_rejects() -> None:
    assert answer(run(active("helo", Says(Pass())), active("spf", Says(Reject("no"))))) == "554 5.7.1 no"


@pytest.mark.parametrize("last", [Accept(), Reject("no")])
def test_an_end_in_one_stage_leaves_the_later_ones_unasked(last: Opinion) -> None:
    later = Says(Reject("never"))
    assert decision(run(active("a", Says(last), stage=1), active("b", later, stage=2))).by == "a"
    assert later.seen == []


def test_a_warning_ends_nothing() -> None:
    later = Says(Reject("really"))
    made = decision(run(active("a", Says(Reject("no")), "warn"), active("b", later, stage=2)))
    assert made == Decision("554 5.7.1 really", "b", "really", would=(("a", "554 5.7.1 no"),))


def test_later_stages_see_what_was_found() -> None:
    later = Says()
    answer(run(active("a", Says(Points(2, "x"), facts={"spf": "pass"})), active("b", later, stage=2)))
    assert later.seen == [(2.0, {"spf": "pass"})]


def test_those_that_are_on_see_nothing_of_those_that_warn_and_these_see_all() -> None:
    first = Says(Points(1, "x"), facts={"spf": "pass"})
    second = Says(Points(2, "y"), facts={"dnsbl": "zen"})
    third, fourth = Says(), Says()
    outcome = asyncio.run(
        run(
            active("a", first),
            active("b", second, "warn"),
            active("c", third, stage=2),
            active("d", fourth, "warn", stage=2),
        ).ask(request())
    )
    assert third.seen == [(1.0, {"spf": "pass"})]
    assert fourth.seen == [(3.0, {"spf": "pass", "dnsbl": "zen"})]
    assert outcome.scene.facts == {"spf": "pass"}
    assert outcome.facts == {"spf": "pass", "dnsbl": "zen"}


def test_nothing_waits_where_no_check_does() -> None:
    """The coroutine comes to its end by one step: nothing is given to the loop."""

    async def both() -> None:
        made = run(*(active(name, Says(Pass())) for name in "abc"), active("d", Says(Defer("later")), stage=2))
        before = len(asyncio.all_tasks())
        with pytest.raises(StopIteration) as ended:
            made.answer(request()).send(None)
        assert ended.value.value == "DEFER_IF_PERMIT later"
        assert len(asyncio.all_tasks()) == before

    asyncio.run(both())


def test_checks_of_a_stage_wait_side_by_side() -> None:
    """Each goes on only when all have begun."""

    class Meets:
        files = ()
        together = asyncio.Barrier(3)

        async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
            await self.together.wait()
            return [Pass()]

    made = run(*(active(name, Meets()) for name in "abc"))  # type: ignore[arg-type]
    outcome = asyncio.run(made.ask(request()))
    assert [(one.check, one.trouble) for one in outcome.judged] == [("a", ""), ("b", ""), ("c", "")]


def test_the_order_of_the_table_decides_and_not_who_is_first() -> None:
    made = run(active("a", Says(Reject("slow"), waits=0.01)), active("b", Says(Reject("quick"))))
    assert decision(made).why == "slow"


@pytest.mark.parametrize("waits", [-1.0, 0.0])
@pytest.mark.parametrize("others", [0, 1])
def test_what_a_check_raises_counts_as_pass(waits: float, others: int) -> None:
    log = Lines()
    checks = [active("bad", Says(raises=OSError("gone"), waits=waits))]
    checks += [active("slow", Says(Pass(), waits=0.0))] * others
    assert answer(run(*checks, active("good", Says(Defer("later")), stage=2), log=log)) == "DEFER_IF_PERMIT later"
    assert log.lines[0] == "warning: bad fails, mail goes on without it: OSError: gone"


@pytest.mark.parametrize("others", [0, 1])
def test_who_is_late_counts_as_pass(others: int) -> None:
    log = Lines()
    checks = [active("first", Says(Pass(), waits=0.0))] * others
    made = run(*checks, active("late", Says(Reject("no"), waits=60), seconds=0.01), log=log)
    assert answer(made) == "DUNNO"
    assert log.lines == ["warning: late fails, mail goes on without it: no answer in time"]


def test_all_of_a_question_have_a_deadline() -> None:
    made = run(active("a", Says(waits=60), seconds=60), active("b", Says(waits=60), stage=2, seconds=60), seconds=0.01)
    outcome = asyncio.run(made.ask(request()))
    assert [one.trouble for one in outcome.judged] == ["no answer in time"] * 2


def test_what_needs_no_wait_is_asked_after_the_deadline_too() -> None:
    made = run(active("a", Says(waits=60)), active("b", Says(Reject("no")), stage=2), seconds=0.01)
    assert answer(made) == "554 5.7.1 no"


def test_what_a_check_waits_for_may_be_cancelled_by_others() -> None:
    """A look-up that two questions share, say: the end of one of them is no end of the other."""
    log = Lines()
    for waits in (-1.0, 0.0):
        assert answer(run(active("a", Says(raises=asyncio.CancelledError(), waits=waits)), log=log)) == "DUNNO"
    assert len(log.lines) == 2


def test_a_question_that_is_cancelled_cancels_its_checks() -> None:
    async def cancelled() -> tuple[bool, int]:
        made = run(*(active(name, Says(waits=60)) for name in "abc"))
        task = asyncio.ensure_future(made.answer(request()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        return task.cancelled(), len(asyncio.all_tasks())

    assert asyncio.run(cancelled()) == (True, 1)


def test_a_timeout_inside_a_check_is_its_own() -> None:
    class Patient:
        files = ()

        async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
            try:
                async with asyncio.timeout(0.01):
                    await asyncio.sleep(60)
            except TimeoutError:
                return [Defer("later")]
            return []

    made = run(active("a", Patient()), active("b", Patient()))  # type: ignore[arg-type]
    assert [one.opinions for one in asyncio.run(made.ask(request())).judged] == [(Defer("later"),)] * 2


def test_the_log_hears_of_an_outage_once_and_of_its_end() -> None:
    log, clock = Lines(), [1000.0]
    bad = Says(raises=OSError("gone"))
    made = run(active("bad", bad), log=log, now=lambda: clock[0])
    for _ in range(5):
        answer(made)
        clock[0] += 1
    bad.raises = None
    for clock[0] in (1010.0, 1100.0, 1101.0):
        answer(made)
    assert log.lines == [
        "warning: bad fails, mail goes on without it: OSError: gone",
        "bad works again; 5 answers within 4 s were given without it",
    ]


def test_what_a_warning_would_have_done_is_logged() -> None:
    log = Lines()
    assert answer(run(active("helo", Says(Reject("no")), "warn"), log=log)) == "DUNNO"
    about = (
        "NOQUEUE: RCPT from mail.example.net[192.0.2.1]: helo=<mail.example.net>, from=<alice@example.net>, "
        "to=<bob@example.org>"
    )
    assert log.lines == [f"{about}: would have by=helo, action=554 5.7.1 no"]
    answer(run(active("helo", Says(Reject("no"))), log=log))
    assert log.lines[1:] == [f"{about}: by=helo, action=554 5.7.1 no"]


def test_recipients_that_are_out_are_not_asked_for() -> None:
    out = Recipients((), ("bob@example.org",))
    made = run(active("a", Says(Reject("a")), recipients=out), active("b", Says(Reject("b"))))
    assert decision(made).by == "b"
    assert decision(made, recipient="carol@example.org").by == "a"


def test_a_list_of_a_check_comes_before_that_of_all() -> None:
    made = run(
        active("a", Says(Reject("a"))),
        active("b", Says(Reject("b")), recipients=Recipients()),
        active("c", Says(Reject("c")), recipients=Recipients(("bob@example.org",))),
        recipients=Recipients((), ("example.org",)),
    )
    assert decision(made).by == "c"
    assert decision(made, recipient="carol@example.org").by == ""


@pytest.mark.parametrize("state", ["DATA", "END-OF-MESSAGE"])
def test_a_message_to_those_who_are_out_is_not_refused_as_a_whole(state: str) -> None:
    """SMTPD_POLICY_README: "recipient" is empty in the DATA stage where a message has several."""
    out = Recipients((), ("postmaster@", "abuse@"))
    made = run(active("a", Says(Reject("a"))), active("rate", Says(Defer("later"))), recipients=out)
    assert decision(made, recipient="postmaster@example.org").by == ""
    assert decision(made, recipient="", protocol_state=state).by == "rate", "which counts messages"
    assert decision(made, recipient="carol@example.org", protocol_state=state).by == "a"
    assert decision(run(active("a", Says(Reject("a")))), recipient="", protocol_state=state).by == "a", "without lists"


def test_postfix_takes_one_field_for_an_answer() -> None:
    """SMTPD_POLICY_README: one "action=" for each request; the next one of the instance brings the next field."""
    made = run(active("spf", Says(Prepend("Received-SPF: pass"), Prepend("Authentication-Results: x"))))
    answers = [
        answer(made, protocol_state=state, recipient=to)
        for state, to in (("RCPT", "b@c"), ("RCPT", "d@e"), ("DATA", ""))
    ]
    assert answers == ["PREPEND Received-SPF: pass", "PREPEND Authentication-Results: x", "DUNNO"]
    assert answer(made, instance="other") == "PREPEND Received-SPF: pass"


def test_no_field_where_there_is_no_message_or_its_header_is_over() -> None:
    """access(5): PREPEND "cannot execute in the context of smtpd_end_of_data_restrictions"."""
    made = run(active("spf", Says(Prepend("A: b"))))
    assert [answer(made, protocol_state=state) for state in ("CONNECT", "EHLO", "END-OF-MESSAGE")] == ["DUNNO"] * 3


def test_a_refused_recipient_takes_no_field_away() -> None:
    picky = Recipients(("bob@example.org",))
    made = run(active("spf", Says(Prepend("A: b"))), active("rate", Says(Defer("later")), recipients=picky))
    assert answer(made) == "DEFER_IF_PERMIT later"
    assert answer(made, recipient="carol@example.org") == "PREPEND A: b"


def test_the_findings_come_first_and_once() -> None:
    made = run(
        active("spf", Says(Prepend("Received-SPF: pass"), facts={"spf": "pass"})),
        active("dnsbl", Says(Points(2, "x"), facts={"dnsbl": "zen"}), "warn"),
        header_secret=SECRET,
    )
    action = answer(made)
    assert action.startswith("PREPEND X-Mdafilter-Policy: ")
    found = policy.read(action.partition(": ")[2], SECRET)
    assert found == {"time": "1000", "client": "192.0.2.1", "spf": "pass"}  # and nothing of what only warns
    assert answer(made) == "PREPEND Received-SPF: pass"
    assert answer(made) == "DUNNO"


def test_without_a_secret_there_are_no_findings() -> None:
    assert answer(run(active("spf", Says(facts={"spf": "pass"})))) == "DUNNO"


def test_decisions_are_written() -> None:
    written: list[tuple[float, str, str, dict[str, str]]] = []

    class Writer:
        def write(self, now: float, request: Request, decision: Decision, facts: Mapping[str, str]) -> None:
            written.append((now, request.recipient, decision.by, dict(facts)))

    rules = Rules(checks=(active("helo", Says(Reject("no"), facts={"helo": "bad"})),))
    asyncio.run(Run(rules, Lines(), Writer(), lambda: 7.0).answer(request()))
    assert written == [(7.0, "bob@example.org", "helo", {"helo": "bad"})]


def test_rules_are_exchanged_between_two_questions() -> None:
    made = run(active("a", Says(Reject("old"))))
    assert answer(made) == "554 5.7.1 old"
    made.rules = Rules()
    assert answer(made) == DUNNO
