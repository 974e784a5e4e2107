"""mdafilter deliver hands its arguments over as they stand, and never ends with a code that bounces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mdafilter.arguments import OPTIONS
from mdafilter.cli.deliver_command import command
from tests.support.commandline import ordinary_home, run


@pytest.fixture
def home() -> Iterator[Path]:
    with ordinary_home() as folder:
        (folder / "c.toml").write_text("rules = []\n[journal]\nsyslog = false\n")
        yield folder


def test_a_message_is_delivered(home: Path) -> None:
    done = run(home, "deliver", "-c", "c.toml", "-m", str(home / "box"), data=b"Subject: x\n\nbody\n")
    assert done.returncode == 0, done.stdout + done.stderr
    (delivered,) = (home / "box" / "new").iterdir()
    assert delivered.read_bytes().endswith(b"Subject: x\n\nbody\n")


@pytest.mark.parametrize("arguments", [["--nonsense"], ["-c"], ["-c", "none.toml"], ["--help"], ["-h"]])
def test_whatever_is_wrong_with_the_arguments_the_message_waits(home: Path, arguments: list[str]) -> None:
    assert run(home, "deliver", *arguments, data=b"Subject: x\n\nbody\n").returncode == 75


def test_the_help_has_every_option() -> None:
    shown = command.get_help(click.Context(command, info_name="deliver"))
    for short, long, _value, text in OPTIONS[:-1]:
        assert f"{short}, {long}" in shown
        assert text.split(";")[0][:30] in shown
