"""Lists of clients and of names, in a real dnsmasq."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from mdafilter_policyd.checks import Scene, rbl
from mdafilter_policyd.checks.dnsbl import Dnsbl, Listing, Options, Question, blamed, judge, make
from mdafilter_policyd.dns import Answer, StubResolver
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.opinion import Defer, Opinion, Pass, Points, Reject
from mdafilter_policyd.store import Record
from tests.support import policyd_dns
from tests.support.policyd_dns import dnsmasq
from tests.support.policyd_rbl import CLIENT, CLIENT6, Watch, addresses, everything, names, request, with_resolver

pytestmark = pytest.mark.skipif(bool(policyd_dns.missing()), reason=policyd_dns.missing())

ZEN = "zen.test=127.0.0.[2..11]*3"
LISTED = addresses("zen.test", CLIENT, CLIENT6)
UNHEARD = Pass("cannot tell: no answer from zen.test")
REASON = ["txt-record=66.2.0.192.zen.test,see the page of zen\u00e9"]


def said(
    options: Options, records: Sequence[str], watch: Watch | None = None, **attributes: str
) -> tuple[Sequence[Opinion], dict[str, str]]:
    watch = watch or Watch()
    scene = Scene()

    async def work(resolver: StubResolver) -> Sequence[Opinion]:
        return await make(options, watch.house(resolver)).check(request(**attributes), scene)

    with dnsmasq(*records) as dns:
        return with_resolver(dns.host, work), scene.facts


# --- what is refused -----------------------------------------------------------------------------------------------


def test_a_client_that_is_listed_is_refused() -> None:
    """postconf(5), default_rbl_reply."""
    opinions, facts = said(Options(lists=(ZEN,), url="https://example.net/blocked"), [*LISTED, *REASON])
    assert opinions == (
        Reject(
            "554 5.7.1 Service unavailable; Client host [192.0.2.66] blocked using zen.test; see the page of zen??"
            "; see https://example.net/blocked?ip=192.0.2.66",
            "listed by zen.test",
        ),
    )
    assert facts == {"dnsbl": "zen.test"}


def test_without_a_reason_the_text_is_shorter() -> None:
    opinions, _ = said(Options(lists=(ZEN,)), LISTED, client_address=CLIENT6)
    assert [o.text for o in opinions if isinstance(o, Reject)] == [
        "554 5.7.1 Service unavailable; Client host [2001:db8::66] blocked using zen.test"
    ]


def test_the_text_is_the_admins() -> None:
    options = Options(lists=(ZEN,), code=550, reply="$rbl_code $client $helo_name <$sender> $recipient$$")
    opinions, _ = said(options, LISTED, helo_name="ev\nil")
    assert [o.text for o in opinions if isinstance(o, Reject)] == [
        "550 unknown[192.0.2.66] ev?il <ann@example.org> alice@example.net$"
    ]


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "127.0.0.2", "10.0.0.1", "unknown", ""])
def test_a_client_that_is_not_listed_is_not(address: str) -> None:
    assert said(Options(lists=(ZEN,)), [*LISTED, *REASON], client_address=address) == ((), {})


def test_who_has_logged_in_is_not_looked_up() -> None:
    assert said(Options(lists=(ZEN,)), LISTED, sasl_username="ann") == ((), {})


def test_a_reply_that_the_filter_does_not_take_is_no_listing() -> None:
    records = [*addresses("zen.test"), "host-record=66.2.0.192.zen.test,127.0.0.30"]
    assert said(Options(lists=(ZEN,)), records) == ((), {})


def test_a_list_without_ipv6_is_not_asked_for_it() -> None:
    records = [LISTED[0], *addresses("zen.test", CLIENT6)[2:]]
    assert said(Options(lists=(ZEN,)), records, client_address=CLIENT6) == ((), {})


# --- weights -------------------------------------------------------------------------------------------------------

TWO = Options(lists=(ZEN, "other.test*2", "good.test=127.0.[0..255].[1..3]*-4"), reject_at=5, greylist_at=2)
OTHER, GOOD = addresses("other.test"), addresses("good.test")
ALSO = addresses("other.test", CLIENT)
TRUSTED = [*GOOD, "host-record=66.2.0.192.good.test,127.0.5.2"]


def test_weights_are_summed_up() -> None:
    opinions, facts = said(TWO, [*LISTED, *ALSO, *GOOD])
    assert [o.why for o in opinions if isinstance(o, Reject)] == ["listed by zen.test, other.test"]
    assert facts == {"dnsbl": "zen.test,other.test"}


def test_below_the_threshold_they_are_points() -> None:
    opinions, facts = said(TWO, [*LISTED, *OTHER, *GOOD])
    assert opinions == (Points(3, "listed by zen.test"),)
    assert facts == {"dnsbl": "zen.test"}


def test_a_list_of_the_good_counts_against_the_others() -> None:
    opinions, facts = said(TWO, [*LISTED, *ALSO, *TRUSTED])
    assert opinions == ()  # 3 + 2 - 4
    assert facts == {"dnsbl": "zen.test,other.test", "dnswl": "good.test"}


def test_trust_is_points_below_nought() -> None:
    opinions, facts = said(TWO, [*addresses("zen.test"), *OTHER, *TRUSTED])
    assert opinions == (Points(-4, "trusted by good.test"),)
    assert facts == {"dnswl": "good.test"}


def test_where_a_list_of_the_good_is_silent_nobody_is_refused_for_good() -> None:
    """postconf(5), permit_dnswl_client: "The result is DEFER_IF_REJECT when allowlist lookup fails"."""
    sick = [*GOOD, "server=/66.2.0.192.good.test/#"]  # REFUSED
    opinions, _ = said(TWO, [*LISTED, *ALSO, *sick])
    assert opinions == (
        Defer("4.7.1 A list of trusted clients does not answer now; try again later", "listed by zen.test, other.test"),
    )
    opinions, _ = said(replace(TWO, reject_at=1), [*LISTED, *ALSO, *sick])  # 3 + 2 - 4 would be enough
    assert [type(o) for o in opinions] == [Reject]


def test_one_list_may_have_several_entries() -> None:
    options = Options(lists=("zen.test=127.0.0.2*3", "zen.test=127.0.0.[1..9]*1", "zen.test=127.0.0.4*9"), reject_at=4)
    opinions, facts = said(options, LISTED)
    assert [type(o) for o in opinions] == [Reject]
    assert facts == {"dnsbl": "zen.test"}


def listing(weight: float, gentle: bool = False) -> Listing:
    entry = rbl.Entry("bl.test", weight)
    return Listing(entry, Question((entry,), "address", "66.2.0.192", CLIENT, "Client host"), gentle)


def test_a_gentle_listing_refuses_nobody() -> None:
    assert blamed([listing(9, gentle=True)], 1) is None
    assert blamed([listing(9, gentle=True), listing(1)], 1) == listing(1)
    assert judge([listing(9, gentle=True)], Options(greylist_at=1), "x") == (Points(9, "listed by bl.test"),)


def test_a_threshold_of_nought_is_never() -> None:
    assert judge([listing(9)], Options(reject_at=0, greylist_at=0), "x") == ()


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "attributes", "text"),
    [
        ("sender_lists", {"sender": "x@Bad.Example"}, "Sender address [x@Bad.Example]"),
        ("helo_lists", {"helo_name": "bad.example."}, "Helo command [bad.example.]"),
        ("name_lists", {"client_name": "bad.example"}, "Client host [bad.example]"),
        ("name_lists", {"reverse_client_name": "bad.example"}, "Unverified Client host [bad.example]"),
    ],
)
def test_names_are_looked_up_too(option: str, attributes: dict[str, str], text: str) -> None:
    options = Options(lists=(), **{option: ("dbl.test=127.0.1.[2..99]",)})  # type: ignore[arg-type]
    opinions, facts = said(options, names("dbl.test", "bad.example"), None, **attributes)
    assert [o.text for o in opinions if isinstance(o, Reject)] == [
        f"554 5.7.1 Service unavailable; {text} blocked using dbl.test"
    ]
    assert facts == {"dnsbl": "dbl.test"}
    assert said(options, names("dbl.test", "bad.example"), sender="", helo_name="[192.0.2.66]") == ((), {})


# --- lists that cannot be believed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "records",
    [
        everything("zen.test", "127.0.0.2"),
        everything("zen.test", "127.255.255.254"),
        everything("zen.test", "192.0.2.80"),
        [],
    ],
)
def test_a_list_that_fails_its_test_refuses_nobody(records: list[str]) -> None:
    watch = Watch()
    assert said(Options(lists=(ZEN,)), records, watch) == ((UNHEARD,), {})
    assert len(watch.alerts) == 1


@pytest.mark.parametrize("reply", ["127.255.255.254", "192.0.2.80"])
def test_a_list_that_no_longer_answers_us_is_off_at_once(reply: str) -> None:
    watch = Watch()

    async def work(resolver: StubResolver) -> None:
        check = make(Options(lists=("zen.test",)), watch.house(resolver))
        for _ in range(3):
            assert await check.check(request(), Scene()) == (UNHEARD,)
        [health] = check.health.values()
        assert not health.usable
        assert reply in health.why

    with dnsmasq(*addresses("zen.test"), f"host-record=66.2.0.192.zen.test,{reply}") as dns:
        with_resolver(dns.host, work)
        assert dns.asked("66.2.0.192.zen.test", "A") == 1
    assert len(watch.alerts) == 1


def test_lists_are_tested_again_when_they_are_due() -> None:
    watch = Watch()

    async def work(resolver: StubResolver) -> Dnsbl:
        check = make(Options(lists=("zen.test",)), watch.house(resolver))
        [(_, test)] = watch.repeated
        for passed in (0.0, 3599.0, 3600.0, 3601.0):
            watch.now = 1_800_000_000.0 + passed
            await test()
        return check

    with dnsmasq(*addresses("zen.test")) as dns:
        check = with_resolver(dns.host, work)
        assert dns.asked("2.0.0.127.zen.test", "A") == 2
    assert [health.usable for health in check.health.values()] == [True]


def test_the_state_of_lists_can_be_looked_up() -> None:
    watch = Watch()
    start = watch.now

    async def work(resolver: StubResolver) -> None:
        options = Options(lists=("zen.test", "all.test"), sender_lists=("dbl.test",))
        check = make(options, watch.house(resolver))
        watch.broken = True
        await check.test()
        assert watch.written == {}
        watch.broken = False
        for passed in (10, 20, 3700):
            watch.now = start + passed
            await check.test()

    with dnsmasq(*addresses("zen.test"), *everything("all.test", "127.0.0.2"), *names("dbl.test")) as dns:
        with_resolver(dns.host, work)
    assert watch.written == {
        ("dnsbl", "address zen.test"): Record(start + 10, start + 3700, 1, ""),
        ("dnsbl", "address all.test"): Record(start + 10, start + 3700, 1, "it lists everything"),
        ("dnsbl", "name dbl.test"): Record(start + 10, start + 3700, 1, ""),
    }


class Slow:
    """Answers the self tests only."""

    async def lookup(self, name: str, kind: str) -> Answer:
        if name.startswith("66."):
            await asyncio.sleep(60)
        return Answer(("127.0.0.2",) if name.startswith("2.") else ())


def test_a_slow_list_is_not_waited_for_and_goes_off() -> None:
    watch = Watch()

    async def work() -> Dnsbl:
        check = make(Options(lists=("zen.test",), timeout=0.2), watch.house(Slow()))
        for _ in range(2):
            assert all(
                o == (UNHEARD,) for o in await asyncio.gather(*(check.check(request(), Scene()) for _ in range(5)))
            )
        return check

    [health] = asyncio.run(work()).health.values()
    assert (health.usable, health.why) == (False, "no answer within 0.2 s")
    assert len(watch.alerts) == 1


def test_a_good_list_is_heard_although_another_is_slow() -> None:
    options = Options(lists=("zen.test", "slow.test"), timeout=2.0)
    opinions, _ = said(options, [*LISTED, "server=/slow.test/192.0.2.53"])
    assert [type(o) for o in opinions] == [Reject]


def test_spamhaus_by_a_resolver_for_everybody_refuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    monkeypatch.setattr(StubResolver, "servers", ("8.8.8.8",))
    options = Options(lists=("zen.spamhaus.org=127.0.0.[2..11]*3",), greylist_at=1)
    opinions, facts = said(options, addresses("zen.spamhaus.org", CLIENT), watch)
    assert opinions == (Points(3, "listed by zen.spamhaus.org"),)
    assert facts == {"dnsbl": "zen.spamhaus.org"}
    assert ["8.8.8.8" in alert for alert in watch.alerts] == [True]
    opinions, _ = said(Options(lists=(ZEN,)), LISTED, watch)
    assert [type(o) for o in opinions] == [Reject]
    assert len(watch.alerts) == 1


# --- configuration -------------------------------------------------------------------------------------------------


def test_all_that_is_wrong_is_told_at_once() -> None:
    options = Options(lists=("zen",), sender_lists=("a.b*x",), reply="$nothing", code=250, timeout=0)
    with pytest.raises(ConfigError) as caught:
        make(options, Watch().house(StubResolver()))
    assert [fault.file for fault in caught.value.faults] == ["lists", "sender_lists", "reply", "code", "timeout"]
    with pytest.raises(ConfigError, match="50 in all"):
        make(Options(lists=("zen.test",) * 51), Watch().house(StubResolver()))
