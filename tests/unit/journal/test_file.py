"""Lines of several writers, none mixed, none lost; and a file that nobody else reads."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from mdafilter.journal.file import append, names

BIG = 1 << 30


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_line_is_added_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "j"
    append(str(path), b"one\n", max_size=BIG, keep=3)
    append(str(path), b"two\n", max_size=BIG, keep=3)
    assert path.read_bytes() == b"one\ntwo\n"


def test_file_and_new_directories_are_private_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "j"
    old = os.umask(0)
    try:
        append(str(path), b"x\n", max_size=BIG, keep=3)
    finally:
        os.umask(old)
    assert [mode(path), mode(path.parent), mode(path.parent.parent)] == [0o600, 0o700, 0o700]


def test_a_file_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b"")
    path.chmod(0o664)
    append(str(path), b"x\n", max_size=BIG, keep=3)
    assert mode(path) == 0o600


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "j").symlink_to("elsewhere")
    with pytest.raises(OSError, match="it is a symbolic link"):
        append(str(tmp_path / "j"), b"x\n", max_size=BIG, keep=3)
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match="it is no regular file"):
            append(str(tmp_path / "fifo"), b"x\n", max_size=BIG, keep=3)
    finally:
        os.close(reader)
    with pytest.raises(OSError, match=r"fifo|No such device"):  # without a reader: ENXIO, and no waiting
        append(str(tmp_path / "fifo"), b"x\n", max_size=BIG, keep=3)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a file of another user")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"")
    os.chown(tmp_path / "j", 12345, 12345)
    with pytest.raises(OSError, match="it belongs to user 12345"):
        append(str(tmp_path / "j"), b"x\n", max_size=BIG, keep=3)


def test_past_its_size_the_file_moves_on(tmp_path: Path) -> None:
    path = tmp_path / "j"
    for number in range(8):
        append(str(path), b"%d23456789\n" % number, max_size=25, keep=3)
    found = [Path(name).read_bytes()[::10] for name in names(str(path), 3)]
    assert found == [b"67", b"45", b"23", b"01"]
    append(str(path), b"8........\n", max_size=25, keep=3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["j", "j.1", "j.2", "j.3"]
    assert (tmp_path / "j.3").read_bytes().startswith(b"2")


def test_a_gap_in_the_older_files_is_filled_before_one_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    for name, text in (("j", b"now"), ("j.1", b"one"), ("j.3", b"three")):
        (tmp_path / name).write_bytes(text)
    append(str(path), b"new\n", max_size=4, keep=3)
    assert [(tmp_path / n).read_bytes() for n in ("j", "j.1", "j.2", "j.3")] == [b"new\n", b"now", b"one", b"three"]


def test_one_line_larger_than_the_file_may_be_is_written(tmp_path: Path) -> None:
    path = tmp_path / "j"
    append(str(path), b"long" * 9 + b"\n", max_size=4, keep=0)
    append(str(path), b"more" * 9 + b"\n", max_size=4, keep=0)
    assert path.read_bytes() == b"more" * 9 + b"\n"
    assert (tmp_path / "j.1").read_bytes() == b"long" * 9 + b"\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may rename in any directory")
def test_a_directory_that_cannot_be_changed_still_takes_lines(tmp_path: Path) -> None:
    path = tmp_path / "d" / "j"
    append(str(path), b"one\n", max_size=4, keep=3)
    path.parent.chmod(0o500)
    append(str(path), b"two\n", max_size=4, keep=3)
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_write_past_the_file_size_limit_is_an_error_and_ends_no_process(tmp_path: Path) -> None:
    """Postfix sets mailbox_size_limit as the file-size limit of the delivery agent."""
    pid = os.fork()
    if pid == 0:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
        try:
            append(str(tmp_path / "j"), b"x" * 20 + b"\n", max_size=BIG, keep=3)
        except OSError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def write_many(path: str, writer: int, lines: int) -> None:
    for number in range(lines):
        append(path, b"%d:%d:%s\n" % (writer, number, b"x" * (number % 97)), max_size=2000, keep=1000)


def test_no_line_of_several_writers_is_lost_or_mixed_while_the_file_rotates(tmp_path: Path) -> None:
    path = str(tmp_path / "j")
    writers = [multiprocessing.get_context("fork").Process(target=write_many, args=(path, w, 300)) for w in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    found = [line for file in tmp_path.iterdir() for line in file.read_bytes().splitlines()]
    assert sorted(found) == sorted(b"%d:%d:%s" % (w, n, b"x" * (n % 97)) for w in range(4) for n in range(300))
    assert len(list(tmp_path.iterdir())) > 10
