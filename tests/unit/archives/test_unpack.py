"""Streams with bounds."""

from __future__ import annotations

import bz2
import lzma
import zlib

import pytest

from mdafilter import limits
from mdafilter.archives import Unreadable
from mdafilter.archives.unpack import CHUNK, METHODS, lzma_of, read, unpacked
from mdafilter.message.octets import Octets
from tests.support.archives import deflated

TEXT = bytes(range(256)) * 2000
PACKED = {
    "deflate": zlib.compress(TEXT, wbits=-15),
    "gzip": zlib.compress(TEXT, wbits=31),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "lzma": lzma.compress(TEXT, format=lzma.FORMAT_ALONE),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [1, 7, 10**6])
def test_all_of_it_in_small_pieces(method: str, size: int) -> None:
    data = PACKED[method]
    out = list(unpacked((data[at : at + size] for at in range(0, len(data), size)), METHODS[method]))
    assert b"".join(out) == TEXT
    assert max(map(len, out)) <= CHUNK


@pytest.mark.parametrize("method", METHODS)
def test_broken_and_cut_off(method: str) -> None:
    for data in (PACKED[method][:-10], b"\xff" * 100, b""):
        with pytest.raises(Unreadable):
            list(unpacked([data], METHODS[method]))


def test_no_more_is_unpacked_than_is_asked_for() -> None:
    out = unpacked([deflated(10_000_000)], METHODS["deflate"])
    assert len(next(out)) <= CHUNK


def test_padding_behind_a_stream_is_no_mistake() -> None:
    assert b"".join(unpacked([PACKED["gzip"] + bytes(512)], METHODS["gzip"], joined=True)) == TEXT
    assert b"".join(unpacked([PACKED["gzip"], b"rubbish"], METHODS["gzip"], joined=True)) == TEXT


def test_lzma_that_wants_too_much_memory() -> None:
    with pytest.raises(Unreadable, match="memory"):
        lzma_of(b"\x5d" + (limits.ARCHIVE_WINDOW * 2).to_bytes(4, "little"))
    for wrong in (b"", b"\xff\0\0\0\0"):
        with pytest.raises(Unreadable):
            lzma_of(wrong)
    with pytest.raises(Unreadable):
        list(unpacked([lzma.compress(TEXT, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28}])], METHODS["xz"]))


def test_read() -> None:
    assert b"".join(read(Octets.of(TEXT), 10, 100_000)) == TEXT[10:100_000]
    assert b"".join(read(Octets.of(b"abc"), 1, 10**12)) == b"bc"
    assert list(read(Octets.of(b"abc"), 5, 7)) == []
