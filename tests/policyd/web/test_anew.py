"""What an address would be answered now, and that nobody can make us ask the DNS as often as he likes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mdafilter_policyd import config as configuration
from mdafilter_policyd.checks import House
from mdafilter_policyd.dns import Answer, DnsError, Resolver, StubResolver
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.store import Record
from mdafilter_policyd.store.memory import Memory
from mdafilter_policyd.web.anew import FRESH, KNOWN, OTHER, TOO_MANY, Anew, Found, names
from tests.support import policyd_dns
from tests.support.policyd_core import Lines, NoDns
from tests.support.policyd_dns import dnsmasq
from tests.support.policyd_rbl import CLIENT, CLIENT6, addresses
from tests.support.policyd_web import NOW

needs_dns = pytest.mark.skipif(bool(policyd_dns.missing()), reason=policyd_dns.missing())
VISITOR = "198.51.100.7"
LISTED = "66.2.0.192.zen.test"
DNSBL = '[dnsbl]\nmode = "on"\nlists = ["zen.test"]\n'
ACCESS = '[client_access]\nmode = "on"\ntables = ["./clients"]\n'


class Stage:
    """A folder with a configuration, a store, a clock, and what asks."""

    def __init__(self, folder: Path, text: str, clients: str = "") -> None:
        self.folder = folder
        self.file = folder / "policyd.toml"
        self.file.write_text(text)
        (folder / "clients").write_text(clients)
        self.time = NOW
        self.store = Memory()
        self.log = Lines()

    def run(self, work: Callable[[Anew], Awaitable[None]], resolver: Resolver | None = None) -> None:
        """In a loop of its own."""
        house = House(resolver or NoDns(), self.store, lambda: self.time, self.log.alert, "mx.example.net")
        anew = Anew(configuration.load(str(self.file)), house, self.log)

        async def main() -> None:
            try:
                await work(anew)
            finally:
                await anew.close()

        asyncio.run(main())

    def look(self, client: str = CLIENT, *, known: bool = True, resolver: Resolver | None = None) -> Found:
        """Once."""
        found: list[Found] = []

        async def work(anew: Anew) -> None:
            found.append(await anew.look(client, VISITOR, known=known))

        self.run(work, resolver)
        return found[0]


def why(found: Found) -> list[tuple[str, str]]:
    return [(entry.by, entry.why) for entry in found.refusals]


@contextmanager
def resolver(*records: str) -> Iterator[tuple[StubResolver, policyd_dns.Server]]:
    with dnsmasq(*records) as server:
        yield StubResolver([server.host]), server


# --- what is found ---------------------------------------------------------------------------------------------------


@needs_dns
def test_who_is_refused_by_two_hears_of_both(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ACCESS + DNSBL, f"# ours\n{CLIENT} 554 Too much spam\n")
    with resolver(*addresses("zen.test", CLIENT), f"txt-record={LISTED},see https://zen.test/66") as (asked, _server):
        found = stage.look(resolver=asked)
    (table, entry), (check, listed) = why(found)
    assert (table, check, listed) == ("client_access", "dnsbl", "listed by zen.test")
    assert entry == f"{tmp_path}/clients:2: 554 Too much spam"
    assert [entry.action for entry in found.refusals] == [
        "554 Too much spam",
        f"554 5.7.1 Service unavailable; Client host [{CLIENT}] blocked using zen.test; see https://zen.test/66",
    ]
    assert (found.asked, found.settled, found.troubles) == (("client_access", "dnsbl"), ("client_access", "dnsbl"), ())


@needs_dns
def test_who_has_been_delisted_sees_it(tmp_path: Path) -> None:
    with resolver(*addresses("zen.test")) as (asked, _server):
        found = Stage(tmp_path, DNSBL).look(resolver=asked)
    assert found == Found(asked=("dnsbl",), settled=("dnsbl",))


@needs_dns
def test_lists_of_senders_leave_it_open_whether_a_message_is_refused(tmp_path: Path) -> None:
    text = DNSBL + 'sender_lists = ["names.test"]\n'
    with resolver(*addresses("zen.test")) as (asked, _server):
        assert Stage(tmp_path, text).look(resolver=asked) == Found(asked=("dnsbl",))


@needs_dns
def test_the_name_of_the_client_is_the_one_that_leads_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ACCESS, ".spam.test REJECT\n")
    for back, refused in ((CLIENT, 1), ("192.0.2.67", 0)):
        records = ("ptr-record=66.2.0.192.in-addr.arpa,mail.spam.test", f"address=/mail.spam.test/{back}")
        with resolver(*records) as (asked, _server):
            assert len(stage.look(resolver=asked).refusals) == refused


@needs_dns
def test_names_of_both_families() -> None:
    records = [
        *("host-record=a.test,192.0.2.66", f"host-record=b.test,{CLIENT6}"),
        "ptr-record=67.2.0.192.in-addr.arpa,forged.test",
    ]

    async def work(asked: StubResolver) -> list[tuple[str, str]]:
        try:
            return [await names(asked, client) for client in (CLIENT, CLIENT6, "192.0.2.67", "192.0.2.68")]
        finally:
            await asked.close()

    with resolver(*records) as (asked, _server):
        found = asyncio.run(work(asked))
    assert found == [("a.test", "a.test"), ("b.test", "b.test"), ("", "forged.test"), ("", "")]


def test_rates_are_looked_at_and_not_counted(tmp_path: Path) -> None:
    stage = Stage(tmp_path, '[rate]\nmode = "on"\nclient_messages = "2/1h"\n')

    async def work(anew: Anew) -> None:
        for _ in range(5):
            assert (await anew.look(CLIENT, VISITOR, known=True)).refusals == ()
            stage.time += FRESH
        await stage.store.add("rate", f"client/messages/{CLIENT}/32", 2, stage.time, 3600)
        found = await anew.look(CLIENT, VISITOR, known=True)
        assert why(found) == [("rate", "client_messages of 2 in 1h")] and found.settled == ()

    stage.run(work)


def test_only_what_is_on_refuses(tmp_path: Path) -> None:
    assert Stage(tmp_path, ACCESS.replace('"on"', '"warn"'), f"{CLIENT} REJECT\n").look() == Found()


def test_an_entry_or_an_exception_that_lets_in(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ACCESS + DNSBL, f"{CLIENT} OK\n")
    assert stage.look().welcome
    asyncio.run(stage.store.put("exception", CLIENT6, Record(NOW, NOW, 1, "by admin"), NOW + 60))
    assert stage.look(CLIENT6).welcome and not stage.look("192.0.2.1").welcome


def test_lists_of_recipients_do_not_matter(tmp_path: Path) -> None:
    text = f'opt_in = ["bob@example.org"]\n{ACCESS}opt_in = ["ann@example.org"]\n'
    assert len(Stage(tmp_path, text, f"{CLIENT} REJECT\n").look().refusals) == 1


# --- what could not be found -----------------------------------------------------------------------------------------


class Broken:
    """A resolver that gets no answer, and knows how often it was asked for somebody's name, as each look does."""

    def __init__(self) -> None:
        self.asked = 0

    async def lookup(self, name: str, kind: str) -> Answer:
        self.asked += kind == "PTR"
        raise DnsError(f"{name}: no answer")


