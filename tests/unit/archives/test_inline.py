"""uuencode and yEnc in a text."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.archives import inline
from mdafilter.archives.inline import inline_files
from mdafilter.message import Message
from tests.support.archives import EXE, uu, yenc


def files(body: bytes, header: str = "") -> list[tuple[str, bytes]]:
    part = Message.parse(f"From: a@example.org\n{header}\n".encode() + body).parts[0]
    return [(m.names[0][0], b"".join(m.pieces())) for m in inline_files(part) if m.pieces]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("before", [b"", b"See here:\n\n"])
def test_uuencode(before: bytes, newline: bytes) -> None:
    data = EXE * 20
    assert files(before + uu("a file.exe", data, newline) + b"\nBye.\n") == [("a file.exe", data)]


def test_yenc() -> None:
    data = bytes(range(256)) * 3
    assert files(b"Hello\n" + yenc("a file.exe", data)) == [("a file.exe", data)]


def test_several() -> None:
    assert files(uu("a.txt", b"a") + b"and\n" + uu("b.exe", EXE)) == [("a.txt", b"a"), ("b.exe", EXE)]


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_in_a_text_with_a_transfer_encoding(encoding: str) -> None:
    pack = base64.encodebytes if encoding == "base64" else quopri.encodestring
    assert files(pack(uu("b.exe", EXE)), f"Content-Transfer-Encoding: {encoding}\n") == [("b.exe", EXE)]


@pytest.mark.parametrize(
    "text",
    [
        b"begin 644 invoice.exe\nsee invoice.exe\n",
        b"begin 644 invoice.exe\n\n",
        b"begin 644 invoice.exe",
        b"begin 644\n!0   \n",
        b"begin reading here.\n!0   \n",
        b" begin 644 a.exe\n!0   \n",
        b"=ybegin line=128\nabc\n",
        b"",
    ],
)
def test_texts_that_are_none(text: bytes) -> None:
    assert files(text) == []


def test_a_line_that_is_none_does_not_end_it() -> None:
    broken = uu("a.exe", EXE).replace(b"\n", b"\nwhat is this?\n", 2).replace(b"\nwhat is this?", b"", 1)
    assert files(broken)[0][1].startswith(EXE[:45])


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "FILES", 3)
    assert len(files(uu("a", b"x") * 10)) == 3
    monkeypatch.setattr(inline, "TRIES", 3)
    assert files(b"begin 644 a\nx\n" * 3 + uu("a.exe", b"x")) == []
    ((_name, data),) = files(b"=ybegin name=x\n" + b"x" * 200_000)
    assert len(data) == 200_000


@given(st.binary(max_size=300), st.sampled_from([b"", b"begin 644 x.exe\n", b"=ybegin line=1 name=x\n"]))
def test_any_octets(body: bytes, before: bytes) -> None:
    """A line of one character can say that it has 63 octets; what it does not have is zeros."""
    assert sum(len(data) for _, data in files(before + body)) <= 63 * len(body)


@given(st.binary(min_size=1, max_size=500))
def test_what_was_packed_comes_out(data: bytes) -> None:
    assert files(uu("x", data)) == [("x", data)]
    assert files(yenc("x", data)) == [("x", data)]
