"""Transfer encodings."""

from __future__ import annotations

import base64
import quopri

import pytest

from mdafilter import limits
from mdafilter.message import Octets
from mdafilter.message.transfer import decode, is_bad_base64
from tests.support.clock import linear

BIG = bytes(range(256)) * 9000  # 2.3 MB: several windows


def decoded(data: bytes, encoding: str, limit: int = limits.PART_DECODE) -> bytes:
    return decode(Octets.of(data), 0, len(data), encoding, limit)


def test_base64_and_quoted_printable_over_windows() -> None:
    assert decoded(base64.encodebytes(BIG), "base64") == BIG
    assert decoded(base64.b64encode(BIG), "base64") == BIG
    assert decoded(quopri.encodestring(BIG), "quoted-printable") == BIG
    assert decoded(b"=41" * 700_000, "quoted-printable") == b"A" * 700_000


@pytest.mark.parametrize(
    ("data", "encoding", "result"),
    [
        (b"YWJj", "base64", b"abc"),
        (b"YW Jj!\r\n", "base64", b"abc"),
        (b"YQ==YmM=", "base64", b"abc"),
        (b"YWJ", "base64", b"ab"),
        (b"Y", "base64", b""),
        (b"=3D=\nx=ZZ", "quoted-printable", b"=x=ZZ"),
        (b"begin 644 a.txt\n#86)C\n \nend\n", "x-uuencode", b"abc"),
        (b"=41", "7bit", b"=41"),
        (b"=41", "x-unknown", b"=41"),
        (b"", "base64", b""),
    ],
)
def test_decode(data: bytes, encoding: str, result: bytes) -> None:
    assert decoded(data, encoding) == result


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_the_limit(encoding: str) -> None:
    assert len(decoded(b"QUFB" * 100, encoding, 7)) == 7


def test_bad_base64() -> None:
    assert not is_bad_base64(Octets.of(b"YW Jj\r\n="), 0, 8)
    assert is_bad_base64(Octets.of(b"YW-J"), 0, 4)


@pytest.mark.parametrize(
    "data", [b"=" * 1_000_000, b"YQ==" * 250_000, b"=\n" * 500_000, b"#86)C\n" * 160_000, b" " * 1_000_000]
)
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode"])
def test_linear(data: bytes, encoding: str) -> None:
    assert linear(lambda octets: decoded(octets, encoding), data)
