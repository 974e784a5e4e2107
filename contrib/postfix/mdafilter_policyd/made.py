"""The checks of a configuration, made: and made anew as little as possible.

A check is kept where its options are as they were and none of its files has changed: a table of a million entries is
not read because another one has a new line, and what a check knows of its lists it goes on to know.

In:    a Config and the House; the checks that there are, and the files that have changed.
Out:   the checks, each with what it repeats (House.every); from them the Rules for run.py.
Fails: ConfigError, all faults of all checks at once. What there was is as it was.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mdafilter_policyd import checks
from mdafilter_policyd.checks import Check, House
from mdafilter_policyd.config import Asked, Config, placed
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.log import Log, Outages
from mdafilter_policyd.run import Active, Rules


class Repeated:
    """What one check wants to be done again and again, in the event loop."""

    def __init__(self, name: str, house: House, log: Log) -> None:
        self._name = f"{name}, by itself,"
        self._now = house.now
        self._outages = Outages(log)
        self._wanted: list[tuple[float, Callable[[], Awaitable[Any]]]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def every(self, seconds: float, what: Callable[[], Awaitable[Any]]) -> None:
        """From `start` on; at once, and then after each so many seconds."""
        self._wanted.append((seconds, what))

    def start(self) -> None:
        """In the loop. What runs goes on."""
        if not self._tasks:
            self._tasks = [asyncio.ensure_future(self._repeat(*one)) for one in self._wanted]

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _repeat(self, seconds: float, what: Callable[[], Awaitable[Any]]) -> None:
        while True:
            try:
                await what()
                self._outages.answered(self._name, self._now())
            except Exception as failed:  # noqa: BLE001 - whatever it is, it is tried again
                self._outages.failed(self._name, f"{type(failed).__name__}: {failed}", self._now())
            await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Made:
    """A check that has been made."""

    asked: Asked
    check: Check
    repeated: Repeated


def make(
    config: Config, house: House, log: Log, before: Iterable[Made] = (), changed: frozenset[str] | None = None
) -> tuple[Made, ...]:
    """All checks that are not "off". Of those `before`, what none of the `changed` files is about is kept.

    `changed` None: all are made anew.
    """
    faults: list[Fault] = []
    known = {one.asked.name: one for one in before} if changed is not None else {}
    made = []
    for asked in config.checks:
        if asked.mode == "off":
            continue
        old = known.get(asked.name)
        if old is not None and old.asked.options == asked.options and not set(old.check.files) & (changed or set()):
            made.append(dataclasses.replace(old, asked=asked))
            continue
        try:
            made.append(_make(asked, house, log))
        except ConfigError as failed:
            faults += placed(failed, config.file, asked.name).faults
    if faults:
        raise ConfigError(faults)
    return tuple(made)


def _make(asked: Asked, house: House, log: Log) -> Made:
    repeated = Repeated(asked.name, house, log)
    module = importlib.import_module(f"{checks.__name__}.{asked.name}")
    check = module.make(asked.options, dataclasses.replace(house, every=repeated.every))
    return Made(asked, check, repeated)


def rules(config: Config, made: Sequence[Made]) -> Rules:
    """What run.py goes by."""
    return Rules(
        checks=tuple(
            Active(m.asked.name, m.asked.stage, m.asked.mode, m.check, m.asked.recipients, m.asked.seconds)
            for m in made
        ),
        recipients=config.recipients,
        delimiter=config.recipient_delimiter,
        seconds=config.request_seconds,
        reject_at=config.reject_at,
        defer_at=config.defer_at,
        accept=config.accept,
        header_secret=config.header_secret,
        log=config.log,
    )


def files(config: Config, made: Sequence[Made]) -> tuple[str, ...]:
    """All files that this state was made from."""
    secret = [config.header_secret_file] if config.header_secret_file else []
    lists = [name for asked in config.checks for name in asked.recipients.files]
    of_checks = [name for one in made for name in one.check.files]
    return tuple(dict.fromkeys((config.file, *secret, *config.recipients.files, *lists, *of_checks)))
