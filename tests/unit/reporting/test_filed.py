"""What is ours in a folder, and what stays: the table of filed.py, a line for each of its cells."""

from __future__ import annotations

import pytest

from mdafilter.reporting.filed import KEPT, File, candidate, kept, labelled, rule, time_of
from mdafilter.targets import label
from mdafilter.targets.naming import Naming

NOW = 1_795_356_846
OURS = f"{NOW}.M5P2Q3_0123abcd.host"
LABEL = "Trash; rule /etc/mdafilter/rules/spam.sieve:12; Subject: *SPAM*"


def test_a_name_that_a_delivery_makes_is_ours_and_has_its_time() -> None:
    name = Naming("mx/1:a.example.org", 7, lambda: NOW + 0.25).unique()
    assert time_of(f"{name},S=812") == time_of(f"{name},S=812:2,S") == NOW
    assert candidate(f"{name},S=812", NOW + 1) == ""


@pytest.mark.parametrize(
    "name",
    [
        f"{NOW}.M5P2.host,S=1,W=2:2,S",  # Dovecot's
        f"{NOW}.5_3.host",  # Courier's, maildrop's
        f"{NOW}.R123.host:2,",  # mutt's
        f"{'9' * 20}.M5P2Q3_0123abcd.host",
        "-5.M5P2Q3_0123abcd.host",
        "١٢.M5P2Q3_0123abcd.host",
        "",
        "\udcff",
    ],
)
def test_a_name_that_others_make_is_not(name: str) -> None:
    assert candidate(name, NOW + 1) == "moved"


@pytest.mark.parametrize("info", ["", ":2,", ":2,S", ":2,T", ":2,ST"])
def test_who_has_only_read_it_has_not_touched_it(info: str) -> None:
    assert kept(File(f"{OURS},S=9{info}", 9, LABEL), "Trash", None, NOW + 1) == ""


@pytest.mark.parametrize("info", [":2,F", ":2,FS", ":2,RS", ":2,PS", ":2,D", ":2,Sa", ":1,", ":2", ":", ":2,S:2,S"])
def test_flags_and_what_is_not_understood_keep_it(info: str) -> None:
    assert kept(File(f"{OURS},S=9{info}", 9, LABEL), "Trash", None, NOW + 1) == ("flagged" if info != ":" else "")


def test_letters_of_what_programs_say_do_not_keep_it() -> None:
    assert candidate(f"{OURS}:2,Sac", NOW + 1, frozenset("ac")) == ""
    assert candidate(f"{OURS}:2,Sab", NOW + 1, frozenset("ac")) == "flagged"
    assert candidate(f"{OURS}:2,Fa", NOW + 1, frozenset("ac")) == "flagged"
    assert kept(File(f"{OURS}:2,Sa", 9, LABEL), "Trash", None, NOW + 1, frozenset("a")) == ""


def test_the_second_itself_is_younger() -> None:
    assert kept(File(OURS, 9, LABEL), "Trash", "Trash", NOW) == "younger"
    assert kept(File(OURS, 9, LABEL), "Trash", "Trash", NOW + 0.1) == ""


@pytest.mark.parametrize(
    ("told", "text", "why"),
    [
        ("Trash", LABEL, ""),
        ("Trash", "", ""),  # [delivery] label = false
        (None, LABEL, ""),  # the journal was rotated away
        (None, "", "unknown"),
        (None, "Junk; rule x:1", "elsewhere"),  # renamed by hand from .Junk
        ("Junk", LABEL, "elsewhere"),
        ("", LABEL, "elsewhere"),  # from the inbox: whoever sent it wrote that field
        ("/", LABEL, "elsewhere"),
        (None, "\x00; rule x:1", "unknown"),
        (None, "INBOX; rule x:1", "unknown"),
    ],
)
def test_the_journal_goes_before_the_field(told: str | None, text: str, why: str) -> None:
    assert kept(File(OURS, 9, text), "Trash", told, NOW + 1) == why


def test_nothing_in_the_inbox_is_ours() -> None:
    assert kept(File(OURS, 9, "INBOX; rule x:1"), "", "", NOW + 1) == "unknown"


@pytest.mark.parametrize("name", ["Trash", "INBOX.Trash", ".Trash", "lists/Müll", "a b"])
def test_the_field_is_read_as_it_is_written(name: str) -> None:
    text = label.text(name, None, "why; rule nowhere:1")
    assert labelled(text) is not None
    assert rule(text) == ""
    assert rule(LABEL) == "/etc/mdafilter/rules/spam.sieve:12"


def test_each_reason_has_a_text() -> None:
    assert {"moved", "younger", "flagged", "elsewhere", "unknown"} == set(KEPT)
