"""Letters of keywords mean in each folder what its file says."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mdafilter.files import CALLS
from mdafilter.refiling.keywords import NAME, translated


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / NAME).write_text("0 $Label1\n1 work\n2 Junk\n")
    return tmp_path / "a", tmp_path / "b"


def test_letters_follow_their_names(folders: tuple[Path, Path]) -> None:
    source, target = folders
    (target / NAME).write_text("0 work\n1 $Label1\n")
    assert translated(CALLS, str(source), str(target), "ab") == "ab"
    assert translated(CALLS, str(source), str(target), "a") == "b"
    assert (target / NAME).read_text() == "0 work\n1 $Label1\n"


def test_a_name_that_the_folder_has_not_is_added(folders: tuple[Path, Path]) -> None:
    source, target = folders
    assert translated(CALLS, str(source), str(target), "c") == "a"
    assert translated(CALLS, str(source), str(target), "bc") == "ab"
    assert (target / NAME).read_text() == "0 Junk\n1 work\n"
    assert os.listdir(target) == [NAME]


def test_letters_without_a_name_mean_nothing(folders: tuple[Path, Path]) -> None:
    source, target = folders
    assert translated(CALLS, str(source), str(target), "z") == ""
    assert translated(CALLS, str(target), str(source), "a") == ""


def test_the_twenty_seventh_has_no_letter(folders: tuple[Path, Path]) -> None:
    source, target = folders
    (target / NAME).write_text("".join(f"{n} k{n}\n" for n in range(26)))
    assert translated(CALLS, str(source), str(target), "a") == ""


def test_a_lock_of_somebody_else_is_respected_for_a_minute(folders: tuple[Path, Path]) -> None:
    source, target = folders
    lock = target / f"{NAME}.lock"
    lock.touch()
    with pytest.raises(FileExistsError):
        translated(CALLS, str(source), str(target), "a")
    os.utime(lock, (time.time() - 100,) * 2)
    assert translated(CALLS, str(source), str(target), "a") == "a"


def test_lines_that_are_none_are_passed_over(folders: tuple[Path, Path]) -> None:
    source, target = folders
    (source / NAME).write_bytes(b"x y\n99 far\n3\n0 \xff\n\n")
    assert translated(CALLS, str(source), str(target), "ad") == "a"
    assert (target / NAME).read_bytes() == b"0 \xff\n"
