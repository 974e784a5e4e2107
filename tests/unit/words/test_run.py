"""`* ? command`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.texts import Template, Var
from mdafilter.words.command import Command
from mdafilter.words.run import Runs
from tests.support.scene import scene

MESSAGE = b"Subject: x\n y\n\nbody\n"


@pytest.mark.parametrize(
    ("command", "area", "held"),
    [
        ("true", "both", True),
        ("false", "both", False),
        ("/no/such/program", "both", False),
        ("grep -q body", "both", True),
        ("grep -q body", "header", False),
        ("grep -q Subject", "body", False),
        ("grep -q '^Subject: x  y$'", "header", True),
        ("grep -q '^Subject: x  y$'", "both", True),
        ("grep -qx value", "$A", True),
        ("grep -q .", "$NONE", False),
    ],
)
def test_the_exit_status_is_the_answer(command: str, area: str, held: bool) -> None:
    """procmailrc(5): "? Use the exitcode of the specified program". It reads what the conditions search."""
    one = scene(MESSAGE)
    one.set("A", "value")
    assert Runs(command, area).ask(one).held is held


def test_it_reads_the_from_line() -> None:
    one = scene(MESSAGE)
    one.envelope = one.envelope.replace(from_line=b"From a@b  now")
    assert Runs("head -1 | grep -q '^From a@b  now$'", "header").ask(one).held
    assert not Runs("grep -q '^From a@b'", "body").ask(one).held


def test_variables_are_filled_in_and_exported() -> None:
    made = scene(MESSAGE)
    made.set("WORD", "bo")
    assert Runs(Template(("grep -q ", Var("WORD"), "dy"))).ask(made).held
    assert Runs(Command('test "$WORD" = bo')).ask(made).held
    assert made.value("$?") == "0"


def test_a_command_is_run_as_often_as_it_is_asked(tmp_path: Path) -> None:
    """But not again when the rules are run again, because a delivery failed."""
    made = scene(MESSAGE)
    command = f"echo >>{tmp_path}/ran"
    for _ in range(2):
        assert Runs(command).ask(made).held
    again = scene(MESSAGE)
    again.ran = made.ran
    for _ in range(2):
        assert Runs(command).ask(again).held
    assert (tmp_path / "ran").read_text() == "\n\n"


def test_another_value_is_another_question() -> None:
    made = scene(MESSAGE)
    answers = []
    for value in ("a", "b"):
        made.set("A", value)
        answers.append(Runs(Command('test "$A" = b')).ask(made).held)
    assert answers == [False, True]


def test_it_describes_itself() -> None:
    answer = Runs("false").ask(scene(MESSAGE))
    assert (answer.saw, answer.by) == (("exit status 1",), 'run "false"')