class Raises:
    async def lookup(self, name: str, kind: str) -> Answer:
        if name.endswith("arpa"):
            return Answer()
        raise RuntimeError("a secret")


def test_a_list_that_does_not_answer_is_told(tmp_path: Path) -> None:
    found = Stage(tmp_path, DNSBL).look(resolver=Broken())
    assert found == Found(troubles=("dnsbl: cannot tell: no answer from zen.test",))


def test_a_check_that_fails_is_told_without_its_words(tmp_path: Path) -> None:
    assert Stage(tmp_path, DNSBL).look(resolver=Raises()) == Found(troubles=("dnsbl: it could not be asked",))


def test_what_takes_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        async def lookup(self, name: str, kind: str) -> Answer:
            await asyncio.sleep(60)
            return Answer()

    monkeypatch.setattr("mdafilter_policyd.web.anew.SECONDS", 0.1)
    assert Stage(tmp_path, DNSBL).look(resolver=Slow()) == Found(troubles=("no answer in time",))


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_what_was_found_is_good_for_a_while_whoever_looks(tmp_path: Path) -> None:
    stage, dns = Stage(tmp_path, DNSBL), Broken()

    async def work(anew: Anew) -> None:
        await anew.look(CLIENT, VISITOR, known=True)
        before = dns.asked
        for number in range(50):
            await anew.look(CLIENT, f"203.0.113.{number}", known=True)
        assert dns.asked == before > 0
        stage.time += FRESH
        await anew.look(CLIENT, VISITOR, known=True)
        assert dns.asked > before

    stage.run(work, dns)


