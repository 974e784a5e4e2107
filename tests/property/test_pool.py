"""Whatever comes in whatever order: the bounds of the pool hold, and every connection gets one answer."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.serve.pool import Hand, Hire, Kill, Pool, Refuse, Retire, Size, Step, Ticket
from mdafilter.values import never

USERS = 5
SIZES = st.builds(
    Size,
    workers=st.integers(1, 6),
    per_user=st.integers(1, 4),
    shares=st.integers(1, 4),
    at_once=st.integers(1, 3),
    patience=st.sampled_from([0.0, 0.5]),
    idle=st.sampled_from([1.0, 100.0]),
    messages=st.integers(1, 5),
    deadline=st.sampled_from([3.0, 100.0]),
    deaths=st.integers(1, 3),
    mourning=st.sampled_from([0.0, 2.0]),
    waiting=st.integers(0, 8),
    waiting_per_user=st.integers(0, 4),
    wait=st.sampled_from([2.0, 100.0]),
)
EVENTS = st.one_of(
    st.tuples(st.just("arrive"), st.integers(0, USERS - 1)),
    st.tuples(st.sampled_from(["done", "grown", "dies", "ends", "unmade"]), st.integers(0, 20)),
    st.tuples(st.just("tick"), st.integers(0, 3)),
)


class Crew:
    """Workers that do what the pool says, and look whether it may be said."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.pool = Pool(size)
        self.now = 0.0
        self.workers: dict[int, int] = {}
        self.busy: dict[int, Ticket] = {}
        self.free: dict[int, float] = {}
        self.killed: set[int] = set()
        self.tickets = 0
        self.answered: list[object] = []

    def arrive(self, uid: int) -> None:
        self.tickets += 1
        self.do(self.pool.arrive(Ticket(uid, self.tickets, self.now)))

    def done(self, number: int, memory: int = 0) -> None:
        del self.busy[number]
        self.free[number] = self.now
        self.do(self.pool.idle(number, self.now, memory))

    def gone(self, number: int, died: bool) -> None:
        del self.workers[number]
        self.busy.pop(number, None)
        self.free.pop(number, None)
        self.do(self.pool.gone(number, self.now, died=died))

    def unmade(self, number: int) -> None:
        """As the broker says that a worker could not be made: its user has no hope."""
        uid = self.workers[number]
        self.gone(number, died=False)
        self.do(self.pool.hopeless(uid))

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.do(self.pool.tick(self.now))

    def do(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Hire(worker=number, uid=uid):
                    assert number not in self.workers
                    self.workers[number] = uid
                    self.free[number] = self.now
                case Hand(worker=number, ticket=ticket):
                    assert self.workers[number] == ticket.uid, "somebody else's worker"
                    assert number not in self.busy, "two at a time"
                    del self.free[number]
                    self.busy[number] = ticket
                    self.answered.append(ticket.task)
                case Retire(worker=number):
                    assert number not in self.busy, "it has something in hand"
                    del self.workers[number], self.free[number]
                case Kill(worker=number):
                    assert number in self.busy
                    assert number not in self.killed
                    self.killed.add(number)
                case Refuse(ticket=ticket):
                    self.answered.append(ticket.task)
                case _:
                    never(step)
        self.look()

    def look(self) -> None:
        """What always holds."""
        teams = [list(self.workers.values()).count(uid) for uid in range(USERS)]
        assert len(self.workers) <= self.size.workers
        assert max(teams) <= self.size.fair() <= max(1, self.size.per_user)
        assert self.pool.members.keys() == self.workers.keys()
        assert len(self.answered) == len(set(self.answered)), "answered twice"
        assert self.tickets == len(self.answered) + self.pool.queued(), "forgotten"
        assert self.pool.queued() <= self.size.waiting
        assert all(0 < len(queue) <= self.size.waiting_per_user for queue in self.pool.waiting.values())
        assert {number: self.pool.busy(number) for number in self.workers} == {
            number: number in self.busy for number in self.workers
        }


def happens(crew: Crew, what: str, which: int) -> None:
    busy, workers = sorted(crew.busy), sorted(crew.workers)
    match what:
        case "arrive":
            crew.arrive(which)
        case "tick":
            crew.tick(which / 2)
        case "done" | "grown" if busy:
            crew.done(busy[which % len(busy)], crew.size.memory if what == "grown" else 0)
        case "dies" | "ends" if workers:
            crew.gone(workers[which % len(workers)], died=what == "dies")
        case "unmade" if workers:
            crew.unmade(workers[which % len(workers)])


@given(SIZES, st.lists(EVENTS, max_size=80))
def test_the_bounds_hold_and_every_connection_gets_one_answer(size: Size, events: list[tuple[str, int]]) -> None:
    crew = Crew(size)
    for what, which in events:
        happens(crew, what, which)
    for _ in range(crew.pool.queued() + USERS + 2):
        for number in sorted(crew.busy):
            crew.done(number)
        crew.tick(1.0)
    assert crew.pool.queued() == 0
    assert sorted(crew.answered, key=str) == sorted(range(1, crew.tickets + 1), key=str)


@given(SIZES, st.lists(EVENTS, max_size=40))
def test_at_the_end_all_are_answered_and_go(size: Size, events: list[tuple[str, int]]) -> None:
    crew = Crew(size)
    for what, which in events:
        happens(crew, what, which)
    crew.do(crew.pool.close())
    assert crew.pool.queued() == 0
    assert sorted(crew.workers) == sorted(crew.busy)
    for number in sorted(crew.busy):
        crew.done(number)
    assert crew.workers == {}


@given(st.integers(1, 4), st.lists(st.integers(0, 2), min_size=1, max_size=6), st.integers(0, 100))
def test_nobody_waits_for_ever_while_others_keep_all_busy(workers: int, others: list[int], which: int) -> None:
    """At most until all that came before has been served, however much comes behind."""
    crew = Crew(Size(workers=workers, shares=1, per_user=100, at_once=100, patience=0.0))
    for uid in others * (workers + 2):
        crew.arrive(uid)
    crew.arrive(4)
    mine = before = crew.tickets
    for turn in range(before):
        crew.now += 0.001
        crew.arrive(others[turn % len(others)])
        busy = sorted(crew.busy)
        crew.done(busy[which % len(busy)])
    assert mine in crew.answered


@given(st.lists(st.integers(0, USERS - 1), min_size=1, max_size=30), st.integers(1, 4))
def test_who_has_been_idle_for_longest_makes_room(uids: list[int], workers: int) -> None:
    crew = Crew(Size(workers=workers, shares=1))
    last: dict[int, float] = {}
    for uid in uids:
        crew.now += 1.0
        there = set(crew.workers.values())
        crew.arrive(uid)
        (number,) = crew.busy
        crew.done(number)
        if uid not in there and len(there) == workers:
            assert there - set(crew.workers.values()) == {min(there, key=lambda u: last[u])}
        last[uid] = crew.now
