"""Which worker gets a connection; tests/property/test_pool.py has what holds for any order of events."""

from __future__ import annotations

import pytest

from mdafilter.serve.pool import Hand, Hire, Kill, Pool, Refuse, Retire, Size, Step, Ticket

ANN, BOB, EVE = 1001, 1002, 1003


def ticket(uid: int = ANN, since: float = 0.0, task: object = None) -> Ticket:
    return Ticket(uid, task, since)


def served(pool: Pool, uid: int, now: float) -> int:
    """A connection comes, and its worker has done with it; the worker."""
    steps = pool.arrive(ticket(uid, now))
    assert isinstance(steps[-1], Hand)
    assert pool.idle(steps[-1].worker, now) == []
    return steps[-1].worker


@pytest.mark.parametrize(
    ("size", "fair"),
    [
        (Size(), 20),
        (Size(workers=8), 2),
        (Size(workers=9), 3),
        (Size(workers=1), 1),
        (Size(workers=8, per_user=1), 1),
        (Size(workers=8, shares=1), 8),
    ],
)
def test_how_many_one_user_may_have(size: Size, fair: int) -> None:
    assert size.fair() == fair


def test_the_first_connection_gets_a_new_worker() -> None:
    one = ticket()
    assert Pool(Size()).arrive(one) == [Hire(1, ANN), Hand(1, one)]


def test_an_idle_one_gets_the_next() -> None:
    pool = Pool(Size())
    served(pool, ANN, 0)
    one = ticket(since=1)
    assert pool.arrive(one) == [Hand(1, one)]


def test_the_one_that_worked_last_gets_it() -> None:
    pool = Pool(Size())
    for _ in range(2):
        pool.arrive(ticket())
    pool.idle(2, 1.0)
    pool.idle(1, 2.0)
    one = ticket(since=3.0)
    assert pool.arrive(one) == [Hand(1, one)]


def test_more_than_there_are_processors_only_where_nobody_finishes() -> None:
    pool = Pool(Size(at_once=2, patience=0.5))
    pool.arrive(ticket())
    pool.arrive(ticket())
    third, fourth = ticket(since=1.0), ticket(since=1.0)
    assert pool.arrive(third) == pool.arrive(fourth) == []
    assert pool.next_tick() == 0.5
    assert pool.tick(1.4) == []
    assert pool.tick(1.5) == [Hire(3, ANN), Hand(3, third)]
    assert pool.tick(1.9) == []
    assert pool.tick(2.0) == [Hire(4, ANN), Hand(4, fourth)]


def test_those_who_are_quick_get_no_help_until_somebody_has_waited_for_very_long() -> None:
    pool = Pool(Size(at_once=1, patience=0.5, much_patience=2.0))
    pool.arrive(ticket())
    for number in range(1, 9):
        pool.arrive(ticket(since=0.9))
        (step,) = pool.idle(1, 0.9 + number / 10)
        assert isinstance(step, Hand)
        pool.arrive(ticket(since=0.9))
        assert pool.tick(0.9 + number / 10) == []
    assert list(pool.members) == [1]
    pool.members[1].free = 3.0
    assert [type(step) for step in pool.tick(3.0)] == [Hire, Hand]


def test_the_workers_of_others_do_not_serve_him() -> None:
    pool = Pool(Size())
    served(pool, ANN, 0)
    assert pool.arrive(one := ticket(BOB)) == [Hire(2, BOB), Hand(2, one)]


def test_who_has_been_idle_for_longest_makes_room() -> None:
    pool = Pool(Size(workers=2, shares=1))
    first, second = served(pool, ANN, 1.0), served(pool, BOB, 2.0)
    assert served(pool, ANN, 3.0) == first
    assert pool.arrive(one := ticket(EVE, 4.0)) == [Retire(second), Hire(3, EVE), Hand(3, one)]


def test_where_nobody_is_idle_it_waits() -> None:
    pool = Pool(Size(workers=1))
    pool.arrive(ticket())
    assert pool.arrive(one := ticket(BOB, 1.0)) == []
    assert pool.queued() == 1
    assert pool.idle(1, 2.0) == [Retire(1), Hire(2, BOB), Hand(2, one)]


def test_who_keeps_all_busy_makes_nobody_else_wait() -> None:
    """Ann's connections came before and after Eve's; Eve has nobody, and is served by the first who is free."""
    pool = Pool(Size(workers=2, shares=1))
    for since in (0.0, 0.0, 1.0, 2.0):
        pool.arrive(ticket(ANN, since))
    pool.arrive(eves := ticket(EVE, 3.0))
    assert pool.idle(1, 4.0) == [Retire(1), Hire(3, EVE), Hand(3, eves)]


def test_among_those_who_have_a_worker_who_waited_longest_is_first() -> None:
    pool = Pool(Size(workers=2, shares=2))
    pool.arrive(ticket(ANN))
    pool.arrive(ticket(BOB))
    pool.arrive(ticket(BOB, 1.0))
    pool.arrive(anns := ticket(ANN, 2.0))
    assert pool.idle(1, 3.0) == [Hand(1, anns)]  # Bob may have no second one


