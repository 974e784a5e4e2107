"""mdafilter train spam PATH..., and ham: what is there already is learned: Maildir and MH folders, mboxes, files.

The messages go the way of reports (train/learn.py), only not through the spool: in batches, each under the learner's
lock, with a line in the ledger for every message and teacher. Who may not write the ledger, being another user than
the learner, has them put into the spool, as reports of his own.

A run that was killed goes on where it was: STATE/archive has a record for each (verdict, user, paths) that is not
through, with the name of the run, when it began, and how far it came in each place (train/archive.py). The lines of
the ledger have the name of the run: what stands there as finished is not taught again, and what does not is. The
record is only what saves reading all again; without it the ledger knows a message by its hash. Of two verdicts the
later wins, and an archive's is as old as the beginning of its run.

Out:   the sums: learned, known, changed, refused and why, failed and why. On a terminal a progress bar, else, or where
       nobody knows how much there is (a pipe), a line for each batch.
Exit:  0; 1 where a message failed or could not be read (run it again), or all of a batch failed: then the run ends
       there; or where it was interrupted. 2 a wrong command line.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import click

from mdafilter import limits, settings
from mdafilter.cli.terminal import printable
from mdafilter.cli.train_learn import Work, prepare
from mdafilter.errors import MdafilterError
from mdafilter.files import CALLS, sync
from mdafilter.train import Report, archive, door, learn
from mdafilter.train.ledger import NAME, Ledger
from mdafilter.train.lock import Lock
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mdafilter.settings import Settings
    from mdafilter.train.ledger import Line

FIRST = ("failed", "refused", "changed", "learned", "known")  # of several teachers' results, what is said of a message


class Told(Value):
    """What became of one message."""

    result: str
    why: str = ""


def run(verdict: str, paths: Sequence[str], config: str = "", user: str = "") -> None:
    """Learns all messages of the paths, for this user ("" is who starts it), and ends the process."""
    chosen = settings.load("", config, {})
    told: Counter[Told] = Counter()
    try:
        if _may_learn(chosen):
            with Ledger(os.path.join(chosen.train.state, NAME)) as ledger:
                _through(chosen, _Learning(chosen, ledger, verdict, paths, user), paths, told)
        else:
            _through(chosen, _Reporting(chosen, verdict, user), paths, told)
    except KeyboardInterrupt:
        # What a batch has not finished is with its files; sa-learn, which has no terminal, comes to its end by itself.
        click.echo(summary(told) if told else "nothing is learned yet")
        click.echo("interrupted: the same command goes on from there", err=True)
        sys.exit(1)
    except BaseException:
        if told:
            click.echo(summary(told))
        raise
    click.echo(summary(told))
    sys.exit(1 if any(one.result in ("failed", "unread") for one in told) else 0)


def _may_learn(chosen: Settings) -> bool:
    """Whether the learner's folder is ours to write."""
    try:
        prepare(chosen)
    except PermissionError:
        return False
    return os.access(chosen.train.state, os.W_OK | os.X_OK)


def summary(told: Counter[Told]) -> str:
    """The sums, and a line for each reason."""
    results = Counter[str]()
    for one, number in told.items():
        results[one.result] += number
    sums = ", ".join(f"{number} {result}" for result, number in results.most_common())
    reasons = [f"  {number} {one.result}: {printable(one.why)}" for one, number in told.most_common() if one.why]
    return "\n".join([f"{told.total()} messages: {sums or 'nothing to learn'}", *reasons])


def _through(chosen: Settings, way: _Learning | _Reporting, paths: Sequence[str], told: Counter[Told]) -> None:
    """Takes all messages this way, in batches. MdafilterError where a batch failed as a whole."""
    found = archive.items(paths, way.past(), chosen.delivery.mbox_quoting)
    length = archive.octets(paths, way.past()) if sys.stdout.isatty() else 0
    with _progress(length, way.verdict, told) as advance:
        for batch in batches(found):
            unread = Counter(Told("unread", f"{item.path}: {item.why}") for item in batch if item.why)
            messages = [item for item in batch if not item.why]
            done = way.take(messages)
            told.update(unread)
            told.update(done)
            if done and all(one.result == "failed" for one in done):
                raise MdafilterError(f"nothing is learned: {done[0].why}")
            way.came_to(batch, all(one.result != "failed" for one in done) and not unread)
            advance(sum(item.size for item in batch))
    way.end()


@contextlib.contextmanager
def _progress(length: int, label: str, told: Counter[Told]) -> Iterator[Callable[[int], object]]:
    """What is called with the octets of each batch, and shows it: a bar of this length, or lines where it is 0."""
    if not length:
        yield lambda _octets: click.echo(f"{told.total()} messages ...", err=True)
        return
    with click.progressbar(length=length, label=label) as bar:
        yield bar.update
        bar.finish()  # also where a message has gone since it was counted
        bar.render_progress()


def batches(items: Iterable[archive.Item]) -> Iterator[list[archive.Item]]:
    """As many at a time as one start of sa-learn gets."""
    batch: list[archive.Item] = []
    octets = 0
    for item in items:
        if batch and (len(batch) >= limits.TEACH_MESSAGES or octets + len(item.raw) > limits.TEACH_OCTETS):
            yield batch
            batch, octets = [], 0
        batch.append(item)
        octets += len(item.raw)
    if batch:
        yield batch


