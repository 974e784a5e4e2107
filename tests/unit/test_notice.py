"""The letter about broken rules: once for each change, and again rather than never."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path

import pytest

from mdafilter.errors import Problem
from mdafilter.notice import SHOWN, wanted

NOW = 1_800_000_000.0
ONE = (Problem("/home/a/.mdafilter.sieve", 2, 1, "missing ;", "put a ; here", "keep"),)


@pytest.fixture(autouse=True)
def _no_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)


def test_no_problem_no_letter(tmp_path: Path) -> None:
    assert wanted((), str(tmp_path)) is None


def test_the_letter_shows_the_line_and_what_to_do(tmp_path: Path) -> None:
    told = wanted(ONE, str(tmp_path))
    assert told is not None
    letter = message_from_bytes(told.letter("a@example.org", b"\n", NOW))
    text = letter.get_payload()
    assert letter["To"] == "a@example.org"
    assert letter["Subject"] == "Your mail rules are not in force: /home/a/.mdafilter.sieve"
    assert isinstance(text, str)
    assert ONE[0].show() in text
    assert "mdafilter check /home/a/.mdafilter.sieve" in text


def test_many_problems_are_counted(tmp_path: Path) -> None:
    told = wanted(tuple(Problem("f", n, 1, "bad") for n in range(1, SHOWN + 6)), str(tmp_path))
    assert told is not None
    assert b"and 5 more" in told.letter("a", b"\n", NOW)


def test_what_was_told_is_not_told_again_until_it_changes(tmp_path: Path) -> None:
    told = wanted(ONE, str(tmp_path))
    assert told is not None
    assert wanted(ONE, str(tmp_path)) is not None, "looking is not remembering"
    told.remember()
    assert wanted(ONE, str(tmp_path)) is None
    assert wanted((ONE[0].replace(line=3),), str(tmp_path)) is not None


def test_a_memory_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("a file where the folder should be")
    told = wanted(ONE, str(tmp_path))
    assert told is not None
    told.remember()
    assert wanted(ONE, str(tmp_path)) is not None
    told = wanted(ONE, "")
    assert told is not None
    told.remember()


def test_where_it_is_remembered_is_said_by_the_environment_of_the_delivery(tmp_path: Path) -> None:
    told = wanted(ONE, "/home/a", {"XDG_STATE_HOME": str(tmp_path)})
    assert told is not None
    assert told.path == str(tmp_path / "mdafilter" / "notices")
