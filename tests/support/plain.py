"""Runs the quick tests where pytest cannot be had: `tests/run --fast` on a machine with Python and nothing else.

    python -m tests.support.plain [PATH...]

A stand-in for the small part of pytest that these tests use is put in its place: parametrize, raises, fixtures, skip.
Files that need more (hypothesis, click, a plugin) are left out, and it says so. No substitute for the real thing: it
shows failures without explaining them. The last line is a summary in pytest's form.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
# Files whose tests start programs that are not there without the packages of pyproject.toml.
ELSEWHERE = ("test_mailparser_child.py", "test_mailparser_run.py")
SIZES = ("linear", "hundred_thousand", "100_mb")  # in the names of tests that take long; see tests/conftest.py
FOLDERS = ("house", "unit", "cases", "dialogues", "rules")


class Skipped(Exception):
    """A test that cannot run here."""


class Failed(Exception):
    """pytest.fail."""


class Raises:
    """pytest.raises as a context manager."""

    def __init__(self, *kinds: type[BaseException], match: str | None = None) -> None:
        self.kinds, self.match = kinds, match
        self.value: Any = None
        self.type: type[BaseException] | None = None

    def __enter__(self) -> Raises:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, _trace: object) -> bool:
        if kind is None:
            raise Failed(f"did not raise {self.kinds}")
        if not issubclass(kind, self.kinds):
            return False
        if self.match is not None and not re.search(self.match, str(value)):
            raise Failed(f"{value!r} does not match {self.match!r}")
        self.type, self.value = kind, value
        return True


class Mark:
    """pytest.mark: remembers what stands on a function."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def mark(*args: Any, **named: Any) -> Any:
            def on(target: Any) -> Any:
                marks = [*getattr(target, "pytestmark", ()), (name, args, named)]
                target.pytestmark = marks
                return target

            bare = len(args) == 1 and not named and (inspect.isfunction(args[0]) or inspect.isclass(args[0]))
            if bare and name not in ("parametrize", "skipif"):
                target, args = args[0], ()
                return on(target)
            on.mark = (name, args, named)  # type: ignore[attr-defined]
            return on

        return mark


class MonkeyPatch:
    """pytest.MonkeyPatch: changes that are taken back."""

    def __init__(self) -> None:
        self.undos: list[Callable[[], object]] = []

    def setattr(self, target: Any, name: Any, value: Any = ..., raising: bool = True) -> None:
        if isinstance(target, str):
            module, _, attribute = target.rpartition(".")
            target, name, value = importlib.import_module(module), attribute, name
        old = getattr(target, name, None) if not raising else getattr(target, name)
        self.undos.append(lambda: setattr(target, name, old))
        setattr(target, name, value)

    def setitem(self, target: Any, name: Any, value: Any) -> None:
        old = target.get(name, ...)
        self.undos.append(lambda: target.pop(name, None) if old is ... else target.__setitem__(name, old))
        target[name] = value

    def setenv(self, name: str, value: str) -> None:
        self.setitem(os.environ, name, value)

    def delenv(self, name: str, raising: bool = True) -> None:
        if name in os.environ:
            old = os.environ.pop(name)
            self.undos.append(lambda: os.environ.__setitem__(name, old))

    def delattr(self, target: Any, name: str, raising: bool = True) -> None:
        if hasattr(target, name):
            old = getattr(target, name)
            self.undos.append(lambda: setattr(target, name, old))
            delattr(target, name)

    def chdir(self, path: Any) -> None:
        old = os.getcwd()
        self.undos.append(lambda: os.chdir(old))
        os.chdir(path)

    def undo(self) -> None:
        while self.undos:
            self.undos.pop()()


def skip(reason: str = "", **_named: Any) -> None:
    raise Skipped(reason)


def fail(reason: str = "", **_named: Any) -> None:
    raise Failed(reason)


def importorskip(name: str, **_named: Any) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Skipped(f"{name} is not installed") from None


def fixture(function: Any = None, **options: Any) -> Any:
    def on(target: Any) -> Any:
        target.plain_fixture = options
        return target

    return on(function) if function is not None else on


def param(*values: Any, **named: Any) -> Any:
    return tuple(values) if len(values) > 1 else values[0]


def stand_in() -> types.ModuleType:
    """The module `pytest` that the tests import."""
    module = types.ModuleType("pytest")
    names: dict[str, Any] = {
        "mark": Mark(), "raises": lambda kinds, match=None: Raises(*(kinds if isinstance(kinds, tuple) else (kinds,)), match=match),
        "fixture": fixture, "skip": skip, "fail": fail, "importorskip": importorskip, "param": param,
        "MonkeyPatch": MonkeyPatch, "Item": object, "FixtureRequest": object, "TempPathFactory": object,
    }  # fmt: skip
    module.__dict__.update(names)
    return module


