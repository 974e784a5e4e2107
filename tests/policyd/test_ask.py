"""One question by hand."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter_policyd.ask import ask, looked_at, says
from mdafilter_policyd.config import Config, load
from mdafilter_policyd.opinion import Accept, Action, Defer, Opinion, Pass, Points, Prepend, Reject
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
