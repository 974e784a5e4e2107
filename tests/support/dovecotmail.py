"""Messages as Dovecot compresses them (mail_compress), made without Dovecot; tests/e2e/test_compressed.py asks the real one."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
from collections.abc import Callable
from types import ModuleType

import pytest

from mdafilter.train import stored

CHUNK = 64 * 1024


def zstd() -> ModuleType | None:
    """The module, where there is one."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def lz4(data: bytes) -> bytes:
    """A header, and each 64 KiB a block."""
    out = b"Dovecot-LZ4\x0d\x2a\x9b\xc5" + CHUNK.to_bytes(4, "big")
    for at in range(0, len(data), CHUNK):
        block = lz4_block(data[at : at + CHUNK])
        out += len(block).to_bytes(4, "big") + block
    return out


def lz4_block(data: bytes) -> bytes:
    """A block that repeats the last place where four octets stood, as long as that goes on."""
    out, last, begin, at = bytearray(), dict[bytes, int](), 0, 0
    while at + 12 < len(data):  # the end of a block repeats nothing
        key = data[at : at + 4]
        place = last.get(key, -1)
        last[key] = at
        if place < 0 or at - place > 0xFFFF:
            at += 1
            continue
        size = 4
        while at + size < len(data) - 5 and data[place + size] == data[at + size]:
            size += 1
        out += _sequence(data[begin:at], at - place, size)
        at += size
        begin = at
    return bytes(out) + _sequence(data[begin:])


def _sequence(literals: bytes, offset: int = 0, size: int = 4) -> bytes:
    more = size - 4
    out = bytes([min(15, len(literals)) << 4 | min(15, more)]) + _rest(len(literals)) + literals
    return out + (offset.to_bytes(2, "little") + _rest(more) if offset else b"")


def _rest(size: int) -> bytes:
    return b"" if size < 15 else b"\xff" * ((size - 15) // 255) + bytes([(size - 15) % 255])


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lz4,
}
if (_module := zstd()) is not None:
    PACKED["zstd"] = _module.compress


def zstd_frame(data: bytes) -> bytes:
    """A frame with one block as it is (RFC 8878 section 3.1.1), for where nothing can make one."""
    return b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little") + (len(data) << 3 | 1).to_bytes(3, "little") + data


ZSTD = zstd_frame(b"From:")


def hide_zstd(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no module that reads zstd were installed."""

    def imported(name: str) -> ModuleType:
        raise ImportError(name)

    monkeypatch.setattr(stored, "import_module", imported)
