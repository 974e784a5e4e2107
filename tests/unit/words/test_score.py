"""Scores. What is expected here is what procmail itself made of these conditions, where it is not said otherwise."""

from __future__ import annotations

import pytest

from mdafilter.decision import Answer
from mdafilter.message import Octets
from mdafilter.plan import Scene
from mdafilter.words.condition import Searched, parse
from mdafilter.words.logic import Always, Not
from mdafilter.words.score import Score
from mdafilter.world import Ran
from tests.support.scene import StillWorld, scene

MESSAGE = b"Subject: xxx\n\nabcabc\naaa\n\n\nend\n"
MOST = "2147483647"


class Statuses(StillWorld):
    """A program ends with the status that is its name; "-" does not."""

    def run(self, command: str, *_others: object, **_more: object) -> Ran:
        return Ran(None if command == "-" else int(command), Octets.of(b""))


def asked(*conditions: str, area: str = "body", made: Scene | None = None) -> tuple[str, Answer]:
    """The value of $=, and the answer."""
    made = made or scene(MESSAGE, world=Statuses())
    answer = Score(tuple(parse(text, Searched(area)) for text in conditions)).ask(made)
    return made.variables["$="], answer


@pytest.mark.parametrize(
    ("condition", "score"),
    [
        ("1^1 a", "5"),
        ("10^.5 a", "19"),
        ("1^.5 .*", "2"),
        ("100^.99 .*", "9999"),
        ("1^0 a", "1"),
        ("-5^0 a", "-5"),
        ("1^2 a", "31"),
        ("1^1 .*", MOST),
        ("-1^2 .*", f"-{MOST}"),
        ("0^1 .*", "0"),
        ("10^-2 .*", "10"),
        ("10^-2 a", "110"),
        ("100^-1 a|$", "100"),
        ("0.9^0 a", "1"),
        ("-0.9^0 a", "0"),
        ("1^1 ! zz", "1"),
        ("1^1 ! a", "0"),
        ("1^1 zz", "0"),
        ("3000000000^0", MOST),
        ("1e-9^1 a", "1"),
    ],
)
def test_expressions(condition: str, score: str) -> None:
    """procmailsc(5): "The first time the regular expression is found, it will add w to the score"."""
    found, answer = asked(condition)
    assert (found, answer.held) == (score, int(score) > 0)


@pytest.mark.parametrize(
    ("condition", "score"),
    [
        ("5^2 ? 0", "5"),
        ("5^2 ? 1", "2"),
        ("5^2 ! ? 0", "0"),
        ("5^2 ! ? 1", "5"),
        ("5^2 ! ? 3", "35"),
        ("-5^3 ! ? 2", "-20"),
        ("5^2 ! ? 200", MOST),
        ("1^.5 ! ? 200", "2"),
        ("0^7 ? 9", "7"),
    ],
)
def test_programs(condition: str, score: str) -> None:
    """ "If it returns any other exitcode (indicating failure), the total added score will be x"."""
    assert asked(condition)[0] == score


def test_a_program_that_cannot_be_run_has_no_weight() -> None:
    assert [asked("3^0", f"5^2 {program}", "7^0")[1].held for program in ("? -", "! ? -")] == [False, True]


@pytest.mark.parametrize(
    ("condition", "score"),
    [
        ("100^1 B ?? > 5", "340"),
        ("100^2 B ?? > 5", "1155"),
        ("-100^3 B ?? > 5", "-3930"),
        ("100^-1 B ?? > 5", "29"),
        ("100^1 B ?? ! < 5", "340"),
        ("-100^3 > 0", MOST),
        ("100^1 < 0", "0"),
        ("-100^-1 < 0", f"-{MOST}"),
        ("100^-1 < 0", MOST),
        ("100^1 X ?? > 5", "0"),
        ("100^1 X ?? < 5", MOST),
        ("100^-1 X ?? > 5", MOST),
        ("1^100 B ?? > 5", MOST),
        ("-1^100 B ?? > 5", f"-{MOST}"),
        ("-1^1000 B ?? > 5", f"-{MOST}"),
        ("100^2 B ?? > -5", "1155"),
    ],
)
def test_sizes(condition: str, score: str) -> None:
    """ "* w^x > L will generate an additional score of w * (M / L)^x"."""
    assert asked(condition)[0] == score


def test_a_power_that_is_no_number_adds_nothing() -> None:
    """For procmail it is neither more nor less than 0, and the recipe holds."""
    assert asked("5^0", "1^.5 B ?? > -5")[0] == "5"


@pytest.mark.parametrize(
    ("conditions", "score", "held"),
    [
        (("5^0", "zz", "7^0"), "5", False),
        (("zz", "5^0"), "0", False),
        (("5^0", "a"), "5", True),
        (("-5^0", "a"), "-5", False),
        (("0^0", "a"), "0", False),
        (("-5^0", "5.5^0"), "1", True),
        ((f"{MOST}^0", "-5^0"), MOST, True),
        ((f"{MOST}^0", "-5^0", "zz"), MOST, False),
        (("2147483646^0", "-5^0"), "2147483641", True),
        ((f"-{MOST}^0", f"{MOST}^0"), f"-{MOST}", False),
        (("2000000000^0", "2000000000^0", "-2000000000^0"), MOST, True),
        (("a",), "0", True),
        (("a", "zz"), "0", False),
        ((), "0", True),
    ],
)
def test_several(conditions: tuple[str, ...], score: str, held: bool) -> None:
    """ "As soon as `plus infinity' (2147483647) is reached, any subsequent weighted conditions will simply be skipped"."""
    found, answer = asked(*conditions)
    assert (found, answer.held) == (score, held)


def test_no_program_is_run_where_all_is_certain() -> None:
    made = scene(MESSAGE)  # this world runs programs: none of the name 1
    assert asked(f"{MOST}^0", "1^1 ? 1", made=made)[1].held
    assert "$?" not in made.variables


@pytest.mark.parametrize(
    ("condition", "score", "match"), [("5^1 a\\/.", "15", "a"), ("5^0 a\\/.", "5", "b"), ("1^1 ^\\/.*", MOST, "")]
)
def test_the_last_match_is_extracted(condition: str, score: str, match: str) -> None:
    made = scene(MESSAGE)
    assert asked(condition, made=made)[0] == score
    assert made.variables["MATCH"] == match


def test_what_is_seen() -> None:
    answer = asked("-2^0", "1^1 a")[1]
    assert answer.by == "score 3"
    assert [*map(str, answer.saw)] == ['yes: -2^0 body has ""', "-2", 'yes: 1^1 body has "a"', "+5", "score 3"]


def test_other_questions_add_their_weight() -> None:
    from mdafilter.words.condition import Weighted

    tests = (
        Weighted(3.0, 1.0, Always(True)),
        Weighted(5.0, 1.0, Not(Always(True))),
        Not(Weighted(7.0, 0.0, Always(False))),
    )
    made = scene(MESSAGE)
    assert Score(tests).ask(made).held
    assert made.variables["$="] == "10"
    assert Score(()).describe() == "true"
