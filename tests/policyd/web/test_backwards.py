"""The newest decisions first, and not all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter_policyd.web import backwards
from mdafilter_policyd.web.backwards import entries, lines


def test_the_last_line_is_the_first(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_bytes(b"5\n6\n")
    (tmp_path / "d.1").write_bytes(b"3\n4\n")
    (tmp_path / "d.2").write_bytes(b"1\n\n2")
    assert list(lines(str(path))) == [b"6", b"5", b"4", b"3", b"2", b"1"]
    assert list(lines(str(tmp_path / "none"))) == []


def test_it_ends_where_it_shall(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_bytes(b"aaa\nbbb\nccc\n")
    (tmp_path / "d.1").write_bytes(b"zzz\n")
    assert list(lines(str(path), 8)) == [b"ccc"]  # that "bbb" is whole is not known
    assert list(lines(str(path), 12)) == [b"ccc", b"bbb", b"aaa"]


@pytest.mark.parametrize("window", [1, 2, 3, 7, 100])
def test_lines_over_windows(tmp_path: Path, window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backwards, "_WINDOW", window)
    path = tmp_path / "d"
    path.write_bytes(b"first\n\nsecond line\nx\n")
    assert list(lines(str(path))) == [b"x", b"second line", b"first"]


def test_what_is_no_decision_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_bytes(b'{"time":1,"client":"a"}\nrubbish\n{"time":2,"client":"b"}\n{"time":3,"cli')
    assert [entry.client for entry in entries(str(path))] == ["b", "a"]
    assert [entry.client for entry in entries(str(path), b'"a"')] == ["a"]


def test_a_line_without_an_end_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.write_bytes(b'{"time":1,"client":"a"}\n' + b"x" * 2_000_000 + b'\n{"time":2,"client":"b"}\n')
    assert [entry.client for entry in entries(str(path))] == ["b", "a"]
