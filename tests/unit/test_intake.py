"""The way in: any size, from a pipe, a file or a socket; the From line apart; nothing read whole that is large."""

from __future__ import annotations

import errno
import os
import socket
import threading
from pathlib import Path

import pytest

from mdafilter import intake, limits
from mdafilter.errors import TryAgain
from mdafilter.intake import Received, receive

FROM = b"From me@example.org  Sun Nov 22 10:00:00 2026\n"
LARGE = b"Subject: x\n\n" + os.urandom(limits.SPOOL_IN_MEMORY) * 4


def whole(received: Received) -> bytes:
    return received.octets.slice(0, len(received.octets))


def through_pipe(data: bytes, folder: Path) -> Received:
    reader, writer = os.pipe()

    def feed() -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(writer, view[:70_000]) :]
        os.close(writer)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        return receive(reader, [str(folder)])
    finally:
        thread.join()
        os.close(reader)


@pytest.mark.parametrize("body", [b"", b"x", b"Subject: x\n\nhello\n", LARGE], ids=["empty", "one", "small", "large"])
@pytest.mark.parametrize("line", [b"", FROM], ids=["bare", "from"])
def test_every_octet_arrives_and_the_from_line_is_apart(tmp_path: Path, body: bytes, line: bytes) -> None:
    got = through_pipe(line + body, tmp_path)
    assert whole(got) == body
    assert got.from_line == line.rstrip()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", [b"", FROM + b"Subject: x\n\nhello\n", LARGE], ids=["empty", "small", "large"])
def test_what_belongs_on_top_of_a_file_is_there_and_all_of_the_file_below_it(tmp_path: Path, body: bytes) -> None:
    """RFC 5321 section 4.4: "When the delivery SMTP server makes the 'final delivery' of a message, it inserts a
    return-path line at the beginning of the mail data." Several workers may read one file: its position stays.
    """
    file = tmp_path / "message"
    file.write_bytes(body)
    (folder := tmp_path / "spool").mkdir()
    fd = os.open(file, os.O_RDONLY)
    os.lseek(fd, 3, os.SEEK_SET)
    got = receive(fd, [str(folder)], top=b"Return-Path: <a@b>\n")
    assert whole(got) == b"Return-Path: <a@b>\n" + body
    assert (got.from_line, os.lseek(fd, 0, os.SEEK_CUR)) == (b"", 3)
    assert got.octets.nameless == (len(body) > limits.SPOOL_IN_MEMORY), "so that it need not be copied once more"
    os.close(fd)


@pytest.mark.parametrize("body", [b"", b"x", b"From here to there\n\nHello\n"])
def test_a_message_that_is_here_already_is_all_of_it(body: bytes) -> None:
    """LMTP has no From line (pipe(8), flags=F): what looks like one belongs to the message."""
    with_top, plain = receive(body, (), top=b"Return-Path: <>\n"), receive(body, ())
    assert whole(with_top) == b"Return-Path: <>\n" + body
    assert (whole(plain), plain.from_line) == (body, b"")


def test_a_large_message_is_a_file_that_can_be_given_a_name(tmp_path: Path) -> None:
    """From its first octet to its last: without the From line."""
    octets = through_pipe(FROM + LARGE, tmp_path).octets
    assert (octets.nameless, octets.offset) == (True, 0)
    assert octets.fd is not None
    os.link(f"/proc/self/fd/{octets.fd}", tmp_path / "named", src_dir_fd=octets.fd)
    assert (tmp_path / "named").read_bytes() == LARGE


def test_a_file_of_others_is_never_given_a_name(tmp_path: Path) -> None:
    file = tmp_path / "m"
    file.write_bytes(LARGE)
    with file.open("rb", buffering=0) as opened:
        assert not receive(opened.fileno(), []).octets.nameless


def test_a_file_is_read_from_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "m"
    file.write_bytes(b"skipped" + FROM + LARGE)
    with file.open("rb", buffering=0) as opened:
        opened.seek(7)
        got = receive(opened.fileno(), [])
        assert whole(got) == LARGE
        assert got.octets.fd == opened.fileno()


def test_a_socket_works_too(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()

    def feed() -> None:
        with theirs:
            theirs.sendall(LARGE)

    thread = threading.Thread(target=feed)
    thread.start()
    with ours:
        assert whole(receive(ours.fileno(), [str(tmp_path)])) == LARGE
    thread.join()


def test_a_missing_spool_folder_is_passed_over(tmp_path: Path) -> None:
    assert whole(through_pipe(LARGE, tmp_path / "none")) == LARGE


def test_a_descriptor_that_cannot_be_read_is_try_again(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(TryAgain, match="cannot take in the message"):
        receive(fd, [])
    os.close(fd)


def test_crlf_of_the_from_line_is_cut() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"From a@b now\r\nA: b\r\n\r\n")
    os.close(writer)
    got = receive(reader, [])
    assert (got.from_line, whole(got)) == (b"From a@b now", b"A: b\r\n\r\n")
    os.close(reader)


@pytest.mark.parametrize("body", [b"", b"Subject: x\n\nhello\n", LARGE], ids=["empty", "small", "large"])
def test_the_position_of_a_file_is_neither_moved_nor_needed(tmp_path: Path, body: bytes) -> None:
    """Several processes read the same one: what was opened once has one position for all of them."""
    file = tmp_path / "m"
    file.write_bytes(FROM + body)
    with file.open("rb", buffering=0) as opened:
        for at in (3, len(FROM + body)):
            opened.seek(at)
            got = receive(opened.fileno(), [], 0)
            assert (whole(got), got.from_line) == (body, FROM.rstrip())
            assert opened.tell() == at


def descriptors() -> list[str]:
    return os.listdir("/proc/self/fd")


def test_the_spool_file_is_given_back(tmp_path: Path) -> None:
    before = descriptors()
    got = through_pipe(LARGE, tmp_path)
    assert len(descriptors()) == len(before) + 1
    octets = got.octets
    got.close()
    assert descriptors() == before
    with pytest.raises(OSError, match="Bad file descriptor"):
        octets.slice(0, 1)


def test_a_full_disk_leaves_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SPOOL_IN_MEMORY", 10)  # what is left in the pipe is not much
    before = descriptors()

    def full(_fd: int, _data: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(intake, "_write", full)
    with pytest.raises(TryAgain) as caught:
        through_pipe(b"Subject: large\n\n", tmp_path)
    assert caught.value.status == "4.3.1"
    del caught
    assert descriptors() == before