def test_a_worker_is_replaced_after_some_time() -> None:
    """A user who has left a group is still in it in the processes that there are (credentials(7))."""
    pool = Pool(Size(age=100.0))
    assert served(pool, ANN, 0.0) == 1
    assert served(pool, ANN, 60.0) == 1
    pool.arrive(ticket(since=99.0))
    assert pool.idle(1, 100.0) == [Retire(1)]


def test_or_while_it_has_nothing_to_do() -> None:
    pool = Pool(Size(age=100.0))
    served(pool, ANN, 0.0)
    served(pool, ANN, 60.0)
    assert pool.tick(99.0) == []
    assert pool.tick(100.0) == [Retire(1)]


def test_a_worker_is_replaced_after_so_many_messages() -> None:
    pool = Pool(Size(messages=2))
    assert served(pool, ANN, 0) == 1
    pool.arrive(ticket())
    assert pool.idle(1, 1.0) == [Retire(1)]
    assert served(pool, ANN, 2.0) == 2


def test_what_waits_gets_the_one_in_its_place() -> None:
    pool = Pool(Size(messages=1, per_user=1))
    pool.arrive(ticket())
    pool.arrive(one := ticket())
    assert pool.idle(1, 1.0) == [Retire(1), Hire(2, ANN), Hand(2, one)]


@pytest.mark.parametrize(("memory", "steps"), [(99, []), (100, [Retire(1)])])
def test_one_that_has_grown_is_replaced(memory: int, steps: list[Step]) -> None:
    pool = Pool(Size(memory=100))
    pool.arrive(ticket())
    assert pool.idle(1, 1.0, memory) == steps


def test_one_that_is_idle_for_long_goes() -> None:
    pool = Pool(Size(idle=10.0))
    served(pool, ANN, 5.0)
    assert pool.tick(14.9) == []
    assert pool.tick(15.0) == [Retire(1)]
    assert pool.tick(99.0) == []


def test_one_past_its_deadline_is_killed_once() -> None:
    pool = Pool(Size(deadline=10.0))
    pool.arrive(ticket(since=5.0))
    assert pool.tick(14.9) == []
    assert pool.tick(15.0) == [Kill(1)]
    assert pool.tick(16.0) == []
    assert pool.busy(1)
    assert pool.gone(1, 17.0, died=True) == []
    assert not pool.busy(1)


def test_too_many_of_one_user() -> None:
    pool = Pool(Size(per_user=1, waiting_per_user=1))
    pool.arrive(ticket())
    assert pool.arrive(ticket()) == []
    assert pool.arrive(one := ticket()) == [Refuse(one)]
    assert pool.arrive(bobs := ticket(BOB)) == [Hire(2, BOB), Hand(2, bobs)]


def test_too_many_of_all() -> None:
    pool = Pool(Size(workers=1, waiting=1))
    pool.arrive(ticket())
    assert pool.arrive(ticket(BOB)) == []
    assert pool.arrive(one := ticket(EVE)) == [Refuse(one)]


def test_what_has_waited_for_too_long_is_refused() -> None:
    pool = Pool(Size(per_user=1, wait=10.0))
    pool.arrive(ticket())
    pool.arrive(one := ticket(since=5.0))
    pool.arrive(ticket(since=6.0))
    assert pool.tick(15.0) == [Refuse(one)]
    assert pool.queued() == 1


def test_where_no_worker_can_be_made_nobody_waits_for_one() -> None:
    pool = Pool(Size(workers=1))
    pool.arrive(ticket())
    pool.arrive(one := ticket(BOB))
    assert pool.hopeless(ANN) == []
    assert pool.hopeless(BOB) == [Refuse(one)]


def test_who_cannot_keep_a_worker_alive_gets_no_more_for_a_while() -> None:
    pool = Pool(Size(deaths=2, mourning=10.0))
    for now in (0.0, 1.0):
        steps = pool.arrive(ticket(since=now))
        assert isinstance(steps[0], Hire)
        pool.gone(steps[0].worker, now, died=True)
    assert pool.arrive(one := ticket(since=2.0)) == [Refuse(one)]
    assert isinstance(pool.arrive(ticket(BOB, 2.0))[0], Hire)
    assert isinstance(pool.arrive(ticket(since=10.0))[0], Hire)


def test_an_end_that_was_asked_for_is_no_death() -> None:
    pool = Pool(Size(deaths=1, mourning=10.0))
    pool.arrive(ticket())
    pool.gone(1, 1.0)
    assert isinstance(pool.arrive(ticket(since=2.0))[0], Hire)


def test_at_the_end_who_waits_is_refused_and_who_is_idle_goes() -> None:
    pool = Pool(Size(per_user=1))
    served(pool, BOB, 0.0)
    pool.arrive(ticket())
    pool.arrive(one := ticket())
    assert pool.close() == [Refuse(one), Retire(1)]


def test_at_the_end_who_is_busy_goes_when_it_has_done() -> None:
    pool = Pool(Size())
    pool.arrive(ticket())
    assert pool.close() == []
    assert pool.idle(1, 1.0) == [Retire(1)]


def test_of_a_worker_that_is_gone_nothing_follows() -> None:
    pool = Pool(Size())
    assert pool.idle(7, 0.0) == []
    assert pool.gone(7, 0.0) == []
    assert not pool.busy(7)
