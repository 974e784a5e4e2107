"""What is kept between two messages, and each change of a file that makes it forgotten."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mdafilter import limits, recall
from mdafilter.errors import TryAgain
from mdafilter.recall import once


@pytest.fixture(autouse=True)
def _nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "_kept", {})


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """All files are taken for old: no test waits for two seconds."""
    monkeypatch.setattr(limits, "SETTLED_SECONDS", -3600.0)


def counted(look: Callable[[], object]) -> Callable[[], object]:
    """Asks for what `look` finds; the answer is how often it has been made, and what was found."""
    made: list[object] = []

    def make() -> tuple[int, object]:
        made.append(look())
        return len(made), made[-1]

    return lambda: once(("test",), make)


def content(path: Path) -> Callable[[], object]:
    def look() -> object:
        try:
            return recall.read(str(path))
        except OSError as failed:
            return failed.errno

    return look


@pytest.mark.usefixtures("settled")
def test_it_is_made_once_while_nothing_changes(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("one")
    ask = counted(content(file))
    assert [ask(), ask(), ask()] == [(1, b"one")] * 3


def write(file: Path) -> None:
    file.write_text("two")


def same_size_and_time(file: Path) -> None:
    """The change time tells: nobody can set that one back."""
    before = file.stat()
    file.write_text("two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(file: Path) -> None:
    other = file.with_name("other")
    other.write_text("two")
    before = file.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(file)


def link(file: Path) -> None:
    """A symbolic link in its place, to a file that was there before."""
    file.unlink()
    file.symlink_to(file.with_name("older"))


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("change", [write, same_size_and_time, replace, link, Path.unlink, lambda p: p.chmod(0o600)])
def test_each_change_of_a_file_is_seen(tmp_path: Path, change: Callable[[Path], None]) -> None:
    file = tmp_path / "a"
    (tmp_path / "older").write_text("two")
    file.write_text("one")
    ask = counted(content(file))
    assert ask() == (1, b"one")
    change(file)
    assert ask() == (2, content(file)())
    assert ask() == (2, content(file)())


@pytest.mark.usefixtures("settled")
def test_a_file_that_appears_is_seen(tmp_path: Path) -> None:
    """Also where its folder was not there, nor the one above."""
    file = tmp_path / "b" / "c" / "a"
    ask = counted(content(file))
    assert [ask(), ask()] == [(1, 2), (1, 2)]
    file.parent.parent.mkdir()
    assert [ask(), ask()] == [(2, 2), (2, 2)]
    file.parent.mkdir()
    file.write_text("one")
    assert [ask(), ask()] == [(3, b"one"), (3, b"one")]


@pytest.mark.usefixtures("settled")
def test_one_look_tells_of_all_that_is_missing_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    counted(lambda: [recall.there(f"{tmp_path}/no/{name}") for name in "abc"])()
    ((looks, _made),) = recall._kept.values()
    assert list(looks) == [f"{tmp_path}/no"]


@pytest.mark.usefixtures("settled")
def test_of_a_folder_only_owner_and_mode_count(tmp_path: Path) -> None:
    """A home changes all the time."""
    ask = counted(lambda: recall.status(str(tmp_path)).st_mode)
    first = ask()
    (tmp_path / "new").write_text("")
    os.utime(tmp_path, (0, 0))
    assert ask() == first
    tmp_path.chmod(0o711)
    assert ask() == (2, 0o040711)


@pytest.mark.usefixtures("settled")
def test_a_folder_whose_files_are_only_replaced_is_looked_at_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recall, "_installed", set())
    recall.installed(str(tmp_path))
    (tmp_path / "a").write_text("one")
    ask = counted(lambda: [content(tmp_path / name)() for name in "ab"])
    assert [ask(), ask()] == [(1, [b"one", 2])] * 2
    ((looks, _made),) = recall._kept.values()
    assert list(looks) == [str(tmp_path)]
    replace(tmp_path / "a")
    assert [ask(), ask()] == [(2, [b"two", 2])] * 2
    (tmp_path / "b").write_text("three")
    assert ask() == (3, [b"two", b"three"])


@pytest.mark.usefixtures("settled")
def test_a_file_that_changes_while_it_is_looked_at_is_not_relied_on(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("")

    def look() -> bytes:
        there = recall.there(str(file))
        replace(file)
        return recall.read(str(file)) if there else b""

    ask = counted(look)
    assert [ask(), ask()] == [(1, b"two"), (2, b"two")]


def test_a_file_that_was_changed_a_moment_ago_is_not_relied_on(tmp_path: Path) -> None:
    """Two writes within one tick of the clock leave the same size and the same times."""
    file = tmp_path / "a"
    file.write_text("one")
    ask = counted(content(file))
    assert [ask(), ask()] == [(1, b"one"), (2, b"one")]


@pytest.mark.parametrize(
    ("ago", "fraction", "yes"), [(0.05, 1, False), (0.15, 1, True), (0.15, 0, False), (1.95, 0, False), (2.05, 0, True)]
)
def test_where_times_have_no_fractions_of_a_second_a_file_settles_later(ago: float, fraction: int, yes: bool) -> None:
    """FAT counts two seconds (mtime) or ten milliseconds, ext3 and HFS+ one second; others the ticks of the kernel."""
    changed = 1_800_000_000_000_000_000 + fraction
    assert recall.settled(changed, changed + int(ago * 1e9)) == yes


def test_what_is_missing_needs_no_time_to_settle(tmp_path: Path) -> None:
    ask = counted(content(tmp_path / "a"))
    assert [ask(), ask()] == [(1, 2), (1, 2)]


@pytest.mark.usefixtures("settled")
def test_a_name_that_no_file_has_is_as_if_it_were_not_there() -> None:
    ask = counted(lambda: recall.there("a\0b"))
    assert [ask(), ask()] == [(1, False)] * 2


@pytest.mark.usefixtures("settled")
def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    """The site's mistake: each message is tried again, and the first one after it is mended goes through."""
    tries: Iterator[str] = iter(["broken", "broken", "", ""])

    def make() -> int:
        if text := next(tries):
            raise TryAgain(text)
        return 1

    for _ in range(2):
        with pytest.raises(TryAgain):
            once(("a",), make)
    assert (once(("a",), make), once(("a",), make), next(tries)) == (1, 1, "")
    assert recall._looks == []


@pytest.mark.usefixtures("settled")
def test_a_making_within_another_keeps_its_own(tmp_path: Path) -> None:
    inner = counted(content(tmp_path / "a"))
    once(("outer",), lambda: (recall.there(f"{tmp_path}/b"), inner(), recall.there(f"{tmp_path}/c")))
    assert [sorted(looks) for looks, _made in recall._kept.values()] == [
        [f"{tmp_path}/a"],
        [f"{tmp_path}/b", f"{tmp_path}/c"],
    ]


def test_few_things_are_kept_those_that_were_asked_for_last() -> None:
    for number in range(limits.RECALLED + 5):
        once((number,), lambda: 1)
        once((0,), lambda: 1)
    assert len(recall._kept) == limits.RECALLED
    assert (0,) in recall._kept and (1,) not in recall._kept


@pytest.mark.usefixtures("settled")
def test_what_comes_into_a_folder_is_seen(tmp_path: Path) -> None:
    ask = counted(lambda: sorted(recall.names(str(tmp_path))))
    assert (ask(), ask()) == ((1, []), (1, []))
    (tmp_path / "new").touch()
    assert ask() == (2, ["new"])
