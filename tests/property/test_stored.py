"""Files of a Maildir with any octets: what was packed is there again, nothing but Broken is raised, the work is linear."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.train import lz4, stored
from tests.support.clock import linear
from tests.support.dovecotmail import CHUNK, PACKED, lz4_block

BEGINNINGS = {how: pack(b"")[: 19 if how == "lz4" else 10] for how, pack in PACKED.items()}
texts = st.lists(st.sampled_from([b"a", b"ab", b"From: a\n", b"\n", bytes(70)]) | st.binary(max_size=9), max_size=99)
ways = st.sampled_from(sorted(PACKED))


@given(ways, texts.map(b"".join))
def test_what_was_packed_is_there_again(how: str, data: bytes) -> None:
    if data:  # of nothing bzip2 makes what Dovecot does not know either
        assert stored.whole(PACKED[how](data)) == data


@given(texts.map(b"".join))
def test_a_block(data: bytes) -> None:
    if data:
        assert lz4.block(lz4_block(data), len(data)) == data


@given(ways, st.binary(max_size=300))
def test_any_octets_behind_a_beginning(how: str, rest: bytes) -> None:
    readable(BEGINNINGS[how] + rest)


@given(ways, texts.map(b"".join), st.integers(0, 999), st.binary(max_size=4))
def test_what_was_changed(how: str, data: bytes, at: int, change: bytes) -> None:
    raw = bytearray(PACKED[how](data))
    raw[at : at + len(change)] = change
    readable(bytes(raw))


@given(st.binary(max_size=300))
def test_any_block(data: bytes) -> None:
    readable(lz4.MAGIC + CHUNK.to_bytes(4, "big") + len(data).to_bytes(4, "big") + data)


def readable(raw: bytes) -> None:
    """The whole of it is there or it is said why not; its beginning is the same, whatever is behind it."""
    with tempfile.TemporaryFile() as file:
        file.write(raw)
        file.flush()
        try:
            whole = stored.whole(raw)
        except stored.Broken:
            try:
                assert len(stored.first(file.fileno(), 10)) == 10
            except stored.Broken:
                pass  # so is its beginning
            return
        for most in (1, 10, len(whole), len(whole) + 1):
            assert stored.first(file.fileno(), most) == whole[:most]


BIG = 1_000_000
HEAD = lz4.MAGIC + CHUNK.to_bytes(4, "big")
HOSTILE = {
    "members that hold nothing": PACKED["gzip"](b"") * (BIG // 20),
    "blocks of one octet": HEAD + (b"\0\0\0\2\x10a" * lz4.BLOCKS)[:BIG],
    "blocks of short repetitions": HEAD + (len(SHORT := b"\x10a\x01\0" * 10_000).to_bytes(4, "big") + SHORT) * 20,
    "one large repetition": HEAD + (b"\0\0\1\4\x1fa\1\0" + b"\xff" * 255 + b"\0") * 3000,
    "text": PACKED["bzip2"](os.urandom(BIG)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_is_linear(name: str) -> None:
    def work(raw: bytes) -> int:
        try:
            return len(stored.whole(raw))
        except stored.Broken:
            return 0

    assert len(HOSTILE[name]) < limits.REPORT_OCTETS
    assert linear(work, HOSTILE[name])
