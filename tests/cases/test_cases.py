"""One message, the same wish in up to three rule languages, one expected decision: the engine cannot tell them apart.

A case is a folder here:

    message.eml                                  the message
    rules.sieve rules.procmailrc rules.regexp    the same wish in each language that can express it (also
                                                 rules.header_checks, rules.body_checks)
    expect.toml                                  about = "what the case shows"
                                                 notes = ["part of a note", ...]     (optional)
                                                 [envelope] its fields               (optional)
                                                 [world] virus, score, tables, environment (optional)
                                                 [[act]] do = "File", and the fields of that Act in acts.py
                                                 has = ["octets"], lacks = ["octets"] of the message (optional)
"""

from __future__ import annotations

import marshal
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mdafilter import acts, lang
from mdafilter.cli import outline, trace
from mdafilter.compiled import freeze, thaw
from mdafilter.decision import Decision
from mdafilter.engine import run
from mdafilter.matching.patterns import Budget
from mdafilter.message import Envelope, Message
from mdafilter.plan import Scene
from mdafilter.world import Finding, Scanned, Verdict
from tests.support.mailboxes import written
from tests.support.scene import StillWorld

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/expect.toml"))
RULES = [path for case in CASES for path in sorted(case.glob("rules.*"))]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern that stalls does so after a moment."""
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.05,))


def expected(case: Path) -> dict[str, Any]:
    return tomllib.loads((case / "expect.toml").read_text())


def decide(rules: Path) -> Decision:
    """What the rule file decides about the message beside it."""
    wanted = expected(rules.parent)
    envelope = {"sender": "offers@pills.example", "recipient": "ann@example.net", **wanted.get("envelope", {})}
    compiled = lang.compile(rules.read_bytes(), rules.name)
    message = Message.parse((rules.parent / "message.eml").read_bytes())
    return run([compiled.plan], Scene(message, Envelope(**envelope), world(wanted.get("world", {}))))


def world(known: dict[str, Any]) -> StillWorld:
    """What the outside answers: `score` is that of spamd, with a threshold of 5, `virus` a name that clamd knows."""
    score, virus = known.get("score"), known.get("virus")
    return StillWorld(
        verdict=None if score is None else Verdict(score >= 5, score, 5.0),
        scanned=None if virus is None else Scanned(Finding(virus)),
        tables=known.get("tables"),
        environment=known.get("environment"),
    )


def act(wanted: dict[str, Any]) -> object:
    """An Act from a table of expect.toml."""
    fields = {
        name: tuple(value) if isinstance(value, list) else value for name, value in wanted.items() if name != "do"
    }
    return getattr(acts, wanted["do"])(**fields)


@pytest.mark.parametrize("rules", RULES, ids=lambda path: f"{path.parent.name}-{path.suffix[1:]}")
def test_the_decision_is_the_expected_one(rules: Path) -> None:
    wanted = expected(rules.parent)
    decision = decide(rules)
    assert [decided.act for decided in decision.decided] == [act(one) for one in wanted["act"]]
    texts = [written(decided.message) for decided in decision.decided]
    assert all(part.encode() in text for part in wanted.get("has", []) for text in texts)
    assert not any(part.encode() in text for part in wanted.get("lacks", []) for text in texts)
    notes = wanted.get("notes", [])
    assert len(decision.notes) == len(notes)
    for note, part in zip(decision.notes, notes, strict=True):
        assert part in note
        assert note.startswith(f"{rules.name}:")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_all_languages_agree(case: Path) -> None:
    """And each can say which line it was, unless it was none."""
    decisions = [decide(rules) for rules in sorted(case.glob("rules.*"))]
    assert len(decisions) >= 2
    assert {tuple(decided.act for decided in decision.decided) for decision in decisions} == {
        tuple(decided.act for decided in decisions[0].decided)
    }
    assert {tuple(decided.at is None for decided in decision.decided) for decision in decisions} == {
        tuple(decided.at is None for decided in decisions[0].decided)
    }


@pytest.mark.parametrize("rules", RULES, ids=lambda path: f"{path.parent.name}-{path.suffix[1:]}")
def test_the_plan_does_not_tell_its_language(rules: Path) -> None:
    """Nor does the trace: what people read is the same words, whoever wrote the rule."""
    shown = outline.render(lang.compile(rules.read_bytes(), "RULES" + rules.suffix).plan) + trace.render(decide(rules))
    shown = shown.replace("RULES" + rules.suffix, "").replace(rules.name, "").lower()
    told = [
        word for word in ("sieve", "procmail", "postfix", "header_checks", "regexp", "pcre", "recipe") if word in shown
    ]
    assert told == []


@pytest.mark.parametrize("rules", RULES, ids=lambda path: f"{path.parent.name}-{path.suffix[1:]}")
def test_the_plan_can_be_kept(rules: Path) -> None:
    """Of whatever language it is: frozen and thawed it is the same."""
    made = lang.compile(rules.read_bytes(), rules.name).plan
    classes: dict[tuple[str, str], int] = {}
    frozen = marshal.loads(marshal.dumps(freeze(made, classes)))
    assert thaw(frozen, [getattr(sys.modules[module], name) for module, name in classes]) == made


def test_there_are_cases_in_all_languages() -> None:
    assert [case.name for case in CASES if len(list(case.glob("rules.*"))) == 3]
