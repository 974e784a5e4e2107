"""The headers of rar, whatever they say of what is packed behind them."""

from __future__ import annotations

import pytest

from mdafilter.archives import Unreadable
from mdafilter.archives.rar_headers import File, begin_of, listed
from mdafilter.message.octets import Octets
from tests.support.rar import block4, block5, file4, file5, rar4, rar5, sample, vint

START4, START5 = rar4()[:20], rar5()[:16]


def files(data: bytes) -> list[File]:
    return [one for one in listed(Octets.of(data), begin_of(Octets.of(data))) if isinstance(one, File)]


def names(data: bytes) -> list[str]:
    return [text for file in files(data) for text, _how in file.names]


@pytest.mark.parametrize("data", [rar4(("docs/a.txt", b"text")), rar5(("docs/a.txt", b"text"))])
def test_what_a_header_says(data: bytes) -> None:
    (file,) = files(data)
    assert (file.names[0][0], file.size, file.packed, file.stored) == ("docs/a.txt", 4, 4, True)
    assert data[file.start : file.start + file.packed] == b"text"
    assert file.crc == 0x3B8BA7C7


@pytest.mark.parametrize("before", [b"", b"MZ" + bytes(5000), b"GIF89a Rar!\x1a\x07\x09"])
def test_what_stands_before(before: bytes) -> None:
    assert begin_of(Octets.of(before + rar4())) == begin_of(Octets.of(before + rar5())) == len(before)
    assert begin_of(Octets.of(b"Rar!\x1a\x07\x02\0")) == -1


def test_a_header_of_an_unknown_type_is_passed_over() -> None:
    """ "If a program does not know a header type, it can skip it": also one that does not say that it may be."""
    assert names(START4 + block4(0x79, 0x8000, b"\3\0\0\0", b"abc") + file4(b"evil.exe", b"x")) == ["evil.exe"]
    assert names(START5 + block5(b"\x63\0") + file5("evil.exe", b"x")) == ["evil.exe"]
    assert names(START5 + block5(b"\x63\x02\x03", b"abc") + file5("evil.exe", b"x")) == ["evil.exe"]


def test_checksums_need_not_fit() -> None:
    broken = bytearray(START5 + file5("evil.exe", b"x"))
    broken[len(START5)] ^= 1
    assert names(bytes(broken)) == ["evil.exe"]


def test_names_of_rar4() -> None:
    assert names(START4 + file4(b"sub\\evil.exe", b"")) == ["sub/evil.exe"]
    assert names(START4 + file4(b"Gr\x81e.exe", b"")) == ["Grüe.exe"]
    assert names(START4 + file4("Grüße.exe".encode(), b"", flags=0x200)) == ["Grüße.exe"]
    assert names(START4 + file4(b"plain.txt\0\0\0evil\0.exe", b"", flags=0x200)) == ["evil.exe", "plain.txt"]
    assert "𝐀𝐁𝐁𝐂.txt" in names(sample("unicode2.rar"))
    assert names(sample("rar3-versions.rar"))[:2] == ["versioned.txt;1", "versioned.txt"]


def test_a_name_with_nul_in_rar5() -> None:
    assert names(START5 + file5("evil.exe\0.txt", b"")) == ["evil.exe"]


def test_streams_of_ntfs_are_files() -> None:
    """The name of one may lead out of the folder: it is what such a file is saved as."""
    name = ":..\\..\\Startup\\evil.lnk"
    service = file4(b"STM", b"content", extra=name.encode("utf-16-le")).replace(b"\x74", b"\x7a", 1)
    assert names(START4 + file4(b"a.pdf", b"") + service) == ["a.pdf", f"a.pdf{name}"]
    record = vint(7) + name.encode()
    assert names(START5 + file5("a.pdf", b"") + file5("STM", b"content", kind=3, extra=record)) == [
        "a.pdf",
        f"a.pdf{name}",
    ]
    packed = files(START5 + file5("a.pdf", b"") + file5("STM", b"x", kind=3, method=3, extra=record))[1]
    assert packed.facts == (("not-opened", "a packed stream of NTFS"),)


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (file4(b"x", b"x", flags=4), "encrypted"),
        (file4(b"x", b"x", flags=1), "not-opened"),
        (file4(b"x", b"x", flags=2), "not-opened"),
        (file5("x", b"x", extra=vint(1) + bytes(50)), "encrypted"),
        (file5("x", b"x", flags=8), "not-opened"),
        (file5("x", b"x", flags=16), "not-opened"),
    ],
)
def test_facts_of_a_file(data: bytes, fact: str) -> None:
    (file,) = files((START4 if data[2] == 0x74 else START5) + data)
    assert [name for name, _text in file.facts] == [fact]


def test_a_file_whose_size_is_not_stated() -> None:
    data = bytearray(file5("x", b"x"))
    data[data.index(b"\x04\x01\0")] = 0x0C
    (file,) = files(START5 + bytes(data))
    assert (file.size, file.facts[0][0]) == (-1, "not-opened")


def test_a_link_has_no_content() -> None:
    (file,) = files(START5 + file5("x", b"", size=2048, extra=vint(5) + b"\x04\0\x01y"))
    assert file.link and not file.has_content


@pytest.mark.parametrize("data", [rar4(headers_locked=True), rar5()[:8] + block5(b"\x04\0\0\0\x0f" + bytes(16))])
def test_locked_headers(data: bytes) -> None:
    assert ("encrypted", "its names, too") in list(listed(Octets.of(data), 0))
    assert files(data) == []


@pytest.mark.parametrize(
    "data",
    [
        b"no archive",
        START4 + bytes(7),
        START4 + b"\0\0\x74\0\x80\xff\xff",
        START5 + bytes(7),
        START5 + b"abcd\xff\xff\x7f",
    ],
)
def test_broken(data: bytes) -> None:
    with pytest.raises(Unreadable):
        files(data)


def test_a_size_that_nobody_has_leads_behind_the_end() -> None:
    assert names(START5 + file5("x", b"") + block5(b"\x63\x02" + b"\xff" * 9 + b"\x7f")) == ["x"]
