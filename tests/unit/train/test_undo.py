"""Taking back: the teacher forgets, the ledger has a line more, and nothing is taken back that was not learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from mdafilter.train.ledger import Ledger, Line
from mdafilter.train.undo import CannotUndo, undo
from mdafilter.values import Value

LINE = Line(1.0, "bob", "sasl", "spam", "alias", "h1", "<1@x>", "Cheap", database="site", teacher="sa-learn")


class Counts(Value):
    spam: int
    ham: int


class Told(Value):
    result: str
    why: str = ""
    before: Counts | None = Counts(5, 3)
    after: Counts | None = Counts(4, 3)


class Teacher:
    """Remembers what it was asked, and says what it is told to."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.asked: list[bytes] = []

    def forget(self, items: Sequence[tuple[str, bytes]]) -> Mapping[str, Told]:
        self.asked += [raw for _, raw in items]
        return {name: self.told for name, _ in items}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(str(tmp_path / "ledger.db")) as made:
        yield made


def learned(ledger: Ledger, result: str = "learned", why: str = "") -> int:
    number = ledger.add(LINE)
    ledger.finish(number, result, why)
    return number


def take_back(ledger: Ledger, number: int, told: Told, raw: bytes | None = None) -> tuple[Line, Teacher]:
    teacher = Teacher(told)
    whose: list[tuple[str, str]] = []

    def of(name: str, database: str) -> Teacher:
        whose.append((name, database))
        return teacher

    line = undo(ledger, number, raw, of, "root", 9.0)
    assert whose == [("sa-learn", "site")]
    return line, teacher


def test_it_is_forgotten_and_both_are_recorded(ledger: Ledger) -> None:
    number = learned(ledger)
    ledger.keep("h1", b"the message", 1.0)
    line, teacher = take_back(ledger, number, Told("forgotten"))
    assert teacher.asked == [b"the message"]
    assert line == LINE.replace(
        id=number + 1, time=9.0, reporter="root", how="local", result="forgotten", why=f"takes back {number}",
        before_spam=5, before_ham=3, after_spam=4, after_ham=3, report=f"undo.{number}",
    )  # fmt: skip
    assert [one.result for one in ledger.lines()] == ["forgotten", "learned"]
    assert ledger.find("h1")[0].result == "forgotten"


def test_the_message_may_be_given(ledger: Ledger) -> None:
    number = learned(ledger)
    with pytest.raises(CannotUndo, match="its message is no longer kept: give it with --message FILE"):
        take_back(ledger, number, Told("forgotten"))
    _, teacher = take_back(ledger, number, Told("forgotten"), b"given")
    assert teacher.asked == [b"given"]


def test_what_the_teacher_did_not_have_is_forgotten_as_well(ledger: Ledger) -> None:
    line, _ = take_back(ledger, learned(ledger), Told("refused", "it was not there", None, None), b"x")
    assert (line.result, line.why) == ("forgotten", "takes back 1; it was not there")


def test_a_teacher_that_fails_has_not_forgotten(ledger: Ledger) -> None:
    number = learned(ledger)
    line, _ = take_back(ledger, number, Told("failed", "no Perl"), b"x")
    assert (line.result, line.why) == ("failed", "takes back 1; no Perl")
    assert ledger.find("h1")[0].id == number  # it stands as it stood, and can be tried again


def test_what_was_not_learned_cannot_be_taken_back(ledger: Ledger) -> None:
    number = learned(ledger, "refused", "it came from outside")
    for wrong, said in ((number, "refused: it came from outside"), (77, "there is no such line")):
        with pytest.raises(CannotUndo, match=said):
            undo(ledger, wrong, b"x", lambda *_: Teacher(Told("forgotten")), "root", 9.0)
    assert len(ledger.lines()) == 1


def test_it_is_taken_back_once(ledger: Ledger) -> None:
    number = learned(ledger)
    take_back(ledger, number, Told("forgotten"), b"x")
    with pytest.raises(CannotUndo, match=r"it was forgotten already \(2\)"):
        take_back(ledger, number, Told("forgotten"), b"x")


def test_a_killed_undo_can_be_done_again(ledger: Ledger) -> None:
    number = learned(ledger)

    class Killing(Teacher):
        def forget(self, items: Sequence[tuple[str, bytes]]) -> Mapping[str, Told]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undo(ledger, number, b"x", lambda *_: Killing(Told("")), "root", 9.0)
    assert [one.result for one in ledger.lines()] == ["", "learned"]
    line, _ = take_back(ledger, number, Told("forgotten"), b"x")
    assert line.result == "forgotten"
