"""The daemon, put together: configuration, sockets, checks, answers.

    config.py -> listen.py -> (rights given up) -> made.py -> (processes.py) -> server.py <- run.py
                                                      ^------------------------ reload.py

It binds first, as who it was started by; then it becomes `user` for good, and reads everything else as that one. With
--processes it forks after that, so that tables which have been read are shared memory.

Changed files, or SIGHUP: configuration and checks are made anew in a thread, and exchanged between two questions. What
is broken leaves everything as it was, and the log says where the fault is. Sockets, user, processes, and where things
are kept are read at the start only. TERM and INT: what has been asked is answered, then it ends.

Fails: ConfigError at the start. Later on, nothing ends it but a signal.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mdafilter_policyd import config as configuration
from mdafilter_policyd import listen, made, store
from mdafilter_policyd.checks import House
from mdafilter_policyd.config import Config, placed
from mdafilter_policyd.decisions import Decisions
from mdafilter_policyd.dns import StubResolver
from mdafilter_policyd.errors import ConfigError, Fault, StoreError
from mdafilter_policyd.log import Log, Outages
from mdafilter_policyd.made import Made
from mdafilter_policyd.processes import Processes
from mdafilter_policyd.reload import Reload
from mdafilter_policyd.run import Run
from mdafilter_policyd.server import Server

# What is read at the start only.
FIXED = (
    *("listen", "user", "socket_mode", "socket_group", "processes", "connections", "idle"),
    *("store", "state_dir", "hostname", "nameservers", "decisions", "decisions_size", "decisions_keep"),
)
# So long at most have the threads of stores and of reloading the interpreter while questions wait: with Python's own
# 5 ms the slowest answers take three times as long.
SWITCH_SECONDS = 0.0005
EXPIRE_SECONDS = 3600.0  # between two times that what has expired is removed


def serve(file: str, places: Sequence[str], environ: Mapping[str, str], log: Log, processes: int = 0) -> int:
    """Runs until it is ended. `places` and `processes` replace those of the configuration; the exit code."""
    config = configuration.load(file)
    sockets = _sockets(config, places, environ)
    _state_dir(config)
    if config.user:
        try:
            listen.drop(config.user)
        except ConfigError as failed:
            raise placed(failed, config.file) from failed
    elif os.geteuid() == 0:
        log.warn("it runs as root, and needs no such rights: set `user`")
    house = rooms(config, log)
    since = time.time()
    daemon = Daemon(configuration.load(file), house, log, since)
    # Who reads that it is ready may send HUP at once: it waits until it can be heard, and ends nothing.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP,))
    log.ready([*map(_shown, sockets)], [f"{m.asked.name} ({m.asked.mode})" for m in daemon.made])
    listen.notify(environ, "READY=1")
    count = processes or config.processes
    if count == 1:
        asyncio.run(daemon.run(sockets))
        return 0
    return Processes(count, lambda number, pipe: asyncio.run(daemon.run(sockets, number, pipe)), log).run()


def rooms(config: Config, log: Log) -> House:
    """What checks need of the outside. Nothing of it is opened before it is needed."""
    try:
        resolver = StubResolver(config.nameservers)
        kept = store.open(config.store_url)
    except ConfigError as failed:
        raise placed(failed, config.file) from failed
    except ValueError as failed:
        raise placed(ConfigError([Fault("nameservers", 0, 0, str(failed))]), config.file) from failed
    return House(resolver, kept, time.time, log.alert, config.hostname or socket.getfqdn())


@dataclass
class State:
    """What is in force."""

    config: Config
    made: tuple[Made, ...]


class Daemon:
    """One process of it."""

    def __init__(self, config: Config, house: House, log: Log, since: float) -> None:
        self._house = house
        self._log = log
        self._since = since
        self._state = State(config, made.make(config, house, log))
        self._decisions = self._writer(config)
        self._run = Run(made.rules(config, self.made), log, self._decisions, house.now)

    @property
    def made(self) -> tuple[Made, ...]:
        """The checks that are in force."""
        return self._state.made

    def _writer(self, config: Config) -> Decisions | None:
        path = config.decisions_file
        size, keep = config.decisions_size, config.decisions_keep
        return Decisions(path, self._log, max_size=size, keep=keep) if path else None

    async def run(self, sockets: Sequence[socket.socket], number: int = 0, parent: int = -1) -> None:
        """Until TERM or INT, or until the `parent` has gone: then this pipe is at its end."""
        sys.setswitchinterval(SWITCH_SECONDS)
        loop = asyncio.get_running_loop()
        config = self._state.config
        server = Server(sockets, self._run.answer, connections=config.connections, idle=config.idle)
        reload = Reload(self._load, made.files(config, self.made), since=self._since)
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, server.stop)
        loop.add_signal_handler(signal.SIGHUP, reload.wake)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGHUP,))
        if parent >= 0:  # its end can be read again and again: once is enough
            loop.add_reader(parent, self._orphaned, server, parent)
        tasks = [asyncio.ensure_future(reload.run())]
        if number == 0:
            tasks.append(asyncio.ensure_future(self._expire()))
        for one in self.made:
            one.repeated.start()
        try:
            await server.run()
        finally:
            self._log.ends()
            for one in self.made:
                one.repeated.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._decisions is not None:
                self._decisions.flush()
            await close(self._house)

    def _orphaned(self, server: Server, parent: int) -> None:
        asyncio.get_running_loop().remove_reader(parent)
        server.stop()

    async def _load(self, changed: frozenset[str]) -> Sequence[str]:
        """What reload.py calls: puts a new state in the place of the old one."""
        old = self._state
        config, new = await asyncio.to_thread(self._read, old, changed)
        other = [name for name in FIXED if getattr(config, name) != getattr(old.config, name)]
        if other:
            self._log.needs_restart(other)
        self._state = State(config, new)
        self._run.rules = made.rules(config, new)
        kept = {id(one.repeated) for one in new}
        for one in old.made:
            if id(one.repeated) not in kept:
                one.repeated.stop()
        for one in new:
            one.repeated.start()
        return made.files(config, new)

    def _read(self, old: State, changed: frozenset[str]) -> tuple[Config, tuple[Made, ...]]:
        config = configuration.load(old.config.file)
        return config, made.make(config, self._house, self._log, old.made, changed or None)

    async def _expire(self) -> None:
        outages = Outages(self._log)
        while True:
            try:
                await self._house.store.expire(self._house.now())
                outages.answered("store", self._house.now())
            except StoreError as failed:
                outages.failed("store", str(failed), self._house.now())
            await asyncio.sleep(EXPIRE_SECONDS)


async def close(house: House) -> None:
    """Lets go of what is open."""
    try:
        await house.store.close()
    except StoreError:
        pass  # what it had answered is kept
    if isinstance(house.resolver, StubResolver):
        await house.resolver.close()


def _sockets(config: Config, places: Sequence[str], environ: Mapping[str, str]) -> list[socket.socket]:
    """Those that systemd has made; and those of the command line, or else of the configuration."""
    sockets = listen.given(environ)
    wanted = places or (() if sockets else config.listen)
    for text in wanted:
        try:
            place = listen.Place.parse(text)
            sockets.append(listen.listen(place, int(config.socket_mode, 8), config.socket_group))
        except ValueError as failed:
            raise placed(ConfigError([Fault("listen", 0, 0, str(failed))]), config.file) from failed
        except ConfigError as failed:
            raise placed(failed, config.file) from failed
    if not sockets:
        raise ConfigError([Fault(config.file, 0, 0, "nowhere to listen", "set listen, or say --listen unix:PATH")])
    return sockets


def _shown(made: socket.socket) -> str:
    name = made.getsockname()
    return f"unix:{name}" if isinstance(name, str) else f"inet:{name[0]}:{name[1]}"


def as_owner(config: Config) -> None:
    """Root becomes whom the state belongs to, for good: what it would make there, the daemon could not write to."""
    try:
        owner = os.stat(config.state_dir)
    except OSError:
        return  # then there is nothing to be written to
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
        os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)


def _state_dir(config: Config) -> None:
    """Made where it is missing, for the user: a start by hand needs no more preparation than one by systemd."""
    if os.path.lexists(config.state_dir):
        return
    try:
        account = pwd.getpwnam(config.user) if config.user else None
        os.makedirs(config.state_dir, mode=0o755)
        os.chmod(config.state_dir, 0o700)
        if account is not None:
            os.chown(config.state_dir, account.pw_uid, account.pw_gid)
    except (KeyError, OSError):
        pass  # who gives up the rights, or opens the store, says it better
