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
from mdafilter.scorers.bayes.sqlite import Sqlite
from mdafilter.scorers.bayes.store import CountsError, Totals
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
