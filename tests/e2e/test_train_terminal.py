"""`mdafilter train spam` at a terminal: a pseudo terminal (pty(7)) whose line discipline makes Ctrl-C what it is."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mdafilter.train.ledger import Ledger
from tests.support import salearn
from tests.support.house import ROOT

FROM = b"From a@example.org  Sun Nov 22 10:00:00 2026\n"
MANY = 2000
LESS = 60  # that the real sa-learn gets, some at a time
STEPS = re.compile(rb"(\d+)%")
SHOW = b"\x1b[?25h"  # DECTCEM: the cursor is seen again
HIDE = b"\x1b[?25l"
CTRL_C = b"\x03"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    config = f'[train]\nspool = "{tmp_path}/spool"\nstate = "{tmp_path}/state"\nteacher = ["bayes"]\n'
    (tmp_path / "conf.toml").write_text(f'{config}[bayes]\npath = "{tmp_path}/bayes.db"\n')
    return tmp_path


def archive(place: Path, count: int) -> tuple[str, str]:
    """So many messages, one half in an mbox, one half in a Maildir."""
    half = count // 2
    (place / "box").write_bytes(b"".join(FROM + salearn.message(n) + b"\n" for n in range(half)))
    for number in range(half, count):
        path = place / "Junk" / ("cur" if number % 2 else "new") / f"{number}.x"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(salearn.message(number))
    return str(place / "box"), str(place / "Junk")


def command(place: Path, *paths: str, at_once: int = 250) -> list[str]:
    code = (
        f"from mdafilter import limits; limits.TEACH_MESSAGES = {at_once}; from mdafilter.cli.main import main; main()"
    )
    return [sys.executable, "-c", code, "train", "spam", "-c", str(place / "conf.toml"), *paths]


class Terminal:
    """A program at a terminal of its own; what it wrote is in `text`."""

    def __init__(self, argv: list[str]) -> None:
        self.text = b""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(ROOT)
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell whose job the tests are in the background ignores it
            os.execv(argv[0], argv)

    def read(self, until: Callable[[], object] = lambda: False, seconds: float = 120.0) -> None:
        """Until that is true, or its end."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, self.text
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    got = os.read(self.fd, 65536)
                except OSError:  # EIO: how a terminal ends whose program has gone
                    return
                if not got:
                    return
                self.text += got

    def type(self, octets: bytes) -> None:
        os.write(self.fd, octets)

    def end(self) -> int:
        """Its exit status."""
        self.read()
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def steps(self) -> list[int]:
        return [int(step) for step in STEPS.findall(self.text)]

    def last(self) -> list[bytes]:
        """What stands there at the end, when all has been written over that was to be."""
        shown = self.text.replace(SHOW, b"").replace(HIDE, b"").replace(b"\r\n", b"\n").decode().split("\n")
        return [line.rpartition("\r")[2].rstrip().encode() for line in shown]


def finished(place: Path) -> int:
    """The messages of which the ledger says what became of them; each stands in it once."""
    with Ledger(f"{place}/state/ledger.db", reading=True) as ledger:
        lines = ledger.lines(limit=10 * MANY)
    assert len({line.hash for line in lines}) == len(lines)
    return sum(line.result in ("learned", "known") for line in lines)


def test_a_bar_that_ends_full_and_the_sums_below(place: Path) -> None:
    terminal = Terminal(command(place, *archive(place, MANY)))
    assert terminal.end() == 0
    steps = terminal.steps()
    assert (steps[0], steps[-1]) == (0, 100)
    assert steps == sorted(steps)
    assert len(set(steps)) > MANY // 250
    bar, *below = terminal.last()
    assert re.fullmatch(rb"spam  \[#+\]  100%", bar)
    assert below == [b"%d messages: %d learned" % (MANY, MANY), b""]
    assert terminal.text.count(SHOW) >= 1
    assert terminal.text.rindex(SHOW) > terminal.text.rindex(HIDE), "the cursor is hidden"


def test_piped_it_writes_nothing_that_is_for_a_terminal(place: Path) -> None:
    done = subprocess.run(command(place, *archive(place, MANY)), cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"%d messages: %d learned\n" % (MANY, MANY)
    assert done.stderr.splitlines() == [b"%d messages ..." % n for n in range(250, MANY + 1, 250)]


def test_of_a_pipe_nobody_knows_how_much_there_is(place: Path) -> None:
    """No bar that is full at once: the lines."""
    box, _ = archive(place, 30)
    argv = ["/bin/sh", "-c", 'box=$1; shift; cat "$box" | "$@"', "sh", box, *command(place, "-", at_once=10)]
    terminal = Terminal(argv)
    assert terminal.end() == 0
    assert terminal.steps() == []
    assert terminal.last() == [b"10 messages ...", b"15 messages ...", b"15 messages: 15 learned", b""]


def test_interrupted_it_goes_on_from_there(place: Path) -> None:
    """The bar of the second time is that of what is left."""
    argv = command(place, *archive(place, MANY), at_once=100)
    terminal = Terminal(argv)
    terminal.read(lambda: terminal.steps() and terminal.steps()[-1] >= 30)
    terminal.type(CTRL_C)
    assert terminal.end() == 1
    assert terminal.text.rindex(SHOW) > terminal.text.rindex(HIDE), "the cursor is hidden"
    *_, sums, says, empty = terminal.last()
    first = int(sums.split()[0])
    assert sums == b"%d messages: %d learned" % (first, first)
    assert (says, empty) == (b"interrupted: the same command goes on from there", b"")
    assert 0 < first < MANY

    again = Terminal(argv)
    assert again.end() == 0
    assert again.last()[-2].startswith(b"%d messages: " % (MANY - first))
    assert (again.steps()[0], again.steps()[-1]) == (0, 100)
    assert again.steps()[-3] > 80, "the bar jumps to its end"
    assert finished(place) == MANY
    assert not os.listdir(place / "state" / "archive")


@pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing())
def test_interrupted_while_sa_learn_is_at_work(place: Path) -> None:
    """It has no terminal, so that Ctrl-C does not reach it: it comes to its end, and nothing counts twice."""
    program, starts = salearn.counting(place, salearn.command(place))
    config = (place / "conf.toml").read_text().replace('["bayes"]', f'["sa-learn"]\nsa_learn = ["{program}"]')
    (place / "conf.toml").write_text(config)
    argv = command(place, *archive(place, LESS), at_once=20)
    terminal = Terminal(argv)
    terminal.read(lambda: len(starts.read_text().splitlines()) == 2)
    terminal.type(CTRL_C)
    assert terminal.end() == 1
    assert b"interrupted" in terminal.text
    assert b"Traceback" not in terminal.text
    again = Terminal(argv)
    assert again.end() == 0
    assert salearn.real(place).counts() == salearn.counts(LESS, 0)
    assert finished(place) == LESS


def test_an_end_of_the_terminal_is_gone_on_with_as_well(place: Path) -> None:
    """Its window is closed: SIGHUP."""
    argv = command(place, *archive(place, MANY), at_once=100)
    terminal = Terminal(argv)
    terminal.read(lambda: terminal.steps() and terminal.steps()[-1] >= 30)
    os.close(terminal.fd)
    assert os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]) in (-signal.SIGHUP, 1)
    assert Terminal(argv).end() == 0
    assert finished(place) == MANY
