"""What a .msg tells of the message that arrived; and that other programs read what the tests take for one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mdafilter.message import Message
from mdafilter.train import Hints
from mdafilter.train.outlook import hints
from tests.support.archives import zipped
from tests.support.compound import compound, filetime, outlook
from tests.support.forwards import OTHER, SPAM, SUBJECT, saved

SENT = 1_795_683_780  # Thu, 26 Nov 2026 09:03:00 +0000
MSGCONVERT = Path("/usr/bin/msgconvert")


def test_the_header_as_it_arrived() -> None:
    assert hints(saved(SPAM)) == Hints(
        ("<pills.1@shop.example>",), SUBJECT, "Thu, 26 Nov 2026 10:03:00 +0100", '"Cheap Shop" <shop@shop.example>'
    )


def test_a_line_of_outlook_before_the_header() -> None:
    banner = "Microsoft Mail Internet Headers Version 2.0\r\n"
    found = hints(outlook({0x007D: f"{banner}Message-ID: <a@b>\r\nSubject: x\r\n"}))
    assert found == Hints(("<a@b>",), "x")


def test_properties_where_there_is_no_header() -> None:
    raw = outlook(
        {0x1035: "<a@b>", 0x0037: "Größe", 0x5D01: "ann@a.example", 0x0C1F: "/O=A/CN=ANN", 0x0C1A: "Ann"},
        {0x00390040: filetime(SENT), 0x0E060040: filetime(SENT + 90)},
    )
    assert hints(raw) == Hints(("<a@b>",), "Größe", "Thu, 26 Nov 2026 09:03:00 -0000", "ann@a.example")


def test_of_somebody_of_the_same_exchange_the_name_is_known() -> None:
    assert hints(outlook({0x0C1F: "/O=A/CN=ANN", 0x0C1A: "Ann"})) == Hints(sender="Ann")


def test_of_the_time_of_its_arrival_the_day_counts() -> None:
    """[MS-OXOMSG] 2.2.3.9 PidTagMessageDeliveryTime: "the time at which the message was delivered"."""
    assert hints(outlook({}, {0x0E060040: filetime(SENT)})) == Hints(date="Thu, 26 Nov 2026")


@pytest.mark.parametrize(
    ("codepage", "charset"), [(1251, "cp1251"), (65001, "utf-8"), (932, "cp932"), (None, "cp1252")]
)
def test_texts_in_a_code_page(codepage: int | None, charset: str) -> None:
    """[MS-OXCMSG] 2.2.1.4 PidTagMessageCodepage: "the code page used to encode the non-Unicode string properties"."""
    subject = "Größe" if codepage in (None, 65001) else "тема"
    numbers = {} if codepage is None else {0x3FFD0003: codepage}
    assert hints(outlook({0x0037: subject}, numbers, charset=charset)) == Hints(subject=subject)


def test_an_unknown_code_page_is_no_reason_to_fail() -> None:
    assert hints(outlook({0x0037: "x"}, {0x3FFD0003: 4711}, charset="ascii")) == Hints(subject="x")


def test_references_lead_elsewhere() -> None:
    header = "Message-ID: <c@x>\r\nReferences: <a@x> <b@x>\r\nIn-Reply-To: <b@x>\r\nSubject: Re: x\r\n"
    assert hints(outlook({0x007D: header, 0x1039: "<a@x>", 0x1042: "<b@x>"})) == Hints(("<c@x>",), "Re: x")


def test_what_is_attached_to_it_does_not_count() -> None:
    """A message in a message has streams of the same names, in a storage of its own."""
    inner = ("__attach_version1.0_#00000000/__substg1.0_3701000D/__substg1.0_1035001F", "<in@x>".encode("utf-16-le"))
    assert hints(compound(inner)) is None
    outer = ("__substg1.0_1035001F", "<out@x>".encode("utf-16-le"))
    assert hints(compound(inner, outer)) == Hints(("<out@x>",))


@pytest.mark.parametrize(
    "raw",
    [b"", SPAM, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", compound(("WordDocument", bytes(5000))), zipped(("a.eml", OTHER))],
)
def test_what_says_nothing(raw: bytes) -> None:
    assert hints(raw) is None


def test_a_time_that_is_none() -> None:
    assert hints(outlook({}, {0x00390040: (1 << 64) - 1, 0x0E060040: 1})) is None


def test_one_that_ends_too_early_says_less_or_nothing() -> None:
    whole = saved(SPAM)
    for end in range(0, len(whole), 97):
        hints(whole[:end])


@pytest.mark.skipif(not MSGCONVERT.exists(), reason="libemail-outlook-message-perl is not installed")
def test_another_program_reads_the_same(tmp_path: Path) -> None:
    """msgconvert(1) makes a message of it: what these tests take for a .msg is one."""
    (tmp_path / "a.msg").write_bytes(saved(SPAM))
    subprocess.run([MSGCONVERT, "--outfile", "a.eml", "a.msg"], cwd=tmp_path, check=True, timeout=60)
    headers = Message.parse((tmp_path / "a.eml").read_bytes()).headers
    for name in ("Message-ID", "Subject", "Date", "From"):
        (told,), (sent,) = headers.all(name), Message.parse(SPAM).headers.all(name)
        assert told.text == sent.text
