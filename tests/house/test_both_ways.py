"""For every must-match a must-not-match: each test of Sieve, with each match type and tag, is tested both ways in tests/sieve."""

from __future__ import annotations

from mdafilter import words
from mdafilter.words.match import MATCH_TYPES, MATCHING
from tests.support.bothways import FOLDER, Way, ways

# Tests that a test file cannot bring to both answers, each with the reason.
ELSEWHERE = {
    "mailboxidexists": "the store of a test file gives its folders no ids; tests/unit/words has both",
    "false": "it never holds",
}


def names() -> list[str]:
    """The tests of Sieve by name."""
    loaded = [words.load(file) for file, spelled, _capabilities in words.TABLE if spelled]
    return [word.name for module in loaded for word in getattr(module, "WORDS", ()) if word.kind == "test"]


def said() -> set[Way]:
    return {way for path in sorted(FOLDER.glob("*.svtest")) for way in ways(path)}


def test_each_test_holds_and_does_not() -> None:
    found = said()
    wanted = {(name, "") for name in names()}
    wanted |= {(name, f":{kind}") for name in names() if name in MATCHING for kind in MATCH_TYPES}
    wanted |= {(name, tag) for name, tag, _must in found if name in names()}
    missing = [
        f"no file of tests/sieve has `{name} {tag}`".rstrip(" `") + f"` that {'must' if must else 'must not'} hold"
        for name, tag in sorted(wanted)
        for must in (True, False)
        if (name, tag, must) not in found and name not in ELSEWHERE
    ]
    assert missing == []


def test_no_exception_is_out_of_date() -> None:
    found = said()
    assert [name for name in ELSEWHERE if {(name, "", True), (name, "", False)} <= found] == []
