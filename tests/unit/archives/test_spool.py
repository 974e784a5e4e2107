"""In memory while it is little, then in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.archives.spool import nameless, spooled
from mdafilter.errors import TryAgain


def test_small_is_in_memory_and_large_in_a_file() -> None:
    small, large = spooled([b"ab", b"c"]), spooled([b"x" * limits.SPOOL_IN_MEMORY, b"y"])
    assert (small.octets.slice(0, 9), small.fd) == (b"abc", None)
    assert large.fd is not None and large.octets.slice(limits.SPOOL_IN_MEMORY, 10**9) == b"y"
    large.close()
    assert large.fd is None


def test_a_file_for_another_process() -> None:
    small = spooled([b"abc"])
    assert os.pread(small.file(), 9, 0) == b"abc" == small.octets.slice(0, 9)
    small.close()


def test_the_file_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    fd = nameless()
    assert list(tmp_path.iterdir()) == []
    os.close(fd)


def test_a_full_disk_means_try_again() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * limits.SPOOL_IN_MEMORY
        raise TryAgain("full", "4.3.1")

    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(TryAgain):
        spooled(pieces())
    assert len(os.listdir("/proc/self/fd")) == before
