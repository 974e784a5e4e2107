"""The decisions: written, rotated, read back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.decide import Decision
from mdafilter_policyd.decisions import Decisions, Entry, encode, entries, parse
from tests.support.policyd_core import Lines, request

DECISION = Decision("554 5.7.1 no", "helo", "no", (), (("spf", "550 no"),), 2.5)


def test_what_is_written_is_read() -> None:
    line = encode(1000.12345, request(), DECISION, {"spf": "fail"})
    assert parse(line) == Entry(
        time=1000.123,
        client="192.0.2.1",
        name="mail.example.net",
        helo="mail.example.net",
        sender="alice@example.net",
        recipient="bob@example.org",
        state="RCPT",
        instance="1.2.3",
        action="554 5.7.1 no",
        by="helo",
        why="no",
        would=(("spf", "550 no"),),
        points=2.5,
        facts={"spf": "fail"},
    )
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


def test_a_line_is_not_too_long() -> None:
    line = encode(1, request(helo_name="\u2028" * 60_000), DECISION, {"x": "\udcff" * 60_000})
    assert len(line) < 6 * 2 * limits.DECISION_TEXT + 1000


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"[]",
        b"{}",
        b'{"time":"x"}',
        b'{"time":NaN}',
        b'{"time":true}',
        b'{"time":1',
        b"\xff",
        b"[" * 99_999,
    ],
)
def test_what_is_no_decision(line: bytes) -> None:
    assert parse(line) is None


def test_members_of_a_wrong_type_are_as_if_missing() -> None:
    line = b'{"time":1,"client":5,"points":"x","would":[["a"],["a",1],["a","b"],7],"facts":{"a":1,"b":"c"},"new":1}'
    assert parse(line) == Entry(1.0, would=(("a", "b"),), facts={"b": "c"})
    assert parse(b'{"time":1,"would":{},"facts":[]}') == Entry(1.0)


def write(made: Decisions, times: range) -> None:
    async def inside() -> None:
        for time in times:
            made.write(time, request(), DECISION, {})
        made.flush()

    asyncio.run(inside())


def test_lines_wait_for_each_other_and_are_written_by_themselves(tmp_path: Path) -> None:
    path = tmp_path / "state" / "decisions.jsonl"

    async def inside() -> list[int]:
        made = Decisions(str(path), Lines())
        made.write(1, request(), DECISION, {})
        made.write(2, request(), DECISION, {})
        before = path.exists()
        while not path.exists():
            await asyncio.sleep(0.01)
        made.flush()
        return [before, *(int(entry.time) for entry in entries(str(path)))]

    assert asyncio.run(inside()) == [False, 1, 2]
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_rotated_and_bounded(tmp_path: Path) -> None:
    path = str(tmp_path / "d")
    made = Decisions(path, Lines(), max_size=1000, keep=2)
    for time in range(20):
        write(made, range(time, time + 1))
    assert len(os.listdir(tmp_path)) == 3
    times = [entry.time for entry in entries(path)]
    assert times == sorted(times)
    assert times[-1] == 19
    assert [entry.time for entry in entries(path, since=18)] == [18, 19]


def test_a_piece_of_a_line_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_bytes(b'{"time":1}\n{"time":2,"cli\n' + b"x" * 200_000 + b'\n{"time":3}\n')
    assert [entry.time for entry in entries(str(path))] == [1, 3]
    assert list(entries(str(tmp_path / "none"))) == []


def test_many_are_written_before_their_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DECISIONS_WAITING", 1000)

    async def inside() -> None:
        made = Decisions(str(tmp_path / "d"), Lines())
        for _ in range(10):
            made.write(1, request(), DECISION, {})
        assert (tmp_path / "d").exists()
        made.flush()

    asyncio.run(inside())


def test_a_folder_that_cannot_be_written_to_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = Lines()
    made = Decisions(str(tmp_path / "file" / "d"), log)
    write(made, range(2))
    write(made, range(2))
    assert log.lines == [f"warning: decisions fails, mail goes on without it: {tmp_path}/file/d: Not a directory"]
