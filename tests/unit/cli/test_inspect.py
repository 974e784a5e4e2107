"""The command that shows what is in a message."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from mdafilter import limits
from tests.support.commandline import invoke

MAIL = b"From: a@b.example\nSubject: hello \x1b[2J\n\nbody\n"


def test_our_own_view_and_mail_parsers(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(MAIL)
    done = invoke(tmp_path, "inspect", str(tmp_path / "m.eml"))
    assert done.exit_code == 0
    assert "Subject:    hello \\x1b[2J" in done.stdout
    assert "As mail-parser sees it" in done.stdout
    assert "\x1b" not in done.stdout


def test_without_mail_parser(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(MAIL)
    assert "mail-parser" not in invoke(tmp_path, "inspect", "--no-mail-parser", str(tmp_path / "m.eml")).stdout


def test_as_json(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(b"From s Sun Nov 22 14:10:06 2026\n" + MAIL)
    found = json.loads(invoke(tmp_path, "inspect", "--json", str(tmp_path / "m.eml")).stdout)
    assert found["size"] == len(MAIL)
    assert found["addresses"]["from"] == [{"name": "", "address": "a@b.example", "valid": True}]
    assert found["mail_parser"]["from"] == [["", "a@b.example"]]


def test_a_message_too_large_for_mail_parser_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAILPARSER_OCTETS", 10)
    (tmp_path / "m.eml").write_bytes(MAIL)
    done = invoke(tmp_path, "inspect", str(tmp_path / "m.eml"))
    assert done.exit_code == 0
    assert "As mail-parser sees it: a message of more than 10 octets is not given to mail-parser" in done.stdout


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert invoke(tmp_path, "inspect", str(tmp_path / "none")).exit_code == 2


def test_a_message_that_dovecot_has_compressed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(MAIL))
    assert "Subject:    hello" in invoke(tmp_path, "inspect", "--no-mail-parser", str(tmp_path / "a")).stdout
