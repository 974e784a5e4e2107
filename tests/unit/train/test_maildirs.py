"""The files of Maildirs, the newest first; links lead nowhere."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.train.maildirs import File, files
from tests.support.dovecotmail import PACKED


def put(root: Path, name: str, data: bytes = b"From: a\n\nb\n") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(root: Path) -> list[str]:
    return [file.path.removeprefix(f"{root}/") for file in files([str(root)])]


def test_the_newest_first_of_all_folders(tmp_path: Path) -> None:
    for name in (
        "cur/20.a:2,S",
        "new/100.b",
        ".Junk/cur/30.c:2,",
        "Lists/new/25.d",
        "tmp/40.e",
        ".Junk/tmp/41.f",
        "cur/none",
    ):
        put(tmp_path, name)
    put(tmp_path, "dovecot.index")
    assert names(tmp_path) == ["new/100.b", ".Junk/cur/30.c:2,", "Lists/new/25.d", "cur/20.a:2,S", "cur/none"]
    assert [file.base for file in files([str(tmp_path)])] == ["100.b", "30.c", "25.d", "20.a", "none"]


def test_a_maildir_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    put(tmp_path, "cur/1.a")
    assert len(files([str(tmp_path), str(tmp_path), str(tmp_path / "none")])) == 1


def test_links_lead_nowhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    put(elsewhere, "cur/1.a")
    root = tmp_path / "Maildir"
    put(root, "new/2.b")
    (root / ".Link").symlink_to(elsewhere)
    (root / "cur").symlink_to(elsewhere / "cur")
    (root / "new" / "3.c").symlink_to(elsewhere / "cur" / "1.a")
    assert [name for name in names(root) if name != "new/3.c"] == ["new/2.b"]
    assert [file.content() for file in files([str(root)]) if file.base == "3.c"] == [None]
    assert len(files([str(tmp_path / "Maildir")])) == 2


def test_a_maildir_may_itself_be_a_link(tmp_path: Path) -> None:
    put(tmp_path / "there", "cur/1.a")
    (tmp_path / "here").symlink_to(tmp_path / "there")
    assert len(files([str(tmp_path / "here")])) == 1


def test_a_file_is_read_as_far_as_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"X: " + b"x" * 10_000 + b"\nFrom: a\n\n" + b"body" * 1000
    file = File(str(put(tmp_path, "a", raw)), "a", os.geteuid())
    headers = file.headers()
    assert headers and [field.name for field in headers] == ["X", "From"]
    assert file.content() == raw
    monkeypatch.setattr(limits, "ORIGINAL_OCTETS", len(raw) - 1)
    assert file.content() is None


@pytest.mark.parametrize("data", [b"", b"\n"])
def test_an_empty_file(tmp_path: Path, data: bytes) -> None:
    headers = File(str(put(tmp_path, "a", data)), "a", os.geteuid()).headers()
    assert (headers is None) == (data == b"")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    file = File(str(tmp_path / "a"), "a", os.geteuid())
    assert (file.headers(), file.content()) == (None, None)


def test_somebody_elses(tmp_path: Path) -> None:
    assert File(str(put(tmp_path, "a")), "a", os.geteuid() + 1).content() is None


def test_what_is_gone_is_none(tmp_path: Path) -> None:
    assert File(str(tmp_path / "a"), "a", os.geteuid()).content() is None


def test_a_failing_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "cur/1.a")
    (file,) = files([str(tmp_path)])

    def broken(path: str, flags: int) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "open", broken)
    with pytest.raises(OSError, match="Input/output"):
        file.headers()
    with pytest.raises(OSError, match="Input/output"):
        files([str(tmp_path)])


@pytest.mark.parametrize("how", PACKED)
def test_what_is_compressed_is_unpacked(tmp_path: Path, how: str) -> None:
    raw = b"From: a\n" + b"X: %064d\n" * 500 + b"\nbody\n"
    (file,) = files([str(put(tmp_path, "cur/1.a,S=9:2,S", PACKED[how](raw)).parent.parent)])
    assert file.content() == raw
    headers = file.headers()
    assert headers is not None and len(headers) == 501
    put(tmp_path, "cur/1.a,S=9:2,S", PACKED[how](raw)[:30])
    assert (file.content(), file.headers()) == (None, None)
