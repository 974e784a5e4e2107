"""mdafilter score: a line a message, in order, whoever answers first; sums and exit codes."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path

from mdafilter.cli.score import Row, asking, line
from mdafilter.settings import Settings
from mdafilter.teaching import Options
from tests.support import spamd
from tests.support.commandline import invoke

FROM = b"From a@example.org  Sun Nov 22 10:00:00 2026\n"


def score(home: Path, host: str, *arguments: str) -> tuple[int, list[str], str]:
    (home / "conf.toml").write_text(f'[spamd]\nhosts = ["{host}"]\nretries = 0\ntimeout = 5\n')
    (home / "box").write_bytes((FROM + spamd.HAM + b"\n") * 3)
    done = invoke(home, "score", "--scorer", "spamd", "-c", str(home / "conf.toml"), str(home / "box"), *arguments)
    return done.exit_code, done.stdout.splitlines(), done.stderr


def test_a_line_for_each_message(tmp_path: Path) -> None:
    with spamd.scripted(spamd.answer(spamd.SYMBOLS)) as server:
        code, lines, sums = score(tmp_path, server.host, "-j", "2")
    step = len(FROM + spamd.HAM) + 1
    assert lines == [f"    15.2 spam   {tmp_path}/box:{at}" for at in (0, step, 2 * step)]
    assert (code, sums) == (0, "3 messages by spamd: 3 spam\n")


def test_json(tmp_path: Path) -> None:
    with spamd.scripted(spamd.answer(spamd.SYMBOLS)) as server:
        _, lines, _ = score(tmp_path, server.host, "--json")
    first = json.loads(lines[0])
    assert (first["score"], first["threshold"], first["symbols"]) == (15.2, 5.0, ["GTUBE", "B"])


def test_what_is_expected_is_not_shown(tmp_path: Path) -> None:
    with spamd.scripted(spamd.answer(spamd.SYMBOLS)) as server:
        assert score(tmp_path, server.host, "--expect", "spam")[:2] == (0, [])
        code, lines, sums = score(tmp_path, server.host, "--expect", "ham")
    assert (code, len(lines)) == (1, 3)
    assert "false alarms: 3 of 3 (100.00 %)" in sums


def test_silence_is_no_verdict(tmp_path: Path) -> None:
    code, lines, sums = score(tmp_path, spamd.closed_port())
    assert code == 3
    assert all(" none " in one for one in lines)
    assert "none is scored" in sums


def test_a_path_moves_no_cursor() -> None:
    assert line(Row("a\x1b[2J\n", "ham", 1.0)) == "       1 ham    a\\x1b[2J\\n"


def test_a_message_that_dovecot_has_compressed(tmp_path: Path) -> None:
    """Scored is the message: spamd is sent what is in it."""
    with spamd.scripted(spamd.answer(spamd.SYMBOLS)) as server:
        (tmp_path / "conf.toml").write_text(f'[spamd]\nhosts = ["{server.host}"]\nretries = 0\n')
        (tmp_path / "a").write_bytes(gzip.compress(spamd.HAM))
        (tmp_path / "b").write_bytes(gzip.compress(spamd.HAM)[:30])
        files = [str(tmp_path / "a"), str(tmp_path / "b")]
        done = invoke(tmp_path, "score", "--scorer", "spamd", "-c", str(tmp_path / "conf.toml"), *files)
    assert done.exit_code == 3
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["spam", "none"]
    assert "cannot be unpacked" in done.stdout


def test_an_address_is_asked_for_as_its_deliveries_ask() -> None:
    virtual = Settings(train=Options(virtual="root:/var/mail/%d/%n"))
    asked = asking(virtual, "bayes", "bob@example.org")
    assert isinstance(asked, functools.partial)
    assert asked.keywords["user"] == "root"
