"""Exceptions that were asked for, and those that are granted."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.checks.client_access import Options, make
from mdafilter_policyd.opinion import Accept
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Record
from mdafilter_policyd.store.memory import Memory
from mdafilter_policyd.web.requests import KEEP, Asked, Requests, Wrong

NOW = 1_790_000_000.0


def asked(id_: str = "1", address: str = "192.0.2.1", time: float = NOW) -> Asked:
    return Asked(id_, address, "me", "Invoices", "198.51.100.7", time)


def run(body: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(body)


@pytest.mark.parametrize(
    ("address", "network", "key"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.0/24", "192.0.2.0/24"),
        ("2001:db8::1", "", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::/48", "2001:db8::/48"),
    ],
)
def test_what_was_approved_is_what_the_check_reads(address: str, network: str, key: str) -> None:
    store = Memory()
    requests = Requests(store, 3, 100)

    async def body() -> Any:
        await requests.ask(asked(address=address))
        await requests.approve("1", "carol\n", NOW, 86400, network)
        check = make(Options(), House(None, store, lambda: NOW, lambda _text: None))  # type: ignore[arg-type]
        return await check.check(Request({"client_address": address}), Scene())

    (said,) = run(body())
    assert isinstance(said, Accept)
    assert said.why.startswith(f"exception for {key} by carol?, 2026-") and said.why.endswith(", request 1")


def test_a_form_that_is_sent_twice_is_one_request() -> None:
    requests = Requests(Memory(), 1, 100)

    async def body() -> list[bool]:
        return [await requests.ask(asked()), await requests.ask(asked())]

    assert run(body()) == [True, False]


def test_it_is_decided_once() -> None:
    requests = Requests(Memory(), 3, 100)

    async def body() -> None:
        await requests.ask(asked())
        await requests.refuse("1", "carol", NOW + 1)
        for again in (requests.approve("1", "dave", NOW, 1), requests.refuse("1", "dave", NOW)):
            with pytest.raises(Wrong, match="refused already, by carol"):
                await again
        with pytest.raises(Wrong, match="no such request"):
            await requests.refuse("2", "dave", NOW)
        with pytest.raises(Wrong, match="no such request"):
            await requests.refuse("1", "dave", NOW + KEEP + 1)

    run(body())


def test_a_network_has_to_have_the_address_in_it() -> None:
    requests = Requests(Memory(), 3, 100)

    async def body() -> None:
        await requests.ask(asked())
        for network in ("198.51.100.0/24", "2001:db8::/48"):
            with pytest.raises(Wrong, match="is not in"):
                await requests.approve("1", "carol", NOW, 1, network)
        await requests.approve("1", "carol", NOW, 1, "192.0.2.7/24")
        assert [one.key for one in await requests.exceptions(NOW)] == ["192.0.2.0/24"]
        assert await requests.covers("192.0.2.99", NOW) and not await requests.covers("192.0.3.1", NOW)
        assert not await requests.covers("192.0.2.99", NOW + 2)

    run(body())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1/32", "192.0.2.1"),
        (" 10.0.1.0/16", "10.0.0.0/16"),
        ("2001:db8::/32",) * 2,
    ],
)
def test_keys(text: str, key: str) -> None:
    assert Requests.key(text) == key


@pytest.mark.parametrize("text", ["", "x", "0.0.0.0/0", "10.0.0.0/15", "::/0", "192.0.2.1/33", "1" * 500])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(Wrong):
        Requests.key(text)


def test_open_ones_come_first_and_what_is_none_of_ours_is_left_out() -> None:
    store = Memory()
    requests = Requests(store, 9, 100)

    async def body() -> list[str]:
        for id_, time in (("old", NOW), ("new", NOW + 5), ("done", NOW + 9)):
            await requests.ask(asked(id_, time=time))
        await requests.refuse("done", "carol", NOW + 10)
        for id_, value in (("a", ""), ("b", "[]"), ("c", "{}"), ("d", '{"time":"x"}')):
            await store.put("request", id_, Record(NOW, NOW, 1, value), NOW + 100)
        await store.put("exception", "rubbish", Record(NOW, NOW, 1, ""), NOW + 100)
        assert not await requests.covers("192.0.2.1", NOW)
        return [one.id for one in await requests.all(NOW + 10)]

    assert run(body()) == ["new", "old", "done"]
