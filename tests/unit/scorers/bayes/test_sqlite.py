"""Counts in a file: one transaction a lesson, readers that never wait, files of others left alone."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mdafilter.scorers import bayes
from mdafilter.scorers.bayes import sqlite, teach
from mdafilter.scorers.bayes.sqlite import Sqlite
from mdafilter.scorers.bayes.store import CountsError, Known, Lesson, Totals
from tests.support.house import ROOT


def test_without_a_file_there_are_no_counts(tmp_path: Path) -> None:
    store = Sqlite(str(tmp_path / "db"), 5)
    assert (store.totals(), store.rows([1]), store.known(1)) == (Totals(), {}, None)


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    path = str(tmp_path / "db")
    Sqlite(path, 5, write=True).close()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE total SET spam = 9")
    assert Sqlite(path, 0.1).totals() == Totals()
    with pytest.raises(CountsError, match="locked"):
        Sqlite(path, 0.1, write=True).change(lambda seen: None)
    writer.execute("COMMIT")
    writer.close()
    assert Sqlite(path, 0.1).totals().spam == 9


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    line = sqlite3.connect(tmp_path / "db")
    line.execute("CREATE TABLE theirs (x)")
    line.execute("PRAGMA application_id = 7")
    line.close()
    before = (tmp_path / "db").read_bytes()
    for write in (False, True):
        with pytest.raises(CountsError, match="is no file of these counts"):
            Sqlite(str(tmp_path / "db"), 5, write=write)
    assert (tmp_path / "db").read_bytes() == before


def before(path: Path, many: int = 3) -> None:
    """A file of the version that had no weights, of which so many tokens are known."""
    line = sqlite3.connect(path, isolation_level=None)
    for statement in (*sqlite.SCHEMA, "PRAGMA journal_mode = WAL", f"PRAGMA user_version = {sqlite.BEFORE}"):
        line.execute(statement)
    line.execute("BEGIN")
    line.executemany("INSERT INTO token VALUES (?, 1, 0, 20000)", [(number,) for number in range(many)])
    line.execute("INSERT INTO known VALUES (7, 1, 1, 20000)")
    line.execute("UPDATE total SET spam = 1, counted_spam = 1")
    line.execute("COMMIT")
    line.close()


def test_a_file_of_the_version_before_is_read_as_it_is_and_gets_weights_when_it_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "db"
    before(path)
    old = path.read_bytes()
    for write in (False, True):
        store = Sqlite(str(path), 5, write=write)
        assert store.totals() == Totals(1, 0, 1, 0)
        assert store.rows([0, 1, 2, 3]) == dict(store.scan()) == dict.fromkeys(range(3), (1, 0, 20000, 0))
        assert store.known(7) == dict(store.scan_known())[7] == Known(True, True, 20000, 0)
        store.close()
        assert write or path.read_bytes() == old
    store = Sqlite(str(path), 5, write=True)
    assert teach.learn(store, Lesson(7, (0, 1, 2)), True, 1 << 30) == "known"
    assert teach.learn(store, Lesson(8, (0, 9)), False, 1 << 30) == "learned"
    assert teach.forget(store, Lesson(8, (0, 9))) == teach.forget(store, Lesson(7, (0, 1, 2))) == "forgotten"
    assert (store.totals(), dict(store.scan()), dict(store.scan_known())) == (Totals(), {}, {})
    assert store._all("PRAGMA user_version") == [(sqlite.TABLES,)]
    store.close()


def test_a_change_of_the_version_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    """Before each of its statements, and before its end."""
    for number in range(len(sqlite.WEIGHTS) + 1):
        path = tmp_path / f"{number}"
        before(path)
        code = (
            f"import os\nfrom mdafilter.scorers.bayes import sqlite\nclass Killed(tuple):\n def __iter__(self):\n"
            f"  yield from self[:{number}]\n  os.kill(os.getpid(), 9)\n"
            f"sqlite.WEIGHTS = Killed(sqlite.WEIGHTS)\nsqlite.Sqlite({str(path)!r}, 5, write=True)"
        )
        assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == -signal.SIGKILL
        store = Sqlite(str(path), 5, write=True)
        assert (store.totals(), store.many("token"), store.known(7)) == (
            Totals(1, 0, 1, 0),
            3,
            Known(True, True, 20000, 0),
        )
        store.close()


def test_a_killed_learner_has_learned_whole_messages(tmp_path: Path) -> None:
    path = tmp_path / "db"
    code = (
        "import itertools\nfrom mdafilter.scorers import bayes\nfrom tests.support.bayesmail import spam\n"
        f"o = bayes.Options(path={str(path)!r})\nfor n in itertools.count(): bayes.learn(spam(n), 'spam', o)"
    )
    learner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    options = bayes.Options(path=str(path))
    end = time.monotonic() + 60
    while (not path.exists() or bayes.counts(options)[0] < 20) and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(learner.pid, signal.SIGKILL)
    learner.wait()
    store = Sqlite(str(path), 5)
    assert store.totals().spam == len(list(store.scan_known())) >= 20
    store.close()
