"""Files that change: what was made from them is made anew, or stays as it was."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from watchdog.observers.api import BaseObserver

from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.reload import Reload, state, states
from tests.support.policydserver import until


class State:
    """What is made: it counts, and may be told to fail."""

    def __init__(self, *files: Path) -> None:
        self.files = [str(path) for path in files]
        self.calls: list[frozenset[str]] = []
        self.failure: Exception | None = None

    async def load(self, changed: frozenset[str]) -> Iterable[str]:
        self.calls.append(changed)
        if self.failure is not None:
            raise self.failure
        return self.files


def made(state: State, *, poll: float = 3600.0, since: float = float("inf")) -> Reload:
    return Reload(state.load, state.files, poll=poll, since=since, settle=0.02)


@contextlib.asynccontextmanager
async def watched(state: State, *, poll: float = 3600.0) -> AsyncIterator[Reload]:
    watch = made(state, poll=poll)
    task = asyncio.get_running_loop().create_task(watch.run())
    await until(lambda: poll < 1 or any(isinstance(thread, BaseObserver) for thread in threading.enumerate()))
    await asyncio.sleep(0.1)
    yield watch
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table"
    path.write_text("one\n")
    return path


def test_a_change_is_seen_at_once(table: Path) -> None:
    """The next look by itself is an hour away: it is watchdog that wakes."""
    state = State(table)

    async def body() -> None:
        async with watched(state):
            assert state.calls == []
            table.write_text("two\n")
            await until(lambda: len(state.calls) == 1)

    asyncio.run(body())
    assert state.calls == [frozenset({str(table)})]


def test_a_file_put_in_the_place_of_another_is_a_change(table: Path) -> None:
    state = State(table)

    async def body() -> None:
        async with watched(state):
            for text in ("two\n", "six\n"):
                (table.parent / "new").write_text(text)
                os.rename(table.parent / "new", table)
                await until(lambda text=text: len(state.calls) == ("two\n", "six\n").index(text) + 1)  # type: ignore[misc]

    asyncio.run(body())


def test_a_link_is_watched_where_it_leads_to(table: Path) -> None:
    (table.parent / "other").mkdir()
    link = table.parent / "other" / "link"
    link.symlink_to(table)
    state = State(link)

    async def body() -> None:
        async with watched(state):
            table.write_text("two\n")
            await until(lambda: state.calls == [frozenset({str(link)})])

    asyncio.run(body())


def test_a_file_of_a_folder_changes_the_folder(table: Path) -> None:
    state = State(table.parent)

    async def body() -> None:
        async with watched(state):
            (table.parent / "another").write_text("1.2.3.4\n")
            await until(lambda: len(state.calls) == 1)
            table.write_text("more\n")
            await until(lambda: len(state.calls) == 2)

    asyncio.run(body())


def test_where_nothing_tells_of_a_change_it_is_looked_for(
    table: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And there may be too few watches for us (inotify(7), ENOSPC)."""

    def start(self: BaseObserver) -> None:
        raise OSError("inotify watch limit reached")

    monkeypatch.setattr(BaseObserver, "start", start)
    state = State(table)

    async def body() -> None:
        async with watched(state, poll=0.05):
            table.write_text("two\n")
            await until(lambda: len(state.calls) == 1)

    asyncio.run(body())
    assert "changes of files are seen late" in caplog.text


def test_what_has_not_changed_is_not_read(table: Path) -> None:
    state = State(table)

    async def body() -> None:
        async with watched(state, poll=0.01):
            (table.parent / "something else").write_text("x")
            table.read_text()
            await asyncio.sleep(0.3)

    asyncio.run(body())
    assert state.calls == []


def test_hup_makes_everything_anew(table: Path) -> None:
    state = State(table)

    async def body() -> None:
        async with watched(state) as watch:
            watch.wake()
            await until(lambda: len(state.calls) == 1)

    asyncio.run(body())
    assert state.calls == [frozenset()]


def test_a_file_that_is_being_written_is_read_once(table: Path) -> None:
    state = State(table)
    seen: list[str] = []

    async def load(changed: frozenset[str]) -> Iterable[str]:
        seen.append(table.read_text())
        return state.files

    async def body() -> None:
        watch = Reload(load, state.files, settle=0.2)
        table.write_text("")
        look = asyncio.get_running_loop().create_task(watch.look())
        for _ in range(10):
            with table.open("a") as out:
                out.write("line\n")
            await asyncio.sleep(0.02)
        await look
        await watch.look()

    asyncio.run(body())
    assert seen == ["line\n" * 10]


