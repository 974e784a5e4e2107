"""Regular expressions: the budget above all."""

from __future__ import annotations

import signal
import threading

import pytest

from mdafilter import limits
from mdafilter.errors import RuleStalled
from mdafilter.matching import patterns
from mdafilter.matching.patterns import Budget, Pattern, PatternError

HOSTILE = [("(a+)+$", "a" * 5000 + "b"), ("(a|a)*c", "a" * 5000), ("(.*)*x", "ab" * 5000), ("(a?){30}a{30}", "a" * 29)]


def ere(pattern: str, *, newline: bool = False) -> Pattern:
    return patterns.compile(pattern, ignore_case=True, syntax="ere", newline=newline)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Budgets of tests are short."""
    monkeypatch.setattr(Budget.__init__, "__defaults__", (0.05,))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("pattern", "text"), HOSTILE[:3])
def test_no_pattern_stalls_a_delivery(pattern: str, text: str) -> None:
    """The budget is 0.05 s here; without one the test would not end."""
    with pytest.raises(RuleStalled, match="took more than"):
        ere(pattern).search(text)


def test_searches_share_a_budget() -> None:
    budget = Budget(0.05)
    with pytest.raises(RuleStalled):
        ere("(a+)+$").search("a" * 5000 + "b", budget)
    assert budget.left <= 0
    with pytest.raises(RuleStalled):
        ere("(a+)+$").search("a" * 5000 + "b", budget)


def test_many_short_searches_use_up_the_budget_too() -> None:
    """No signal may come within any of them."""
    budget = Budget(0.05)
    assert ere("(a*)*b").search("a" * 8, budget) is None
    with pytest.raises(RuleStalled):
        all(ere("(a*)*b").search("a" * 8, budget) is None for _ in range(1_000_000))


def test_within_a_budget_the_timer_runs_all_the_time() -> None:
    budget = Budget(0.05)
    with pytest.raises(RuleStalled), budget:
        all(ere("b").search("abc", budget) for _ in range(10_000_000))
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    assert not budget.running


@pytest.mark.usefixtures("short")
def test_the_earlier_handler_and_timer_are_in_force_again() -> None:
    def handler(_number: int, _frame: object) -> None:
        raise AssertionError("the timer of the test ran out")

    before = signal.signal(signal.SIGVTALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, 100, 7)
        assert ere("b+").search("abb") == ("bb",)
        with pytest.raises(RuleStalled):
            ere("(a+)+$").search("a" * 5000 + "b")
        assert signal.getsignal(signal.SIGVTALRM) is handler
        left, interval = signal.getitimer(signal.ITIMER_VIRTUAL)
        assert 90 < left < 100
        assert interval == 7
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_in_a_thread_only_what_cannot_run_for_long_is_tried() -> None:
    results: list[object] = []

    def run() -> None:
        results.append(ere("^a+$").search("aa"))
        results.append(ere("b").search("a" * limits.REGEX_SUBJECT_IN_THREAD + "b"))
        try:
            ere("(a+)+$").search("aa")
        except RuleStalled as stalled:
            results.append(stalled)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert results[:2] == [("aa",), None]
    text = "a regular expression with several repetitions is not tried outside of the main thread"
    assert isinstance(results[2], RuleStalled) and str(results[2]) == text


def test_a_search_that_takes_too_much_memory_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(text: str, start: int) -> None:
        raise MemoryError

    pattern = ere("a")
    monkeypatch.setattr(pattern, "_look", look)
    with pytest.raises(RuleStalled, match="a regular expression took too much memory"):
        pattern.search("a")


def test_groups_that_took_no_part_are_empty() -> None:
    assert ere("(a)|(b)").search("b") == ("b", "", "b")


def test_only_the_beginning_of_a_long_text_is_searched() -> None:
    assert ere("b").search("a" * limits.REGEX_SUBJECT + "b") is None


def test_a_pattern_is_compiled_once() -> None:
    assert ere("once") is ere("once")


def test_the_kept_patterns_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATTERNS", 3)
    for number in range(10):
        ere(f"number{number}")
    assert len(patterns._compiled) <= 3


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("a" * (limits.REGEX_OCTETS + 1), f"the pattern is longer than {limits.REGEX_OCTETS} characters"),
        ("(" * 3000 + ")" * 3000, "the pattern is nested too deeply or repeats too often"),
        ("a)", "a ) without a ("),
    ],
)
def test_what_cannot_be_compiled(pattern: str, text: str) -> None:
    with pytest.raises(PatternError) as raised:
        ere(pattern)
    assert text in raised.value.text


def test_the_newline() -> None:
    """regcomp(3), REG_NEWLINE: "Match-any-character operators don't match a newline"."""
    assert ere("^b$", newline=True).search("a\nb\nc") == ("b",)
    assert ere("^b$").search("a\nb\nc") is None
    assert ere("a.b").search("a\nb") == ("a\nb",)
    assert ere("a.b", newline=True).search("a\nb") is None
    assert ere("a$").search("a\n") is None


def test_there_are_three_syntaxes() -> None:
    with pytest.raises(ValueError, match="no syntax"):
        patterns.compile("a", ignore_case=True, syntax="glob")
