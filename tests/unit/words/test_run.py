"""`* ? command`."""

from __future__ import annotations

import pytest

from mdafilter.texts import Template, Var
from mdafilter.words.run import Runs
from tests.support.scene import scene

MESSAGE = b"Subject: x\n\nbody\n"


@pytest.mark.parametrize(
    ("command", "area", "held"),
    [
        ("true", "both", True),
        ("false", "both", False),
        ("/no/such/program", "both", False),
        ("grep -q body", "both", True),
        ("grep -q body", "header", False),
        ("grep -q Subject", "body", False),
    ],
)
def test_the_exit_status_is_the_answer(command: str, area: str, held: bool) -> None:
    """procmailrc(5): "? Use the exitcode of the specified program"."""
    assert Runs(command, area).ask(scene(MESSAGE)).held is held


def test_variables_are_filled_in_and_exported() -> None:
    made = scene(MESSAGE)
    made.set("WORD", "bo")
    assert Runs(Template(("grep -q ", Var("WORD"), "dy"))).ask(made).held
    assert Runs('test "$WORD" = bo').ask(made).held


def test_a_command_is_run_once_for_a_message(tmp_path: object) -> None:
    made = scene(MESSAGE)
    command = f"echo >>{tmp_path}/ran"
    assert Runs(command).ask(made).held
    assert Runs(command).ask(made).held
    with open(f"{tmp_path}/ran") as ran:
        assert ran.read() == "\n"


def test_it_describes_itself() -> None:
    answer = Runs("false").ask(scene(MESSAGE))
    assert (answer.saw, answer.by) == (("exit status 1",), 'run "false"')
