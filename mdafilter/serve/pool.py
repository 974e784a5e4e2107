"""Which worker gets a connection, when another worker is made, and which one has to go. No I/O, no clock, no process.

A worker belongs to one user and has one connection at a time. A connection goes to an idle worker of its user, the one
that worked last (its memory is the warmest). If none is idle, a user gets as many workers as there are processors at
once. More of them would only take turns, unless they wait for something else (a scorer, a lock, a disk). So another one
is made, up to `per_user`, where a connection has waited for `patience` and none has finished a message meanwhile, or it
has waited for very long; and then one at a time. At `workers` in all the one that has been idle for longest makes room;
if none is idle, connections wait. No user has more than a fourth of the workers, and those who have none are served
first, in the order of their coming: whoever keeps all of theirs busy makes nobody else wait. What has waited for too
long, or comes when too many wait, is refused: its client delivers without us. So is all of a user whose workers keep
dying.

In:    what happened, at which time: arrive, hired, idle, gone, tick.
Out:   the steps that this asks for, in order: Hire, Hand, Retire, Kill, Refuse.
Fails: never.
"""

from __future__ import annotations

from mdafilter.values import Value


class Size(Value):
    """How many, and how long in seconds. `memory` in octets."""

    workers: int = 150
    per_user: int = 20
    shares: int = 4  # one user may have one of so many parts of all workers
    at_once: int = 2  # workers of one user that need not wait for `patience`
    patience: float = 0.05
    much_patience: float = 0.5  # even where others finish meanwhile
    idle: float = 300.0
    messages: int = 1000  # after which a worker is replaced
    age: float = 3600.0  # the same: groups and home are those that its user had when it was made
    memory: int = 256 * 1024 * 1024  # resident, past which a worker is replaced
    deadline: float = 660.0  # past which a busy worker is killed
    deaths: int = 5  # of workers of one user in `mourning` seconds, until which no other one is made
    mourning: float = 10.0
    waiting: int = 1000  # connections in all
    waiting_per_user: int = 200
    wait: float = 30.0

    def fair(self) -> int:
        """Workers that one user may have."""
        return max(1, min(self.per_user, -(-self.workers // self.shares)))


class Ticket(Value):
    """A connection (or another task) that is waiting; `task` is the broker's."""

    uid: int
    task: object
    since: float


class Hire(Value):
    """Make a worker of this number for this user."""

    worker: int
    uid: int


class Hand(Value):
    """Give the task to the worker."""

    worker: int
    ticket: Ticket


class Retire(Value):
    """The worker is idle, and is to go."""

    worker: int


class Kill(Value):
    """The worker is past its deadline."""

    worker: int


class Refuse(Value):
    """Nobody has time for it."""

    ticket: Ticket


Step = Hire | Hand | Retire | Kill | Refuse


class Member:
    """What is known of one worker. `busy`: since when it has the connection that it has; None is idle since `free`."""

    def __init__(self, number: int, uid: int, now: float) -> None:
        self.number = number
        self.uid = uid
        self.busy: float | None = None
        self.since = self.free = now
        self.messages = 0
        self.killed = False


class Pool:
    """The workers that there are and the connections that wait."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.members: dict[int, Member] = {}
        self.teams: dict[int, list[Member]] = {}  # the same, of each user
        self.waiting: dict[int, list[Ticket]] = {}  # of each user, the oldest first
        self.deaths: dict[int, list[float]] = {}  # of each user, when; the last ones
        self.closed = False
        self._numbers = 0

    # --- what happens ---

    def arrive(self, ticket: Ticket) -> list[Step]:
        """A connection came."""
        queue = self.waiting.setdefault(ticket.uid, [])
        full = len(queue) >= self.size.waiting_per_user or self.queued() >= self.size.waiting
        if full or (self._in_mourning(ticket.uid, ticket.since) and not self.teams.get(ticket.uid)):
            self._tidy(ticket.uid)
            return [Refuse(ticket)]
        queue.append(ticket)
        return self._serve(ticket.uid, ticket.since)

    def idle(self, number: int, now: float, memory: int = 0) -> list[Step]:
        """A worker has done what it had."""
        member = self.members.get(number)
        if member is None:
            return []
        member.busy, member.free = None, now
        member.messages += 1
        old = now - member.since >= self.size.age or member.messages >= self.size.messages
        if self.closed or old or memory >= self.size.memory:
            self._drop(member)
            return [Retire(number), *self._room(now)]
        return self._room(now) if self.waiting else []

    def gone(self, number: int, now: float, *, died: bool = False) -> list[Step]:
        """A worker has ended, or could not be made; `died`: otherwise than it should."""
        member = self.members.get(number)
        if member is None:
            return []
        self._drop(member)
        if died:
            self.deaths[member.uid] = [*self.deaths.get(member.uid, ()), now][-self.size.deaths :]
            if self._in_mourning(member.uid, now):
                return [*self.hopeless(member.uid), *self._room(now)]
        return self._room(now)

    def hopeless(self, uid: int) -> list[Step]:
        """No worker can be made for this user now: what waits is refused, unless there are others to serve it."""
        if self.teams.get(uid):
            return []
        return [Refuse(ticket) for ticket in self.waiting.pop(uid, [])]

    def tick(self, now: float) -> list[Step]:
        """Time has passed."""
        steps: list[Step] = []
        for uid in [u for u, times in self.deaths.items() if now - times[-1] >= self.size.mourning]:
            del self.deaths[uid]
        for member in list(self.members.values()):
            if member.busy is None and (now - member.free >= self.size.idle or now - member.since >= self.size.age):
                self._drop(member)
                steps.append(Retire(member.number))
            elif member.busy is not None and not member.killed and now - member.busy >= self.size.deadline:
                member.killed = True
                steps.append(Kill(member.number))
        for uid in list(self.waiting):
            queue = self.waiting[uid]
            while queue and now - queue[0].since >= self.size.wait:
                steps.append(Refuse(queue.pop(0)))
            self._tidy(uid)
        return steps + self._room(now)

    def next_tick(self) -> float:
        """Seconds until `tick` may have something to do."""
        return self.size.patience if self.waiting else 1.0

    def close(self) -> list[Step]:
        """Everything ends: what waits is refused, who is idle goes; the others finish what they have."""
        self.closed = True
        steps: list[Step] = [Refuse(t) for queue in self.waiting.values() for t in queue]
        self.waiting.clear()
        for member in [m for m in self.members.values() if m.busy is None]:
            self._drop(member)
            steps.append(Retire(member.number))
        return steps

    def busy(self, number: int) -> bool:
        """Whether this worker has something to do."""
        member = self.members.get(number)
        return member is not None and member.busy is not None

    def queued(self) -> int:
        """How many connections wait."""
        return sum(map(len, self.waiting.values()))

    # --- what to do about it ---

    def _serve(self, uid: int, now: float) -> list[Step]:
        """What waits for this user: to who is idle, or to a new worker."""
        steps: list[Step] = []
        queue = self.waiting.get(uid, [])
        while queue:
            member = self._free(uid)
            if member is None:
                grown = self._grow(uid, now)
                if not grown:
                    break
                steps += grown
                member = self._free(uid)
                assert member is not None
            member.busy = now
            steps.append(Hand(member.number, queue.pop(0)))
        self._tidy(uid)
        return steps

    def _free(self, uid: int) -> Member | None:
        """The idle worker of this user that worked last."""
        idle = (m for m in self.teams.get(uid, ()) if m.busy is None)
        return max(idle, key=lambda m: (m.free, m.number), default=None)

    def _grow(self, uid: int, now: float) -> list[Step]:
        """Makes a worker for this user, if there may be another one."""
        team = self.teams.get(uid, [])
        if self._in_mourning(uid, now) or len(team) >= self.size.fair():
            return []
        if len(team) >= self.size.at_once and not self._stuck(team, now - self.waiting[uid][0].since, now):
            return []
        steps: list[Step] = []
        if len(self.members) >= self.size.workers:
            oldest = min((m for m in self.members.values() if m.busy is None), key=lambda m: m.free, default=None)
            if oldest is None:
                return []
            self._drop(oldest)
            steps.append(Retire(oldest.number))
        self._numbers += 1
        member = self.members[self._numbers] = Member(self._numbers, uid, now)
        self.teams.setdefault(uid, []).append(member)
        return [*steps, Hire(self._numbers, uid)]

    def _stuck(self, team: list[Member], waited: float, now: float) -> bool:
        """Whether those who are there will not do. A new one counts as if it had just finished something."""
        if waited < self.size.patience or now - max(m.since for m in team) < self.size.patience:
            return False
        return waited >= self.size.much_patience or now - max(m.free for m in team) >= self.size.patience

    def _drop(self, member: Member) -> None:
        del self.members[member.number]
        team = self.teams[member.uid]
        team.remove(member)
        if not team:
            del self.teams[member.uid]

    def _room(self, now: float) -> list[Step]:
        """Serves whoever can be served: first those who have no worker, then who has waited longest."""
        steps: list[Step] = []
        for uid in sorted(self.waiting, key=lambda u: (u in self.teams, self.waiting[u][0].since)):
            steps += self._serve(uid, now)
        return steps

    def _in_mourning(self, uid: int, now: float) -> bool:
        times = self.deaths.get(uid, [])
        return len(times) >= self.size.deaths and now - times[0] < self.size.mourning

    def _tidy(self, uid: int) -> None:
        if not self.waiting.get(uid, True):
            del self.waiting[uid]
