"""The child process itself: its bounds, and what it tells."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

import pytest

from mdafilter.archives import foreign
from tests.support.archives import by_program, rar4


def child(format_: str, data: bytes, unpacked: int = 10**6, memory: int = 1 << 29) -> list[dict[str, object]]:
    """The lines of a child that gets this archive; what follows a line as content is passed over."""
    command = [
        sys.executable,
        "-I",
        foreign.CHILD,
        format_,
        str(unpacked),
        "100",
        "10",
        str(memory),
        "16",
        "0:504b0304",
    ]
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
def _packages() -> None:
    if foreign.missing():
        pytest.skip(f"not installed: {' '.join(foreign.missing())}")


def test_the_beginning_of_a_file_and_all_of_an_archive() -> None:
    lines = child("rar", rar4(("a.txt", b"x" * 100), ("b.zip", b"PK\x03\x04" + b"x" * 100)))
    assert [(line["name"], line["content"]) for line in lines] == [("a.txt", 16), ("b.zip", 104)]


def test_no_more_is_unpacked_than_may_be() -> None:
    data = by_program("7zz", "a", files=[("big.txt", b"x" * 5_000_000)], name="x.7z")
    lines = child("7z", data)
    assert lines[0]["name"] == "big.txt"
    assert lines[-1]["error"] == "TooLarge"


def test_what_it_raises_is_told() -> None:
    assert "error" in child("rar", b"no archive")[0]
    assert "error" in child("7z", b"no archive")[0]
