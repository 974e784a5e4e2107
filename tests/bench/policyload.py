"""Questions to a policy server over several connections at once, and how long each answer took.

In:    a place (unix:PATH or inet:HOST:PORT), how many requests, how many connections, a seed. Half of the requests are
       about triplets that were not asked for before, the others about a hundred that come again and again.
Out:   Load: seconds of all, seconds of each, and what was answered.
Fails: SystemExit where the server hangs up, or says nothing for 30 s.

One process with one poll(2): it costs less than what it measures.
"""

from __future__ import annotations

import random
import select
import socket
import time
from collections import Counter
from dataclasses import dataclass, field

KNOWN = 100
WARM = 200  # over the same connections: postgrey may wait for ever where some have come and gone


@dataclass
class Load:
    """What was measured."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        """The seconds that this share of the answers took at most."""
        return sorted(self.each)[min(len(self.each) - 1, int(len(self.each) * share))]


def request(number: int, seed: int) -> bytes:
    """What Postfix asks at RCPT."""
    attributes = {
        "request": "smtpd_access_policy",
        "protocol_state": "RCPT",
        "protocol_name": "ESMTP",
        "client_address": f"192.{number % 200}.{number // 200 % 256}.{10 + number % 100}",
        "client_name": "mail.example.org",
        "reverse_client_name": "mail.example.org",
        "helo_name": "mail.example.org",
        "sender": f"s{number}.{seed}@example.org",
        "recipient": f"u{number % 7}@example.net",
        "recipient_count": "0",
        "queue_id": "",
        "instance": f"{seed:x}.{number:x}.{time.monotonic_ns():x}",
        "size": "5000",
        "sasl_username": "",
    }
    return "".join(f"{name}={value}\n" for name, value in attributes.items()).encode() + b"\n"


def connect(place: str) -> socket.socket:
    """A connection to the server."""
    kind, _, rest = place.partition(":")
    if kind == "unix":
        made = socket.socket(socket.AF_UNIX)
        made.connect(rest)
    else:
        host, _, port = rest.rpartition(":")
        made = socket.create_connection((host, int(port)))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def load(place: str, count: int, connections: int, seed: int) -> Load:
    """Asks all, each connection one after the other. The first WARM answers do not count."""
    numbers, count = random.Random(seed), count + WARM
    waiting = [request(i + KNOWN if i % 2 else numbers.randrange(KNOWN), seed if i % 2 else 0) for i in range(count)]
    waiting.reverse()
    poll, done = select.poll(), Load()
    sockets = {one.fileno(): one for one in (connect(place) for _ in range(connections))}
    begun, heard = dict.fromkeys(sockets, 0.0), dict.fromkeys(sockets, b"")
    start = time.perf_counter()
    for fd, one in sockets.items():
        poll.register(fd, select.POLLIN)
        begun[fd] = time.perf_counter()
        one.sendall(waiting.pop())
    while len(done.each) < count:
        if not (ready := poll.poll(30_000)):
            raise SystemExit(f"{place} does not answer")
        for fd, _events in ready:
            heard[fd] += sockets[fd].recv(4096)
            if not heard[fd]:
                raise SystemExit(f"{place} hung up")
            if not heard[fd].endswith(b"\n\n"):
                continue
            done.each.append(time.perf_counter() - begun[fd])
            done.answers[heard[fd].partition(b"=")[2].split()[0].decode().upper()] += 1
            if len(done.each) == WARM:
                start = time.perf_counter()
            heard[fd] = b""
            if waiting:
                begun[fd] = time.perf_counter()
                sockets[fd].sendall(waiting.pop())
    done.seconds = time.perf_counter() - start
    del done.each[:WARM]
    for one in sockets.values():
        one.close()
    return done