class _Learning:
    """The way of the learner: taught at once, and the ledger says what came of it."""

    def __init__(self, chosen: Settings, ledger: Ledger, verdict: str, paths: Sequence[str], user: str) -> None:
        self.verdict = verdict
        self._settings = chosen
        self._ledger = ledger
        self._facts = {"extension": user} if user else {}
        where = [path if path == archive.STDIN else os.path.abspath(path) for path in paths]
        self._record = Record(chosen.train.state, json.dumps([verdict, user, where]))

    def past(self) -> dict[str, archive.Mark]:
        return self._record.marks

    def take(self, items: Sequence[archive.Item]) -> list[Told]:
        """Has them taught; what became of each, in their order."""
        reports = [self._report(item) for item in items]
        lines = self._ledger.lines
        known = {report.id for report in reports if _is_done(lines(report=report.id))}
        new = {report.id: report for report in reports if report.id not in known}
        with Lock(self._settings.train.state, wait=True) as lock:
            outside = Work(self._settings, self._ledger, lock.fd).outside
            if not outside.teachers:
                raise MdafilterError("there is no teacher: see mdafilter train doctor")
            learn.Batch(self._settings, self._ledger, outside).learn(tuple(new.values()))
        out = []
        for report in reports:
            first = new.pop(report.id, None)  # the same octets once more are known
            results = {line.result: line.why for line in lines(report=report.id)}
            result = next((one for one in FIRST if one in results), "failed")
            if first is None and result not in ("failed", "refused"):
                result = "known"
            out.append(Told(result, results.get(result, "") if result in ("failed", "refused") else ""))
        return out

    def _report(self, item: archive.Item) -> Report:
        digest = hashlib.sha256(item.raw).hexdigest()[:32]
        record = self._record
        return Report(
            self.verdict, "archive", self._facts, item.raw, f"archive.{record.run}.{digest}", record.time, os.geteuid()
        )

    def came_to(self, batch: Sequence[archive.Item], whole: bool) -> None:
        """The batch is through; what failed in it is to be met again by the next run."""
        self._record.came_to(batch, whole)

    def end(self) -> None:
        self._record.end()


class _Reporting:
    """The way of everybody else: into the spool, and the learner learns them."""

    def __init__(self, chosen: Settings, verdict: str, user: str) -> None:
        self.verdict = verdict
        self._spool = chosen.train.spool
        self._facts = {"extension": user} if user else {}

    def past(self) -> dict[str, archive.Mark]:
        return {}  # what is queued twice is known the second time

    def take(self, items: Sequence[archive.Item]) -> list[Told]:
        """Puts them there."""
        for item in items:
            facts = {**self._facts, "file": os.path.basename(item.path)}
            try:
                door.write(self._spool, Report(self.verdict, "archive", facts, item.raw))
            except OSError as failed:  # the messages are where they were; those before it are queued
                why = f"the message cannot be put into {self._spool}: {failed.strerror}"
                raise MdafilterError(f"{why}; see mdafilter train doctor") from failed
        return [Told("queued")] * len(items)

    def came_to(self, batch: Sequence[archive.Item], whole: bool) -> None:
        pass

    def end(self) -> None:
        pass


class Record:
    """How far a run came. A file that is none, or none at all, is the beginning of a run."""

    def __init__(self, state: str, key: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = f"{state}/archive"
        self._path = f"{self._folder}/{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"
        self._open = True  # nothing has failed
        self.run, self.time = f"{time.time_ns():x}-{os.getpid():x}", clock()
        self.marks: dict[str, archive.Mark] = {}
        try:
            with open(self._path, encoding="ascii") as file:
                found = json.load(file)
            run, begun = str(found["run"]), float(found["time"])
            marks = {path: archive.Mark(str(looks), int(at)) for path, (looks, at) in found["marks"].items()}
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            self._write()  # the name of the run is there before the first line of the ledger has it
        else:
            self.run, self.time, self.marks = run, begun, marks

    def came_to(self, batch: Sequence[archive.Item], whole: bool) -> None:
        """Notes how far it is, but not past something that failed."""
        self._open = self._open and whole
        if self._open:
            self.marks |= {item.place: item.mark for item in batch}
            self._write()

    def end(self) -> None:
        """The run is through. What failed in it is for another one, which the ledger tells what was done."""
        os.unlink(self._path)

    def _write(self) -> None:
        """Whole or not at all."""
        os.makedirs(self._folder, 0o700, exist_ok=True)
        marks = {path: [mark.looks, mark.position] for path, mark in self.marks.items()}
        new = f"{self._path}.{os.getpid()}"
        with open(new, "w", encoding="ascii") as file:
            json.dump({"run": self.run, "time": self.time, "marks": marks}, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, self._path)
        sync(CALLS, self._folder)


def _is_done(lines: Sequence[Line]) -> bool:
    return bool(lines) and all(line.result not in ("", "failed") for line in lines)
