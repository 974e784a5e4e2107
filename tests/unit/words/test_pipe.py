"""`| program` of a procmailrc."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.acts import Pipe
from mdafilter.words.command import Command
from mdafilter.words.pipe import PipeInto, RunBeside
from tests.support.scene import scene


def test_the_command_line_goes_to_the_shell() -> None:
    assert PipeInto("sort >out").acts(scene()) == (Pipe(("/bin/sh", "-c", "sort >out")),)


def test_a_procmailrc_gives_it_more() -> None:
    """The variables, the folder, the From line and an empty line at the end."""
    made = scene()
    made.variables.update({"HOME": "/home/ann", "MAILDIR": "Mail", "A": "b", "`1": "hidden", "TIMEOUT": "5"})
    (pipe,) = PipeInto(Command("cat >x"), exported=True).acts(made)
    assert isinstance(pipe, Pipe)
    assert pipe.command == (
        "/bin/sh",
        "-c",
        "cd -- /home/ann/Mail 2>/dev/null\ncat >x".replace("/home/ann/Mail", "'/home/ann/Mail'"),
    )
    assert pipe.environ == (("A", "b"), ("HOME", "/home/ann"), ("MAILDIR", "Mail"), ("TIMEOUT", "5"))
    assert (pipe.seconds, pipe.postmark, pipe.ended) == (5.0, True, True)
    assert made.value("LASTFOLDER") == "cat >x"
    (raw,) = PipeInto(Command("cat"), exported=True, raw=True).acts(made)
    assert isinstance(raw, Pipe)
    assert (raw.postmark, raw.ended) == (True, False)


def test_it_says_what_it_runs() -> None:
    assert PipeInto("sort").describe() == 'pipe "sort"'


@pytest.mark.parametrize(
    ("area", "raw", "wanted"),
    [
        ("both", False, b"From a@b  now\nSubject: x\n\nbody\n\n"),
        ("both", True, b"From a@b  now\nSubject: x\n\nbody\n"),
        ("header", False, b"From a@b  now\nSubject: x\n\n"),
        ("body", False, b"body\n\n"),
    ],
)
def test_a_program_beside_runs_at_once(tmp_path: Path, area: str, raw: bool, wanted: bytes) -> None:
    made = scene(b"Subject: x\n\nbody\n")
    made.envelope = made.envelope.replace(from_line=b"From a@b  now")
    RunBeside(Command(f"cat >{tmp_path}/out"), area, raw=raw).assign(made)
    assert (tmp_path / "out").read_bytes() == wanted
    assert made.value("LASTFOLDER") == f"cat >{tmp_path}/out"


@pytest.mark.parametrize(
    ("command", "check", "failure"),
    [("exit 3", True, "exit status 3"), ("exit 3", False, ""), ("true", True, "")],
)
def test_whether_a_program_beside_could_do_it(command: str, check: bool, failure: str) -> None:
    made = scene()
    made.failure = "an earlier one"
    RunBeside(command, check=check).assign(made)
    assert made.failure == failure


def test_it_says_what_runs_beside() -> None:
    assert RunBeside("mkdir x").describe() == 'run "mkdir x" beside'
