"""Whatever becomes of mail-parser is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.cli import mailparser_run
from mdafilter.message import Octets

MAIL = Octets.of(b"Subject: hello\n\nbody\n")


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another program in the place of the child: what a package that is not ours might do."""
    monkeypatch.setattr(mailparser_run, "CHILD", str(tmp_path / "child.py"))
    return tmp_path / "child.py"


def test_what_it_says() -> None:
    assert mailparser_run.ask(MAIL)["subject"] == "hello"


def test_a_large_message_is_not_given_to_it(tmp_path: Path) -> None:
    with open(tmp_path / "large", "wb+") as file:
        file.truncate(limits.MAILPARSER_OCTETS + 1)
        found = mailparser_run.ask(Octets.map(file.fileno()))
    assert found == {"error": f"a message of more than {limits.MAILPARSER_OCTETS} octets is not given to mail-parser"}


def test_too_little_memory() -> None:
    assert "error" in mailparser_run.ask(MAIL, memory=30 * 1024 * 1024)


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("import time; time.sleep(60)", "mail-parser took longer than 1 s"),
        ("import os; os.abort()", "mail-parser was ended by SIGABRT"),
        ("raise SystemExit(3)", "mail-parser ended with 3"),
        ("print('nonsense')", "mail-parser gave no answer that can be read"),
        ("print('[' * 1000000)", "mail-parser gave no answer that can be read"),
        ("print('[]')", "mail-parser gave no answer that can be read"),
        ("import sys; sys.stdin.close()", "mail-parser gave no answer that can be read"),
    ],
)
def test_whatever_it_does_is_one_line(child: Path, program: str, error: str) -> None:
    child.write_text(program)
    assert mailparser_run.ask(MAIL, seconds=1) == {"error": error}


def test_without_a_program_there_is_an_error(child: Path) -> None:
    assert mailparser_run.ask(MAIL) == {"error": "mail-parser ended with 2"}
