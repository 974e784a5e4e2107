"""The decisions, counted once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mdafilter_policyd.web import tally as module
from mdafilter_policyd.web.tally import CLIENTS, HOURS, Tally

HOUR = 500_000
NOW = HOUR * 3600


def line(action: str, by: str = "", hour: int = HOUR, client: str = "192.0.2.1", **more: object) -> str:
    members = {"time": hour * 3600, "client": client, "sender": "a@b", "recipient": "c@d", "action": action, "by": by}
    return json.dumps(members | more) + "\n"


DEFER = "DEFER_IF_PERMIT later"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "decisions"


def add(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(lines)


def test_what_the_lines_come_to(path: Path) -> None:
    add(path, line(DEFER, "greylist", HOUR - 1), line("DUNNO"), line("554 no", "dnsbl"), line("554 no"))
    add(path, line("DUNNO", "client_access", would=[["helo", "554 x"], ["spf", DEFER], ["rate", "OK"]]))
    add(path, line("450 later", "rate", client="192.0.2.2"), "rubbish\n", line("HOLD", "x"))
    tally = Tally(str(path))
    tally.update()
    assert tally.answers == 7
    assert tally.series(HOUR, 2) == {
        "accepted": [0, 2],
        "came back": [0, 1],
        "deferred rate": [0, 1],
        "greylisted": [1, 0],
        "refused dnsbl": [0, 1],
        "refused points": [0, 1],
        "would defer spf": [0, 1],
        "would refuse helo": [0, 1],
    }
    assert tally.totals["none", "accepted"] == tally.totals["greylist", "came back"] == 1
    assert tally.top(HOUR, 2) == [("192.0.2.1", 3), ("192.0.2.2", 1)]
    assert tally.top(HOUR, 1, 1) == [("192.0.2.1", 2)]


def test_nothing_is_counted_twice_and_half_a_line_is_none_yet(path: Path) -> None:
    tally = Tally(str(path))
    tally.update()
    add(path, line("DUNNO"), line("DUNNO")[:20])
    tally.update()
    tally.update()
    assert tally.answers == 1
    add(path, line("DUNNO")[20:])
    tally.update()
    assert tally.answers == 2


def test_it_follows_a_file_that_is_rotated(path: Path) -> None:
    tally = Tally(str(path))
    add(path, line("DUNNO"))
    tally.update()
    add(path, line("DUNNO"))
    os.rename(path, f"{path}.1")
    add(path, line("554 no", "helo"))
    tally.update()
    assert tally.answers == 3
    os.rename(f"{path}.1", f"{path}.2")
    os.rename(path, f"{path}.1")
    add(path, line("DUNNO"))
    tally.update()
    assert tally.answers == 4


def test_the_first_look_begins_near_the_end(path: Path) -> None:
    one = line("DUNNO")
    add(path, *[one] * 10)
    tally = Tally(str(path), 3 * len(one) - 5)
    tally.update()
    assert tally.answers == 2


def test_what_is_kept_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 10)
    often = [line("554 no", "helo", client="often")] * 3
    many = [line(DEFER, f"check{n}", client=str(n), recipient=f"{n}@d") for n in range(2 * CLIENTS + 10)]
    add(path, line("554 no", "helo", HOUR - HOURS), *often, *many)
    tally = Tally(str(path))
    tally.update()
    assert set(tally.hours) == {HOUR}
    assert len(tally.clients[HOUR]) <= 2 * CLIENTS and tally.top(HOUR, 1)[0] == ("often", 3)
    assert len({check for check, _outcome in tally.totals}) == module.CHECKS + 1
    assert len(tally._waiting) == 10
