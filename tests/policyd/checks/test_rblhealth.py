"""The self test of lists, against a real dnsmasq; and what happens to those that fail."""

from __future__ import annotations

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.checks.rblhealth import Health, Kind, judge
from mdafilter_policyd.dns import StubResolver
from tests.support import policyd_dns
from tests.support.daemons import free_port
from tests.support.policyd_dns import dnsmasq
from tests.support.policyd_rbl import Watch, addresses, everything, names, with_resolver

real = pytest.mark.skipif(bool(policyd_dns.missing()), reason=policyd_dns.missing())
GOOD, NONE = ("127.0.0.2",), ()


def health_of(records: list[str], kind: Kind = "address", watch: Watch | None = None) -> Health:
    watch = watch or Watch()

    async def work(resolver: StubResolver) -> Health:
        health = Health("bl.test", kind, lambda: watch.now, watch.alerts.append)
        assert await health.ready(resolver) == health.usable
        return health

    with dnsmasq(*records) as dns:
        return with_resolver(dns.host, work)


@real
@pytest.mark.parametrize(("records", "kind"), [(addresses("bl.test"), "address"), (names("bl.test"), "name")])
def test_a_good_list_passes(records: list[str], kind: Kind) -> None:
    watch = Watch()
    health = health_of(records, kind, watch)
    assert (health.usable, watch.alerts, health.due) == (True, [], watch.now + 3600)
    assert health.ipv6 == (kind == "address")


@real
def test_a_list_without_ipv6_is_one_of_ipv4() -> None:
    health = health_of(addresses("bl.test")[:1])
    assert (health.usable, health.ipv6) == (True, False)


@real
@pytest.mark.parametrize("kind", ["address", "name"])
@pytest.mark.parametrize(
    ("records", "why"),
    [
        (everything("bl.test", "127.0.0.2"), "lists everything"),
        (everything("bl.test", "127.255.255.254"), "public resolvers"),
        (everything("bl.test", "127.255.255.255"), "too much"),
        (everything("bl.test", "192.0.2.80"), "no reply of a list"),
        ([], "does not list its own test point"),
        (["server=/bl.test/#"], "refused"),
    ],
)
def test_a_bad_list_is_off_and_told_once(records: list[str], why: str, kind: Kind) -> None:
    watch = Watch()
    health = health_of(records, kind, watch)
    assert not health.usable
    assert why in health.why
    assert [f"bl.test is switched off until it passes its self test: {health.why}" in a for a in watch.alerts] == [True]


def test_what_the_points_say() -> None:
    """RFC 5782 section 5: "MUST contain an entry for 127.0.0.2", "MUST NOT contain an entry for 127.0.0.1"."""
    assert judge(GOOD, NONE, NONE, NONE).fault == ""
    assert judge(GOOD, NONE, GOOD, NONE).ipv6
    assert "everything" in judge(GOOD, GOOD, NONE, NONE).fault
    assert "everything" in judge(GOOD, NONE, GOOD, GOOD).fault
    assert "test point" in judge(NONE, NONE, NONE, NONE).fault
    assert "misspelled" in judge(("127.255.255.252",), NONE, NONE, NONE).fault
    assert "does not want" in judge(("127.255.255.1",), NONE, NONE, NONE).fault


@real
def test_it_comes_back_by_itself() -> None:
    watch = Watch()
    port = free_port()

    async def work(resolver: StubResolver) -> None:
        health = Health("bl.test", "address", lambda: watch.now, watch.alerts.append)
        with dnsmasq(*everything("bl.test", "127.0.0.2"), at=port):
            rests = []
            for _ in range(8):
                await health.test(resolver)
                rests.append(health.due - watch.now)
        assert rests == [60, 120, 240, 480, 960, 1920, 3600, 3600]
        assert len(watch.alerts) == 1
        with dnsmasq(*addresses("bl.test"), at=port):
            await health.test(resolver)
        assert health.usable
        assert watch.alerts[1:] == ["dnsbl: bl.test is used again"]

    with_resolver(f"127.0.0.1:{port}", work)


@real
def test_many_questions_without_an_answer_switch_it_off() -> None:
    watch = Watch()
    health = health_of(addresses("bl.test"), watch=watch)
    for _ in range(limits.RBL_FAILURES - 1):
        health.failed("late")
    health.answered()
    for _ in range(limits.RBL_FAILURES - 1):
        health.failed("late")
    assert health.usable
    for _ in range(3 * limits.RBL_FAILURES):
        health.failed("late")
    assert (health.usable, health.why, len(watch.alerts)) == (False, "late", 1)
    assert health.due == watch.now + limits.RBL_REST


@real
def test_a_test_that_gets_no_answer_is_one_failure_of_a_list_that_was_good() -> None:
    watch = Watch()
    port = free_port()

    async def work(resolver: StubResolver) -> None:
        health = Health("bl.test", "address", lambda: watch.now, watch.alerts.append)
        with dnsmasq(*addresses("bl.test"), at=port):
            assert await health.ready(resolver)
        await health.test(resolver)  # dnsmasq is gone, and its answers had no TTL
        assert (health.usable, health.due, watch.alerts) == (True, watch.now + limits.RBL_REST, [])

    with_resolver(f"127.0.0.1:{port}", work, seconds=0.3)
