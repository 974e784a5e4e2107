"""A plugin for pytest that runs the tests in two processes and reports them as one: `pytest -p tests.support.beside`.

The first process goes through the list of files from the front, and starts a second one that comes from the back; each
takes the next file of tests, until they meet. A file is run by one process, in its order, with its fixtures, as it is
where there is no other. The results of the second are told by the first, with its own: there is one summary, one exit
status, one list of slow tests. At the front of the list are quick tests that need a processor, at its back slow ones that
wait for daemons (tests/conftest.py), which go well together.

Tests fork, wait for any child there may be, and count descriptors. So neither process has a thread of ours, a child, or a
descriptor that stays open: a third one (`python -m tests.support.beside`), which is nobody's child, starts the second, and
writes down how it ended. And the second, which kills children by the hundred, knows the later half of the files alone: to
fork a process that has collected all takes twice as long.

In:    --beside=FOLDER, of the second process: `tests` there are the files that it may take, by number, each with its
       tests; a file with such a number says that it is taken; `results` gets a line for each that the second is through
       with; `code` is how it ended. The second goes on for as long as there are `tests` and the first.
Out:   a second process that ends as it should not, or leaves a test without a result, is an error in the summary.
Fails: with --pdb or -s, and for a single file, there is one process.
Known bugs: a warning in the second process is in no summary (here it is an error, see pyproject.toml).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import pytest

from tests.support.house import ROOT

Items = list[pytest.Item]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--beside", metavar="FOLDER", help="of the second process, see tests/support/beside.py")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """The loop over all tests: ours, or None where one process is to do it."""
    option = session.config.option
    files = [list(items) for _, items in groupby(session.items, key=lambda item: item.path)]
    if option.beside:
        Second(session, Path(option.beside)).run(files)
        return True
    if session.testsfailed or option.collectonly or option.usepdb or option.capture == "no" or len(files) < 2:
        return None
    First(session).run(files)
    return True


def ids(items: Iterable[pytest.Item]) -> list[str]:
    return [item.nodeid for item in items]


def taken(folder: Path, files: Iterable[tuple[int, Items]]) -> Iterator[Items]:
    """Takes one file of tests after the other, up to where the other process has come."""
    for number, items in files:
        try:
            (folder / str(number)).touch(exist_ok=False)
        except FileExistsError:
            return
        yield items


def run(session: pytest.Session, files: Iterator[Items], between: Callable[[], None]) -> None:
    """As the loop of pytest does it, with something between the files."""
    items = chain.from_iterable(files)
    item = next(items, None)
    while item is not None:
        following = next(items, None)  # pytest ends the fixtures that it does not need
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if following is None or following.path != item.path:
            between()
        stop(session)
        item = following


def stop(session: pytest.Session) -> None:
    """Ends the loop if something has asked for it (-x)."""
    if session.shouldfail:
        raise session.Failed(session.shouldfail)
    if session.shouldstop:
        raise session.Interrupted(session.shouldstop)


class Second:
    """The process that comes from the back, and writes down what became of each test."""

    def __init__(self, session: pytest.Session, folder: Path) -> None:
        self.session, self.folder = session, folder
        self.first = 0
        self.reports: list[dict[str, Any]] = []
        session.config.pluginmanager.register(self)

    def run(self, files: list[Items]) -> None:
        self.first, wanted = json.loads((self.folder / "tests").read_text())
        found = {tuple(ids(items)): items for items in files}
        if missing := [tests for _, tests in wanted if tuple(tests) not in found]:
            pytest.exit(f"two processes do not find the same tests here: {missing[0]}", 3)
        mine = [(number, found[tuple(tests)]) for number, tests in wanted]
        try:
            run(self.session, taken(self.folder, reversed(mine)), self.write)
        finally:
            self.write()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        config = self.session.config
        self.reports.append(config.hook.pytest_report_to_serializable(config=config, report=report))
        if not self.wanted() or gone(self.first):
            self.session.shouldstop = "the first process has ended"

    def wanted(self) -> bool:
        return (self.folder / "tests").exists()

    def write(self) -> None:
        """A line, when a file of tests is done."""
        if self.reports and self.wanted():
            with (self.folder / "results").open("a") as results:
                results.write(json.dumps(self.reports) + "\n")
        self.reports.clear()


class First:
    """The process that was started, comes from the front, and tells of both."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session
        self.folder = Path(tempfile.mkdtemp(prefix="mdafilter-beside."))
        self.left = set(ids(session.items))
        self.told = 0  # octets of the results
        self.code = 0  # what the second process is to end with
        session.config.pluginmanager.register(self)

    def run(self, files: list[Items]) -> None:
        numbered = list(enumerate(files))
        later = numbered[len(files) // 2 :]
        wanted = [(number, ids(items)) for number, items in later]
        (self.folder / "tests").write_text(json.dumps((os.getpid(), wanted)))
        (self.folder / "results").touch()
        config = self.session.config
        given = config.invocation_params
        options = [str(word) for word in given.args if str(word) not in config.option.file_or_dir]
        paths = [str(items[0].path) for _, items in later]
        command = [sys.executable, "-m", "pytest", *options, f"--beside={self.folder}", *paths]
        starts = [sys.executable, "-m", "tests.support.beside", str(given.dir), str(self.folder), *command]
        third = int(subprocess.run(starts, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
        try:
            run(self.session, taken(self.folder, numbered), self.tell)
            while not gone(third):
                self.tell()
                stop(self.session)
                time.sleep(0.1)
            self.tell()
            stop(self.session)
            self.judge()
        finally:
            (self.folder / "tests").unlink()  # that is the end of the other one, after the test that it is at
            while not gone(third):
                time.sleep(0.1)
            shutil.rmtree(self.folder)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.left.discard(report.nodeid)

    def tell(self) -> None:
        """What the second process has written since the last time."""
        config, hook = self.session.config, self.session.config.hook
        with (self.folder / "results").open("rb") as results:
            results.seek(self.told)
            lines, end, _half = results.read().rpartition(b"\n")
        self.told += len(lines + end)
        for data in chain.from_iterable(json.loads(line) for line in lines.splitlines()):
            report = hook.pytest_report_from_serializable(config=config, data=data)
            if report.failed:
                self.code = 1
            if report.when == "setup":
                hook.pytest_runtest_logstart(nodeid=report.nodeid, location=report.location)
            hook.pytest_runtest_logreport(report=report)
            if report.when == "teardown":
                hook.pytest_runtest_logfinish(nodeid=report.nodeid, location=report.location)

    def judge(self) -> None:
        """An error of its own, if the second process has not done what it was there for."""
        said = self.folder / "code"
        code = int(said.read_text()) if said.exists() else None
        if code == self.code and not self.left:
            return
        missing = sorted(self.left)
        text = f"it ended with {code} instead of {self.code}, and {len(missing)} tests have no result"
        output = (self.folder / "output").read_text(errors="replace")
        text = "\n".join([text, *missing[:20], "", output[-4000:]])
        name = "the second process"
        report = pytest.TestReport(name, (name, None, name), {}, "failed", text, "setup")
        self.session.config.hook.pytest_runtest_logreport(report=report)


def gone(pid: int) -> bool:
    """Whether a process has ended; there may be nobody who has taken note of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def third(place: str, folder: Path, command: Sequence[str]) -> None:
    """Starts the second process in a place, and waits for it; tells the first its own number, and is not its child."""
    if pid := os.fork():
        print(pid)
        return
    with (folder / "output").open("wb") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    code = subprocess.run(command, cwd=place, stdin=subprocess.DEVNULL, check=False).returncode
    (folder / "code").write_text(str(code))


if __name__ == "__main__":
    third(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
