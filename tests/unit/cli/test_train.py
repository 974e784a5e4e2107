"""mdafilter train: each of its commands is a file, and says what it does."""

from __future__ import annotations

from pathlib import Path

from mdafilter.cli.train import COMMANDS
from tests.support.commandline import invoke


def test_its_help_lists_the_commands(tmp_path: Path) -> None:
    done = invoke(tmp_path, "train", "--help")
    assert done.exit_code == 0
    for name, (_module, text) in COMMANDS.items():
        assert f"  {name} " in done.output and text[:20] in done.output


def test_what_is_no_command_is_said(tmp_path: Path) -> None:
    done = invoke(tmp_path, "train", "unsure")
    assert done.exit_code == 2
    assert "No such command 'unsure'" in done.output
