"""One fact of the journal as a block of lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter.cli.record import block, rule_line, when
from mdafilter.journal import Entry, Event, Filed


def test_a_message_that_no_rule_filed_says_so() -> None:
    lines = block(Entry(1.0, "q", "delivered", acts=(Filed("keep", "INBOX"),))).splitlines()
    assert "  folder      INBOX" in lines
    assert "  rule        none: the message was kept" in lines
    assert "  from        <>" in lines


def test_what_was_not_done_is_marked() -> None:
    assert "redirect    o@e  (this was not done)" in block(
        Entry(1.0, acts=(Filed("redirect", "o@e", "r:1", done=False),))
    )


def test_an_event_is_one_line() -> None:
    assert block(Event(1.0, "rules", "no such\nword", "r.sieve")).endswith("  rules  r.sieve: no such\\nword")


@pytest.mark.parametrize("seconds", [1e17, -1e17, 1e12])
def test_times_of_no_calendar(seconds: float) -> None:
    assert when(seconds)


def test_the_line_of_a_rule_and_whether_it_is_still_that(tmp_path: Path) -> None:
    rules = tmp_path / "a:b.sieve"
    rules.write_bytes(b"one\n  two\x1b \xff  \n")
    os.utime(rules, (100, 100))
    assert rule_line(f"{rules}:1", 200) == "one"
    assert rule_line(f"{rules}:2", 200) == "two\\x1b \ufffd"
    assert rule_line(f"{rules}:1", 50) == "one   (the file has changed since)"
    assert rule_line(f"{rules}:3", 200) == "(the file has changed since, it is shorter now)"


def test_a_rule_that_names_no_file_has_no_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for rule in (
        "",
        ":1",
        "x",
        f"{tmp_path}/none:1",
        f"{tmp_path}:1",
        f"{tmp_path}/fifo:1",
        "/dev/zero:1",
        "a\0b:1",
        "x:²",
    ):
        assert rule_line(rule, 0) == ""


def test_nothing_of_a_hostile_entry_reaches_the_terminal() -> None:
    evil = "\x1b]0;x\x07\r\n\u202e\udcff" + "x" * 100_000
    act = Filed(evil, evil, evil, evil, evil)
    entry = Entry(
        1.0, evil, evil, evil, evil, evil, evil, 1, (act,), None, (evil,), (evil,), 0.0, evil, evil, evil, evil
    )
    for text in (block(entry, [entry]), block(Event(1.0, evil, evil, evil, evil, evil, evil))):
        assert all(line.isprintable() for line in text.split("\n"))
