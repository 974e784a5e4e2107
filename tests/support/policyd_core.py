"""Checks of our own for the tests of what is around checks: each says what it was told to say."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mdafilter_policyd import checks
from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.decide import Decision
from mdafilter_policyd.dns import Answer
from mdafilter_policyd.log import Log
from mdafilter_policyd.opinion import Opinion
from mdafilter_policyd.recipients import EVERYBODY, Recipients
from mdafilter_policyd.request import Request
from mdafilter_policyd.run import Active, Rules, Run
from mdafilter_policyd.store.memory import Memory
from tests.support.policyd_daemon import USUAL


def request(**attributes: str) -> Request:
    """A question at RCPT; any attribute may be another."""
    return Request(USUAL | attributes)


class Says:
    """A check that has these opinions, and facts; after it has waited, or raises."""

    def __init__(
        self,
        *opinions: Opinion,
        waits: float = -1.0,
        raises: BaseException | None = None,
        facts: dict[str, str] | None = None,
        files: Sequence[str] = (),
    ) -> None:
        self.opinions = opinions
        self.waits = waits
        self.raises = raises
        self.facts = facts or {}
        self.files = files
        self.seen: list[tuple[float, dict[str, str]]] = []

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        self.seen.append((scene.points, dict(scene.facts)))
        if self.waits >= 0:
            await asyncio.sleep(self.waits)
        if self.raises is not None:
            raise self.raises
        scene.facts.update(self.facts)
        return self.opinions


class Lines(Log):
    """A log that keeps its lines."""

    def __init__(self) -> None:
        super().__init__(mail=False)
        self.lines: list[str] = []

    def _write(self, text: str, priority: int) -> None:
        self.lines.append(text)


def active(
    name: str,
    check: Says,
    mode: str = "on",
    stage: int = 1,
    recipients: Recipients = EVERYBODY,
    seconds: float = 5.0,
) -> Active:
    return Active(name, stage, mode, check, recipients, seconds)


def run(*checks: Active, log: Log | None = None, now: Callable[[], float] = lambda: 1000.0, **rules: object) -> Run:
    """What answers by these checks."""
    return Run(Rules(checks=checks, **rules), log or Lines(), None, now)  # type: ignore[arg-type]


class NoDns:
    """A resolver that knows no name."""

    async def lookup(self, name: str, kind: str) -> Answer:
        return Answer((), 60, exists=False)


def house() -> House:
    """What checks need; nothing is kept."""
    return House(NoDns(), Memory(), lambda: 1000.0, lambda text: None, "mx.example.org")


def answer(made: Run, **attributes: str) -> str:
    return asyncio.run(made.answer(request(**attributes)))


def decision(made: Run, **attributes: str) -> Decision:
    return asyncio.run(made.ask(request(**attributes))).decision


CHECK = '''
"""A check for tests."""
from dataclasses import dataclass
from pathlib import Path
from mdafilter_policyd.errors import ConfigError, Fault
from mdafilter_policyd.opinion import Reject

@dataclass(frozen=True)
class Options:
    mode: str = "off"
    text: str = "no"
    hosts: tuple[str, ...] = ()
    number: int = 1
    weight: float = 1.0
    flag: bool = False
    file: str = ""

class Check:
    def __init__(self, options, house):
        self.options = options
        self.files = (options.file,) if options.file else ()
        self.text = Path(options.file).read_text().strip() if options.file else options.text
        if self.text == "broken":
            raise ConfigError([Fault(options.file, 7, 3, "broken") if options.file else Fault("text", 0, 0, "broken")])

    async def check(self, request, scene):
        return [Reject(self.text)]

def make(options, house):
    return Check(options, house)
'''


@contextmanager
def installed(folder: Path, **stages: int) -> Iterator[None]:
    """Checks of these names and stages, made of CHECK, in the place of those that there are."""
    for name in stages:
        (folder / f"{name}.py").write_text(CHECK)
    table, path = checks.TABLE, list(checks.__path__)
    checks.TABLE = tuple(stages.items())
    checks.__path__ = [str(folder), *path]
    importlib.invalidate_caches()
    try:
        yield
    finally:
        checks.TABLE = table
        checks.__path__ = path
        for name in stages:
            sys.modules.pop(f"{checks.__name__}.{name}", None)
            if hasattr(checks, name):
                delattr(checks, name)
