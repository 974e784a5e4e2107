"""Programs that rules ask."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed, TryAgain
from mdafilter.message import Message, Piece
from mdafilter.programs import execute, program, run
from mdafilter.targets import program as program_target
from mdafilter.world import Ran

MESSAGE = Message.parse(b"Subject: x\n\nbody\n")


def test_the_message_in_and_what_it_writes_out() -> None:
    ran = run("cat; echo oops >&2; exit 3", MESSAGE, {}, "")
    assert (ran.status, ran.says) == (3, "oops")
    assert ran.output.slice(0, 100) == b"Subject: x\n\nbody\n"


@pytest.mark.parametrize(("area", "given"), [("header", b"Subject: x\n\n"), ("body", b"body\n")])
def test_a_piece_of_it(area: str, given: bytes) -> None:
    assert run("cat", Piece(MESSAGE, area), {}, "").output.slice(0, 100) == given


def test_a_large_output_is_not_held_in_memory() -> None:
    ran = run("head -c 1000000 /dev/zero", MESSAGE, {}, "")
    assert (len(ran.output), ran.output.fd is None) == (1_000_000, False)


def test_variables_and_folder(tmp_path: Path) -> None:
    ran = run('pwd; echo "$A"', MESSAGE, {"A": "x y", "no name": "z", "B": "a\0b"}, str(tmp_path))
    assert ran.output.slice(0, 1000) == f"{tmp_path}\nx y\n".encode()
    assert run("pwd", MESSAGE, {}, str(tmp_path / "it's not there")).status == 0


def test_a_shell_that_is_none_is_not_taken() -> None:
    assert run("echo x", MESSAGE, {"SHELL": "/bin/csh"}, "").output.slice(0, 9) == b"x\n"


def test_a_lock_file_is_there_meanwhile(tmp_path: Path) -> None:
    lock = str(tmp_path / "x.lock")
    assert run(f"test -e {lock}", MESSAGE, {}, "", lock).status == 0
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_nobody_gives_up_defers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOCK_SECONDS", 0.1)
    (tmp_path / "x.lock").touch()
    with pytest.raises(TryAgain, match="another program"):
        run("true", MESSAGE, {}, "", str(tmp_path / "x.lock"))


def test_one_that_takes_too_long_has_no_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROGRAM_SECONDS", 0.1)
    assert run("sleep 60", MESSAGE, {}, "").status is None


@pytest.mark.parametrize("command", ["cat", "head -c 1000000 /dev/zero", "exit 1", "/nowhere/program"])
def test_no_file_stays_open(command: str) -> None:
    before = os.listdir("/proc/self/fd")
    ran = run(command, MESSAGE, {}, "")
    del ran
    assert os.listdir("/proc/self/fd") == before


def test_no_file_stays_open_where_nothing_could_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOCK_SECONDS", 0.0)
    (tmp_path / "x.lock").touch()
    before = os.listdir("/proc/self/fd")
    with pytest.raises(TryAgain):
        run("true", MESSAGE, {}, "", str(tmp_path / "x.lock"))
    assert os.listdir("/proc/self/fd") == before


def bound(monkeypatch: pytest.MonkeyPatch, script: str, folder: Path) -> Ran:
    monkeypatch.setattr(limits, "ANSWER_OCTETS", 10_000)
    (folder / "p").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "p").chmod(0o755)
    return execute((str(folder / "p"), "a b"), Message.parse(b"A: b\n\nx\n"), {"V": "1"}, 20)


def test_a_program_without_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = bound(monkeypatch, 'cat; echo "$#$1$V"; echo why >&2; exit 3', tmp_path)
    assert (ran.status, ran.output.slice(0, 99), ran.says) == (3, b"A: b\n\nx\n1a b1\n", "why")


def test_what_it_writes_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed; one that has written more before that is as good as killed."""
    assert bound(monkeypatch, "exec yes", tmp_path).status in (128 + 25, None)
    monkeypatch.setattr(program_target, "_bound", lambda pid, most: None)
    ran = bound(monkeypatch, "yes | head -c 20000", tmp_path)
    assert (ran.status, len(ran.output), ran.says) == (None, 0, "it wrote more than 10000 octets")


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    ran = execute((str(tmp_path / "none"),), Message.parse(b"A: b\n"), {}, 20)
    assert ran.status is None and "cannot be started" in ran.says


def test_which_programs_the_site_lets_rules_run(tmp_path: Path) -> None:
    (tmp_path / "good").write_text("#!/bin/sh\n")
    for name, mode in (("good", 0o755), ("plain", 0o644), ("open", 0o757)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    (tmp_path / "folder").mkdir()
    assert program(str(tmp_path), "good") == f"{tmp_path}/good"
    for name, why in (
        *(
            ("none", "No such file"),
            ("plain", "the program plain cannot be run: it is not executable"),
            ("folder", "not executable"),
        ),
        *(("open", "everybody can change it"), ("a\0", "null")),
    ):
        with pytest.raises(RuleFailed, match=why):
            program(str(tmp_path), name)
    with pytest.raises(RuleFailed, match="no folder of programs"):
        program("", "good")
    tmp_path.chmod(0o777)
    with pytest.raises(RuleFailed, match="the program good is not run: everybody can change it, or its folder"):
        program(str(tmp_path), "good")
