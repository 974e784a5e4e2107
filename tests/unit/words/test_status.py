"""Marks of a scanner that was asked before us (RFC 5235)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.words.match import Match
from mdafilter.words.spamtest import Spamtest
from mdafilter.words.status import marked
from mdafilter.words.virustest import Virustest
from tests.support.scene import StillWorld, scene

MESSAGE = b"X-Score: No, score=3.5 required=5.0\nX-Stars: ***** (5)\nX-Virus: found Eicar\n\n"
SCORE = {"status_header": "X-Score: score=(-?[0-9.]+)", "max_value": "5"}


def value(options: dict[str, str], word: str = "spamtest", message: bytes = MESSAGE, *, percent: bool = False) -> str:
    world = StillWorld(options={f"{word}_{name}": text for name, text in options.items()})
    found = marked(scene(message, world=world), word, percent=percent)
    assert found is not None
    return found[0]


def test_nothing_is_read_where_the_site_says_nothing() -> None:
    assert marked(scene(MESSAGE), "spamtest") is None


@pytest.mark.parametrize(
    ("options", "plain", "percent"),
    [
        (SCORE, "7", "70"),
        ({**SCORE, "max_value": "3.5"}, "10", "100"),
        ({**SCORE, "max_value": "1"}, "10", "100"),
        ({**SCORE, "max_value": "", "max_header": "X-Score:required=([0-9.]+)"}, "7", "70"),
        ({**SCORE, "max_value": "", "score_max_value": "7"}, "5", "50"),
        ({**SCORE, "status_header": "X-Score: (score)=3.5"}, "0", "0"),  # no number
        ({**SCORE, "status_header": "X-Score: nothing"}, "0", "0"),
        ({**SCORE, "status_header": "X-None"}, "0", "0"),
        ({**SCORE, "max_value": "0"}, "0", "0"),
        ({**SCORE, "max_value": ""}, "0", "0"),
        ({"status_header": "X-Stars:[*]+", "status_type": "strlen", "max_value": "10"}, "5", "50"),
        (
            {"status_header": "X-Virus", "status_type": "text", "text_value1": "no", "text_value10": "found Eicar"},
            "10",
            "100",
        ),
        ({"status_header": "X-Virus", "status_type": "text", "text_value/2": "found Eicar"}, "2", "11"),
        ({"status_header": "X-Virus", "status_type": "text", "text_value1": "other"}, "0", "0"),
    ],
)
def test_values(options: dict[str, str], plain: str, percent: str) -> None:
    """Sections 3.2.1 and 3.2.2."""
    assert value(options) == plain
    assert value(options, percent=True) == percent


def test_a_negative_score_is_clear_of_spam() -> None:
    assert value(SCORE, message=b"X-Score: score=-3\n\n") == "1"


@pytest.mark.parametrize(("text", "said"), [("found", "5"), ("suspicious", "4"), ("clean", "1"), ("other", "0")])
def test_viruses(text: str, said: str) -> None:
    """Section 3.3: up to 5."""
    options = {
        "status_header": "X-V",
        "status_type": "text",
        "text_value5": "found",
        "text_value4": "suspicious",
        "text_value1": "clean",
    }
    assert value(options, "virustest", f"X-V: {text}\n\n".encode()) == said


@given(st.text(max_size=50))
def test_any_mark_has_a_value(mark: str) -> None:
    message = b"X-Score: " + mark.replace("\n", "").replace("\r", "").encode("utf-8", "replace") + b"\n\n"
    assert 0 <= int(value({"status_header": "X-Score", "max_value": "5"}, message=message)) <= 10


def test_the_words_use_it_and_ask_nobody() -> None:
    world = StillWorld(
        options={f"{word}_{name}": text for name, text in SCORE.items() for word in ("spamtest", "virustest")}
    )
    it = scene(MESSAGE, world=world)
    assert Spamtest(Match("is", "i;octet", "", ("7",))).ask(it).held
    assert Spamtest(Match("is", "i;octet", "", ("70",)), percent=True).ask(it).held
    assert Virustest(Match("is", "i;octet", "", ("3",))).ask(it).held
    assert (world.asked, world.asked_for_viruses) == (0, 0)


def test_what_was_not_tested_counts_for_nothing() -> None:
    world = StillWorld(options={"spamtest_status_header": "X-None"})
    assert Spamtest(Match("count", "i;ascii-numeric", "eq", ("0",))).ask(scene(MESSAGE, world=world)).held
