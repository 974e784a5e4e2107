"""What the checks did, counted."""

from __future__ import annotations

import json

import pytest

from mdafilter_policyd.decisions import Entry
from mdafilter_policyd.report import PATIENCE, Counts, as_json, count, kind, table


def entry(
    time: float,
    action: str,
    by: str = "greylist",
    client: str = "192.0.2.1",
    sender: str = "a@b",
    recipient: str = "c@d",
) -> Entry:
    return Entry(time, client=client, sender=sender, recipient=recipient, action=action, by=by)


DEFER = "DEFER_IF_PERMIT later"


@pytest.mark.parametrize(
    ("action", "meaning"),
    [
        ("554 5.7.1 no", "refuse"),
        ("REJECT", "refuse"),
        ("DISCARD", "refuse"),
        ("450 later", "defer"),
        ("DEFER_IF_PERMIT later", "defer"),
        ("DEFER", "defer"),
        ("DUNNO", "pass"),
        ("OK", "pass"),
        ("PREPEND A: b", "pass"),
        ("HOLD", "other"),
        ("", "other"),
    ],
)
def test_what_an_action_means(action: str, meaning: str) -> None:
    assert kind(action) == meaning


def test_who_comes_back_is_counted_once() -> None:
    found = count([entry(1, DEFER), entry(2, DEFER), entry(400, "DUNNO", ""), entry(500, "DUNNO", "")], 1000)
    assert found.checks == {"greylist": Counts(deferred=2, came_back=1)}
    assert (found.answers, found.passed, found.first, found.last) == (4, 2, 1, 500)


def test_who_comes_back_from_elsewhere_in_a_farm_has_come_back() -> None:
    again = entry(400, "DUNNO", "", client="198.51.100.7")
    assert count([entry(1, DEFER), again], 1000).checks["greylist"].came_back == 1


def test_bounces_are_told_apart_by_the_network_of_their_client() -> None:
    deferred = [entry(1, DEFER, sender=""), entry(1, DEFER, sender="", client="2001:db8:1:2::1")]
    back = [
        entry(2, "DUNNO", "", sender="", client="192.0.2.99"),
        entry(2, "DUNNO", "", sender="", client="198.51.100.1"),
    ]
    assert count([*deferred, *back], 10).checks == {"greylist": Counts(deferred=2, came_back=1, waiting=1)}


def test_who_has_not_come_back_yet_and_who_never_will() -> None:
    now = 10 * PATIENCE
    found = count([entry(1, DEFER), entry(now - 60, DEFER, recipient="e@f")], now)
    assert found.checks == {"greylist": Counts(deferred=2, waiting=1, never_came_back=1)}


def test_refused_and_accepted_and_what_would_have_been() -> None:
    found = count(
        [
            entry(1, "554 no", "dnsbl"),
            entry(2, "DUNNO", "client_access"),
            Entry(3, action="DUNNO", would=(("helo", "554 no"), ("spf", DEFER), ("client_access", "OK"))),
        ],
        10,
    )
    assert found.checks == {
        "client_access": Counts(accepted=1, would_accept=1),
        "dnsbl": Counts(refused=1),
        "helo": Counts(would_refuse=1),
        "spf": Counts(would_defer=1),
    }
    assert found.passed == 1


def test_it_is_shown() -> None:
    found = count([entry(1, "554 no", "dnsbl")], 10)
    lines = table(found).splitlines()
    assert lines[0].split()[:3] == ["check", "refused", "deferred"]
    assert lines[1].split() == ["dnsbl", "1"] + ["0"] * 8
    assert json.loads(as_json(found))["checks"]["dnsbl"]["refused"] == 1
    assert table(count([], 0)).endswith("0 answers, 0 without a word against it")
