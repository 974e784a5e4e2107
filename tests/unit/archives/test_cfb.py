"""Compound files: streams, and what leads nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.archives.cfb import CompoundFile, Stream
from mdafilter.message.octets import Octets
from tests.support.compound import compound

LARGE = bytes(range(256)) * 40
FILES = (("small", b"s" * 100), ("large", LARGE), ("folder/inner", b"i" * 64), ("folder/deep/x", b""), ("last", b"l"))


def streams(data: bytes) -> list[Stream]:
    return list(CompoundFile(Octets.of(data)).streams())


def test_names_and_contents() -> None:
    found = streams(compound(*FILES))
    assert {stream.name: b"".join(stream.pieces()) for stream in found} == {
        path.rpartition("/")[2]: data for path, data in FILES
    }
    storages = {stream.name: stream.storage for stream in found}
    assert storages["small"] == storages["large"] != storages["inner"] != storages["x"]


@pytest.mark.parametrize("skip", [0, 1, 63, 64, 65, 511, 512, 9000, 10_239, 10_240, 99_999])
def test_from_some_octet_on(skip: int) -> None:
    found = streams(compound(*FILES))
    assert len(found) == len(FILES)
    for stream in found:
        data = {path.rpartition("/")[2]: data for path, data in FILES}[stream.name]
        assert b"".join(stream.pieces(skip)) == data[skip:]
        assert stream.head(skip) == data[:skip]


def test_circles_end() -> None:
    data = compound(*FILES)
    table = len(data) - 512
    for number in range(127):
        changed = bytearray(data)
        changed[table + 4 * number : table + 4 * number + 4] = (0).to_bytes(4, "little")
        for stream in streams(bytes(changed)):
            assert len(b"".join(stream.pieces())) <= len(data)
    for entry in range(len(data) // 128):
        changed = bytearray(data)
        changed[entry * 128 + 68 : entry * 128 + 80] = (1).to_bytes(4, "little") * 3
        assert len(streams(bytes(changed))) <= len(FILES) + 3


@given(
    st.lists(st.tuples(st.integers(0, 20_000), st.binary(min_size=1, max_size=8)), max_size=6), st.integers(0, 20_000)
)
def test_any_change(changes: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(compound(*FILES))
    for at, octets in changes:
        at %= len(data)
        data[at : at + len(octets)] = octets
    for stream in streams(bytes(data[: len(data) - cut if cut % 3 == 0 else len(data)])):
        assert len(stream.head(1000)) <= 1000
        assert sum(map(len, stream.pieces())) <= len(data) + 512


@given(st.binary(max_size=3000))
def test_any_octets(data: bytes) -> None:
    for octets in (data, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + data):
        for stream in streams(octets):
            assert len(b"".join(stream.pieces())) <= len(octets) + 512
