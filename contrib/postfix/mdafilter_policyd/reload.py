"""What was made from files is made anew when they change.

watchdog only wakes: what has changed is found by stat(2), which also works where nothing tells of a change (NFS).
SIGHUP makes everything anew, changed or not. A file that is being written is read when it has stopped changing.

A file that cannot be used leaves the old state, and each fault is logged with file, line and column. It is tried again
when it changes; so is a file that is missing, as soon as it is there.

In:    `load`: makes the state anew and puts it in the place of the old one, or raises ConfigError; it is told which
       files have changed (none: all), and returns those that the new state was made from. A folder counts with what is
       directly in it.
Out:   calls of `load`, one at a time, until `run` is cancelled.
Fails: never: what `load` raises is logged. A file system that hangs holds up a thread, and no answer.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import stat
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from mdafilter_policyd import limits
from mdafilter_policyd.errors import ConfigError

LOG = logging.getLogger(__name__)
Load: TypeAlias = Callable[[frozenset[str]], Awaitable[Iterable[str]]]
State: TypeAlias = tuple[tuple[str, int, int, int, int], ...]  # of a file, and of what is in it if it is a folder
# Not each write: a database beside a table is written to all the time. A file is whole when it is closed, or renamed.
EVENTS: list[type[FileSystemEvent]] = [
    *(FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileMovedEvent),
    *(DirCreatedEvent, DirDeletedEvent, DirMovedEvent),
]


class Reload:
    """The files, as they were when they were read last.

    `files` are those of the state that there is, `since` is when it was begun to be made from them: what has changed
    later is not in it, perhaps.
    """

    def __init__(
        self,
        load: Load,
        files: Iterable[str],
        *,
        since: float = math.inf,
        poll: float = limits.POLL_SECONDS,
        settle: float = limits.SETTLE_SECONDS,
    ) -> None:
        self._load = load
        self._known = states(files, since)
        self._poll = poll
        self._settle = settle
        self._awake = asyncio.Event()
        self._asked = False
        self._all = False
        self._owed: frozenset[str] = frozenset()  # what has changed since the last time that it could be used

    def wake(self) -> None:
        """Everything is made anew, as by SIGHUP."""
        self._asked = self._all = True
        self._awake.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        watch = _Watch(self._awake)
        try:
            while True:
                await asyncio.to_thread(watch.follow, frozenset(self._known))
                await self._wait()
                await self.look()
        finally:
            watch.end()

    async def look(self) -> None:
        """Makes the state anew if a file is not as it was, or if that was asked for."""
        self._awake.clear()
        asked, self._asked = self._asked, False
        if not asked and await asyncio.to_thread(states, self._known) == self._known:
            return
        now = await self._settled()
        self._owed |= {path for path in now if now[path] != self._known[path]}
        # What changes while it is being read is not as it was `now`, and so is read again.
        self._known, since = now, time.time()
        if asked or self._owed:
            files = await asyncio.to_thread(states, await self._loaded(), since)
            self._known = {path: now.get(path, files[path]) for path in files}

    async def _loaded(self) -> Iterable[str]:
        """Loads; the files that count from now on."""
        every, self._all = self._all, False
        changed = frozenset() if every else self._owed
        name = ", ".join(sorted(changed)) or "everything"
        try:
            files = await self._load(changed)
        except ConfigError as broken:
            self._all |= every
            for fault in broken.faults:
                LOG.error("%s", fault)
            LOG.error("what was there before stays, and this is not read: %s", name)
            # A table that a new configuration names and that is not there: it is tried again when it is.
            return {*self._known, *(fault.file for fault in broken.faults if fault.file.startswith("/"))}
        except Exception:
            self._all |= every
            LOG.exception("what was there before stays, and this is not read: %s", name)
            return self._known
        LOG.info("read again: %s", name)
        self._owed = frozenset()
        return files

    async def _wait(self) -> None:
        try:
            # Not asyncio.wait_for: in Python 3.11 it forgets that it is cancelled, if it is woken up just then.
            async with asyncio.timeout(self._poll):
                await self._awake.wait()
        except TimeoutError:
            pass  # then it is time to look

    async def _settled(self) -> dict[str, State]:
        """The files, when none of them has changed for a while."""
        before = await asyncio.to_thread(states, self._known)
        for _round in range(limits.SETTLE_ROUNDS):
            await asyncio.sleep(self._settle)
            now = await asyncio.to_thread(states, self._known)
            if now == before:
                break
            before = now
        return before


def states(files: Iterable[str], since: float = math.inf) -> dict[str, State]:
    """Of each file. One that has changed `since` then, or a little before, has none: the clock of files is coarse."""
    young = (since - 0.05) * 1e9
    found = {path: state(path) for path in files}
    return {path: () if any(changed >= young for *_, changed in each) else each for path, each in found.items()}


def state(path: str) -> State:
    """What changes when it does; () where there is none. Links are followed.

    Of its times, that of the inode (st_ctime): cp -p and rsync put another one on what was written, and a file that may
    be read at last has changed as well.
    """
    try:
        own = os.stat(path)
        found = [("", own)]
        if stat.S_ISDIR(own.st_mode):
            with os.scandir(path) as entries:
                found += sorted(((entry.name, os.stat(entry.path)) for entry in entries), key=lambda each: each[0])
    except OSError:
        return ()  # it has gone, or one in it has just now: then it changes once more
    return tuple((name, s.st_dev, s.st_ino, s.st_size, s.st_ctime_ns) for name, s in found)


class _Watch(FileSystemEventHandler):
    """watchdog on the folders that the files are in. It has a thread of its own."""

    def __init__(self, awake: asyncio.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._awake = awake
        self._ways: frozenset[str] = frozenset()
        self._folders: frozenset[str] = frozenset()
        self._observer: BaseObserver | None = None
        self._lock = threading.Lock()
        self._over = False

    def on_any_event(self, event: FileSystemEvent) -> None:
        for path in (os.fsdecode(event.src_path), os.fsdecode(event.dest_path)):
            if path in self._ways or os.path.dirname(path) in self._ways:
                self._tell()

    def follow(self, files: Iterable[str]) -> None:
        """Watches where these files are, and where they lead to if they are links."""
        self._ways = frozenset(way for path in files for way in (os.path.abspath(path), os.path.realpath(path)))
        near = frozenset(way for each in self._ways for way in (each, os.path.dirname(each)) if os.path.isdir(way))
        with self._lock:
            if near != self._folders and not self._over:
                self._watch(near)

    def _watch(self, near: frozenset[str]) -> None:
        self._rest()
        self._folders = near
        self._observer = Observer()
        try:
            for folder in near:
                self._observer.schedule(self, folder, event_filter=EVENTS)
            self._observer.start()
        except OSError as failed:  # fs.inotify.max_user_instances, max_user_watches
            self._observer.unschedule_all()
            LOG.warning("changes of files are seen late, as their folders cannot be watched: %s", failed)
        self._tell()  # of what has changed while nobody watched

    def end(self) -> None:
        """No thread is left, and none is begun by `follow`, which may be at it in a thread of its own."""
        with self._lock:
            self._over = True
            self._rest()

    def _rest(self) -> None:
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join()
        self._observer = None

    def _tell(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._awake.set)
