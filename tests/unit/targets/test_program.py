"""Programs that get a message, real ones."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from mdafilter import limits
from mdafilter.acts import Pipe
from mdafilter.errors import TryAgain
from mdafilter.files import CALLS
from mdafilter.message import Envelope
from mdafilter.targets import program
from mdafilter.targets.program import Ended, ProgramRun, run
from tests.support.mailboxes import delivered, drafts, message, parcel, written


def sh(script: str, seconds: float = 20, stdin: bytes = b"") -> Ended:
    fd = os.memfd_create("stdin")
    os.write(fd, stdin)
    os.lseek(fd, 0, 0)
    try:
        return run(CALLS, ("/bin/sh", "-c", script), fd, seconds, dict(os.environ))
    finally:
        os.close(fd)


def test_status_and_first_line() -> None:
    assert sh("echo; echo one; echo two >&2; exit 7") == Ended(7, "one")
    assert sh("true") == Ended(0, "")
    assert sh("kill -9 $$") == Ended(128 + 9, "")


def test_it_reads_the_message(tmp_path: Path) -> None:
    assert sh(f"cat >{tmp_path}/got", stdin=b"x" * 300_000).status == 0
    assert (tmp_path / "got").read_bytes() == b"x" * 300_000


def test_it_need_not_read_the_message() -> None:
    assert sh("exit 0", stdin=b"x" * 300_000).status == 0


def test_what_it_writes_is_bounded_and_printable() -> None:
    ended = sh("head -c 3000000 /dev/zero | tr '\\0' '\\033'; exit 1")
    assert ended.status == 1
    assert len(ended.says) <= limits.PROGRAM_SAYS
    assert ended.says.isprintable()


def test_past_its_time_it_is_ended_with_its_children(tmp_path: Path) -> None:
    began = time.monotonic()
    ended = sh(f"sleep 600 & echo $! >{tmp_path}/child; echo waiting; wait", seconds=0.5)
    assert ended == Ended(None, "waiting")
    assert time.monotonic() - began < 30
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            break
        time.sleep(0.05)
    else:
        pytest.fail("its child is still running")


def test_one_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_GRACE", 0.2)
    assert sh("trap '' TERM; while :; do sleep 0.1; done", seconds=0.3).status is None


def test_a_child_that_holds_the_output_open_is_not_waited_for() -> None:
    began = time.monotonic()
    assert sh("sleep 30 & exit 0").status == 0
    assert time.monotonic() - began < 20


def test_without_pidfd_it_is_looked_at_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    assert sh("sleep 0.1; sleep 9 & echo done") == Ended(0, "done")


def test_signals_are_as_a_program_expects_them() -> None:
    """Python ignores SIGPIPE and SIGXFSZ; a program that inherits that goes on for ever, or writes half a file."""
    got = sh("grep SigIgn /proc/self/status").says
    ignored = int(got.split()[-1], 16)
    assert not ignored & (1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1))


def test_it_leads_its_own_process_group() -> None:
    said = sh("ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat").says
    assert int(said) != os.getpgrp()


@pytest.mark.parametrize("command", ["/nonexistent/program", "/etc/passwd", "/"])
def test_what_cannot_be_started_is_tried_again(command: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(TryAgain, match="cannot be started"):
        run(CALLS, (command,), 0, 5, {})
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_is_told_the_envelope() -> None:
    told = program.environment(Envelope(sender="a@b", recipient="c\0@d", extension="e"), None)
    assert (told["SENDER"], told["RECIPIENT"], told["EXTENSION"]) == ("a@b", "c@d", "e")
    assert told["PATH"] == os.environ["PATH"]


# --- staged --------------------------------------------------------------------------------------------------------


def staged(home: Path, script: str, **changes: Any) -> ProgramRun:
    command = ("/bin/sh", "-c", script)
    return ProgramRun(parcel(home, Pipe(command), **changes), command, message(), "a program")


def test_it_runs_at_commit_and_not_before(tmp_path: Path) -> None:
    one = staged(tmp_path, f"cat >{tmp_path}/got")
    one.write()
    assert not (tmp_path / "got").exists()
    one.commit()
    assert (tmp_path / "got").read_bytes() == written(message())
    one.forget()
    assert drafts(tmp_path) == []
    assert delivered(tmp_path) == {}


def test_a_failed_one_is_undone_and_says_why(tmp_path: Path) -> None:
    one = staged(tmp_path, "echo no room; exit 75")
    one.write()
    with pytest.raises(TryAgain, match="/bin/sh ended with 75: no room"):
        one.commit()
    assert one.abort()
    assert drafts(tmp_path) == []


def test_one_that_ran_is_not_run_again(tmp_path: Path) -> None:
    """A forward behind it failed: the mark stays, and the retry goes by it."""
    script = f"echo x >>{tmp_path}/got"
    one = staged(tmp_path, script)
    one.write()
    one.commit()
    assert not one.abort()
    again = staged(tmp_path, script)
    assert again.already
    assert again.abort()
    last = staged(tmp_path, script)
    assert last.already
    last.forget()
    assert (tmp_path / "got").read_text() == "x\n"
    assert drafts(tmp_path) == []
    assert not staged(tmp_path, script).already


def test_all_programs_share_the_time_of_the_delivery(tmp_path: Path) -> None:
    one = staged(tmp_path, "sleep 60", until=time.monotonic() + 0.3)
    one.write()
    with pytest.raises(TryAgain, match="took more than"):
        one.commit()
    one.abort()


def test_no_time_left(tmp_path: Path) -> None:
    one = staged(tmp_path, f"sleep 5; touch {tmp_path}/got", until=time.monotonic() - 1)
    one.write()
    with pytest.raises(TryAgain, match="took more than"):
        one.commit()
    one.abort()
    assert not (tmp_path / "got").exists()


def test_the_environment_is_that_of_the_delivery() -> None:
    assert program.environment(Envelope(sender="a@b"), {"HOME": "/home/ann", "SENDER": "other"}) == {
        "HOME": "/home/ann",
        "SENDER": "a@b",
        "RECIPIENT": "",
        "EXTENSION": "",
    }
