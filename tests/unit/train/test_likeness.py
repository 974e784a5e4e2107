"""What makes two files the same message."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.targets.label import labelled
from mdafilter.train.likeness import BODY, WINDOW, likeness, of
from tests.support.dovecotmail import PACKED

RAW = b"Received: by mx; id 1\nMessage-ID: <1@example.org>\nSubject: a\n b\n\nbody\nof it\n"


@pytest.mark.parametrize(
    "copy",
    [
        RAW.replace(b"\n", b"\r\n"),
        RAW + b"\n",
        RAW.replace(b"\n\n", b"\nX-TUID: 1\n\n"),
        b"X-Mozilla-Status: 0001\n" + RAW,
        RAW.replace(b"Subject", b"Status: RO\nSubject"),
    ],
)
def test_what_clients_do_to_a_copy_does_not_matter(copy: bytes) -> None:
    assert of(copy).key == of(RAW).key


@pytest.mark.parametrize(
    "other",
    [
        RAW.replace(b"id 1", b"id 2"),  # sent again
        RAW.replace(b"a\n b", b"a\n c"),
        RAW.replace(b"of it", b"of that"),
        b"X-Mdafilter: Junk\n" + RAW,  # delivered to another folder
        b"",
        b"\n" + RAW,
    ],
)
def test_another_delivery_is_another_message(other: bytes) -> None:
    assert of(other).key != of(RAW).key


@pytest.mark.parametrize("octets", [0, BODY, WINDOW, limits.LIKENESS_OCTETS * 2])
def test_both_line_ends_are_the_same_where_the_windows_end(tmp_path: Path, octets: int) -> None:
    for name, raw in {
        "head": RAW.replace(b"Subject: a", b"Subject: a" + b"\n b" * (octets // 3)),
        "body": RAW + b"a line\n" * (octets // 7),
    }.items():
        lf, crlf = tmp_path / f"{name}.lf", tmp_path / f"{name}.crlf"
        lf.write_bytes(raw)
        crlf.write_bytes(raw.replace(b"\n", b"\r\n"))
        assert likeness(str(lf)).key == likeness(str(crlf)).key, name


@pytest.mark.parametrize(
    ("folder", "wanted"), [("Junk", "Junk"), ("lists/debian", "lists.debian"), ("INBOX.Müll", "M&APw-ll")]
)
def test_the_label_names_the_folder_of_the_delivery(folder: str, wanted: str) -> None:
    message = labelled(Message.parse(RAW), folder, None, "because; of that")
    raw = b"".join(field.raw for field in message.headers) + b"\nbody\n"
    assert of(raw).label == wanted
    assert of(raw.replace(b"\n", b"\r\n")).label == wanted


def test_only_the_field_on_top_is_ours() -> None:
    """An MTA puts Received before what a message came with (RFC 5321 section 4.4)."""
    assert of(RAW).label is None
    assert of(RAW.replace(b"Message-ID", b"X-Mdafilter: Junk; rule x:1\nMessage-ID")).label is None


@pytest.mark.parametrize("text", [b"a..b", b";", b"\xff", b"a" * 400])
def test_a_label_that_is_no_folder_is_none(text: bytes) -> None:
    assert of(b"X-Mdafilter: " + text + b"\n" + RAW).label in (None, "&AP8-")


def test_the_message_id() -> None:
    assert of(RAW).message_id == "<1@example.org>"
    assert of(b"").message_id == ""


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(RAW)
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(OSError, match="symbolic"):
        likeness(str(tmp_path / "link"))


@pytest.mark.parametrize("how", PACKED)
def test_a_copy_that_the_server_compresses_is_the_same(tmp_path: Path, how: str) -> None:
    raw = b"Message-ID: <a@b>\nX: y\n\n" + b"body\n" * 10_000
    (tmp_path / "plain").write_bytes(raw)
    (tmp_path / "packed").write_bytes(PACKED[how](raw.replace(b"\n", b"\r\n")))
    assert likeness(str(tmp_path / "plain")) == likeness(str(tmp_path / "packed"))
    (tmp_path / "packed").write_bytes(PACKED[how](raw)[:25])
    assert likeness(str(tmp_path / "packed")).message_id == ""
