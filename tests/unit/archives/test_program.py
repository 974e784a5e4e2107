"""How programs that read archives are started and ended."""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.archives import program
from mdafilter.archives.budget import Budget, Past
from mdafilter.archives.program import Wanted, path_of, run, unpacked
from mdafilter.archives.spool import nameless
from mdafilter.errors import TryAgain


@pytest.fixture
def archive() -> Iterator[int]:
    fd = nameless()
    os.write(fd, b"archive")
    yield fd
    os.close(fd)


@pytest.fixture
def output() -> Iterator[int]:
    fd = nameless()
    yield fd
    os.close(fd)


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-S", "-c", code


def text(fd: int) -> bytes:
    return os.pread(fd, 1000, 0)


def test_it_reads_the_archive_from_its_beginning(archive: int, output: int) -> None:
    assert run(("/bin/cat",), archive, output, Budget(), 100) == ""
    assert text(output) == b"archive"


def test_its_bounds(archive: int, output: int) -> None:
    code = "import resource as r; print([r.getrlimit(n)[0] for n in (r.RLIMIT_FSIZE, r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_CORE)])"
    run(python(code), archive, output, Budget(), 10_000)
    seconds = round(limits.ARCHIVE_SECONDS)
    assert text(output).decode().strip() == str([10_240, limits.ARCHIVE_MEMORY, seconds, 0])


def test_it_writes_no_more_than_it_may(archive: int, output: int) -> None:
    assert (
        run(("/bin/sh", "-c", "exec cat /dev/zero"), archive, output, Budget(), 10_000) == "reading it ended with -25"
    )
    assert os.fstat(output).st_size == 10_240


def test_no_terminal_and_no_environment(archive: int, output: int) -> None:
    os.environ["SECRET"] = "x"
    run(("/bin/sh", "-c", "(: </dev/tty) 2>/dev/null && echo tty; export -p; pwd"), archive, output, Budget(), 10_000)
    del os.environ["SECRET"]
    assert b"tty" not in text(output) and b"SECRET" not in text(output)
    assert text(output).endswith(b"\n/\n")


def test_it_ends_at_the_deadline_with_all_that_it_started(
    archive: int, output: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_SECONDS", -1.0)  # one second, and two more
    budget = Budget()
    said = run(("/bin/sh", "-c", "sleep 1000 & echo $!; wait"), archive, output, budget, 10_000)
    assert said == "it took too long to read"
    assert budget.seconds >= 1
    assert gone(int(text(output)))


def test_what_outlives_it_is_ended(archive: int, output: int) -> None:
    run(("/bin/sh", "-c", "sleep 1000 & echo $!"), archive, output, Budget(), 10_000)
    assert gone(int(text(output)))


def gone(pid: int) -> bool:
    """Whether the process has ended; one that waits for its parent has."""
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_what_cannot_be_started(archive: int, output: int) -> None:
    assert run(("/nonexistent",), archive, output, Budget(), 100).startswith("reading it ended with 127")


def test_a_full_disk_is_no_empty_archive(archive: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_ROOM", 1 << 62)
    with pytest.raises(TryAgain):
        unpacked((("cat",),), archive, [Wanted(7)], 100, Budget())


def test_programs_are_found_in_two_folders() -> None:
    assert path_of("cat") in ("/usr/bin/cat", "/usr/local/bin/cat")
    assert path_of("no-such-program") == ""


def test_a_program_is_found_under_its_other_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 13's package 7zip has no 7zz; 7zip-standalone has, and then it is taken."""
    monkeypatch.setattr(program, "FOLDERS", (str(tmp_path),))
    for name in ("7z", "7zz"):
        (tmp_path / name).touch(0o755)
        assert path_of("7zz") == f"{tmp_path}/{name}"


# --- what is where -----------------------------------------------------------------------------------------------


def found(archive: int, written: bytes, *wanted: Wanted, budget: Budget | None = None) -> dict[int, bytes]:
    """What is found where a program writes this."""
    os.pwrite(archive, written, 0)
    os.ftruncate(archive, len(written))
    output = unpacked((("cat",),), archive, wanted, 1000, budget or Budget())
    try:
        return {number: octets.slice(start, end) for number, (octets, start, end) in output.found.items()}
    finally:
        output.close()


A, B, C = Wanted(1, zlib.crc32(b"a")), Wanted(2, zlib.crc32(b"bb")), Wanted(3, zlib.crc32(b"ccc"))


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (b"abbccc", [0, 1, 2]),
        (b"bbccc", [1, 2]),  # left out
        (b"xbbccc", [1, 2]),  # wrong, and as long as it should be
        (b"ccc", [2]),
        (b"axxccc", [0, 2]),
        (b"abbcc", [0, 1]),  # cut off
        (b"", []),
        (b"xxxxxxxxx", []),
    ],
)
def test_where_the_files_are(archive: int, written: bytes, numbers: list[int]) -> None:
    there = found(archive, written, A, B, C)
    assert sorted(there) == numbers
    assert all(there[number] == (b"a", b"bb", b"ccc")[number] for number in numbers)


def test_without_checksums_all_must_be_as_long_as_stated(archive: int) -> None:
    assert found(archive, b"abbccc", Wanted(1), Wanted(2), Wanted(3)) == {0: b"a", 1: b"bb", 2: b"ccc"}
    assert found(archive, b"abbcc", Wanted(1), Wanted(2), Wanted(3)) == {}


def test_the_next_program_is_asked_for_what_is_missing(archive: int) -> None:
    os.pwrite(archive, b"abbccc", 0)
    os.ftruncate(archive, 6)
    budget = Budget()
    commands = (("no-such-program",), ("head", "-c", "1"), ("tail", "-c", "5"), ("cat", "/dev/zero"))
    output = unpacked(commands, archive, [A, B, C], 1000, budget)
    assert sorted(output.found) == [0, 1, 2]
    assert budget.unpacked == 1 + 5
    output.close()


def test_what_is_written_is_counted(archive: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_UNPACKED", 3)
    with pytest.raises(Past):
        found(archive, b"abbccc", A, B, C)


def test_many_that_are_wrong_are_little_work(archive: int) -> None:
    """Of the places where a file may be few are kept."""
    wanted = [Wanted(n % 7 + 1, 1) for n in range(5000)]
    assert found(archive, bytes(4000), *wanted) == {}
