"""The resolver, against a real dnsmasq."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from mdafilter_policyd import dns, limits
from mdafilter_policyd.dns import Answer, DnsError, StubResolver, nameservers, public, server, wire_name
from tests.support import policyd_dns
from tests.support.daemons import free_port
from tests.support.policyd_dns import dnsmasq

T = TypeVar("T")
real = pytest.mark.skipif(bool(policyd_dns.missing()), reason=policyd_dns.missing())

RECORDS = (
    "host-record=mail.example.org,192.0.2.1,2001:db8::1,60",
    "mx-host=example.org,mail.example.org,10",
    "mx-host=example.org,spare.example.org,20",
    "mx-host=null.example,.,0",
    "txt-record=example.org,v=spf1 ,-all",
    "ptr-record=1.2.0.192.in-addr.arpa,mail.example.org",
    "cname=www.example.org,mail.example.org",
    "cname=lost.example.org,nowhere.example.org",
    "server=/sick.example/#",  # REFUSED
)


def ask(host: str, work: Callable[[StubResolver], Awaitable[T]], **options: object) -> T:
    async def main() -> T:
        resolver = StubResolver([host], **options)  # type: ignore[arg-type]
        try:
            return await work(resolver)
        finally:
            await resolver.close()

    return asyncio.run(main())


@real
def test_what_is_asked_and_what_is_answered() -> None:
    questions = {
        ("mail.example.org", "A"): ("192.0.2.1",),
        ("Mail.Example.ORG.", "A"): ("192.0.2.1",),
        ("mail.example.org", "AAAA"): ("2001:db8::1",),
        ("mail.example.org", "MX"): (),
        ("example.org", "MX"): ("10 mail.example.org", "20 spare.example.org"),
        ("null.example", "MX"): ("0 .",),
        ("example.org", "TXT"): ("v=spf1 -all",),
        ("1.2.0.192.in-addr.arpa", "PTR"): ("mail.example.org",),
        ("www.example.org", "A"): ("192.0.2.1",),
    }

    async def work(resolver: StubResolver) -> list[Answer]:
        return [await resolver.lookup(*question) for question in questions]

    with dnsmasq(*RECORDS) as there:
        answers = ask(there.host, work)
    assert [tuple(sorted(a.records)) for a in answers] == [tuple(sorted(r)) for r in questions.values()]
    assert all(a.exists for a in answers)


@real
@pytest.mark.parametrize("name", ["nowhere.example", "a..b", "", "x" * 64 + ".example", "a b.example", "a+b.example"])
def test_a_name_that_is_not_there_is_an_answer(name: str) -> None:
    with dnsmasq(*RECORDS) as there:
        answer = ask(there.host, lambda r: r.lookup(name, "A"))
    assert (answer.records, answer.exists) == ((), False)


@real
def test_no_answer_is_an_error() -> None:
    with dnsmasq(*RECORDS) as there, pytest.raises(DnsError, match=r"sick\.example A: .*refused"):
        ask(there.host, lambda r: r.lookup("sick.example", "A"))


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(DnsError, match=r"example\.org"):
        ask(f"127.0.0.1:{free_port()}", lambda r: r.lookup("example.org", "A"), seconds=0.3)


@real
def test_an_answer_is_kept_as_long_as_it_says() -> None:
    now = [1000.0]

    async def work(resolver: StubResolver) -> None:
        for _ in range(3):
            assert (await resolver.lookup("mail.example.org", "A")).ttl == 60
        assert there.asked("mail.example.org", "A") == 1
        now[0] += 59
        await resolver.lookup("mail.example.org", "A")
        assert there.asked("mail.example.org", "A") == 1
        assert resolver._cache[("mail.example.org", "A")][0] == 1060

    with dnsmasq(*RECORDS) as there:
        ask(there.host, work, clock=lambda: now[0])


@real
def test_that_there_is_nothing_is_kept_too() -> None:
    async def work(resolver: StubResolver) -> None:
        for _ in range(3):
            await resolver.lookup("nowhere.example", "A")
            await resolver.lookup("mail.example.org", "MX")

    with dnsmasq(*RECORDS) as there:
        ask(there.host, work)
        assert (there.asked("nowhere.example", "A"), there.asked("mail.example.org", "MX")) == (1, 1)


@real
def test_a_ttl_of_nought_is_not_kept() -> None:
    """RFC 1035 section 3.2.1: "Zero values are interpreted to mean that the RR can only be used for the transaction in
    progress, and should not be cached"."""

    async def work(resolver: StubResolver) -> int:
        await resolver.lookup("example.org", "MX")
        return len(resolver._cache)

    with dnsmasq(*RECORDS) as there:
        assert ask(there.host, work) == 0


