"""An archive is learned in batches; what came of it is counted, and a record says how far it came."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.cli.train_archive import Record, Told, batches, summary
from mdafilter.train import Report, spool
from mdafilter.train.archive import Item, Mark
from tests.support.commandline import invoke, ordinary_home
from tests.support.commandline import run as run_as_nobody


def item(number: int, octets: int = 1) -> Item:
    return Item(f"m{number}", b"x" * octets, octets, "", "place", Mark("looks", number))


def test_batches_are_bounded_in_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TEACH_MESSAGES", 3)
    monkeypatch.setattr(limits, "TEACH_OCTETS", 10)
    sizes = [
        [len(one.raw) for one in batch]
        for batch in batches(item(n, size) for n, size in enumerate([1, 1, 1, 9, 2, 50, 1]))
    ]
    assert sizes == [[1, 1, 1], [9], [2], [50], [1]]


def test_the_sums_say_why() -> None:
    told = Counter({Told("learned"): 3, Told("refused", "no\nmessage"): 1})
    assert summary(told) == "4 messages: 3 learned, 1 refused\n  1 refused: no\\nmessage"
    assert summary(Counter()) == "0 messages: nothing to learn"


def test_a_run_is_gone_on_with(tmp_path: Path) -> None:
    first = Record(str(tmp_path), "key", lambda: 1.0)
    first.came_to([item(1), item(2)], whole=True)
    second = Record(str(tmp_path), "key", lambda: 2.0)
    assert (second.run, second.time, second.marks) == (first.run, 1.0, {"place": Mark("looks", 2)})
    assert Record(str(tmp_path), "other").run != first.run
    second.end()
    assert Record(str(tmp_path), "key", lambda: 3.0).marks == {}


def test_it_goes_not_past_what_failed(tmp_path: Path) -> None:
    record = Record(str(tmp_path), "key")
    record.came_to([item(1)], whole=True)
    record.came_to([item(2)], whole=False)
    record.came_to([item(3)], whole=True)
    assert Record(str(tmp_path), "key").marks == {"place": Mark("looks", 1)}


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"run": 1}', b'{"run": "a", "time": 1, "marks": {"x": 3}}'])
def test_a_damaged_record_is_none(tmp_path: Path, damage: bytes) -> None:
    Record(str(tmp_path), "key")
    next((tmp_path / "archive").iterdir()).write_bytes(damage)
    assert Record(str(tmp_path), "key").marks == {}


def test_a_teacher_that_cannot_ends_it(tmp_path: Path) -> None:
    (tmp_path / "conf.toml").write_text(
        f'[train]\nspool = "{tmp_path}/spool"\nstate = "{tmp_path}/state"\nteacher = ["sa-learn"]\n'
        'sa_learn = ["/nonexistent/sa-learn"]\n'
    )
    (tmp_path / "m.eml").write_bytes(b"Subject: x\n\nbody\n")
    done = invoke(tmp_path, "train", "spam", "-c", str(tmp_path / "conf.toml"), str(tmp_path / "m.eml"))
    assert done.exit_code == 1
    assert "nothing is learned: /nonexistent/sa-learn cannot be started" in done.stderr
    assert list((tmp_path / "state" / "archive").iterdir())


def test_who_may_not_write_the_ledger_reports() -> None:
    with ordinary_home() as home:
        spool.make(f"{home}/spool")
        (home / "state").mkdir(mode=0o500)
        (home / "m.eml").write_bytes(b"Subject: x\n\nbody\n")
        config = home / "conf.toml"
        config.write_text(f'[train]\nspool = "{home}/spool"\nstate = "{home}/state"\n')
        done = run_as_nobody(home, "train", "ham", "-c", str(config), str(home / "m.eml"))
        assert (done.returncode, done.stdout) == (0, "1 messages: 1 queued\n"), done.stderr
        (report,) = spool.take(f"{home}/spool")
        assert isinstance(report, Report)
        assert (report.source, report.verdict, report.message) == ("archive", "ham", b"Subject: x\n\nbody\n")


def test_a_reporter_is_told_what_to_do_where_there_is_no_spool() -> None:
    with ordinary_home() as home:
        (home / "state").mkdir(mode=0o555)
        (home / "m.eml").write_bytes(b"Subject: x\n\nbody\n")
        config = home / "conf.toml"
        config.write_text(f'[train]\nspool = "{home}/state/spool"\nstate = "{home}/state"\n')
        done = run_as_nobody(home, "train", "ham", "-c", str(config), str(home / "m.eml"))
        assert (done.returncode, done.stdout) == (1, "")
        why = f"the message cannot be put into {home}/state/spool: No such file or directory"
        assert f"Error: {why}; see mdafilter train doctor\n" in done.stderr
