"""rar archives for tests, octet by octet: of RAR 4 with stored files, of RAR 5 with stored and packed ones.

No free program makes them. What is packed is packed as the format allows it at its simplest: every octet as a literal of
nine bits, then perhaps a run of zeros, each 4097 of which take two bits. `sample` are archives that WinRAR has made.
"""

from __future__ import annotations

import zlib
from pathlib import Path

SAMPLES = Path(__file__).parent / "rar"


def sample(name: str) -> bytes:
    """An archive of tests/support/rar; README there says where it is from."""
    return (SAMPLES / name).read_bytes()


# --- RAR 4 -------------------------------------------------------------------------------------------------------


def block4(kind: int, flags: int, fields: bytes, data: bytes = b"") -> bytes:
    body = bytes([kind]) + flags.to_bytes(2, "little") + (7 + len(fields)).to_bytes(2, "little") + fields
    return (zlib.crc32(body) & 0xFFFF).to_bytes(2, "little") + body + data


def file4(name: bytes, data: bytes, *, method: int = 0x30, flags: int = 0, size: int = -1, extra: bytes = b"") -> bytes:
    """A file of RAR 2.9 to 4; `extra` follows the name."""
    stated = (len(data) if size < 0 else size).to_bytes(4, "little")
    crc = zlib.crc32(data).to_bytes(4, "little")
    fields = len(data).to_bytes(4, "little") + stated + b"\0" + crc + b"\0\0\x21\x59" + bytes([29, method])
    return block4(0x74, 0x8000 | flags, fields + len(name).to_bytes(2, "little") + bytes(4) + name + extra, data)


def rar4(*files: tuple[str, bytes], method: int = 0x30, locked: bool = False, headers_locked: bool = False) -> bytes:
    """Marker, archive header, a header and the data of each file, end."""
    out = b"Rar!\x1a\x07\0" + block4(0x73, 0x80 if headers_locked else 0, bytes(6))
    if headers_locked:
        return out + bytes(range(256)) * 4
    for name, data in files:
        out += file4(name.encode(), data, method=method, flags=4 if locked else 0)
    return out + block4(0x7B, 0x4000, b"")


# --- RAR 5 -------------------------------------------------------------------------------------------------------


def vint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def block5(fields: bytes, data: bytes = b"") -> bytes:
    body = vint(len(fields)) + fields
    return zlib.crc32(body).to_bytes(4, "little") + body + data


def file5(
    name: str,
    data: bytes,
    *,
    kind: int = 2,
    method: int = 0,
    content: bytes | None = None,
    size: int = -1,
    flags: int = 0,
    checked: bool = True,
    extra: bytes = b"",
) -> bytes:
    """A file (or service) header, and `data` as it is packed; `content` is what it becomes, or `size` its length."""
    content, raw = data if content is None else content, name.encode()
    stated = len(content) if size < 0 else size
    records = vint(len(extra)) + extra if extra else b""
    fields = vint(kind) + vint(flags | 2 | (1 if extra else 0)) + (vint(len(records)) if extra else b"")
    fields += vint(len(data)) + (b"\x04" if checked else b"\0") + vint(stated) + b"\0"
    fields += zlib.crc32(content).to_bytes(4, "little") if checked else b""
    return block5(fields + vint(method << 7) + b"\0" + vint(len(raw)) + raw + records, data)


def rar5(*files: tuple[str, bytes] | bytes, method: int = 0) -> bytes:
    """Files as name and content, or as file5 makes them."""
    made = (file if isinstance(file, bytes) else file5(*file, method=method) for file in files)
    return b"Rar!\x1a\x07\x01\0" + block5(b"\x01\0\0") + b"".join(made) + block5(b"\x05\0\0")


def packed_rar5(*files: tuple[str, bytes]) -> bytes:
    """The same with files that are packed."""
    return rar5(*(file5(name, packed5(data), method=3, content=data) for name, data in files))


_MAIN, _DISTANCES, _LOW, _LENGTHS = 306, 64, 16, 44  # symbols of the four alphabets
_LITERAL, _RUN, _AGAIN = 9, 3, 2  # lengths of the codes: of each octet, of a match of 3586 or more, of the same again


def packed5(data: bytes, zeros: int = 0) -> bytes:
    """One block of the compression of RAR 5: the octets, then `zeros` octets 0 (a multiple of 4097, after a zero)."""
    lengths = [_LITERAL] * 256 + [0, _AGAIN] + [0] * 47 + [_RUN]
    lengths += [1] + [0] * (_DISTANCES - 1) + [0] * (_LOW + _LENGTHS)
    codes = _canonical(lengths[:_MAIN])
    bits = "".join(_bits(5, 4) for _ in range(20)) + "".join(_bits(*_canonical([5] * 20)[length]) for length in lengths)
    bits += "".join(_bits(*codes[octet]) for octet in data)
    if zeros:
        bits += _bits(*codes[305]) + "1" * 9 + "0"  # the greatest length of the last slot is 4097; distance 1
        bits += _bits(*codes[257]) * (zeros // 4097 - 1)
    used = len(bits) % 8 or 8
    body = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    flags, size = 0x80 | 0x40 | 2 << 3 | (used - 1), len(body).to_bytes(3, "little")
    return bytes([flags, 0x5A ^ flags ^ size[0] ^ size[1] ^ size[2]]) + size + body


def _bits(value: int, length: int) -> str:
    return format(value, f"0{length}b")


def _canonical(lengths: list[int]) -> dict[int, tuple[int, int]]:
    """The code of each symbol and its length: the shorter before the longer, then by number."""
    codes, code, last = {}, 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in enumerate(lengths) if length):
        code <<= length - last
        codes[symbol] = (code, length)
        code, last = code + 1, length
    return codes
