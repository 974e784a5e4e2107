"""The door as a process: what it takes, what it answers, and that it ends in 0 or 75 whatever it is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter.cli.train_door import OPTIONS, options
from mdafilter.train import Report, spool
from tests.support.house import ROOT

MESSAGE = b"Subject: x\n\nbody\n"


def door(
    *words: str, data: bytes = MESSAGE, environ: dict[str, str] | None = None, stdin: int = subprocess.PIPE
) -> tuple[int, str]:
    env = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "USER": "", **(environ or {})}
    command = [sys.executable, "-m", "mdafilter.cli.start", "train", *words]
    if stdin == subprocess.PIPE:
        done = subprocess.run(command, env=env, capture_output=True, check=False, cwd=ROOT, input=data)
    else:
        done = subprocess.run(command, env=env, capture_output=True, check=False, cwd=ROOT, stdin=stdin)
    return done.returncode, (done.stdout + done.stderr).decode()


def reports(folder: Path) -> list[Report]:
    found = list(spool.take(str(folder)))
    assert all(isinstance(one, Report) for one in found)
    return [one for one in found if isinstance(one, Report)]


def test_a_report_is_taken(tmp_path: Path) -> None:
    environ = {"SENDER": "bob@example.org", "CLIENT_ADDRESS": "127.0.0.1"}
    code, said = door("ham", "--spool", str(tmp_path), data=b"From bob@x Thu\n" + MESSAGE, environ=environ)
    assert (code, said) == (0, "")
    (report,) = reports(tmp_path)
    assert (report.verdict, report.source, report.message) == ("ham", "alias", MESSAGE)
    assert report.facts == {"sender": "bob@example.org", "client_address": "127.0.0.1"}


def test_a_large_one_and_an_empty_one(tmp_path: Path) -> None:
    large = MESSAGE + b"x" * 2_000_000
    for data in (large, b""):
        assert door("spam", f"--spool={tmp_path}", data=data) == (0, "")
    assert sorted(len(report.message) for report in reports(tmp_path)) == [0, len(large)]


def test_the_From_line_alone_is_taken_off(tmp_path: Path) -> None:
    for data in (b"From x\r\n" + MESSAGE, b"From: x\n", b"From " + b"x" * 100_000, b"From"):
        assert door("spam", f"--spool={tmp_path}", data=data)[0] == 0
    found = sorted(report.message for report in reports(tmp_path))
    assert found == sorted([MESSAGE, b"From: x\n", b"From " + b"x" * 100_000, b"From"])


def test_the_options_of_pipe(tmp_path: Path) -> None:
    words = ["-f", "<>", "-r", "spam@x", "-e", "", "-a", "192.0.2.1", "--sasl-username=", "-s", str(tmp_path)]
    assert door("spam", *words) == (0, "")
    (report,) = reports(tmp_path)
    assert report.facts == {"sender": "<>", "recipient": "spam@x", "client_address": "192.0.2.1"}


def test_the_spool_is_configured(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(f'[train]\nspool = "{tmp_path}/spool"\n')
    code, said = door("spam", "-c", str(tmp_path / "c.toml"))
    text = f"the report cannot be put into {tmp_path}/spool: No such file or directory"
    assert (code, said) == (75, f"4.3.0 mdafilter: {text}\n")
    (tmp_path / "spool").mkdir()
    assert door("spam", "-c", str(tmp_path / "c.toml")) == (0, "")
    (tmp_path / "c.toml").write_text("[train]\nspol = 3\n")
    code, said = door("spam", "-c", str(tmp_path / "c.toml"))
    assert code == 75
    assert said.startswith("4.3.5 mdafilter: ") and "unknown setting 'spol'" in said


@pytest.mark.parametrize(
    "words",
    [["--folder", "x"], ["-f"], ["-x"], ["--help"], ["-h"], ["nothing-of-this-name"], ["--version"], ["--", "x"]],
)
def test_from_a_pipe_no_mistake_is_a_bounce(words: list[str]) -> None:
    assert door("spam", *words) == (75, "4.3.5 mdafilter: unknown argument; see mdafilter train spam --help\n")


def test_a_person_gets_help_and_errors() -> None:
    with open(os.devnull, "rb") as null:
        code, said = door("spam", "--help", stdin=null.fileno())
        assert code == 0
        assert all(long in said for _short, long, _value, _text in OPTIONS)
        code, said = door("spam", "nothing-of-this-name", stdin=null.fileno())
        assert code == 2
        assert "does not exist" in said


def test_a_closed_standard_output_is_no_failure(tmp_path: Path) -> None:
    script = f"{sys.executable} -m mdafilter.cli.start train spam -s {tmp_path} >&-; echo $? >&2"
    done = subprocess.run(["sh", "-c", script], input=MESSAGE, capture_output=True, check=True, cwd=ROOT)
    assert done.stderr == b"0\n"
    assert len(reports(tmp_path)) == 1


def test_options() -> None:
    assert options(["-fa", "-r", "b", "--config=c=d"]) == {"sender": "a", "recipient": "b", "config": "c=d"}
    assert options(["-f", "-r"]) == {"sender": "-r"}
    assert options([]) == {}
    for wrong in (["x"], ["-f"], ["--sender"], ["--send=x"], ["--"], ["-"], [""]):
        assert options(wrong) is None
