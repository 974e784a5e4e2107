"""The properties of a message in a winmail.dat; and that another program reads what the tests take for one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.train import Hints
from mdafilter.train.outlook import hints
from mdafilter.train.winmail import properties
from tests.support.archives import mapi, tnef, tnef_message

HEADER = "Message-ID: <pills.1@shop.example>\r\nSubject: Pillen für alle\r\nFrom: shop@shop.example\r\n\r\n"
MANY = (
    (0x0002001E, b"x"),
    (0x0003000B, b"\x01\0"),
    (0x80010003, b"\x07\0\0\0"),
    (0x8002001F, "named".encode("utf-16-le")),
    (0x10091002, b"\x01\0\0\0\x05\0"),  # several numbers of two octets
    (0x0E060040, (116_444_736_000_000_000 + 1_795_683_780 * 10_000_000).to_bytes(8, "little")),
    (0x0C1A001F, "Ann\0".encode("utf-16-le")),
    (0x007D001F, f"{HEADER}\0".encode("utf-16-le")),
)


def message(*properties: tuple[int, bytes], subject: str = "Pills", codepage: int = 1252) -> bytes:
    return tnef(("a.txt", b"text"), head=tnef_message(subject, *properties, codepage=codepage))


def test_the_header_as_it_arrived_is_found_behind_all_others() -> None:
    found = Hints(("<pills.1@shop.example>",), "Pillen für alle", "Thu, 26 Nov 2026", "shop@shop.example")
    assert hints(message(*MANY)) == found


def test_without_a_header_its_properties() -> None:
    raw = message((0x1035001E, b"<a@b>\0"), (0x5D01001E, b"ann@a.example\0"), subject="Größe")
    assert hints(raw) == Hints(("<a@b>",), "Größe", "", "ann@a.example")
    assert hints(message(subject="тема", codepage=1251)) == Hints(subject="тема")


def test_what_stands_before_something_unknown_is_known() -> None:
    found = properties(message((0x1035001E, b"<a@b>\0"), (0x00110099, b"?"), (0x007D001E, b"Subject: x\0")))
    assert found.texts[0x1035, 0x1E] == b"<a@b>\0" and (0x007D, 0x1E) not in found.texts


def test_what_is_attached_to_it_does_not_count() -> None:
    inner = message((0x1035001E, b"<inner@b>\0"), subject="inner")
    outer = tnef(("inner", inner), head=tnef_message("outer"))
    assert hints(outer) == Hints(subject="outer")


@pytest.mark.parametrize("raw", [b"", b"\x78\x9f\x3e\x22", tnef(), b"x" * 100])
def test_what_says_nothing(raw: bytes) -> None:
    assert hints(raw) is None


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_octets_are_borne(data: bytes, at: int) -> None:
    raw = message(*MANY)
    assert all(kind in (0x1E, 0x1F) for _, kind in properties(raw[:at] + data + raw[at + len(data) :]).texts)
    assert hints(b"\x78\x9f\x3e\x22\x01\0" + data) != Hints(), "what says nothing is None"


@given(st.binary(max_size=200))
def test_any_list_of_properties_ends(data: bytes) -> None:
    raw = message()
    found = properties(raw[: raw.index(mapi())] + data)
    assert sum(map(len, found.texts.values())) <= len(raw) + len(data), "no octet is two values"


@pytest.mark.skipif(not shutil.which("ytnef"), reason="ytnef is not installed")
def test_another_program_finds_the_message_and_reads_its_properties(tmp_path: Path) -> None:
    inner = tnef(("inside.txt", b"text"), head=tnef_message("Pills", *MANY))
    (tmp_path / "inner.dat").write_bytes(inner)
    (tmp_path / "winmail.dat").write_bytes(tnef(("beside.txt", b"text"), ("Pills", inner), beside=b"picture"))
    subprocess.run(["ytnef", "-f", str(tmp_path), str(tmp_path / "winmail.dat")], check=True, capture_output=True)
    assert {path.name for path in tmp_path.glob("*.txt")} == {"beside.txt", "inside.txt"}
    said = subprocess.run(["ytnefprint", str(tmp_path / "inner.dat")], check=True, capture_output=True).stdout.decode()
    assert "Subject: Pills" in said and "MAPI Properties: 8" in said
    assert "Code: [PR_TRANSPORT_MESSAGE_HEADERS]" in said and "Message-ID: <pills.1@shop.example>" in said