@pytest.mark.parametrize(("known", "bound"), [(True, KNOWN), (False, OTHER)])
def test_one_visitor_and_all_together_can_have_so_much_asked(
    tmp_path: Path, known: bool, bound: tuple[int, int, float]
) -> None:
    stage, dns = Stage(tmp_path, ACCESS + DNSBL, "192.0.2.0/24 REJECT\n"), Broken()
    each, every, seconds = bound

    async def work(anew: Anew) -> None:
        count = 0
        for number in range(each + 2):
            found = await anew.look(f"192.0.2.{number}", VISITOR, known=known)
            assert (TOO_MANY in found.troubles) == (number >= each)
            assert found.refusals[0].by == "client_access"  # that much is always told
            count += number < each
        before = dns.asked
        await anew.look("192.0.2.250", VISITOR, known=known)
        assert dns.asked == before
        for number in range(every):
            found = await anew.look(f"10.0.0.{number}", f"203.0.113.{number}", known=known)
            count += TOO_MANY not in found.troubles
        assert count == every
        stage.time += 2 * seconds
        assert TOO_MANY not in (await anew.look("192.0.2.251", VISITOR, known=known)).troubles

    stage.run(work, dns)


def test_without_a_store_nobody_outside_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_arguments: object) -> int:
        raise StoreError("gone")

    stage, dns = Stage(tmp_path, DNSBL), Broken()
    monkeypatch.setattr(stage.store, "add", silent)
    assert stage.look(resolver=dns) == Found(troubles=(TOO_MANY,)) and dns.asked == 0


def test_findings_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter_policyd.web.anew.KEPT", 2)
    stage = Stage(tmp_path, DNSBL)

    async def work(anew: Anew) -> None:
        for number in range(5):
            await anew.look(f"192.0.2.{number}", VISITOR, known=True)
        assert list(anew._found) == ["192.0.2.3", "192.0.2.4"]

    stage.run(work, Broken())


# --- what changes ----------------------------------------------------------------------------------------------------


def test_what_has_changed_is_read_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ACCESS, f"{CLIENT} REJECT\n")

    async def work(anew: Anew) -> None:
        async def refused() -> int:
            return len((await anew.look(CLIENT, VISITOR, known=True)).refusals)

        assert await refused() == 1
        (tmp_path / "clients").write_text("# nobody any more\n")
        assert await refused() == 0
        (tmp_path / "clients").write_text(f"{CLIENT} NONSENSE\n")
        assert await refused() == 0
        assert sum("what was there before stays" in line for line in stage.log.lines) == 1
        (tmp_path / "clients").write_text(f"{CLIENT} REJECT go away\n")
        assert await refused() == 1
        stage.file.write_text("[client_access]\n" + 'mode = "off"\n')
        assert await refused() == 0

    stage.run(work)


def test_rules_that_are_broken_from_the_start(tmp_path: Path) -> None:
    stage = Stage(tmp_path, ACCESS, "x NONSENSE\n")

    async def work(anew: Anew) -> None:
        for _ in range(2):
            assert await anew.look(CLIENT, VISITOR, known=True) == Found(troubles=("its rules cannot be read",))
        assert sum("NONSENSE" in line for line in stage.log.lines) == 1
        (tmp_path / "clients").write_text(f"{CLIENT} REJECT\n")
        assert len((await anew.look(CLIENT, VISITOR, known=True)).refusals) == 1

    stage.run(work)


def test_many_who_look_at_one_time_read_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path, ACCESS, f"{CLIENT} REJECT\n")
    made: list[int] = []
    real = Anew._make

    def counted(self: Anew, changed: frozenset[str] | None) -> object:
        made.append(1)
        return real(self, changed)

    monkeypatch.setattr(Anew, "_make", counted)

    async def work(anew: Anew) -> None:
        looks = (anew.look(f"192.0.2.{number}", f"203.0.113.{number}", known=True) for number in range(20))
        assert len(await asyncio.gather(*looks)) == 20

    stage.run(work)
    assert len(made) == 1
