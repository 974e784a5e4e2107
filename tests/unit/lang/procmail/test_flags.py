"""The first line of a recipe."""

from __future__ import annotations

import pytest

from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.procmail.flags import Flags, counted, parse
from tests.support.procmail import said


def flags(text: str) -> tuple[Flags, list[str]]:
    problems = Problems("rc", text)
    found = parse(Line(1, text), problems)
    assert problems.errors == []
    return found, [f"{problem.column} {problem.text}" for problem in problems.warnings]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (":0", ""),
        (":0HB", "HB"),
        (":0 H B", "HB"),
        (":0\tB\tHBB", "HB"),
        (":0 fw # a comment with c", "fw"),
        (": 0 c", "c"),
        (":c", "c"),
        (":2 c", "c"),
        (":", ""),
        (":0 w\\\nc", "cw"),
    ],
)
def test_flags(text: str, wanted: str) -> None:
    assert flags(text) == (Flags(wanted), [])


@pytest.mark.parametrize(
    ("text", "wanted", "lock"),
    [
        (":0 Wh: msgid.lock", "hW", "msgid.lock"),
        (":0:", "", ""),
        (":0 :", "", ""),
        (":0: # a comment", "", ""),
        (":0c : $FOO.lock # c", "c", "$FOO.lock"),
        (':0: "a b"', "", '"a b"'),
        (":0:\\\nx.lock", "", "x.lock"),
    ],
)
def test_lock_files(text: str, wanted: str, lock: str) -> None:
    """procmailrc(5): ":0 [flags] [ : [locallockfile] ]"."""
    assert flags(text) == (Flags(wanted, lock), [])


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        (":0 cQh: a", "c", '5 "Qh: a" is passed over: there is no flag "Q"'),
        (":0 {", "", '4 "{" is passed over: there is no flag "{"'),
        (":Oc", "", '2 "Oc" is passed over: there is no flag "O"'),
        (":0c#h", "c", '4 "#h" is passed over: there is no flag "#"'),
    ],
)
def test_what_is_no_flag_ends_them(text: str, wanted: str, said: str) -> None:
    """procmail writes: Skipped "Qh:"."""
    assert flags(text) == (Flags(wanted), [said])


@pytest.mark.parametrize(
    ("text", "count"), [(":0", 0), (":2 c", 2), (": 3", 3), (":", 1), (":c", 1), (":99999999999", 10**6)]
)
def test_how_many_lines_are_conditions(text: str, count: int) -> None:
    """procmailrc(5): ":n, whereby n denotes the number of conditions that follow"."""
    assert counted(text) == count


@pytest.mark.parametrize(
    ("text", "searched"), [("", "header"), ("H", "header"), ("B", "body"), ("HB", "both"), ("c", "header")]
)
def test_what_is_searched(text: str, searched: str) -> None:
    """procmailrc(5): "H: Egrep the header (default)"."""
    assert Flags(text).searched == searched


@pytest.mark.parametrize(("text", "fed"), [("", "both"), ("h", "header"), ("b", "body"), ("hb", "both")])
def test_what_is_fed(text: str, fed: str) -> None:
    """procmailrc(5): "h: Feed the header to the pipe, file or mail destination (default)", and so is b."""
    assert Flags(text).fed == fed


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (":O\n:0\nx", ['warning 1:2 "O" is passed over: there is no flag "O" | a recipe begins with :0, the digit']),
        (
            ":0 q\nx",
            [
                'warning 1:4 "q" is passed over: there is no flag "q" | flags are the letters of H B D A a E e h b f c w W i r; a { stands on a line of its own'
            ],
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(rules: str, expected: list[str]) -> None:
    assert said(rules) == expected
