"""Octets: the same answers from memory and from a file, one window at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mdafilter import limits
from mdafilter.message import Held, Octets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA = bytes(range(256)) * 5000  # 1.28 MB: more than one window


@pytest.fixture(params=["memory", "file", "file with offset"])
def octets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Octets]:
    if request.param == "memory":
        yield Octets.of(DATA)
        return
    before = b"From x\n" if request.param == "file with offset" else b""
    path = tmp_path / "spool"
    path.write_bytes(before + DATA)
    with path.open("rb") as file:
        yield Octets.map(file.fileno(), len(before))


def test_length_and_slices(octets: Octets) -> None:
    assert len(octets) == len(DATA)
    for start, end in [(0, 3), (0, len(DATA)), (5, 5), (9, 2), (-4, 4), (len(DATA) - 2, len(DATA) + 9)]:
        assert octets.slice(start, end) == DATA[max(0, start) : max(0, end)]


def test_a_slice_across_a_window_is_whole(octets: Octets) -> None:
    at = limits.WINDOW
    assert octets.slice(at - 7, at + 7) == DATA[at - 7 : at + 7]


def test_chunks_are_windows_and_all_there_is(octets: Octets) -> None:
    chunks = list(octets.chunks(3, len(DATA)))
    assert b"".join(chunks) == DATA[3:]
    assert max(map(len, chunks)) <= limits.WINDOW


def test_find_sees_a_needle_across_a_window(tmp_path: Path) -> None:
    data = bytearray(b"x" * (3 * limits.WINDOW))
    for place in (limits.WINDOW - 2, 2 * limits.WINDOW - 1):
        data[place : place + 4] = b"\n--b"
    path = tmp_path / "spool"
    path.write_bytes(data)
    with path.open("rb") as file:
        octets = Octets.map(file.fileno())
        assert octets.find(b"\n--b", 0, len(data)) == limits.WINDOW - 2
        assert octets.find(b"\n--b", limits.WINDOW - 1, len(data)) == 2 * limits.WINDOW - 1
        assert octets.find(b"\n--b", 0, limits.WINDOW + 1) == -1
        assert octets.find(b"\n--c", 0, len(data)) == -1


def test_a_file_that_became_shorter_is_an_error_and_no_short_message(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    path.write_bytes(DATA)
    with path.open("r+b") as file:
        octets = Octets.map(file.fileno())
        file.truncate(1000)
        with pytest.raises(OSError, match="shorter"):
            octets.slice(0, len(octets))


def test_100_mb_are_walked_and_written_in_less_than_40_mb_of_memory(tmp_path: Path) -> None:
    """A 100 MB message is delivered with a peak RSS under 40 MB in all."""
    spool = tmp_path / "spool"
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\n"
    with spool.open("wb") as file:
        file.write(b"Content-Type: multipart/mixed; boundary=bb\n\n--bb\nContent-Type: application/x; name=a.exe\n\n")
        for _ in range(100):
            file.write(line * (1024 * 1024 // len(line)))
        file.write(b"\n--bb\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + line * 140000)
        file.write(b"\n--bb--\n")
    program = """
import os, sys
from mdafilter.message import Message, Octets
fd = os.open(sys.argv[1], os.O_RDONLY)
message = Message.parse(Octets.map(fd))
assert [part.type for part in message.parts][:3] == ["multipart/mixed", "application/x", "message/rfc822"]
assert message.parts[1].readings()[0].text == "a.exe"
out = os.open(sys.argv[1] + ".out", os.O_WRONLY | os.O_CREAT)
assert message.write_to(out) == os.stat(fd).st_size == os.stat(out).st_size
read, write = os.pipe()
if os.fork() == 0:
    os.close(write)
    while os.read(read, 65536): pass
    os._exit(0)
message.write_to(write)
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""
    run = subprocess.run(
        [sys.executable, "-c", program, str(spool)], capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 40 * 1024


def is_open(fd: int) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")


def test_a_held_file_is_closed_when_nobody_reads_it_any_more(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(DATA)
    fd = os.open(tmp_path / "spool", os.O_RDONLY)
    octets = Octets.map(Held(fd))
    rest = octets.behind(5)
    del octets
    assert rest.slice(0, len(rest)) == DATA[5:]
    del rest
    assert not is_open(fd)


@pytest.mark.parametrize("flag", [os.O_TMPFILE, 0])
def test_a_file_without_a_name(monkeypatch: pytest.MonkeyPatch, flag: int) -> None:
    """Also where the file system has no O_TMPFILE."""
    monkeypatch.setattr(os, "O_TMPFILE", flag)
    file = Held.nameless()
    os.write(file.fd, DATA)
    octets = Octets.map(file)
    assert octets.slice(0, len(octets)) == DATA


def test_closed_octets_cannot_be_read_and_no_other_file_is(tmp_path: Path) -> None:
    """The number of a closed descriptor is that of the next file which is opened."""
    (tmp_path / "spool").write_bytes(DATA)
    fd = os.open(tmp_path / "spool", os.O_RDONLY)
    octets = Octets.map(Held(fd))
    rest = octets.behind(5)
    octets.window(0)
    octets.close()
    octets.close()
    other = os.open(tmp_path / "spool", os.O_RDONLY)
    assert other == fd
    for one in (octets, rest):
        with pytest.raises(OSError, match="Bad file descriptor"):
            one.slice(0, 100)
    os.close(other)


def test_the_descriptor_of_somebody_else_stays_open(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(DATA)
    with (tmp_path / "spool").open("rb") as file:
        octets = Octets.map(file.fileno())
        octets.close()
        del octets
        assert is_open(file.fileno())


def test_behind(octets: Octets) -> None:
    rest = octets.behind(7)
    assert (len(rest), rest.slice(0, 9)) == (len(DATA) - 7, DATA[7:16])
    assert len(octets.behind(len(DATA) + 1)) == 0
