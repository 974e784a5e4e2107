"""client_access: exceptions, then tables, then lists."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.checks import Scene
from mdafilter_policyd.checks.client_access import ClientAccess, Options, judge, make
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.opinion import Accept, Opinion, Pass, Reject
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Record
from mdafilter_policyd.tables import Entry
from tests.support.policyd_tables import Clock, ExceptionsStore, house


def ask(
    check: ClientAccess, address: str, name: str = "unknown", reverse: str = "unknown", user: str = ""
) -> Sequence[Opinion]:
    """What it says of a client."""
    attributes = {"client_address": address, "client_name": name, "reverse_client_name": reverse, "sasl_username": user}
    return asyncio.run(check.check(Request(attributes), Scene()))


def make_with(tmp_path: Path, text: str, **options: object) -> ClientAccess:
    """The check with one table."""
    file = tmp_path / "access"
    file.write_text(text)
    return make(Options(tables=(str(file),), **options), house())  # type: ignore[arg-type]  # of one kind each


def test_a_host_that_is_let_in_works_inside_a_blocked_network_and_domain(tmp_path: Path) -> None:
    check = make_with(tmp_path, ".cn 554 no\n130.117.0.0/16 554 no\n130.117.1.1 OK\nmx.good.cn OK\n")
    assert isinstance(ask(check, "130.117.1.1")[0], Accept)
    assert isinstance(ask(check, "130.117.1.2", "mx.good.cn")[0], Accept)
    assert isinstance(ask(check, "130.117.1.2", "mx.bad.cn")[0], Reject)
    assert ask(check, "198.51.100.1", "mx.example.org") == ()


def test_who_has_logged_in_may_be_anywhere(tmp_path: Path) -> None:
    """Neither is refused on a journey, nor excused from being counted: an Accept would end the question before `rate`."""
    check = make_with(tmp_path, ".cn 554 no\n192.0.2.0/24 OK\n")
    assert ask(check, "198.51.100.1", "hotel.example.cn", user="ann") == ()
    assert ask(check, "192.0.2.1", user="ann") == ()


def test_only_a_verified_name_counts(tmp_path: Path) -> None:
    """SMTPD_POLICY_README: reverse_client_name is not verified; anybody can say to be google.com."""
    check = make_with(tmp_path, ".google.com OK\nunknown REJECT\n")
    assert ask(check, "198.51.100.1", "unknown", "mail.google.com") == ()


def test_dunno_ends_the_search(tmp_path: Path) -> None:
    (opinion,) = ask(make_with(tmp_path, "1.2.3.4 DUNNO\n1.2.3.0/24 REJECT\n"), "1.2.3.4")
    assert isinstance(opinion, Pass)


def test_a_refusal_without_text_says_who_is_meant_and_where_to_go() -> None:
    entry = Entry("/t", 1, "REJECT")
    (opinion,) = judge(entry, "1.2.3.4", "mx.example.org", "https://mx.example.net/blocked")
    text = "1.2.3.4 (mx.example.org) may not send mail to this server; see https://mx.example.net/blocked?ip=1.2.3.4"
    assert opinion == Reject(text, "/t:1: REJECT")
    assert judge(entry, "1.2.3.4", "") == (Reject("1.2.3.4 may not send mail to this server", "/t:1: REJECT"),)


def test_lists_of_others(tmp_path: Path) -> None:
    (tmp_path / "drop.txt").write_text("1.10.16.0/20 ; SBL1\n")
    check = make(Options(lists=(str(tmp_path),), lists_action="554 5.7.1 Listed"), house())
    assert ask(check, "1.10.17.1") == (Reject("554 5.7.1 Listed", f"{tmp_path}/drop.txt: 554 5.7.1 Listed"),)
    assert list(check.files) == [str(tmp_path)]


def test_a_broken_table_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"access:2:1: .*is no address"):
        make_with(tmp_path, "1.2.3.4 OK\n1.2.3.444 OK\n")


# --- exceptions ------------------------------------------------------------------------------------------------------


def test_an_exception_comes_before_the_tables(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("0.0.0.0/0 REJECT\n")
    store = ExceptionsStore(**{"1.2.3.0/24": "by admin", "2001:db8::1": "", "rubbish": ""})
    check = make(Options(tables=(str(tmp_path / "t"),)), house(store))
    assert ask(check, "1.2.3.4") == (Accept("exception for 1.2.3.0/24 by admin"),)
    assert ask(check, "2001:db8::1") == (Accept("exception for 2001:db8::1"),)
    assert isinstance(ask(check, "1.2.4.4")[0], Reject)


def test_exceptions_are_read_again_after_some_seconds() -> None:
    store, clock = ExceptionsStore(), Clock()
    check = make(Options(), house(store, clock))
    assert [ask(check, "1.2.3.4") for _ in range(10)] == [()] * 10
    assert store.scans == 1
    store.granted["1.2.3.4"] = "x"
    clock.time += limits.EXCEPTION_SECONDS
    assert ask(check, "1.2.3.4") == (Accept("exception for 1.2.3.4 x"),)
    del store.granted["1.2.3.4"]
    clock.time -= 1000  # somebody sets the clock
    assert ask(check, "1.2.3.4") == ()


def test_many_exceptions_are_read_less_often() -> None:
    """One read in twenty times as long as it takes."""
    clock = Clock()

    class Slow(ExceptionsStore):
        async def scan(self, kind: str, now: float) -> AsyncIterator[tuple[str, Record]]:
            clock.time += 2.0
            async for each in super().scan(kind, now):
                yield each

    store = Slow()
    check = make(Options(), house(store, clock))
    for _ in range(37):
        ask(check, "1.2.3.4")
        clock.time += 1.0
    assert store.scans == 1
    clock.time += 1.0
    ask(check, "1.2.3.4")
    assert store.scans == 2


def test_without_a_store_the_exceptions_stay_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    store, clock = ExceptionsStore(**{"1.2.3.4": ""}), Clock()
    check = make(Options(), house(store, clock))
    assert ask(check, "1.2.3.4")
    store.broken = True
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            clock.time += limits.EXCEPTION_SECONDS
            assert ask(check, "1.2.3.4")
    assert len(caplog.records) == 1
    store.broken = False
    clock.time += limits.EXCEPTION_SECONDS
    store.granted.clear()
    assert ask(check, "1.2.3.4") == ()


def test_while_exceptions_are_read_nobody_else_reads_them() -> None:
    store = ExceptionsStore()
    check = make(Options(), house(store))

    async def many() -> None:
        request = Request({"client_address": "1.2.3.4"})
        await asyncio.gather(*(check.check(request, Scene()) for _ in range(50)))

    asyncio.run(many())
    assert store.scans == 1
