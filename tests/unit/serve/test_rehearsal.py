"""The message that is judged before the first worker is made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mdafilter import pipeline, recall, rulebook
from mdafilter.decision import Decision
from mdafilter.serve import rehearsal
from mdafilter.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulebook, "_shipped", {})
    monkeypatch.setattr(recall, "_kept", {})


def test_the_shipped_rules_are_compiled_for_all_users(tmp_path: Path) -> None:
    rehearsal.rehearse()
    (kept,) = rulebook._shipped.values()
    for user in ("a", "b"):
        assert rulebook.load(Settings(), str(tmp_path / user)).plans[0] is kept.plan
    assert os.listdir(tmp_path) == []


def test_it_is_judged_by_them_and_nothing_is_left_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    real = pipeline.decide

    def decide(*args: Any, **named: Any) -> Decision:
        decision = real(*args, **named)
        judged.extend(type(one.act).__name__ for one in decision.decided)
        return decision

    monkeypatch.setattr(pipeline, "decide", decide)
    descriptors = len(os.listdir("/proc/self/fd"))
    rehearsal.rehearse()
    assert judged == ["Keep"] * rehearsal.TIMES
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_broken_shipped_rules_are_left_to_the_first_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "default.sieve").write_text("nonsense")
    monkeypatch.setattr(rulebook, "SHIPPED", str(tmp_path))
    rehearsal.rehearse()
    assert rulebook._shipped == {}


def test_a_defect_keeps_no_service_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def decide(*args: Any, **_named: Any) -> Decision:
        asked.append(args)
        raise RecursionError

    monkeypatch.setattr(pipeline, "decide", decide)
    rehearsal.rehearse()
    assert len(asked) == 1
