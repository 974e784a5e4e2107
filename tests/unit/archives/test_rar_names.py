"""Packed Unicode names of RAR 2 to 4."""

from __future__ import annotations

import pytest

from mdafilter.archives.rar_names import unicode_name


@pytest.mark.parametrize(
    ("packed", "name"),
    [
        (b"\x00\x00ab", "ab"),  # octets as they are
        (b"\x04\x50\x30\x31", "аб"),  # with the high octet of Cyrillic
        (b"\x00\x80\xac\x20", "€"),  # two octets
        (b"\x00\xc0\x02", "file"),  # a run of the plain name: four characters
        (b"\x04\xc0\x82\xca", "\u0430\u0433\u0436\u042f"),  # a run, moved into Cyrillic
        (b"\x00\x00a\0b", "a"),
        (b"\x00\xc0\x7f", "file.txt"),  # a run that is longer than the name
        (b"", ""),
        (b"\x00", ""),
        (b"\x00\x80\xac", ""),
    ],
)
def test_the_ways_in_which_a_character_is_written(packed: bytes, name: str) -> None:
    assert unicode_name(b"file.txt", packed) == name


def test_it_ends() -> None:
    assert len(unicode_name(b"x" * 65536, b"\0" + b"\xff\x7f\x7f\x7f\x7f" * 10_000)) == 2048
