"""Messages in their files, compressed or not."""

from __future__ import annotations

import os
import stat
import tracemalloc
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.train import stored
from tests.support.dovecotmail import PACKED, ZSTD, hide_zstd, zstd
from tests.support.forwards import SPAM

WAYS = ["", *PACKED]
MESSAGE = SPAM + b"".join(b"%d bottles\n" % n for n in range(20_000))


def packed(how: str, data: bytes = MESSAGE) -> bytes:
    return PACKED[how](data) if how else data


@pytest.mark.parametrize("how", WAYS)
def test_how_it_is_compressed(how: str) -> None:
    assert stored.packing(packed(how)) == how


@pytest.mark.parametrize(
    "data", [b"", b"BZh", b"BZhello: x\n", b"From a\n", b"\x1f", b"Dovecot-LZ4: x\n", b"PK\x03\x04"]
)
def test_what_is_not_compressed(data: bytes) -> None:
    assert stored.packing(data) == ""
    assert stored.whole(data) == data


@pytest.mark.parametrize("how", WAYS)
def test_the_message(tmp_path: Path, how: str) -> None:
    path = tmp_path / "1.a:2,S"
    path.write_bytes(packed(how))
    fd = os.open(path, os.O_RDONLY)
    os.lseek(fd, 99, os.SEEK_SET)
    assert stored.whole(packed(how)) == MESSAGE
    for most in (0, 1, 100, 70_000, len(MESSAGE), len(MESSAGE) + 1):
        assert stored.first(fd, most) == MESSAGE[:most]
    os.close(fd)
    with open(stored.opened(str(path)), "rb") as file:
        assert file.read() == MESSAGE


@pytest.mark.parametrize("how", ["gzip", "bzip2", "xz"])
def test_streams_behind_one_another_are_one(how: str) -> None:
    """RFC 1952, 2.2: "A gzip file consists of a series of "members"": gzip -c >> makes them."""
    assert stored.whole(packed(how, b"From: a\n") + packed(how, b"\nhello\n")) == b"From: a\n\nhello\n"


@pytest.mark.parametrize("how", PACKED)
def test_what_is_broken(tmp_path: Path, how: str) -> None:
    whole = packed(how)
    path = tmp_path / "a"
    for data in (whole[: len(whole) // 2], whole[:25], whole[:25] + bytes(100)):
        with pytest.raises(stored.Broken, match=how):
            stored.whole(data)
        path.write_bytes(data)
        fd = os.open(path, os.O_RDONLY)
        with pytest.raises(stored.Broken):
            stored.first(fd, limits.REPORT_OCTETS)
        os.close(fd)


@pytest.mark.parametrize("how", PACKED)
def test_a_bomb_takes_no_memory(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 MB in 100 KB or less, of which a header is wanted, and as much as a message may have here."""
    monkeypatch.setattr(limits, "REPORT_OCTETS", 1 << 20)
    path = tmp_path / "a"
    path.write_bytes(packed(how, bytes(1 << 20)) if how == "lz4" else packed(how, bytes(100 << 20)))
    if how == "lz4":  # the encoder of these tests is a slow one
        with path.open("ab") as file:
            file.write(packed(how, bytes(1 << 20))[19:] * 99)
    assert path.stat().st_size < (1 << 20)
    fd = os.open(path, os.O_RDONLY)
    tracemalloc.start()
    try:
        assert len(stored.first(fd, 8192)) == 8192
        with pytest.raises(stored.Broken, match="more than 1048576 octets"):
            stored.whole(path.read_bytes())
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        os.close(fd)
    assert most < 16 << 20  # xz -6 remembers 8 MiB


@pytest.mark.skipif(zstd() is None, reason="there is no zstd in this Python")
def test_zstd_may_not_want_any_memory() -> None:
    """RFC 8878, 3.1.1.1.2: "for improved interoperability, it's recommended for decoders to support" 8 MB; here 64."""
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([20 << 3]) + b"\x29\0\0From:"  # a window of 1 GiB
    with pytest.raises(stored.Broken, match="memory"):
        stored.whole(frame)


def test_what_has_to_be_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_zstd(monkeypatch)
    (tmp_path / "a").write_bytes(ZSTD)
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    for ask in (lambda: stored.whole(ZSTD), lambda: stored.first(fd, 5), lambda: stored.opened(str(tmp_path / "a"))):
        with pytest.raises(TryAgain, match=r"pip install 'mdafilter\[archives\]'"):
            ask()
    os.close(fd)


def test_a_file_is_read_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of streams without end that hold nothing, no more is read than a message may have."""
    monkeypatch.setattr(limits, "REPORT_OCTETS", 10_000)
    monkeypatch.setattr(limits, "WINDOW", 1000)
    (tmp_path / "a").write_bytes(packed("gzip", b"")[:10] + b"\0\0\0\xff\xff" * 100_000)
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    with pytest.raises(stored.Broken, match="too early"):
        stored.first(fd, 5)
    os.close(fd)
    (tmp_path / "b").write_bytes(packed("gzip"))
    with pytest.raises(stored.Broken, match="more than 10000"):
        stored.opened(str(tmp_path / "b"))


def test_what_is_no_file_is_opened_as_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    other = os.open(tmp_path / "fifo", os.O_RDWR)
    fd = stored.opened(str(tmp_path / "fifo"))
    assert stat.S_ISFIFO(os.fstat(fd).st_mode)
    os.close(fd)
    os.close(other)
