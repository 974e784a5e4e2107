"""Groups, counts and lines of what is refiled; nothing of a message reaches the terminal as it is."""

from __future__ import annotations

from mdafilter.cli.refile_text import compared, failures, one_move, render, render_compared, summary
from mdafilter.refiling.fate import MOVES, SPARED, STAYED, STAYS, UNDECIDED, UNREAD, Fate
from mdafilter.refiling.judging import Difference
from mdafilter.refiling.moving import Move, Moved
from mdafilter.refiling.stored import Stored

ONE = Stored("", "cur", "1.a:2,")
FATES = [
    Fate(MOVES, "b", "r:2"),
    Fate(MOVES, "a", "r:1", copies=("c",)),
    Fate(MOVES, "a", "r:1"),
    Fate(SPARED, "redirected to \x1b[2J@x", "r:3"),
    Fate(UNDECIDED, "spamd was not asked"),
    Fate(UNREAD, "Permission denied"),
    Fate(STAYS, notes=("a note",)),
    STAYED,
]


def test_groups_are_counted_the_largest_first() -> None:
    told = summary([(ONE, one) for one in FATES], lambda name: name == "a")
    assert (told["messages"], told["stay"]) == (8, 2)
    assert told["moves"] == [
        {"from": "INBOX", "to": "a", "rule": "r:1", "messages": 2, "new": False},
        {"from": "INBOX", "to": "b", "rule": "r:2", "messages": 1, "new": True},
    ]
    assert told["copies"] == [{"to": "a", "beside": "c", "messages": 1}]
    assert told["unread"] == [{"folder": "INBOX", "file": "1.a:2,", "why": "Permission denied"}]
    assert told["notes"] == [{"note": "a note", "messages": 1}]


def test_lines_for_people() -> None:
    told = {"maildir": "/m", "executed": False, **summary([(ONE, one) for one in FATES], lambda _name: True)}
    told["list"] = [one_move(ONE, Fate(MOVES, "M&APw-ll", why="Subject: \x1b[2J"))]
    lines = list(render(told))
    assert lines[0] == "/m: 8 messages, 3 would move"
    assert lines[1] == "        2  INBOX -> a  by r:1"
    assert "           INBOX/cur/1.a:2, -> Müll  (Subject: \\x1b[2J)" in lines
    assert "        1  of those for a also belong in c: no copy" in lines
    assert "        1  stay in INBOX: would be redirected to \\x1b[2J@x  by r:3" in lines
    assert "        1  stay in INBOX, where mdafilter put them: spamd was not asked" in lines
    assert lines[-3:-1] == ["        1  note: a note", "  unread: INBOX/1.a:2,: Permission denied"]
    assert "\x1b" not in "".join(lines)
    done = list(render({**told, "executed": True, "failed": [], "remarks": ["the journal cannot be written"]}))
    assert done[0] == "/m: 8 messages, 3 moved" and done[-1] == "  note: the journal cannot be written"


def test_of_many_failures_the_first_are_shown() -> None:
    stays = [Moved(Move(ONE, Fate(MOVES, "a")), "", "no space")] * 12
    told = {"maildir": "/m", "executed": True, **summary([], lambda _name: True), "failed": failures(stays)}
    assert list(render(told))[-1] == "  failed: 2 more"
    assert failures([Moved(Move(ONE, Fate(MOVES, "a")), "/m/.a/cur/1.a:2,")]) == []


def test_what_differs_is_counted_by_both_rules() -> None:
    found = [(ONE, Difference("INBOX", "", "a", "n:1")), (ONE, None), (ONE, Difference("x", "", "x", ""))]
    told = {"maildir": "/m", **compared(found)}
    assert (told["messages"], told["differ"], len(told["unread"])) == (3, 1, 1)
    assert list(render_compared(told)) == [
        "/m: 3 messages, 1 of them differently",
        "        1  INBOX -> a",
        "           new  by n:1",
        "  unread: INBOX/1.a:2,: x",
    ]
