"""LZ4 as Dovecot writes it: what is read, and what is not."""

from __future__ import annotations

import pytest

from mdafilter.archives import Unreadable
from mdafilter.train.lz4 import BLOCK, MAGIC, block, unpacked
from tests.support.dovecotmail import CHUNK, lz4

HEAD = MAGIC + CHUNK.to_bytes(4, "big")


def read(*pieces: bytes) -> bytes:
    return b"".join(unpacked(pieces))


@pytest.mark.parametrize("data", [b"", b"a", b"a" * 100, bytes(range(256)) * 3, b"From: a\n\nhello\n" * 20_000])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_what_was_packed_is_there_again(data: bytes, size: int) -> None:
    packed = lz4(data)
    if len(packed) < 5000 or size > 1:
        assert read(*(packed[at : at + size] for at in range(0, len(packed), size))) == data


def test_a_block_by_hand() -> None:
    """Of the LZ4 block format: token, literals, offset (the lower octet first), and four more than the length."""
    assert block(b"\x10a\x01\x00\x50bcdef", 100) == b"aaaaabcdef"
    assert block(b"\x32abc\x02\x00\x00", 100) == b"abcbcbcbc"
    assert block(b"\xf0\x01" + b"x" * 16, 100) == b"x" * 16


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MAGIC,
        HEAD[:-1],
        b"x" + HEAD,
        MAGIC + (BLOCK + 1).to_bytes(4, "big"),
        HEAD + b"\0\0",
        HEAD + bytes(100),
        HEAD + (1).to_bytes(4, "big") + b"\0",  # a block with nothing in it
        HEAD + (9).to_bytes(4, "big") + b"\x10a",
        HEAD + (1 << 30).to_bytes(4, "big") + b"\x10a",
        HEAD + (2).to_bytes(4, "big") + b"\x20a",  # literals that are not there
        HEAD + (5).to_bytes(4, "big") + b"\x10a\x02\x00\x00",  # from before the block
        HEAD + (5).to_bytes(4, "big") + b"\x10a\x00\x00\x00",  # from nowhere
        HEAD + (4 + 300).to_bytes(4, "big") + b"\x1fa\x01\x00" + b"\xff" * 299 + b"\0",  # more than a block may have
    ],
)
def test_what_is_broken(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read(data)


def test_so_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter.train.lz4.BLOCKS", 3)
    one = (2).to_bytes(4, "big") + b"\x10a"
    assert read(HEAD + one + one) == b"aa"
    with pytest.raises(Unreadable, match="blocks"):
        read(HEAD + one * 4)


def test_what_ends_too_early_gives_what_is_there() -> None:
    packed = lz4(b"a" * (CHUNK + 1))
    found = unpacked((packed[:-1],))
    assert next(found) == b"a" * CHUNK
    with pytest.raises(Unreadable):
        next(found)
