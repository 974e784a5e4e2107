"""The outside of a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.errors import RuleFailed
from mdafilter.message import Octets
from mdafilter.settings import Settings
from mdafilter.testing.stage import Stage
from tests.support.bindir import program


def stage() -> Stage:
    return Stage("/nowhere", Settings(), 1000.0)


def test_the_clock_is_that_of_the_test() -> None:
    it = stage()
    assert it.world.now() == 1000.0
    it.now = 5.0
    assert it.world.now() == 5.0


def test_what_was_met() -> None:
    it = stage()
    it.met["duplicate", "x"] = 1001.0
    assert it.world.seen("duplicate", "x") is True
    assert it.world.seen("duplicate", "y") is False
    it.now = 1001.0
    assert it.world.seen("duplicate", "x") is False


def test_nobody_outside_is_asked() -> None:
    it = stage()
    assert it.world.score(it.message).verdict is None
    assert it.world.scan(it.message).finding is None
    assert it.world.run("echo x", it.message, {}).status is None
    assert it.world.run("echo x", it.message, {}).output.slice(0, 1) == Octets.of(b"").slice(0, 1)


def test_programs_are_run_that_lie_in_a_folder_of_the_test(tmp_path: Path) -> None:
    it, path = stage(), program(tmp_path, "says", "cat; echo $X")
    asked = ((str(path),), it.message, {"X": "here"}, 5.0)
    assert it.world.execute(*asked).status is None
    it.config.set("sieve_execute_bin_dir", f"{tmp_path}/")
    it.config.reload()
    ran = it.world.execute(*asked)
    assert ran.status == 0
    assert ran.output.slice(0, len(ran.output)).endswith(b"here\n")
    assert it.world.execute(("/bin/true",), it.message, {}, 5.0).status is None


def test_the_program_of_a_pipe_is_not_looked_for() -> None:
    it = stage()
    assert it.world.program("pipe", "none-such") == "none-such"
    it.config.set("sieve_pipe_bin_dir", "/x/bin")
    it.config.reload()
    assert it.world.program("pipe", "none-such") == "/x/bin/none-such"
    it.config.set("sieve_pipe_bin_dir", "bin")
    it.config.reload()
    assert it.world.program("pipe", "none-such") == "/nowhere/bin/none-such"
    with pytest.raises(RuleFailed):
        it.world.program("filter", "none-such")


def test_folders_are_those_of_the_store() -> None:
    it = stage()
    it.store.create("A")
    assert it.world.has_folder("A")
    assert not it.world.has_folder("a..b")
    assert it.world.folder_of("/nowhere/Maildir/.A/") == "A"