@real
def test_questions_in_flight_are_shared() -> None:
    async def work(resolver: StubResolver) -> None:
        answers = await asyncio.gather(*(resolver.lookup("example.org", "TXT") for _ in range(50)))
        assert {a.records for a in answers} == {("v=spf1 -all",)}
        assert not resolver._pending

    with dnsmasq(*RECORDS) as there:
        ask(there.host, work)
        assert there.asked("example.org", "TXT") == 1


@real
def test_who_goes_away_disturbs_nobody() -> None:
    async def work(resolver: StubResolver) -> Answer:
        impatient = asyncio.ensure_future(resolver.lookup("mail.example.org", "A"))
        patient = asyncio.ensure_future(resolver.lookup("mail.example.org", "A"))
        await asyncio.sleep(0)
        impatient.cancel()
        return await patient

    with dnsmasq(*RECORDS) as there:
        assert ask(there.host, work).records == ("192.0.2.1",)
        assert there.asked("mail.example.org", "A") == 1


@real
def test_the_cache_is_bounded() -> None:
    async def work(resolver: StubResolver) -> list[str]:
        for number in range(10):
            await resolver.lookup(f"{number}.example", "A")
        return [name for name, _ in resolver._cache]

    with dnsmasq(*RECORDS) as there:
        assert ask(there.host, work, entries=3) == ["7.example", "8.example", "9.example"]


def test_the_questions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DNS_QUESTIONS", 2)

    async def work(resolver: StubResolver) -> None:
        waiting = [asyncio.ensure_future(resolver.lookup(f"{n}.example", "A")) for n in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(DnsError, match="2 other questions"):
            await resolver.lookup("2.example", "A")
        assert all(isinstance(e, DnsError) for e in await asyncio.gather(*waiting, return_exceptions=True))

    ask(f"127.0.0.1:{free_port()}", work, seconds=0.3)


def test_another_kind_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="ANY"):
        ask("127.0.0.1", lambda r: r.lookup("example.org", "ANY"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("2001:DB8::1", ("[2001:db8::1]", 53)),
        ("[::1]:5353", ("[::1]", 5353)),
        ("[::1]", ("[::1]", 53)),
    ],
)
def test_the_address_of_a_server(text: str, read: tuple[str, int]) -> None:
    assert server(text) == read


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "[::1", "[::1]x5"])
def test_what_is_no_server_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="name server"):
        server(text)


def test_which_servers_are_asked(tmp_path: Path) -> None:
    assert StubResolver(["[::1]:5353", "192.0.2.1"]).servers == ("::1", "192.0.2.1")
    file = tmp_path / "resolv.conf"
    file.write_text("# 192.0.2.9\nsearch example.org\nnameserver 8.8.8.8\nnameserver\t::1\nnameserver\n")
    assert nameservers(str(file)) == ("8.8.8.8", "::1")
    assert nameservers(str(tmp_path / "none")) == ()


def test_whom_systemd_resolved_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 9.9.9.9\n")
    monkeypatch.setattr(dns, "RESOLVED", ("127.0.0.53", str(file)))
    assert StubResolver(["127.0.0.53"]).servers == ("127.0.0.53", "9.9.9.9")


def test_resolvers_for_everybody_are_known() -> None:
    theirs = ("8.8.8.8", "1.1.1.1", "9.9.9.9", "2606:4700:4700::1111", "208.67.222.222")
    assert public((*theirs, "127.0.0.53", "192.0.2.1", "fe80::1%eth0", "x")) == theirs


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Example.ORG.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("_spf.example.org", "_spf.example.org"),
        (".", ""),
        ("a\\.b", ""),
        ("a\0b.example", ""),
        ("x." * 126 + "xx", ""),
        ("x." * 126 + "x", "x." * 126 + "x"),
        ("é" * 100_000, ""),
    ],
)
def test_a_name_as_it_is_asked_for(name: str, wire: str) -> None:
    """RFC 1035 section 2.3.4: "labels 63 octets or less", "names 255 octets or less"."""
    assert wire_name(name) == wire


def test_a_name_that_we_cannot_spell_may_exist() -> None:
    with pytest.raises(DnsError):
        wire_name("\ue000.example")
