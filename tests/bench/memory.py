"""What the processes of the service have in memory (smaps_rollup), after they have worked."""

from __future__ import annotations

from tests.bench.figures import Column, Table
from tests.bench.place import USERS, Place
from tests.bench.stream import send
from tests.support import usage


def show(place: Place) -> None:
    """Broker, LMTP door, and the workers of some users."""
    send(f"unix:{place.sockets}/service", list(USERS), 100, 2, "-L")
    table = Table(
        "memory after 400 messages of 5 KB", Column("MB resident", "", 1), Column("MB private", "", 1),
        goal="broker 30, worker 15 private",
    )  # fmt: skip
    broker, *others = place.children("service")
    users = {place.stage.users[user] for user in USERS}
    for process in [broker, *others]:
        name = "broker" if process == broker else "worker" if process.uid in users else "LMTP door"
        memory = usage.memory(process.pid)
        table.add(name, memory.resident / 1e6, memory.private / 1e6)
    table.show(ratio=False)