class Fixtures:
    """The fixtures of one module: made when they are asked for, ended with the test or with the module."""

    def __init__(self, module: types.ModuleType) -> None:
        self.known = {k: v for k, v in vars(module).items() if hasattr(v, "plain_fixture")}
        self.known |= {v.plain_fixture["name"]: v for v in self.known.values() if v.plain_fixture.get("name")}
        self.lasting: dict[str, Any] = {}
        self.ends: list[Callable[[], object]] = []

    def get(self, name: str, made: dict[str, Any], ends: list[Callable[[], object]]) -> Any:
        if name in made or name in self.lasting:
            return made.get(name, self.lasting.get(name))
        if name == "tmp_path":
            folder = tempfile.TemporaryDirectory(prefix="plain.", ignore_cleanup_errors=True)
            ends.append(folder.cleanup)
            made[name] = Path(folder.name)
        elif name == "monkeypatch":
            made[name] = MonkeyPatch()
            ends.append(made[name].undo)
        elif name in self.known:
            self._make(name, made, ends)
        else:
            raise Skipped(f"needs pytest's {name}")
        return made.get(name, self.lasting.get(name))

    def _make(self, name: str, made: dict[str, Any], ends: list[Callable[[], object]]) -> None:
        function = self.known[name]
        if "params" in function.plain_fixture:
            raise Skipped("needs pytest's parametrized fixtures")
        if function.plain_fixture.get("scope", "function") != "function":
            made, ends = self.lasting, self.ends
        value = function(**{n: self.get(n, made, ends) for n in inspect.signature(function).parameters})
        if inspect.isgenerator(value):
            generator: Iterator[Any] = value
            value = next(generator)
            ends.append(lambda: next(generator, None))
        made[name] = value


def marks(function: Any, owner: Any, module: types.ModuleType) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    found: list[Any] = []
    for place in (module, owner, function):
        marked = getattr(place, "pytestmark", ()) if place is not None else ()
        for one in marked if isinstance(marked, list | tuple) else [marked]:
            found.append(getattr(one, "mark", one))
    return found


def cases(all_marks: list[tuple[str, tuple[Any, ...], dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The arguments of each run of a parametrized test."""
    runs: list[dict[str, Any]] = [{}]
    for name, args, named in all_marks:
        if name == "skipif" and args[0]:
            raise Skipped(named.get("reason", ""))
        if name in ("slow", "e2e", "skip"):
            raise Skipped(name)
        if name == "parametrize":
            names = args[0].replace(" ", "").split(",") if isinstance(args[0], str) else list(args[0])
            values = [v if len(names) > 1 else (v,) for v in args[1]]
            runs = [run | dict(zip(names, v, strict=True)) for run in runs for v in values]
    yield from runs


class Count:
    """What happened so far."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def file(self, path: Path) -> None:
        """Runs all tests of a file."""
        name = path.relative_to(ROOT).as_posix()
        try:
            if path.name in ELSEWHERE:
                importorskip("mailparser")
            module = load(path)
        except (Skipped, ImportError) as reason:
            print(f"SKIPPED {name}: {reason}")
            self.skipped += 1
            return
        fixtures = Fixtures(module)
        for title, owner, function in tests(module):
            self.test(f"{name}::{title}", owner, function, module, fixtures)
        for end in reversed(fixtures.ends):
            end()

    def test(self, title: str, owner: Any, function: Any, module: types.ModuleType, fixtures: Fixtures) -> None:
        """Runs a test once for each of its parameters."""
        if any(word in title for word in SIZES):
            self.skipped += 1
            return
        marked = marks(function, owner, module)
        first = [n for n, f in fixtures.known.items() if f.plain_fixture.get("autouse")]
        first += [n for name, args, _named in marked if name == "usefixtures" for n in args]
        try:
            for given in cases(marked):
                self.once(title, owner, function, given, fixtures, first)
        except Skipped:
            self.skipped += 1

    def once(
        self, title: str, owner: Any, function: Any, given: dict[str, Any], fixtures: Fixtures, first: list[str]
    ) -> None:
        ends: list[Callable[[], object]] = []
        made: dict[str, Any] = dict(given)
        os.umask(0o022)  # a test may have left another
        try:
            for name in first:
                fixtures.get(name, made, ends)
            call = getattr(owner(), function.__name__) if owner else function
            call(**{n: fixtures.get(n, made, ends) for n in inspect.signature(call).parameters})
            self.passed += 1
        except Skipped:
            self.skipped += 1
        except ModuleNotFoundError as missing:
            self.skipped += 1
            print(f"SKIPPED {title}: {missing}")
        except Exception:
            self.failed += 1
            shown = {k: v if len(repr(v)) < 80 else "..." for k, v in given.items()}
            print(f"FAILED {title} {shown or ''}\n{traceback.format_exc(limit=-2)}")
        finally:
            for end in reversed(ends):
                end()


def load(path: Path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(
        "plain_" + "_".join(path.relative_to(ROOT).with_suffix("").parts), path
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def tests(module: types.ModuleType) -> Iterator[tuple[str, Any, Any]]:
    """Title, class (or None) and function of each test, in the order of the file."""
    for name, thing in list(vars(module).items()):
        if name.startswith("test_") and inspect.isfunction(thing) and getattr(thing, "__test__", True):
            yield name, None, thing
        elif name.startswith("Test") and inspect.isclass(thing):
            functions = [(n, f) for n, f in vars(thing).items() if n.startswith("test_") and inspect.isfunction(f)]
            yield from ((f"{name}::{n}", thing, f) for n, f in functions)


def main(arguments: list[str]) -> int:
    sys.modules["pytest"] = stand_in()
    sys.path.insert(0, str(ROOT))
    places = [Path(a).resolve() for a in arguments if not a.startswith("-")] or [ROOT / "tests" / f for f in FOLDERS]
    files = [f for p in places for f in ([p] if p.is_file() else sorted(p.rglob("test_*.py")))]
    began, count = time.monotonic(), Count()
    for file in files:
        count.file(file)
    parts = [
        f"{n} {w}" for n, w in ((count.failed, "failed"), (count.passed, "passed"), (count.skipped, "skipped")) if n
    ]
    print(f"{', '.join(parts)} in {time.monotonic() - began:.2f}s (without pytest)")
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
