"""The Unicode names of RAR 2 to 4, which are packed in a way of their own.

A name is written for programs that know no Unicode, then NUL, then what makes the real name of it: the high octet that
most characters have, and octets that say, two bits for each character, how it comes about:

    0   the next octet
    1   the next octet, with the high octet
    2   the next two octets
    3   a run of characters of the plain name: the next octet is its length less 2; with 128 in it, one more octet is
        added to each character of the run, and they have the high octet

In:    the plain name, and the octets behind its NUL
Out:   the name; "" where the octets end too early for the first character
Fails: never.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 2048  # characters


def unicode_name(plain: bytes, packed: bytes) -> str:
    """The name that these make."""
    codes: list[int] = []
    try:
        for code in _codes(plain, packed, codes):
            codes.append(code)
            if len(codes) >= _LONGEST:
                break
    except IndexError:
        pass  # it ends too early: what is there is the name
    return b"".join(code.to_bytes(2, "little") for code in codes).decode("utf-16-le", "replace").partition("\0")[0]


def _codes(plain: bytes, packed: bytes, before: list[int]) -> Iterator[int]:
    """The code units; `before` are those that were taken, which say where a run of the plain name begins."""
    high, at, bits, left = packed[0] << 8, 1, 0, 0
    while at < len(packed):
        if not left:
            bits, left, at = packed[at], 8, at + 1
        how, bits, left = bits >> 6, bits << 2 & 0xFF, left - 2
        if how < 2:
            yield packed[at] | (high if how else 0)
            at += 1
        elif how == 2:
            yield packed[at] | packed[at + 1] << 8
            at += 2
        else:
            length, at = packed[at], at + 1
            added = packed[at] if length & 128 else 0
            at += 1 if length & 128 else 0
            for _ in range((length & 127) + 2):
                octet = plain[len(before)]
                yield (octet + added & 0xFF) | high if length & 128 else octet
