"""Who never came back."""

from __future__ import annotations

import asyncio

from mdafilter_policyd.checks.greylist import Options, make
from mdafilter_policyd.checks.greyreport import Outstanding, outstanding
from tests.support.policyd_grey import START, Town, ask, request


def test_who_never_came_back() -> None:
    town = Town()
    check = make(Options(), town.house())
    for sender in ("back@a.example", "gone@a.example", "impatient@a.example"):
        ask(check, request(sender=sender))
        town.time += 10
    ask(check, request(sender="impatient@a.example"))
    town.time += 300
    ask(check, request(sender="back@a.example"))
    ask(check, request(sender="justnow@a.example"))
    found = asyncio.run(outstanding(town.store, town.time))
    assert [(o.sender, o.tries, o.first - START) for o in found] == [
        ("gone@a.example", 1, 10),
        ("impatient@a.example", 2, 20),
    ]
    assert (found[0].client, found[0].recipient) == ("192.0.2.0/24", "bob@b.example")
    town.time += 6 * 86400
    # For a week; who was new since then is one of them now.
    assert [o.sender for o in asyncio.run(outstanding(town.store, town.time))][-1] == "justnow@a.example"
    town.time += 2 * 86400
    assert asyncio.run(outstanding(town.store, town.time)) == []


def test_the_newest_are_told_if_there_are_too_many() -> None:
    town = Town()
    check = make(Options(), town.house())
    for name in "abcdef":
        ask(check, request(sender=f"{name}@a.example"))
        town.time += 1
    found = asyncio.run(outstanding(town.store, town.time + 300, most=2))
    assert [o.sender for o in found] == ["e@a.example", "f@a.example"]


def test_of_a_hash_only_the_hash_is_told() -> None:
    town = Town()
    ask(make(Options(privacy=True), town.house()), request())
    (found,) = asyncio.run(outstanding(town.store, town.time + 300))
    assert found == Outstanding("", "", "", START, START, 1, found.key) and len(found.key) == 64
