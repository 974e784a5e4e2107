"""spamtest (RFC 5235)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import RuleErrors
from mdafilter.words.match import Match
from mdafilter.words.spamtest import Spamtest, percent_of, shown, value_of
from mdafilter.world import Verdict
from tests.support.scene import StillWorld, scene
from tests.support.script import compiled, decide, folders
from tests.support.verdicts import scored

NUMERIC = "i;ascii-numeric"


def at_least(number: str, *, percent: bool = False) -> Spamtest:
    return Spamtest(Match("value", NUMERIC, "ge", (number,)), percent)


@pytest.mark.parametrize(
    ("score", "value", "percent"),
    [
        (-3.0, 1, 0),
        (0.0, 1, 0),
        (0.1, 1, 1),
        (1.25, 2, 12),
        (2.5, 3, 25),
        (3.75, 4, 37),
        (4.9, 4, 49),
        (4.99, 4, 49),
        (5.0, 5, 50),
        (5.9, 5, 59),
        (7.5, 7, 75),
        (9.9, 9, 99),
        (10.0, 10, 100),
        (997.0, 10, 100),
    ],
)
def test_the_scale_of_the_manual_page(score: float, value: int, percent: int) -> None:
    assert (value_of(scored(score)), percent_of(scored(score))) == (value, percent)


@given(st.floats(), st.floats(), st.booleans())
def test_any_verdict_has_a_value_and_spam_is_the_upper_half(score: float, threshold: float, spam: bool) -> None:
    verdict = Verdict(spam, score, threshold)
    assert 1 <= value_of(verdict) <= 10
    assert 0 <= percent_of(verdict) <= 100
    assert (value_of(verdict) >= 5) is spam
    assert (percent_of(verdict) >= 50) is spam


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0.1, 50))
def test_a_higher_score_never_gives_a_lower_value(one: float, other: float, threshold: float) -> None:
    low, high = scored(min(one, other), threshold), scored(max(one, other), threshold)
    assert value_of(low) <= value_of(high)
    assert percent_of(low) <= percent_of(high)


def test_5_or_more_is_what_spamd_calls_spam() -> None:
    assert not at_least("5").ask(scene(world=StillWorld(scored(4.9)))).held
    assert at_least("5").ask(scene(world=StillWorld(scored(5.0)))).held
    assert at_least("50", percent=True).ask(scene(world=StillWorld(scored(5.0)))).held


def test_nobody_answered_is_0() -> None:
    """Section 3.2.1: 0 is "message was not tested for spam, or Sieve could not determine whether any test was done"."""
    answer = Spamtest(Match("is", NUMERIC, "", ("0",))).ask(scene(world=StillWorld(None, note="spamd: timeout")))
    assert answer.held
    assert answer.saw == ("not tested: no scorer answered",)
    assert not at_least("1").ask(scene()).held
    assert Spamtest(Match("is", NUMERIC, "", ("0",)), percent=True).ask(scene()).held


@pytest.mark.parametrize(("verdict", "count"), [(None, "0"), (scored(0.0), "1"), (scored(20.0), "1")])
def test_count_tells_whether_it_was_tested(verdict: Verdict | None, count: str) -> None:
    """Section 3.1: the ":count" is "1" if the test was done, "if the test was not done ... "0" (zero)"."""
    for percent in (False, True):
        test = Spamtest(Match("count", NUMERIC, "eq", (count,)), percent)
        assert test.ask(scene(world=StillWorld(verdict))).held


def test_the_scorer_is_asked_once() -> None:
    world = StillWorld(scored(7.0))
    here = scene(world=world)
    at_least("5").ask(here)
    at_least("9").ask(here)
    assert world.asked == 1


def test_the_answer_says_what_spamd_said() -> None:
    verdict = Verdict(True, 15.23, 5.0, ("GTUBE", "NO_RECEIVED"))
    answer = at_least("5").ask(scene(world=StillWorld(verdict)))
    assert answer.by == "spamd 15.2/5.0 (GTUBE, NO_RECEIVED)"
    assert answer.saw == ("10: spamd 15.2/5.0 (GTUBE, NO_RECEIVED)",)
    assert str(at_least("50", percent=True).ask(scene(world=StillWorld(verdict))).saw[0]).startswith("100%: spamd")


def test_many_symbols_are_cut() -> None:
    assert shown(scored(1.0, 5.0, *"ABCDEFG")) == "spamd 1.0/5.0 (A, B, C, D, E, ...)"
    assert shown(scored(1.0)) == "spamd 1.0/5.0"


def test_it_describes_itself_as_sieve() -> None:
    assert at_least("50", percent=True).describe() == 'spamtest :percent :value "ge" :comparator "i;ascii-numeric" "50"'


RFC_EXAMPLE = """require ["spamtestplus", "fileinto", "relational", "comparator-i;ascii-numeric"];
    if spamtest :value "eq" :comparator "i;ascii-numeric" "0" { fileinto "INBOX.unclassified"; }
    elsif spamtest :percent :value "eq" :comparator "i;ascii-numeric" "0" { fileinto "INBOX.not-spam"; }
    elsif spamtest :percent :value "lt" :comparator "i;ascii-numeric" "37" { fileinto "INBOX.spam-trap"; }
    else { discard; }"""


@pytest.mark.parametrize(
    ("verdict", "where"),
    [
        (None, ["INBOX.unclassified"]),
        (scored(-1.0), ["INBOX.not-spam"]),
        (scored(2.0), ["INBOX.spam-trap"]),
        (scored(6.0), []),
    ],
)
def test_the_example_of_section_3_2_2(verdict: Verdict | None, where: list[str]) -> None:
    assert folders(decide(RFC_EXAMPLE, world=StillWorld(verdict))) == where


def test_percent_needs_spamtestplus() -> None:
    """Section 3.2: "Sieve implementations MUST return an error if the ":percent" argument is used and "spamtestplus" is
    not specified." """
    with pytest.raises(RuleErrors, match="spamtestplus"):
        compiled('require "spamtest"; if spamtest :percent "0" { stop; }')


@pytest.mark.parametrize("capability", ["spamtest", "spamtestplus"])
def test_without_percent_either_will_do(capability: str) -> None:
    """Section 3.2: "one or both of "spamtest" or "spamtestplus" capability identifiers MUST be present"."""
    assert compiled(f'require "{capability}"; if spamtest "0" {{ stop; }}').warnings == ()
