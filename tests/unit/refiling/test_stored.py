"""A stored message as it came: the files, the label taken off, the envelope of its header."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.message import Message
from mdafilter.refiling.stored import Stored, envelope, letter, listed
from mdafilter.targets.label import labelled
from tests.support.mailboxes import written


def put(root: Path, folder: str, part: str, name: str, data: bytes = b"Subject: x\n\nbody\n") -> Path:
    where = root / (f".{folder}" if folder else "")
    for each in ("cur", "new", "tmp"):
        (where / each).mkdir(parents=True, exist_ok=True)
    path = where / part / name
    path.write_bytes(data)
    return path


def test_files_come_in_the_order_of_their_names_from_new_and_cur(tmp_path: Path) -> None:
    for folder, part, name in (("b", "cur", "3:2,S"), ("", "cur", "2:2,"), ("", "new", "1"), ("", "new", ".hidden")):
        put(tmp_path, folder, part, name)
    wanted = [Stored("", "new", "1"), Stored("", "cur", "2:2,"), Stored("b", "cur", "3:2,S")]
    assert list(listed(str(tmp_path), None)) == wanted
    assert list(listed(str(tmp_path), ("b", "b"))) == wanted[2:]
    assert wanted[2].path(str(tmp_path)) == f"{tmp_path}/.b/cur/3:2,S"


def test_a_folder_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    put(tmp_path, "", "cur", "1:2,")
    with pytest.raises(FileNotFoundError):
        list(listed(str(tmp_path), ("none",)))
    os.rmdir(tmp_path / "new")
    assert len(list(listed(str(tmp_path), None))) == 1, "new/ is made with the first delivery"


def test_the_envelope_is_that_of_the_header() -> None:
    head = b"Return-Path: <s@example.org>\nDelivered-To: ann+lists@example.net\nX-Original-To: all@example.net\n\n"
    found = envelope(Message.parse(head), "ann", "+")
    assert (found.sender, found.recipient, found.original_recipient) == (
        "s@example.org",
        "ann+lists@example.net",
        "all@example.net",
    )
    assert (found.user, found.extension) == ("ann", "lists")
    assert envelope(Message.parse(head), "ann", "").extension == ""
    assert envelope(Message.parse(b"Return-Path: <>\n\n"), "ann", "+").sender == ""
    unsaid = envelope(Message.parse(b"Subject: x\n\n"), "ann-marie", "-")
    assert (unsaid.recipient, unsaid.extension) == ("ann-marie", ""), "the name of a user has no extension"


@given(st.binary(max_size=300))
def test_any_octets_have_an_envelope(data: bytes) -> None:
    found = envelope(Message.parse(b"Delivered-To: " + data), "ann", "+")
    assert found.recipient
    assert not any(c < " " or c == "\x7f" for c in found.recipient)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_our_label_is_taken_off_and_names_get_back(tmp_path: Path, newline: bytes) -> None:
    """label.py: "Fields of that name that the message brought along are renamed"."""
    came = newline.join((b"X-Mdafilter: forged", b"Subject: x", b"", b"body", b""))
    filed = written(labelled(Message.parse(came), "lists/debian", None, "why; this"))
    assert filed != came
    path = put(tmp_path, "", "cur", "1:2,", filed)
    found = letter(str(path), "ann", "+")
    assert found.label == "lists/debian"
    assert written(found.message) == came
    assert path.read_bytes() == filed
    assert (found.time, found.size) == (os.stat(path).st_mtime, len(filed))


def test_a_label_further_down_is_the_sender_s(tmp_path: Path) -> None:
    path = put(tmp_path, "", "cur", "1:2,", b"Subject: x\nX-Mdafilter: Trash; rule x:1\n\n")
    found = letter(str(path), "ann", "+")
    assert found.label is None and found.message.headers.first("x-mdafilter") is not None


def test_a_large_one_stays_in_its_file(tmp_path: Path) -> None:
    data = b"Subject: x\n\n" + b"line\n" * 100_000
    found = letter(str(put(tmp_path, "", "cur", "1:2,", data)), "ann", "+")
    assert found.message.octets.fd is not None and written(found.message) == data


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    put(tmp_path, "", "cur", "1:2,")
    (tmp_path / "cur/2:2,").mkdir()
    os.mkfifo(tmp_path / "cur/3:2,")
    (tmp_path / "cur/4:2,").symlink_to(tmp_path / "cur/1:2,")
    said = {"2:2,": "no regular file", "3:2,": "no regular file", "4:2,": "symbolic links", "5:2,": "No such file"}
    for name, text in said.items():
        with pytest.raises(OSError, match=text):
            letter(str(tmp_path / "cur" / name), "ann", "+")


def test_a_message_that_dovecot_has_compressed_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "1790000000.M1P1.host:2,S"
    path.write_bytes(gzip.compress(b"X-Mdafilter: Lists; rule r:1\nSubject: packed\n\nbody\n"))
    found = letter(str(path), "ann", "+")
    assert (found.label, found.message.headers.raw()) == ("Lists", b"Subject: packed\n")
    assert found.size == path.stat().st_size
