"""The file that is made before its message comes, and what becomes of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import spare
from mdafilter.files import CALLS, Draft, claim
from tests.support.drafts import Text


@pytest.fixture(autouse=True)
def _none_is_kept() -> Iterator[None]:
    spare.keep("")
    yield
    spare.keep("")


def kept(directory: Path) -> None:
    """Two messages in a row went there."""
    spare.keep(str(directory))
    spare.keep(str(directory))


def claimed(tmp: Path) -> Draft:
    return claim(CALLS, str(tmp), "name", "other", lambda _draft: False, Text(b"message"))


def test_it_has_no_name_until_it_is_a_draft(tmp_path: Path) -> None:
    kept(tmp_path)
    assert (os.listdir(tmp_path), spare.kept() >= 0) == ([], True)
    made = os.fstat(spare.kept())
    draft = claimed(tmp_path)
    assert os.listdir(tmp_path) == ["name"]
    assert os.path.samestat((tmp_path / "name").stat(), made)
    assert (draft.links, draft.state.st_size, draft.state.st_mode & 0o777) == (1, 0, 0o600)
    assert spare.kept() == -1
    assert draft.write(Text(b"message")) == 7
    draft.close()


def test_its_lock_is_that_of_the_draft(tmp_path: Path) -> None:
    import fcntl

    kept(tmp_path)
    draft = claimed(tmp_path)
    with open(tmp_path / "name") as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.close()
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_it_is_for_one_draft_and_for_its_own_directory(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    kept(tmp_path / "a")
    first = spare.kept()
    assert spare.take(str(tmp_path)) == -1
    kept(tmp_path / "a")
    assert spare.kept() == first
    assert spare.take(str(tmp_path / "a")) == first
    assert spare.take(str(tmp_path / "a")) == -1
    os.close(first)


def test_where_one_message_went_none_is_made(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for directory in (tmp_path, tmp_path / "a", tmp_path):
        spare.keep(str(directory))
        assert spare.kept() == -1
    kept(tmp_path)
    made = spare.kept()
    spare.keep(str(tmp_path / "a"))
    assert (spare.kept(), spare.take(str(tmp_path))) == (made, made)
    os.close(made)


def test_another_directory_takes_its_place_and_none_gives_it_up(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    (tmp_path / "a").mkdir()
    kept(tmp_path / "a")
    kept(tmp_path)
    assert spare.take(str(tmp_path / "a")) == -1
    assert len(os.listdir("/proc/self/fd")) == before + 1
    spare.keep("")
    assert (spare.kept(), len(os.listdir("/proc/self/fd"))) == (-1, before)


@pytest.mark.parametrize("directory", ["no", "/proc"])
def test_where_it_cannot_be_made_none_is_kept(tmp_path: Path, directory: str) -> None:
    """A directory that is not there, and a file system without O_TMPFILE."""
    kept(tmp_path / directory)
    assert (spare.kept(), spare.take(str(tmp_path / directory))) == (-1, -1)


def test_what_an_earlier_try_left_under_the_name_is_looked_at_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"message")
    kept(tmp_path)
    draft = claim(CALLS, str(tmp_path), "name", "other", lambda earlier: earlier.state.st_size == 7, Text(b"message"))
    assert (draft.path, draft.state.st_size) == (str(tmp_path / "name"), 7)
    draft.close()


def test_a_directory_that_has_gone_meanwhile_is_missed_as_ever(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    gone = tmp_path / "tmp"
    gone.mkdir()
    kept(gone)
    gone.rmdir()
    with pytest.raises(FileNotFoundError):
        claimed(gone)
    assert len(os.listdir("/proc/self/fd")) == before
