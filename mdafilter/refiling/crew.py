"""Work on many things by all cores: forked processes, which take pieces of it in turn; the results come in order.

What is to be done stands in a pipe, a number for each piece: a process reads one, does that piece, and writes what came
of it into a pipe of its own, in the format of marshal(3). They share what the parent has loaded, and end with it.

In:    the things; what is to be done with one, which returns what marshal can write, and raises nothing.
Out:   what came of each, in their order, as soon as it and all before it are there.
Fails: OSError where a process was killed, or cannot be started.
"""

from __future__ import annotations

import errno
import gc
import marshal
import os
import selectors
import signal

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

FEW = 64  # things that are not worth a process
PIECE = 64
PIECES = 4096  # at most: their numbers fit into a pipe at once (pipe(7))
_HEAD = 8  # octets before a result: the number of the piece, and the length


def cores() -> int:
    """Those that we may run on."""
    return len(os.sched_getaffinity(0))


def each(things: Sequence[Any], work: Callable[[Any], Any], count: int = 0) -> Iterator[Any]:
    """What came of each thing. `count` processes; 0 is one for each core."""
    count = count or cores()
    if count < 2 or len(things) <= FEW:
        yield from map(work, things)
        return
    gc.freeze()
    crew = _Crew(things, work, min(count, -(-len(things) // PIECE)))
    try:
        yield from crew.results()
    finally:
        crew.end()


class _Crew:
    """The processes, and what they have said so far."""

    def __init__(self, things: Sequence[Any], work: Callable[[Any], Any], count: int) -> None:
        self.things = things
        self.size = max(PIECE, -(-len(things) // PIECES))
        self.pieces = -(-len(things) // self.size)
        self.running: dict[int, int] = {}  # pid to the end of its pipe
        todo, numbers = os.pipe()
        os.write(numbers, b"".join(number.to_bytes(4, "big") for number in range(self.pieces)))
        os.close(numbers)
        try:
            for _ in range(count):
                reading, writing = os.pipe()
                pid = os.fork()
                if not pid:
                    self._member(work, todo, writing)
                os.close(writing)
                self.running[pid] = reading
        except BaseException:
            self.end()
            raise
        finally:
            os.close(todo)

    def _member(self, work: Callable[[Any], Any], todo: int, writing: int) -> None:
        """Never returns. It ends with its parent, which then reads no more: SIGPIPE."""
        status = 1
        try:
            gc.disable()  # to look for garbage would copy the pages that they share, and it ends soon
            for one in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
                signal.signal(one, signal.SIG_DFL)
            for reading in self.running.values():
                os.close(reading)
            while word := os.read(todo, 4):
                number = int.from_bytes(word, "big")
                begin = number * self.size
                said = marshal.dumps(list(map(work, self.things[begin : begin + self.size])))
                view = memoryview(number.to_bytes(4, "big") + len(said).to_bytes(4, "big") + said)
                while view:
                    view = view[os.write(writing, view) :]
            status = 0
        finally:
            os._exit(status)  # nothing of the parent is tidied up here; it tells what is missing

    def results(self) -> Iterator[Any]:
        """In order."""
        done: dict[int, list[Any]] = {}
        due = 0
        with selectors.DefaultSelector() as waiting:
            for reading in self.running.values():
                waiting.register(reading, selectors.EVENT_READ, bytearray())
            while waiting.get_map():
                for key, _events in waiting.select():
                    said = os.read(key.fd, 1 << 20)
                    if not said:
                        waiting.unregister(key.fd)
                        continue
                    key.data.extend(said)
                    _take(key.data, done)
                while due in done:
                    yield from done.pop(due)
                    due += 1
        if due < self.pieces:
            raise OSError(errno.ECHILD, "a process that judged messages was killed")

    def end(self) -> None:
        """None is left, whether it was through or not."""
        for pid, reading in self.running.items():
            os.close(reading)
            os.kill(pid, signal.SIGKILL)  # it only reads
        for pid in self.running:
            os.waitpid(pid, 0)
        self.running = {}


def _take(heard: bytearray, done: dict[int, list[Any]]) -> None:
    """What has come as a whole."""
    while len(heard) >= _HEAD:
        end = _HEAD + int.from_bytes(heard[4:_HEAD], "big")
        if len(heard) < end:
            return
        done[int.from_bytes(heard[:4], "big")] = marshal.loads(heard[_HEAD:end])
        del heard[:end]
