"""A log file of the user's own, as the rules ask for it."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.decision import LogTo
from mdafilter.words.logfile import LogAbstract, LogInto, LogText, LogTrace
from tests.support.scene import scene


@pytest.mark.parametrize(
    ("path", "whole"), [("log", "/home/ann/log"), ("/var/log/x", "/var/log/x"), ("", ""), ("a\0b", "")]
)
def test_the_path_is_below_maildir(path: str, whole: str) -> None:
    made = scene()
    LogInto(path).assign(made)
    assert made.log == LogTo(whole)


@pytest.mark.parametrize(
    ("which", "abstract"), [("all", "all"), ("yes", "yes"), ("no", "no"), ("off", "no"), ("", "no")]
)
def test_which_deliveries(which: str, abstract: str) -> None:
    made = scene()
    LogAbstract(which).assign(made)
    assert made.log.abstract == abstract


@pytest.mark.parametrize(("on", "verbose"), [("yes", True), ("on", True), ("1", True), ("off", False), ("no", False)])
def test_the_trace(on: str, verbose: bool) -> None:
    made = scene()
    LogTrace(on).assign(made)
    assert made.log.verbose is verbose


def test_a_text_goes_into_the_log_file_or_else_the_journal() -> None:
    made = scene()
    LogText("one\n").assign(made)
    LogInto("log").assign(made)
    LogText("two ").assign(made)
    assert (made.notes, made.logged) == (["one"], ["two "])


def test_texts_are_bounded() -> None:
    made = scene()
    LogInto("log").assign(made)
    for _ in range(limits.NOTES + 1):
        LogText("x" * (limits.VARIABLE_OCTETS + 1)).assign(made)
    assert {len(text) for text in made.logged} == {limits.VARIABLE_OCTETS}
    assert len(made.logged) == limits.NOTES


def test_descriptions() -> None:
    words = (LogInto("log"), LogAbstract("all"), LogTrace("on"), LogText("x"))
    assert [word.describe() for word in words] == [
        'log into "log"',
        'log abstracts: "all"',
        'log the trace: "on"',
        'log "x"',
    ]
