"""Delivers one message after the other by programs that users start, and takes the time. Inside the namespace, as root.

Each user has a process of its own (a seat), which becomes that user, starts the program with the message on a pipe in
writes of 4 KB, as local(8) gives it, waits for its end, and looks whether it was delivered. Little is removed meanwhile:
ext4 without a journal looks through all that was removed in the last seconds when it makes a file.

In:    standard input, JSON: homes {user number: home}, programs {name: [argv, environment]}, message (a path), and
       turns [[user number, name], ...] in their order.
Out:   standard output, JSON: the seconds of each turn.
Fails: with a text, where a program ends with a status or has not delivered one message.

Standard library alone: it is copied to where every user can read it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

NUMBER = b"NUMBER"  # in the message, once: no two messages are the same, as no two from Postfix are
PAUSE = 0.01  # seconds, in which a program may tidy up behind its answer: not while the next one is measured
ROOM = 500_000_000  # octets that may lie in a Maildir
BUFFER = 4096  # octets that Postfix writes at a time (VSTREAM_BUFSIZE)


def run(argv: list[str], env: dict[str, str], data: memoryview) -> tuple[float, int]:
    """Seconds and exit status."""
    source, feed = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, source, 0),
        (os.POSIX_SPAWN_DUP2, 2, 1),  # what it says is seen when something is wrong
    ]
    began = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, env, file_actions=actions)
    os.close(source)
    for at in range(0, len(data), BUFFER):
        os.write(feed, data[at : at + BUFFER])
    os.close(feed)
    _pid, status = os.waitpid(pid, 0)
    return time.perf_counter() - began, os.waitstatus_to_exitcode(status)


def look(folder: str, size: int) -> int:
    """How many messages there are now; none from there on, if they take too much room."""
    names = os.listdir(folder)
    if len(names) * size < ROOM:
        return len(names)
    for name in names:
        os.unlink(f"{folder}/{name}")
    return 0


class Seat:
    """The process of one user."""

    def __init__(self, uid: int, home: str, programs: dict[str, tuple[list[str], dict[str, str]]], data: bytes) -> None:
        asked, ask = os.pipe()
        answer, said = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(asked)
            os.close(said)
            self.ask, self.answer = os.fdopen(ask, "w"), os.fdopen(answer)
            return
        os.close(ask)
        os.close(answer)
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        os.umask(0o077)
        os.chdir(home)
        turn, new, size = 0, f"{home}/Maildir/new", len(data)
        with os.fdopen(asked) as names:
            for name in names:
                argv, env = programs[name.strip()]
                turn, before = turn + 1, look(new, size)
                own = data.replace(NUMBER, b"%d.%d" % (os.getpid(), turn), 1)
                seconds, status = run(argv, {**env, "HOME": home}, memoryview(own))
                found = len(os.listdir(new)) - before
                wrong = f"{argv}: status {status}, {found} messages" if status or found != 1 else ""
                os.write(said, (json.dumps([seconds, wrong]) + "\n").encode())
        os._exit(0)

    def turn(self, name: str) -> float:
        """One delivery: its seconds."""
        print(name, file=self.ask, flush=True)
        line = self.answer.readline()
        if not line:
            raise SystemExit(f"{name}: the measuring process has ended")
        time.sleep(PAUSE)
        seconds, wrong = json.loads(line)
        if wrong:
            raise SystemExit(wrong)
        return float(seconds)


def main() -> None:
    asked: dict[str, Any] = json.load(sys.stdin)
    with open(asked["message"], "rb") as file:
        data = file.read()
    seats = {int(uid): Seat(int(uid), home, asked["programs"], data) for uid, home in asked["homes"].items()}
    print(json.dumps([seats[uid].turn(name) for uid, name in asked["turns"]]))


if __name__ == "__main__":
    main()
