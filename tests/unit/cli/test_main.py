"""The table of commands: all are there, each imported only when it is called, each with help and an example."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from mdafilter.cli.main import COMMANDS, main
from tests.support.commandline import invoke
from tests.support.house import ROOT


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_and_its_exit_codes(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert command.help is not None
    assert f"mdafilter {name}" in command.help
    assert "Exit code" in command.help


def test_the_help_lists_every_command_with_its_text(tmp_path: Path) -> None:
    shown = invoke(tmp_path, "--help")
    assert shown.exit_code == 0
    for name, (_module, text) in COMMANDS.items():
        assert name in shown.stdout
        assert text in shown.stdout


def test_the_help_imports_no_command() -> None:
    code = (
        "import sys\nfrom mdafilter.cli.main import main\nmain(['--help'], standalone_mode=False)\n"
        "print(sorted(n for n in sys.modules if n.startswith('mdafilter.cli.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['mdafilter.cli.main', 'mdafilter.cli.terminal']"


def test_an_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    done = invoke(tmp_path, "nonsense")
    assert done.exit_code == 2
    assert "nonsense" in done.stderr


def test_a_wrong_configuration_is_told_in_lines_and_not_by_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("nonsense = 1\n")
    done = invoke(tmp_path, "check", "-c", str(tmp_path / "c.toml"))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {tmp_path}/c.toml:1: unknown setting 'nonsense'")


def test_the_version(tmp_path: Path) -> None:
    assert invoke(tmp_path, "--version").stdout.startswith("mdafilter, version ")
