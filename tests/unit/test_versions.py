"""A file and its version before."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from mdafilter.versions import NEW, OLD, PREVIOUS, NothingBefore, replace, undo


def content(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def before(path: Path) -> str | None:
    return content(path.with_name(path.name + PREVIOUS))


def test_the_version_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    for text in ("one", "two", "three"):
        replace(str(path), text.encode())
    assert (content(path), before(path)) == ("three", "two")
    assert sorted(os.listdir(tmp_path)) == ["rules", "rules.previous"]


def test_to_undo_swaps(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    replace(str(path), b"one")
    replace(str(path), b"two")
    undo(str(path))
    assert (content(path), before(path)) == ("one", "two")
    undo(str(path))
    assert (content(path), before(path)) == ("two", "one")


def test_where_there_was_none(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    replace(str(path), b"one")
    assert before(path) == ""
    undo(str(path))
    assert (content(path), before(path)) == (None, "one")
    undo(str(path))
    assert (content(path), before(path)) == ("one", "")


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(NothingBefore, match="no version before"):
        undo(str(tmp_path / "rules"))
    (tmp_path / "rules.previous").write_bytes(b"")
    with pytest.raises(NothingBefore, match="there is none now"):
        undo(str(tmp_path / "rules"))


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_permissions_stay(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "rules"
    path.write_bytes(b"one")
    path.chmod(mode)
    replace(str(path), b"two")
    assert path.stat().st_mode & 0o777 == mode


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    replace(str(tmp_path / "rules"), b"one")
    assert (tmp_path / "rules").stat().st_mode & 0o777 == 0o600


def test_a_link_is_replaced_and_comes_back(tmp_path: Path) -> None:
    """What it points to is not written to."""
    path, other = tmp_path / "rules", tmp_path / "elsewhere"
    other.write_bytes(b"one")
    path.symlink_to(other)
    replace(str(path), b"two")
    assert (content(path), content(other)) == ("two", "one")
    undo(str(path))
    assert path.is_symlink()
    assert content(path) == "one"


@pytest.mark.parametrize("call", ["rename", "link", "unlink"])
@pytest.mark.parametrize("turn", range(4))
def test_killed_at_any_call_the_file_is_one_of_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, turn: int
) -> None:
    path = tmp_path / "rules"
    replace(str(path), b"one")
    replace(str(path), b"two")
    real, turns = getattr(os, call), iter(range(100))

    def killed(*arguments: object, **named: object) -> object:
        if next(turns) == turn:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    for action in (partial(undo, str(path)), partial(replace, str(path), b"three")):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, killed)
            try:
                action()
            except KeyboardInterrupt:
                pass
        assert content(path) in ("one", "two", "three")
    replace(str(path), b"four")
    assert content(path) == "four"
    assert not [name for name in os.listdir(tmp_path) if name.endswith((NEW, OLD))]
