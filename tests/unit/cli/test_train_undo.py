"""mdafilter train undo: the ledger, the learner's lock and the teacher, put together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from mdafilter.settings import Settings
from mdafilter.train.ledger import Ledger, Line
from mdafilter.train.lock import Busy, Lock
from mdafilter.values import Value
from tests.support.commandline import invoke

LINE = Line(1.0, "bob", "sasl", "spam", "alias", "h1", "<1@x>", "Cheap", database="site", teacher="bayes")


class Told(Value):
    result: str
    why: str = ""
    before: None = None
    after: None = None


class Learner(ModuleType):
    """train/learn.py, as far as it is asked."""

    def __init__(self) -> None:
        super().__init__("learn")
        self.told = Told("forgotten")
        self.forgotten: list[bytes] = []

    def teacher(self, settings: Settings, name: str, database: str, held: Sequence[int]) -> Learner:
        assert (name, database, len(held)) == ("bayes", "site", 1)
        with pytest.raises(Busy):
            Lock(settings.train.state)
        return self

    def forget(self, items: Sequence[tuple[str, bytes]]) -> dict[str, Told]:
        self.forgotten += [raw for _, raw in items]
        return {name: self.told for name, _ in items}


@pytest.fixture
def learner(monkeypatch: pytest.MonkeyPatch) -> Learner:
    made = Learner()
    monkeypatch.setitem(sys.modules, "mdafilter.train.learn", made)
    return made


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "c.toml").write_text(f'[train]\nstate = "{tmp_path}"\n')
    with Ledger(str(tmp_path / "ledger.db")) as ledger:
        for number in (1, 2):
            ledger.finish(ledger.add(LINE.replace(hash=f"h{number}")), "learned")
        ledger.keep("h1", b"one", 1.0)
    return str(tmp_path / "c.toml")


def test_it_is_taken_back(tmp_path: Path, config: str, learner: Learner) -> None:
    done = invoke(tmp_path, "train", "undo", "1", "-c", config)
    assert done.exit_code == 0, done.output
    assert "forgotten" in done.output and "takes back 1" in done.output
    assert learner.forgotten == [b"one"]
    with Lock(str(tmp_path)):
        pass


def test_the_message_can_be_given(tmp_path: Path, config: str, learner: Learner) -> None:
    done = invoke(tmp_path, "train", "undo", "2", "-c", config)
    assert done.exit_code == 1
    assert "give it with --message FILE" in done.output
    (tmp_path / "two").write_bytes(b"two")
    assert invoke(tmp_path, "train", "undo", "2", "-c", config, "--message", str(tmp_path / "two")).exit_code == 0
    assert learner.forgotten == [b"two"]


def test_what_cannot_be_taken_back_is_said(tmp_path: Path, config: str, learner: Learner) -> None:
    learner.told = Told("failed", "no Perl")
    done = invoke(tmp_path, "train", "undo", "1", "-c", config)
    assert done.exit_code == 1
    assert "1: takes back 1; no Perl" in done.output
    assert invoke(tmp_path, "train", "undo", "1", "2", "-m", config, "-c", config).exit_code == 2
    assert invoke(tmp_path, "train", "undo").exit_code == 2


def test_where_nothing_has_been_learned(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(f'[train]\nstate = "{tmp_path}/none"\n')
    done = invoke(tmp_path, "train", "undo", "1", "-c", str(tmp_path / "c.toml"))
    assert done.exit_code == 1
    assert f"nothing has been learned yet: there is no {tmp_path}/none/ledger.db" in done.output
