"""The ledger: what is added is there, what is unfinished is found again, and where a message stands is known."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.train.ledger import Ledger, LedgerFailed, Line
from tests.support.processes import child, status

LINE = Line(100.0, "bob", "sasl", "spam", "alias", "h1", "<1@x>", "Cheap", teacher="sa-learn", report="r1")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.db")


def test_a_line_is_added_and_finished(path: str) -> None:
    with Ledger(path) as ledger:
        first = ledger.add(LINE)
        assert ledger.line(first) == LINE.replace(id=first)
        assert ledger.unfinished() == (LINE.replace(id=first),)
        ledger.finish(first, "learned", "", (1, 2), (2, 2))
        done = LINE.replace(id=first, result="learned", before_spam=1, before_ham=2, after_spam=2, after_ham=2)
        assert ledger.line(first) == done
        assert ledger.unfinished() == ()
    with Ledger(path, reading=True) as ledger:
        assert ledger.lines() == (done,)
        assert ledger.line(7) is None


def test_only_its_owner_reads_it(path: str) -> None:
    Ledger(path).close()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_where_a_message_stands(path: str) -> None:
    with Ledger(path) as ledger:
        for result, change in (
            ("learned", {}),
            ("changed", {"verdict": "ham"}),
            ("refused", {"verdict": "spam"}),
            ("failed", {"verdict": "spam"}),
            ("learned", {"database": "bob", "hash": "h2"}),
            ("known", {"teacher": "bayes"}),
            ("learned", {"hash": "other", "message_id": "<2@x>"}),
        ):
            ledger.finish(ledger.add(LINE.replace(**change)), result)
        ledger.add(LINE)
        found = ledger.find("<1@x>")
        assert [(one.database, one.teacher, one.result, one.verdict) for one in found] == [
            ("site", "bayes", "known", "spam"),
            ("bob", "sa-learn", "learned", "spam"),
            ("site", "sa-learn", "changed", "ham"),
        ]
        assert [one.database for one in ledger.find("h1")] == ["site", "site"]
        assert [one.database for one in ledger.find("h2")] == ["bob"]
        assert [one.teacher for one in ledger.find("h1", "site", "bayes")] == ["bayes"]
        assert ledger.find("") == ledger.find("nothing") == ()


def test_unfinished_lines_of_one_report(path: str) -> None:
    with Ledger(path) as ledger:
        ids = [ledger.add(LINE.replace(report=report)) for report in ("r1", "r2", "r1")]
        assert [one.id for one in ledger.unfinished("r1")] == [ids[0], ids[2]]
        assert [one.id for one in ledger.unfinished()] == ids


def test_the_newest_lines_of_one_reporter(path: str) -> None:
    with Ledger(path) as ledger:
        for number in range(5):
            ledger.add(LINE.replace(time=float(number), reporter="bob" if number % 2 else "eve"))
        assert [one.time for one in ledger.lines(limit=2)] == [4.0, 3.0]
        assert [one.time for one in ledger.lines("eve")] == [4.0, 2.0, 0.0]
        assert [one.time for one in ledger.lines(since=3.0)] == [4.0, 3.0]
        assert [one.time for one in ledger.lines(report="r2")] == []


def test_a_report_of_many_messages_is_one(path: str) -> None:
    with Ledger(path) as ledger:
        for report, time in (("r1", 10.0), ("r1", 10.0), ("r2", 20.0), ("r3", 30.0)):
            ledger.add(LINE.replace(report=report, time=time))
        assert [ledger.count_since("bob", since) for since in (0.0, 20.0, 40.0)] == [3, 2, 0]
        assert ledger.count_since("eve", 0.0) == 0


def test_totals(path: str) -> None:
    with Ledger(path) as ledger:
        ledger.add(LINE)
        ledger.finish(ledger.add(LINE), "known")
        ledger.finish(ledger.add(LINE.replace(time=1.0)), "known")
        assert ledger.totals() == {("spam", ""): 1, ("spam", "known"): 2}
        assert ledger.totals(50.0) == {("spam", ""): 1, ("spam", "known"): 1}


def test_what_was_learned_is_kept_for_a_while(path: str) -> None:
    raw = os.urandom(10_000)
    with Ledger(path) as ledger:
        ledger.keep("h1", b"old", 1.0)
        ledger.keep("h1", raw, 100.0)
        ledger.keep("h2", b"", 50.0)
        assert (ledger.kept("h1"), ledger.kept("h2"), ledger.kept("h3")) == (raw, b"", None)
        assert ledger.expire(100.0) == 1
        assert (ledger.kept("h1"), ledger.kept("h2")) == (raw, None)


def test_hostile_texts_are_texts(path: str) -> None:
    """A subject may have octets of no charset (lone surrogates), which SQLite cannot have, and be of any length."""
    subject = "\udcff'; DROP TABLE line; --\0" + "x" * 5000
    with Ledger(path) as ledger:
        found = ledger.line(ledger.add(LINE.replace(subject=subject, message_id="\udcff")))
        assert found is not None and found.subject == "?" + subject[1:1000]
        ledger.finish(found.id, "learned")
        assert len(ledger.find("\udcff")) == 1


def test_what_is_written_together_is_there_whole_or_not_at_all(path: str) -> None:
    with Ledger(path) as ledger, Ledger(path, reading=True) as other:
        with ledger.together():
            first = ledger.add(LINE)
            ledger.finish(first, "learned")
            assert other.lines() == (), "others see it when it is on the disk"
        assert [one.result for one in other.lines()] == ["learned"]
        with pytest.raises(ValueError, match="no result"), ledger.together():
            ledger.finish(ledger.add(LINE), "nonsense")
        assert [one.id for one in other.lines()] == [first]
        assert ledger.add(LINE), "the next one is a transaction of its own again"


def test_what_is_no_result_is_a_defect(path: str) -> None:
    with Ledger(path) as ledger, pytest.raises(ValueError, match="is no result"):
        ledger.finish(ledger.add(LINE), "perhaps")


def test_a_ledger_that_cannot_be_had_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LedgerFailed, match="the ledger cannot be opened"):
        Ledger(str(tmp_path / "none" / "ledger.db"))
    with pytest.raises(LedgerFailed, match="the ledger cannot be opened"):
        Ledger(str(tmp_path / "none.db"), reading=True)
    (tmp_path / "junk.db").write_bytes(b"no database at all, of more than a hundred octets" * 10)
    with pytest.raises(LedgerFailed, match="not a database"):
        Ledger(str(tmp_path / "junk.db"))
    Ledger(str(tmp_path / "later.db")).close()
    with sqlite3.connect(tmp_path / "later.db") as base:
        base.execute("PRAGMA user_version = 2")
    base.close()
    with pytest.raises(LedgerFailed, match=r"later version of mdafilter \(2\)"):
        Ledger(str(tmp_path / "later.db"))


def test_a_ledger_that_is_locked_is_waited_for(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEDGER_SECONDS", 0.05)
    with Ledger(path) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerFailed, match="locked"):
            ledger.add(LINE)
        other.execute("COMMIT")
        other.close()
        ledger.add(LINE)


def test_a_killed_learner_leaves_whole_lines(path: str) -> None:
    """SIGKILL between adding and finishing, again and again: no line is lost, and none is half."""

    def work() -> int:
        with Ledger(path) as ledger:
            number = ledger.add(LINE)
            if number % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            ledger.finish(number, "learned")
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    for _ in range(6):
        assert status(child(work)) == -signal.SIGKILL
    with Ledger(path) as ledger:
        assert [one.result for one in reversed(ledger.lines())] == ["", "learned"] * 3
        assert [one.id for one in ledger.unfinished()] == [1, 3, 5]
