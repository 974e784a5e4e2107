"""Many messages through Postfix: from the first connection of smtp-source(1) until all lie in the Maildirs."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from tests.bench.agents import DOVECOT, LOCAL, SERVICE, VIRTUAL8, Agent
from tests.bench.figures import Column, Table
from tests.bench.place import LMTPD, USERS, VIRTUAL, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

SESSIONS = 3  # at a time for each user
SECONDS = 300  # in which they have to arrive
COLUMNS = (Column("msg/s", "max", 0), Column("agent ms", "min"), Column("all ms", "min"))


def by_command(place: Place, agents: list[Agent], count: int, runs: int) -> None:
    """mailbox_command. "agent ms" is processor time of the command and its server, "all ms" that of Postfix as well."""
    table = Table(f"{count} messages of 5 KB by mailbox_command", *COLUMNS, goal="more than procmail, maildrop")
    for _ in range(runs):
        for agent in agents:
            servers = ("service",) if agent.name == SERVICE else ()
            table.add(agent.name, *through(place, {"mailbox_command": agent.command}, servers, count))
    table.show()


def by_lmtp(place: Place, count: int, runs: int) -> None:
    """mailbox_transport, beside local(8) which writes the Maildir itself: it is the agent then; and virtual_transport,
    beside virtual(8). Mail of accounts passes through local(8) before it comes to the other ones, that of virtual users
    does not.
    """
    vmail = place.stage.users["vmail"]
    virtual = {
        "virtual_mailbox_domains": VIRTUAL,
        "virtual_mailbox_base": f"{place.stage.top}/mail",
        "virtual_mailbox_maps": f"inline:{{{', '.join(f'{user}@{VIRTUAL}={VIRTUAL}/{user}/' for user in USERS)}}}",
        "virtual_uid_maps": f"static:{vmail}",
        "virtual_gid_maps": f"static:{vmail}",
        "virtual_mailbox_limit": "0",
    }
    accounts = {"home_mailbox": "Maildir/", "mailbox_command": ""}
    for kind, own, setting, main in (("", LOCAL, "mailbox", accounts), ("-virtual", VIRTUAL8, "virtual", virtual)):
        users = [f"{user}@{VIRTUAL}" if kind else user for user in USERS]
        table = Table(f"{count} messages of 5 KB by LMTP through Postfix, {setting}_transport", *COLUMNS, goal="0.6")
        ways: dict[str, tuple[str, ...]] = {own: (), DOVECOT: (f"dovecot{kind}",), SERVICE: (f"service{kind}",)}
        if not LMTPD.exists():
            del ways[DOVECOT]
        for _ in range(runs):
            for name, servers in ways.items():
                its = "virtual" if kind else ""
                transport = f"lmtp:unix:{place.sockets}/{servers[0]}" if servers else its
                table.add(name, *through(place, {**main, f"{setting}_transport": transport}, servers, count, users))
        table.show()


def through(
    place: Place, main: dict[str, str], servers: tuple[str, ...], count: int, users: Sequence[str] = USERS
) -> tuple[float, float, float]:
    """Messages in a second, and milliseconds of the processor for one: of the agent, and of all."""
    stage = place.stage
    stage.run("postfix", "stop", check=False)
    stage.run("postconf", "-e", *(f"{name} = {value}" for name, value in main.items()))
    for user in users:
        place.clean(user)
    stage.run("postfix", "start")
    socket = stage.top / "queue" / "public" / "clients"
    stage.until(socket.exists, "Postfix did not start")
    each = count // len(users)
    server = place.seconds(*servers)
    before = place.postfix_seconds()
    began = time.time()
    send(f"unix:{socket}", list(users), each, SESSIONS)
    there = 0
    while there < each * len(users):
        if time.time() > began + SECONDS:
            raise SystemExit(f"{there} of {count} messages have arrived: see {stage.top}/log, if it is still there")
        time.sleep(0.05)
        there = sum(len(place.new(user)) for user in users)
    last = max(file.stat().st_ctime for user in users for file in place.new(user))
    time.sleep(0.2)  # until the queue is empty as well
    postfix, local, commands = (now - then for now, then in zip(place.postfix_seconds(), before, strict=True))
    server = place.seconds(*servers) - server
    agent = server + commands or local
    return there / (last - began), 1000 * agent / there, 1000 * (postfix + server) / there


def send(to: str, recipients: list[str], each: int, sessions: int, *options: str) -> None:
    """Sends messages of 5 KB to all recipients at a time; SystemExit where one is not taken."""
    common = ["-d", "-l", "5000", "-f", "sender@stage.test", "-s", str(sessions), "-m", str(each), *options]
    running = [
        subprocess.Popen(["smtp-source", *common, "-t", r if "@" in r else f"{r}@stage.test", to]) for r in recipients
    ]
    ends = [process.wait() for process in running]
    if any(ends):
        raise SystemExit(f"smtp-source could not send to {to}")
