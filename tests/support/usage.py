"""What processes use, as proc(5) has it: processor time with that of the children they have reaped, and memory."""

from __future__ import annotations

import os
from pathlib import Path

from mdafilter.values import Value

_TICK = os.sysconf("SC_CLK_TCK")


class Process(Value):
    """One process at one moment. `children` are the seconds of those that have ended and were reaped."""

    pid: int
    parent: int
    name: str
    uid: int
    own: float
    children: float

    @property
    def seconds(self) -> float:
        return self.own + self.children


class Memory(Value):
    """Octets: all that is resident, and what nobody else shares."""

    resident: int
    private: int


def look(pid: int) -> Process | None:
    """The process of this number, if there is one."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        uid = os.stat(f"/proc/{pid}").st_uid
    except (FileNotFoundError, ProcessLookupError):
        return None
    head, _, rest = text.rpartition(")")
    fields = rest.split()
    user, system, children_user, children_system = (int(f) / _TICK for f in fields[11:15])
    return Process(pid, int(fields[1]), head.partition("(")[2], uid, user + system, children_user + children_system)


def tree(*tops: int) -> list[Process]:
    """Processes and all that come from them, as they are now."""
    there = {p.pid: p for pid in os.listdir("/proc") if pid.isdigit() and (p := look(int(pid)))}
    found = {pid for pid in tops if pid in there}
    while more := {p.pid for p in there.values() if p.parent in found} - found:
        found |= more
    return [there[pid] for pid in sorted(found)]


def seconds(*tops: int) -> float:
    """Processor time of processes, of all that come from them, and of all that came from them and ended."""
    return sum(p.seconds for p in tree(*tops))


def memory(pid: int) -> Memory:
    """What a process has in memory now (smaps_rollup); "private" is what would be free without it."""
    sizes: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, amount, _unit = line.split()
        sizes[name] = int(amount) * 1024
    return Memory(sizes["Rss:"], sizes["Private_Clean:"] + sizes["Private_Dirty:"])
