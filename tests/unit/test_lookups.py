"""Tables as files: found, kept as long as they stay the same, and what is no answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import limits, lookups, rulebook
from mdafilter.errors import RuleFailed
from mdafilter.lookups import found, load
from mdafilter.world import Found


def test_what_is_found(tmp_path: Path) -> None:
    path = tmp_path / "access"
    path.write_text("# c\nAnn@example.org 550 5.7.1 no\n")
    assert found(str(path), "mail", "ann+x@example.org", "+") == Found(
        "Ann@example.org", "550 5.7.1 no", "REJECT", "5.7.1 no", str(path), 2
    )
    assert found(str(path), "mail", "ann+x@example.org", "") is None
    assert found(str(path), "host", "example.org", "+") is None


def test_a_table_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "access"
    path.write_text("a OK\n")
    assert load(str(path)) is load(str(path))


def test_a_changed_table_is_read_again(tmp_path: Path) -> None:
    path, new = tmp_path / "access", tmp_path / "new"
    path.write_text("a OK\n")
    assert load(str(path)).host("a")
    for text in ("b OK\n", "longer OK\n"):
        new.write_text(text)
        os.utime(new, ns=(0, path.stat().st_mtime_ns))
        new.rename(path)  # as an editor does: another inode
        assert load(str(path)).host("a") is None
        assert load(str(path)).host(text.split()[0])
    path.write_text("c OK\n")
    assert load(str(path)).host("c")


def test_a_table_that_was_read_as_it_was_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second change in the same tick of the clock leaves size and times as they are."""
    path = tmp_path / "access"
    path.write_text("a OK\n")
    assert load(str(path)).host("a")
    state = path.stat()
    path.write_text("b OK\n")
    monkeypatch.setattr(os, "fstat", lambda _fd: state)
    monkeypatch.setattr(limits, "SETTLED_SECONDS", -3600.0)  # that time has passed
    assert load(str(path)).host("a") is None
    assert load(str(path)) is load(str(path))


def test_not_all_tables_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_kept", {})
    for number in range(limits.TABLES + 3):
        (tmp_path / f"{number}").write_text("a OK\n")
        load(str(tmp_path / f"{number}"))
    assert list(lookups._kept) == [str(tmp_path / f"{number}") for number in range(3, limits.TABLES + 3)]


def test_a_missing_table_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(RuleFailed, match="access cannot be read: No such file"):
        load(str(tmp_path / "access"))


@pytest.mark.parametrize("name", ["a\0b", "\udc00" * 5, "x" * 10_000])
def test_a_name_that_no_file_has(name: str) -> None:
    with pytest.raises(RuleFailed, match="cannot be read"):
        load(f"/tmp/{name}")


def test_a_folder_or_a_pipe_is_no_table(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RuleFailed, match="cannot be read"):
        load(str(tmp_path))
    with pytest.raises(RuleFailed, match=f"the table {tmp_path}/pipe is no file"):
        load(str(tmp_path / "pipe"))


def test_a_compiled_table_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "access.db").write_bytes(b"\0\0\x05\x31")
    with pytest.raises(RuleFailed, match="this is no text"):
        load(str(tmp_path / "access.db"))


def test_a_table_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TABLE_OCTETS", 4)
    (tmp_path / "t").write_text("a b\n")
    load(str(tmp_path / "t"))
    (tmp_path / "t").write_text("a bc\n")
    with pytest.raises(RuleFailed, match="the file is longer than 4 octets"):
        load(str(tmp_path / "t"))


@pytest.mark.parametrize("own", [True, False])
def test_a_table_of_the_user_that_others_may_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    path = tmp_path / "access"
    path.write_text("a OK\n")
    load(str(path))
    path.chmod(0o646)
    monkeypatch.setattr(rulebook, "is_users", lambda _path: own)
    if own:
        with pytest.raises(RuleFailed, match=f"the table {path} is not used: everybody may write to this file"):
            load(str(path))
    else:
        assert load(str(path)).host("a")
