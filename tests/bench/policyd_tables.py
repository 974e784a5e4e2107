"""How fast a million entries are read and looked up: python -m tests.bench.policyd_tables [ENTRIES].

A table as one may be kept by hand, only larger: half of it addresses, then networks of all lengths, IPv6, names and
domains, comments between them, and a tenth of the results with a text of their own. Clients are asked for that are
mostly nowhere in it, then the same few again and again, as it is with real ones. Processor time: what else runs on the
machine does not count.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable, Iterator

from mdafilter_policyd.tablefiles import Reports, add_list, add_table
from mdafilter_policyd.tables import Table

RESULTS = ("OK", "REJECT", "554 Too much spam. See https://mx.example.org/", "450 4.7.1 Later", "DUNNO")
LENGTHS = (24, 24, 24, 22, 20, 16, 23, 21, 19, 18, 17, 14, 25, 26, 27, 28, 29, 30)
TIMES = 200_000


def v4(rng: random.Random) -> str:
    """Any address."""
    return ".".join(str(rng.randrange(256)) for _ in range(4))


def network(rng: random.Random) -> str:
    """Any network."""
    length = rng.choice(LENGTHS)
    bits = rng.getrandbits(length) << (32 - length)
    return ".".join(str(bits >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}"


def v6(rng: random.Random, groups: int = 8) -> str:
    """Any address, or its beginning."""
    return ":".join(f"{rng.randrange(1, 65536):x}" for _ in range(groups))


def host(rng: random.Random) -> str:
    """The name of a host."""
    return f"mx{rng.randrange(10**6)}.domain{rng.randrange(10**5)}.{rng.choice(('com', 'org', 'cn', 'de'))}"


def lines(rng: random.Random, count: int) -> Iterator[str]:
    """The table."""
    for at in range(count):
        kind = rng.random()
        if kind < 0.02:
            yield f"# comment {at}\n"
            continue
        key = (
            v4(rng)
            if kind < 0.5
            else network(rng)
            if kind < 0.7
            else v6(rng)
            if kind < 0.75
            else f"{v6(rng, 4)}::/64"
            if kind < 0.8
            else f"{'.' * rng.randrange(2)}{host(rng)}"
        )
        result = f"REJECT listed as {at}" if rng.random() < 0.1 else rng.choice(RESULTS)
        yield f"{key}{rng.choice((' ', '    ', chr(9)))}{result}\n"


def seconds(what: Callable[[], object]) -> float:
    """Processor time."""
    start = time.process_time()
    what()
    return time.process_time() - start


def reading(add: Callable[[Table], None]) -> tuple[Table, float]:
    """A table, and how long it took to read it."""
    table = Table()

    def read() -> None:
        add(table)
        table.ready()

    return table, seconds(read)


def rate(look: Callable[[str, str], int], clients: list[tuple[str, str]]) -> int:
    """Look-ups in a second."""

    def all_of_them() -> None:
        for address, name in clients:
            look(address, name)

    return int(len(clients) / min(seconds(all_of_them) for _ in range(3)))


def main(count: int) -> None:
    """All of it."""
    rng = random.Random(1)
    table_text = "".join(lines(rng, count)).encode()
    list_text = "".join(f"{network(rng)} ; SBL{at}\n" if at % 5 else f"{v4(rng)}\n" for at in range(count)).encode()
    clients = [(v4(rng), host(rng) if rng.random() < 0.7 else "") for _ in range(TIMES)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table, took = reading(lambda table: add_table(table, "access", table_text, Reports()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"a table of {count} lines: {len(table)} entries read in {took:.2f} s, {peak // 1024} MiB at most")
    print(f"look-ups in a second: {rate(table.client, clients)} of clients that are all different")
    print(f"                      {rate(table.client, clients[:500] * (TIMES // 500))} of the same 500")
    mails = [("", f"user{at}@{host(rng)}") for at in range(TIMES)]
    print(f"                      {rate(lambda _none, mail: table.mail(mail), mails)} of mail addresses")
    listed, took = reading(lambda table: add_list(table, "list", list_text, "REJECT", Reports()))
    print(f"a list of {count} lines: {len(listed)} entries read in {took:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
