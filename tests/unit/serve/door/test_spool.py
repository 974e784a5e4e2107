"""Where the LMTP door keeps a message."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.serve import wire
from mdafilter.serve.door.spool import FULL, Spool, trouble

SMALL = limits.SPOOL_IN_MEMORY
MIDDLING = wire.MESSAGE_OCTETS + 1


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Spool]:
    one = Spool(str(tmp_path))
    yield one
    one.close()
    one.close()


def read(fd: int) -> bytes:
    with open(fd, "rb") as file:
        return file.read()


@pytest.mark.parametrize("size", [MIDDLING, SMALL, SMALL + 1, 3 * SMALL])
@pytest.mark.parametrize("piece", [1000, SMALL * 4])
def test_a_message_comes_out_as_it_went_in(made: Spool, size: int, piece: int) -> None:
    data = os.urandom(size)
    for at in range(0, size, piece):
        made.write(data[at : at + piece])
    made.seal()
    first, second = made.descriptor(), made.descriptor()
    assert os.read(first, 10) == data[:10]
    assert read(second) == data  # with a position of its own
    assert read(first) == data[10:]


@pytest.mark.parametrize("size", [0, 1, MIDDLING - 1])
def test_a_small_one_stays_in_memory(made: Spool, size: int) -> None:
    data = os.urandom(size)
    for at in range(0, size, 1000):
        made.write(data[at : at + 1000])
    made.seal()
    assert made.octets == data


@pytest.mark.parametrize("size", [MIDDLING, SMALL + 1])
def test_who_gets_it_cannot_change_it(made: Spool, size: int) -> None:
    made.write(b"x" * size)
    made.seal()
    fd = made.descriptor()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(fd, b"y")
    with pytest.raises(OSError, match="Invalid argument"):
        os.ftruncate(fd, 0)
    os.close(fd)


def test_a_middling_one_cannot_be_changed_by_anybody(made: Spool) -> None:
    """memfd_create(2) has no owner that the kernel would ask: it is opened again for writing, and still sealed."""
    made.write(b"x" * MIDDLING)
    made.seal()
    fd = made.descriptor()
    again = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
    with pytest.raises(PermissionError):
        os.write(again, b"y")
    with pytest.raises(PermissionError):
        os.ftruncate(again, 0)
    os.close(again)
    os.close(fd)


def test_a_large_one_has_no_name_and_gets_none(made: Spool, tmp_path: Path) -> None:
    made.write(b"x" * (SMALL + 1))
    made.seal()
    assert os.listdir(tmp_path) == []
    fd = made.descriptor()
    assert os.fstat(fd).st_nlink == 0
    with pytest.raises(OSError, match="No such file"):
        os.link(f"/proc/self/fd/{fd}", tmp_path / "stolen", src_dir_fd=fd, follow_symlinks=True)
    os.close(fd)


def test_a_large_one_is_not_in_memory(made: Spool) -> None:
    for _ in range(100):
        made.write(b"x" * 100_000)
        assert sum(map(len, made._pieces)) <= SMALL


def test_it_can_be_read_when_it_was_given_up(made: Spool) -> None:
    made.write(b"x" * MIDDLING)
    made.seal()
    fd = made.descriptor()
    made.close()
    assert read(fd) == b"x" * MIDDLING


def test_a_file_system_without_nameless_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def old(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not supported")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", old)
    one = Spool(str(tmp_path))
    one.write(b"x" * (SMALL + 1))
    one.seal()
    assert os.listdir(tmp_path) == []
    assert read(one.descriptor()) == b"x" * (SMALL + 1)
    one.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_without_room_it_is_try_again(number: int) -> None:
    assert trouble(OSError(number, "")) == FULL


def test_other_trouble_is_try_again_and_says_which() -> None:
    found = trouble(OSError(errno.EACCES, "Permission denied"))
    assert (found.code, found.text) == (451, "The message cannot be stored now: Permission denied")
