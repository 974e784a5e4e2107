"""The child process itself: what it tells, and how much."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

import pytest

from mdafilter.archives import seven
from tests.support.archives import by_program


def child(data: bytes, unpacked: int = 10**6) -> list[dict[str, object]]:
    """The lines of a child that gets this archive; what follows a line as content is passed over."""
    command = [sys.executable, "-I", seven.CHILD, str(unpacked), "100", "16", "0:504b0304"]
    with tempfile.TemporaryFile() as source:
        source.write(data)
        source.seek(0)
        out = subprocess.run(command, stdin=source, capture_output=True, check=True).stdout
    lines = []
    while out:
        line, _, out = out.partition(b"\n")
        lines.append(json.loads(line))
        out = out[lines[-1].get("content", 0) :]
    return lines


@pytest.fixture(autouse=True)
def _package() -> None:
    if seven.missing():
        pytest.skip(seven.missing())


def test_the_beginning_of_a_file_and_all_of_an_archive() -> None:
    files = [("a.txt", b"x" * 100), ("b.zip", b"PK\x03\x04" + b"x" * 100)]
    *lines, last = child(by_program("7zz", "a", files=files, name="x.7z"))
    assert [(line["name"], line["content"]) for line in lines] == [("a.txt", 16), ("b.zip", 104)]
    assert last == {"unpacked": 204}


def test_no_more_is_unpacked_than_may_be() -> None:
    data = by_program("7zz", "a", files=[("big.txt", b"x" * 5_000_000)], name="x.7z")
    lines = child(data)
    assert lines[0]["name"] == "big.txt"
    assert lines[-1]["error"] == "TooLarge"


def test_what_it_raises_is_told() -> None:
    assert "error" in child(b"no archive")[0]


def test_a_password() -> None:
    data = by_program("7zz", "a", "-psecret", "-mhe=on", files=[("a.txt", b"x")], name="x.7z")
    assert [line["error"] for line in child(data)] == ["PasswordRequired"]
