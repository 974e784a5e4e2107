"""Straight to the LMTP sockets by smtp-source(1): for accounts and for virtual users, by one connection and by eight."""

from __future__ import annotations

import time

from tests.bench.agents import DOVECOT, SERVICE
from tests.bench.figures import Column, Table
from tests.bench.place import LMTPD, USERS, VIRTUAL, Place
from tests.bench.stream import send


def load(place: Place, count: int, runs: int) -> None:
    """Messages in a second from the first connection to the last answer, and processor time of the server for one."""
    for kind in ("", "-virtual"):
        names = {DOVECOT: f"dovecot{kind}", SERVICE: f"service{kind}"}
        if not LMTPD.exists():
            del names[DOVECOT]
        users = [f"{user}@{VIRTUAL}" if kind else user for user in USERS]
        for recipients, sessions in ((users[:1], 1), (users, 2)):
            title = f"LMTP, {'virtual users' if kind else 'accounts'}, {len(recipients) * sessions} connection(s)"
            table = Table(title, Column("msg/s", "max", 0), Column("CPU ms"), goal="2")
            for _ in range(runs):
                for name, server in names.items():
                    table.add(name, *once(place, server, recipients, sessions, count))
            table.show()


def once(place: Place, server: str, recipients: list[str], sessions: int, count: int) -> tuple[float, float]:
    """Messages in a second, and milliseconds of the processor for one."""
    for recipient in recipients:
        place.clean(recipient)
    socket = f"unix:{place.sockets}/{server}"
    send(socket, recipients, len(recipients), sessions, "-L")  # its processes are there
    for recipient in recipients:
        place.clean(recipient)
    each = count // len(recipients)
    used, began = place.seconds(server), time.perf_counter()
    send(socket, recipients, each, sessions, "-L")
    took, used = time.perf_counter() - began, place.seconds(server) - used
    for recipient in recipients:
        if len(place.new(recipient)) != each:
            raise SystemExit(f"{server}: {len(place.new(recipient))} of {each} messages for {recipient} have arrived")
    return each * len(recipients) / took, 1000 * used / each / len(recipients)
