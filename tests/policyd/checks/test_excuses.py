"""Who need not wait because somebody has said so."""

from __future__ import annotations

import asyncio

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.checks.excuses import FRESH, Excuses
from mdafilter_policyd.checks.greykey import Keys
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Record
from tests.support.policyd_grey import START, Dicts, request


def found(excuses: Excuses, asked: Request, now: float = START) -> str:
    return asyncio.run(excuses.find(asked, now))


def said(store: Dicts, kind: str, key: str, seconds: float = 600) -> None:
    asyncio.run(store.put(kind, key, Record(START, START, 1), START + seconds))


@pytest.mark.parametrize("key", ["192.0.2.7", "192.0.2.0/25", "192.0.0.0/16", "::/0 ", "no address"])
def test_an_exception_is_for_a_client_or_any_network(key: str) -> None:
    store = Dicts()
    said(store, "exception", key)
    excuses = Excuses(store, Keys(), known=True)
    assert found(excuses, request("192.0.2.7")) == ("exception" if key[0] == "1" else "")
    assert found(excuses, request("198.51.100.7")) == ""


def test_a_window_is_for_a_recipient() -> None:
    store = Dicts()
    said(store, "open", "bob@b.example")
    excuses = Excuses(store, Keys(), known=True)
    assert found(excuses, request(recipient="BOB+code@b.example")) == "open"
    assert found(excuses, request(recipient="carl@b.example")) == ""
    assert found(excuses, request(), START + 601) == ""


def test_a_correspondent_is_known_to_one_recipient() -> None:
    store = Dicts()
    said(store, "known", Keys().known("ann@a.example", "bob@b.example"))
    assert found(Excuses(store, Keys(), known=True), request()) == "known"
    assert found(Excuses(store, Keys(), known=True), request(recipient="carl@b.example")) == ""
    assert found(Excuses(store, Keys(), known=True), request(sender="")) == ""
    assert found(Excuses(store, Keys(), known=False), request()) == ""


def test_what_is_said_is_in_force_a_second_later() -> None:
    store = Dicts()
    excuses = Excuses(store, Keys(), known=False)
    assert found(excuses, request()) == ""
    said(store, "open", "bob@b.example")
    assert found(excuses, request(), START + FRESH) == "open"
    asyncio.run(store.delete("open", "bob@b.example"))
    assert found(excuses, request(), START + 2 * FRESH) == ""


def test_a_clock_that_is_set_back_does_not_keep_it_from_reading() -> None:
    store = Dicts()
    excuses = Excuses(store, Keys(), known=False)
    assert found(excuses, request(), START + 1000) == ""
    said(store, "open", "bob@b.example")
    assert found(excuses, request()) == "open"


def test_what_could_not_be_read_is_read_again() -> None:
    store = Dicts()
    said(store, "open", "bob@b.example")
    excuses = Excuses(store, Keys(), known=False)
    store.dead = True
    for _ in range(2):
        with pytest.raises(StoreError):
            found(excuses, request())
    store.dead = False
    assert found(excuses, request()) == "open"


def test_open_windows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GREY_OPEN", 2)
    store = Dicts()
    for name in "abcd":
        said(store, "open", f"{name}@b.example")
    excuses = Excuses(store, Keys(), known=False)
    assert [found(excuses, request(recipient=f"{name}@b.example")) for name in "abcd"] == ["open", "open", "", ""]
