"""One question by hand."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd.ask import Looking, ask, looked_at, says
from mdafilter_policyd.config import Config, load
from mdafilter_policyd.opinion import Accept, Action, Defer, Opinion, Pass, Points, Prepend, Reject
from mdafilter_policyd.store import Record
from mdafilter_policyd.store.memory import Memory
from tests.support.policyd_core import Lines, house, installed


@pytest.fixture(autouse=True)
def _checks(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path, alpha=1, beta=2, gamma=3):
        yield


def test_every_opinion_and_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "policyd.toml"
    file.write_text('[alpha]\nmode = "warn"\n[beta]\nmode = "on"\ntext = "go away"\n[gamma]\nmode = "on"\n')
    assert asyncio.run(ask(load(str(file)), house(), {"client_address": "192.0.2.1"}, Lines())) == [
        "alpha (warn): reject: no",
        "beta: reject: go away",
        "would have: 554 5.7.1 no (by alpha)",
        "decided by beta: go away",
        "gamma: not asked",
        "action=554 5.7.1 go away",
    ]


def test_no_objection(tmp_path: Path) -> None:
    (tmp_path / "policyd.toml").write_text("")
    assert asyncio.run(ask(load(str(tmp_path / "policyd.toml")), house(), {}, Lines())) == [
        "decided by none",
        "action=DUNNO",
    ]


def test_nothing_is_remembered_of_it() -> None:
    async def body() -> None:
        kept = Memory()
        looking = Looking(kept)
        assert await looking.touch("grey", "new", 100, 60, "x") == Record(100, 100, 1, "x")
        await kept.touch("grey", "old", 50, 600, "y")
        assert await looking.touch("grey", "old", 100, 60) == Record(50, 100, 2, "y")
        await looking.put("grey", "new", Record(1, 1, 1), 1000)
        await looking.delete("grey", "old")
        assert await looking.get("grey", "new", 100) is None
        assert [key async for key, _record in looking.scan("grey", 100)] == ["old"]
        await kept.add("rate", "a", 5, 100, 60)
        assert await looking.add("rate", "a", 2, 100, 60) == 7
        assert await looking.add("rate", "a", 2, 100, 60) == 7
        assert await looking.expire(1e9) == 0
        assert await kept.get("grey", "old", 100) == Record(50, 50, 1, "y")
        await looking.close()

    asyncio.run(body())


def test_a_file_of_state_is_not_made_by_a_question(tmp_path: Path) -> None:
    config = Config(state_dir=str(tmp_path))
    assert looked_at(config).store == "memory:"
    assert looked_at(dataclasses.replace(config, store="redis://h/0")).store == "redis://h/0"
    (tmp_path / "state.db").write_bytes(b"")
    assert looked_at(config) is config


@pytest.mark.parametrize(
    ("opinion", "text"),
    [
        (Pass(), "pass"),
        (Pass("fine"), "pass: fine"),
        (Points(-1.5, "trusted"), "-1.5 points: trusted"),
        (Prepend("A: b"), "prepend: A: b"),
        (Defer("later", "new"), "defer: later (new)"),
        (Reject("no"), "reject: no"),
        (Accept("a friend"), "accept: a friend"),
        (Accept(), "accept"),
        (Action("HOLD", "odd"), "action: HOLD (odd)"),
    ],
)
def test_an_opinion_in_words(opinion: Opinion, text: str) -> None:
    assert says(opinion) == text
