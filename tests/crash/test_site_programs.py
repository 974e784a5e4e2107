"""Programs that rules run, and that die, or under which we die: the message is where the rules want it, once, and whole."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from mdafilter import pipeline
from mdafilter.errors import TryAgain
from mdafilter.journal import Journal
from mdafilter.message import Octets
from mdafilter.pipeline import Setup
from mdafilter.rulebook import Rulebook
from mdafilter.settings import Settings
from tests.support.bindir import ENVELOPE, MAIL, REQUIRE, program, world
from tests.support.mailboxes import delivered, drafts
from tests.support.processes import child, status
from tests.support.script import compiled


def deliver(home: Path, script: str, **options: str) -> int:
    journal = Journal(str(home / "journal"), syslog=False)
    setup = Setup(
        Settings(), Rulebook((compiled(REQUIRE + script).plan,), ()), str(home / "Maildir"), str(home), journal
    )
    try:
        pipeline.deliver(Octets.of(MAIL), ENVELOPE, setup, world(home / "bin", **options)).forget()
    except TryAgain:
        return 75
    return 0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path


def is_met(path: Path) -> bool:
    for _ in range(1000):
        if path.exists():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    "ending",
    ["kill -9 $$", "kill -TERM $$", "kill -SEGV $$", "exit 1", "sleep 60", "exec 1>&-; exit 9", "kill -STOP $$"],
)
def test_a_filter_that_writes_half_and_does_not_end_well(home: Path, ending: str) -> None:
    program(home / "bin", "half", f"head -c 20; {ending}")
    assert deliver(home, 'filter "half"; if filter "half" { discard; }', filter_exec_timeout="1s") == 0
    ((content,),) = delivered(home).values()
    assert content.endswith(MAIL) and drafts(home) == []


@pytest.mark.parametrize("word", ["filter", "execute :pipe"])
def test_we_are_killed_while_it_runs(home: Path, word: str) -> None:
    """The retry asks it again; what the first run wrote is nobody's."""
    program(home / "bin", "slow", f"head -c 20; if ! [ -e {home}/met ]; then touch {home}/met; sleep 2; fi; cat")
    pid = child(lambda: deliver(home, f'{word} "slow"; addheader "X" "1";'))
    assert is_met(home / "met")
    os.kill(pid, signal.SIGKILL)
    assert status(pid) == -9 and delivered(home) == {}
    assert status(child(lambda: deliver(home, f'{word} "slow"; addheader "X" "1";'))) == 0
    ((content,),) = delivered(home).values()
    assert content.endswith(b"X: 1\n" + MAIL) and drafts(home) == []


def test_we_are_killed_while_a_pipe_takes_it(home: Path) -> None:
    """Nothing is committed before it: the retry gives it the message again, all of it."""
    program(home / "bin", "take", f'cat >"{home}/got.$$"; if ! [ -e {home}/met ]; then touch {home}/met; sleep 2; fi')
    pid = child(lambda: deliver(home, 'pipe "take";', pipe_input_eol="lf"))
    assert is_met(home / "met")
    os.kill(pid, signal.SIGKILL)
    assert status(pid) == -9
    assert status(child(lambda: deliver(home, 'pipe "take";', pipe_input_eol="lf"))) == 0
    assert {path.read_bytes() for path in home.glob("got.*")} == {MAIL} and delivered(home) == {}