def test_a_broken_file_leaves_the_old_state_and_says_where(table: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = State(table)
    state.failure = ConfigError(
        [Fault(str(table), 3, 7, "what is that?", "say OK"), Fault(str(table), 5, 1, "and that?")]
    )

    async def body() -> None:
        watch = made(state)
        table.write_text("broken\n")
        await watch.look()
        await watch.look()
        assert len(state.calls) == 1, "it is tried again when it changes, and not before"
        state.failure = None
        table.write_text("good\n")
        await watch.look()
        await watch.look()

    asyncio.run(body())
    assert len(state.calls) == 2
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors[:2] == [f"{table}:3:7: what is that? (say OK)", f"{table}:5:1: and that?"]
    assert errors[2] == f"what was there before stays, and this is not read: {table}"


def test_what_changed_while_another_was_broken_is_not_forgotten(table: Path) -> None:
    other = table.parent / "other"
    other.write_text("x")
    state = State(table, other)

    async def body() -> None:
        watch = made(state)
        state.failure = ConfigError([Fault(str(other), 1, 1, "broken")])
        table.write_text("two\n")
        other.write_text("broken")
        await watch.look()
        state.failure = None
        other.write_text("good")
        await watch.look()
        other.write_text("better")
        await watch.look()

    asyncio.run(body())
    both = frozenset({str(table), str(other)})
    assert state.calls == [both, both, frozenset({str(other)})]


def test_nor_is_that_everything_was_asked_for(table: Path) -> None:
    state = State(table)

    async def body() -> None:
        watch = made(state)
        state.failure = RuntimeError("sick")
        watch.wake()
        await watch.look()
        state.failure = None
        table.write_text("two\n")
        await watch.look()

    asyncio.run(body())
    assert state.calls == [frozenset(), frozenset()]


def test_a_table_that_is_missing_is_tried_again_when_it_is_there(table: Path) -> None:
    """The configuration names it, and has not changed since."""
    missing = table.parent / "missing"
    state = State(table)

    async def body() -> None:
        async with watched(state):
            state.failure = ConfigError([Fault(str(missing), 0, 0, "there is no such file")])
            table.write_text("names it\n")
            await until(lambda: len(state.calls) == 1)
            await asyncio.sleep(0.1)
            state.failure = None
            missing.write_text("x")
            await until(lambda: len(state.calls) == 2)

    asyncio.run(body())


def test_what_changes_while_it_is_read_is_read_again(table: Path) -> None:
    state = State(table)
    seen: list[str] = []

    async def load(changed: frozenset[str]) -> Iterable[str]:
        seen.append(table.read_text())
        if len(seen) == 1:
            table.write_text("three")
        return state.files

    async def body() -> None:
        watch = Reload(load, state.files, settle=0.02)
        table.write_text("two")
        for _ in range(3):
            await watch.look()

    asyncio.run(body())
    assert seen == ["two", "three"]


def test_a_file_that_changed_while_the_first_state_was_made_is_read_again(table: Path) -> None:
    async def body(since: float) -> int:
        state = State(table)
        watch = made(state, since=since)
        for _ in range(3):
            await watch.look()
        return len(state.calls)

    assert asyncio.run(body(time.time() + 1)) == 0
    assert asyncio.run(body(time.time() - 1)) == 1


def test_a_state_that_is_made_from_other_files_is_watched_there(table: Path) -> None:
    other = table.parent / "other"
    other.write_text("x")
    state = State(table)

    async def body() -> None:
        watch = made(state)
        state.files = [str(other)]
        await asyncio.sleep(0.1)
        table.write_text("two")
        await watch.look()
        table.write_text("three")
        await watch.look()
        assert len(state.calls) == 1
        other.write_text("y y")
        await watch.look()

    asyncio.run(body())
    assert state.calls == [frozenset({str(table)}), frozenset({str(other)})]


def test_what_the_time_of_a_file_does_not_say_is_a_change_all_the_same(table: Path) -> None:
    """cp -p puts the old time on it; chmod(1) makes it readable at last."""
    times = table.stat()
    before = state(str(table))
    time.sleep(0.02)
    table.write_text("two\n")
    os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (table.stat().st_mtime_ns, table.stat().st_size) == (times.st_mtime_ns, times.st_size)
    after = state(str(table))
    assert after != before
    time.sleep(0.02)
    table.chmod(0o600)
    assert state(str(table)) != after


def test_what_else_is_written_in_the_folder_wakes_nobody(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store may lie beside a table."""
    looks = 0
    real = Reload.look

    async def look(self: Reload) -> None:
        nonlocal looks
        looks += 1
        await real(self)

    monkeypatch.setattr(Reload, "look", look)

    async def body() -> None:
        async with watched(State(table)):
            await until(lambda: looks == 1)  # at what changed before it was watched
            before = looks
            for n in range(20):
                (table.parent / "state.db-wal").write_text(str(n))
            await asyncio.sleep(0.2)
            assert looks == before
            table.write_text("two")
            await until(lambda: looks > before)

    asyncio.run(body())


def test_the_state_of_files(table: Path) -> None:
    assert state(str(table)) == state(str(table))
    assert state(str(table.parent / "none")) == ()
    assert states([str(table)], time.time() - 10) == {str(table): ()}
    assert [name for name, *_ in state(str(table.parent))] == ["", "table"]


def test_no_thread_is_left(table: Path) -> None:
    before = threading.active_count()

    async def body() -> None:
        async with watched(State(table)):
            assert threading.active_count() > before

    asyncio.run(body())
    assert threading.active_count() == before
