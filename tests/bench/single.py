"""One message at a time, by mdafilter-deliver and its peers, in alternation; and many users in turn beside one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bench.agents import ONCE, SERVICE, Agent
from tests.bench.figures import Column, Table
from tests.bench.place import CROWD, USERS, Place
from tests.support import usage

SEATS = Path(__file__).with_name("seats.py")
HEADER = b"From: a@example.org\nTo: b@example.org\nSubject: A message to measure\nMessage-ID: <NUMBER@example.org>\n\n"
LINE = b"This line is as long as most lines of most messages are, no more and no less.\n"
WARM = 3  # turns of each that do not count


def message(size: int) -> bytes:
    """As local(8) gives it to a command, with its From line."""
    return b"From sender@example.org  Sun Nov 22 08:41:34 2026\n" + HEADER + (LINE * (size // len(LINE) + 1))[:size]


def take(place: Place, programs: dict[str, tuple[str, ...]], turns: list[tuple[str, str]], size: int) -> list[float]:
    """The milliseconds of each turn: a user, and the name of a program."""
    stage = place.stage
    file = stage.top / "message"
    file.write_bytes(message(size))
    said = {"SENDER": "sender@example.org", "USER": "alice", "LOGNAME": "alice", "LOCAL": "alice"}
    said |= {"DOMAIN": "stage.test", "RECIPIENT": "alice@stage.test", "ORIGINAL_RECIPIENT": "alice@stage.test"}
    said |= {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    asked = {
        "homes": {stage.users[user]: str(stage.top / "home" / user) for user, _ in turns},
        "programs": {name: [argv, said] for name, argv in programs.items()},
        "message": str(file),
        "turns": [(stage.users[user], name) for user, name in turns],
    }
    return [1000 * seconds for seconds in json.loads(place.python(SEATS, json.dumps(asked).encode()))]


def one_message(place: Place, agents: list[Agent], size: int, runs: int, title: str, goal: str) -> None:
    """Wall time of one delivery; and for the service what its worker has in memory before and after."""
    programs = {agent.name: agent.argv for agent in agents if agent.argv}
    user = USERS[0]
    take(place, programs, [(user, SERVICE)], 5000)
    before = _worker(place, user)
    taken = take(place, programs, [(user, name) for _ in range(runs + WARM) for name in programs], size)
    after = _worker(place, user)
    table = Table(title, Column("ms"), goal=goal)
    for turn, milliseconds in enumerate(taken):
        if turn >= WARM * len(programs):
            table.add(list(programs)[turn % len(programs)], milliseconds)
    table.show()
    print(f"  worker: {_mega(before)} before, {_mega(after)} after")


def _worker(place: Place, user: str) -> usage.Memory:
    uid = place.stage.users[user]
    return usage.memory(next(p.pid for p in place.children("service") if p.uid == uid))


def _mega(memory: usage.Memory) -> str:
    return f"{memory.resident / 1e6:.1f} MB resident, {memory.private / 1e6:.1f} MB private"


def in_turn(place: Place, agents: list[Agent], rounds: int) -> None:
    """Many users one after the other, beside as many messages of one user; each block in alternation."""
    programs = {agent.name: agent.argv for agent in agents if agent.name in (SERVICE, ONCE)}
    few = len(CROWD)
    turns: list[tuple[str, str]] = []
    for _ in range(rounds + 1):
        turns += [(CROWD[0], SERVICE)] * few + [(user, SERVICE) for user in CROWD]
    taken = take(place, programs, turns, 5000)
    blocks = [taken[at : at + few] for at in range(0, len(taken), few)]
    table = Table(f"{few} users in turn beside one, service", Column("ms"), goal="1.5")
    for number, block in enumerate(blocks[2:]):
        for milliseconds in block:
            table.add("one user" if number % 2 == 0 else f"{few} users", milliseconds)
    for milliseconds in blocks[1]:
        table.add(f"{few} users, each the first time", milliseconds)
    table.show()
