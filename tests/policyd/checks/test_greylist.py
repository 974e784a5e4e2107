"""Greylisting: who waits, who does not, and why."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.checks import Scene
from mdafilter_policyd.checks.greylist import Greylist, Options, Spans, Standing, judge, make, stand
from mdafilter_policyd.errors import ConfigError, StoreError
from mdafilter_policyd.opinion import Defer, Opinion, Pass, Prepend
from mdafilter_policyd.request import Request
from mdafilter_policyd.store import Record
from tests.support.policyd_grey import Town, ask, request, word

DAY = 86400
SPANS = Spans(delay=300, retry_window=2 * DAY, max_age=35 * DAY, remember=7 * DAY, known_age=180 * DAY)


def begun(**options: Any) -> tuple[Greylist, Town]:
    town = Town()
    return make(Options(mode="on", **options), town.house()), town


def fact(check: Greylist, asked: Request, **known: Any) -> str:
    """The fact "greylist" after a question."""
    scene = Scene(**known)
    ask(check, asked, scene)
    return scene.facts.get("greylist", "")


def proven(check: Greylist, town: Town, times: int, **about: Any) -> None:
    """The client comes back so often, each time for another sender, more than an hour apart."""
    for number in range(times):
        asked = request(sender=f"{'abcdefgh'[number]}@s.example", **about)
        assert word(ask(check, asked)) == "DEFER"
        town.time += 300
        assert word(ask(check, asked)) == "PREPEND"
        town.time += 3600


# --- a triplet -----------------------------------------------------------------------------------------------------


def test_who_is_new_waits_and_passes_when_it_comes_back() -> None:
    check, town = begun()
    assert ask(check, request()) == (Defer("4.2.0 Greylisted: please try again in 300 seconds", "new, 300 s left"),)
    town.time += 299
    assert ask(check, request()) == (Defer("4.2.0 Greylisted: please try again in 1 seconds", "early, 1 s left"),)
    town.time += 13
    assert ask(check, request()) == (
        Prepend(
            "X-Greylist: delayed 312 seconds by mdafilter-policyd-0.1.0 at mx.example.net; "
            "Fri, 15 Jan 2027 08:05:12 +0000"
        ),
    )
    town.time += 1
    assert ask(check, request()) == (Pass("passed"),)


def test_the_facts_say_so() -> None:
    check, town = begun()
    facts = []
    for wait in (0, 100, 212, 1):
        town.time += wait
        facts.append(fact(check, request()))
    assert facts == ["new", "early", "passed-312", "passed"]


def test_it_comes_back_from_a_neighbour_with_another_number_in_its_sender() -> None:
    check, town = begun()
    ask(check, request("192.0.2.7", "bounce-1-x@a.example"))
    town.time += 300
    assert word(ask(check, request("192.0.2.99", "bounce-2-x@a.example"))) == "PREPEND"
    assert word(ask(check, request("192.0.3.7", "bounce-2-x@a.example"))) == "DEFER"


def test_by_host_a_neighbour_is_another() -> None:
    check, town = begun(lookup_by="host")
    ask(check, request("192.0.2.7"))
    town.time += 300
    assert word(ask(check, request("192.0.2.99"))) == "DEFER"
    assert word(ask(check, request("192.0.2.7"))) == "PREPEND"


def test_who_comes_back_after_the_retry_window_is_new() -> None:
    """postgrey(8): "allow only N days for the first retrial"."""
    check, town = begun()
    ask(check, request())
    town.time += 2 * DAY + 1
    assert fact(check, request()) == "new"
    town.time += 300
    assert fact(check, request()) == "passed-300"


def test_who_has_passed_is_forgotten_after_max_age() -> None:
    """postgrey(8): "delete entries older than N days since the last time that they have been seen"."""
    check, town = begun(auto_whitelist=0)
    ask(check, request())
    town.time += 300
    for _ in range(3):
        ask(check, request())
        town.time += 35 * DAY - 1
    assert fact(check, request()) == "passed"
    town.time += 36 * DAY + 1  # a day more, or less is written
    assert fact(check, request()) == "new"


def test_only_a_recipient_is_greylisted() -> None:
    check, town = begun()
    for state in ("CONNECT", "MAIL", "DATA", "END-OF-MESSAGE", "VRFY"):
        assert ask(check, request(state=state)) == ()
    assert ask(check, request(recipient="")) == ()
    assert not town.store.records


@pytest.mark.parametrize(
    ("record", "now", "standing"),
    [
        (Record(0, 0, 1), 0, Standing("new", 300)),
        (Record(0, 0, 2), 0, Standing("early", 300)),
        (Record(0, 299.5, 2), 299.5, Standing("early", 1)),
        (Record(0, 300, 2), 300, Standing("back", 300)),
        (Record(0, 2 * DAY, 9), 2 * DAY, Standing("back", 2 * DAY)),
        (Record(0, 2 * DAY + 1, 2), 2 * DAY + 1, Standing("new", 300)),
        (Record(0, 30 * DAY, 3, "99"), 30 * DAY, Standing("passed", 30 * DAY)),
        (Record(1000, 0, 2), 0, Standing("early", 300)),  # the clock of another host is ahead
    ],
)
def test_how_a_triplet_stands(record: Record, now: float, standing: Standing) -> None:
    assert stand(record, now, SPANS) == standing


def test_judge() -> None:
    assert judge(Standing("new", 300), "wait") == (Defer("wait", "new, 300 s left"),)
    assert judge(Standing("back", 300), "X-Greylist: y") == (Prepend("X-Greylist: y"),)
    assert judge(Standing("back", 300), "") == (Pass("back"),)


# --- who does not wait ---------------------------------------------------------------------------------------------


def test_a_client_that_came_back_five_times_is_not_asked_again() -> None:
    """postgrey(8): "At least 5 successful attempts of delivering a mail"."""
    check, town = begun()
    proven(check, town, 5)
    assert fact(check, request(sender="new@s.example")) == "client"
    assert fact(check, request("192.0.2.8", "new@s.example")) == "new"  # its neighbour has proven nothing


@pytest.mark.parametrize(("gap", "word"), [(3599, "new"), (3600, "client")])
def test_only_one_success_an_hour_counts(gap: int, word: str) -> None:
    """postgrey(8): "Only one attempt per hour counts."."""
    check, town = begun(auto_whitelist=2)
    for sender in ("a@s.example", "b@s.example"):
        ask(check, request(sender=sender))
    for wait, sender in ((300, "a@s.example"), (gap, "b@s.example")):
        town.time += wait
        ask(check, request(sender=sender))
    assert fact(check, request(sender="new@s.example")) == word


def test_a_triplet_that_passes_again_proves_nothing_more() -> None:
    """One correspondence, however long, is not five."""
    check, town = begun()
    for _ in range(20):
        ask(check, request())
        town.time += 7200
    assert fact(check, request(sender="new@s.example")) == "new"


def test_a_proven_client_stays_so_as_long_as_it_is_seen() -> None:
    check, town = begun()
    proven(check, town, 5)
    for _ in range(4):
        town.time += 30 * DAY
        assert fact(check, request(sender="x@s.example")) == "client"
    town.time += 36 * DAY
    assert fact(check, request(sender="y@s.example")) == "new"


def test_without_auto_whitelist_nobody_is_proven() -> None:
    check, town = begun(auto_whitelist=0)
    proven(check, town, 7)
    assert town.store.keys("client") == []


def test_an_spf_pass_is_known_by_its_domain() -> None:
    """A farm of senders comes back from another network each time."""
    check, town = begun()
    spf = {"spf": "pass", "spf-domain": "Farm.example"}
    assert fact(check, request("192.0.2.7"), facts=dict(spf)) == "new"
    town.time += 300
    assert fact(check, request("198.51.100.7"), facts=dict(spf)) == "passed-300"
    assert fact(check, request("198.51.100.7"), facts={"spf": "fail", "spf-domain": "farm.example"}) == "new"
    assert town.store.keys("domain") == ["farm.example"] and town.store.keys("client") == []


def test_an_spf_domain_proves_itself() -> None:
    check, town = begun(auto_whitelist=1)
    spf = {"spf": "pass", "spf-domain": "farm.example"}
    fact(check, request(), facts=dict(spf))
    town.time += 300
    fact(check, request(), facts=dict(spf))
    assert fact(check, request("203.0.113.9", "other@farm.example"), facts=dict(spf)) == "domain"
    off, _ = begun(spf=False)
    assert fact(off, request(), facts=dict(spf)) == "new"


def test_who_is_on_a_list_of_the_good_passes() -> None:
    check, _ = begun()
    assert fact(check, request(), facts={"dnswl": "list.dnswl.org"}) == "dnswl"
    off, _ = begun(dnswl=False)
    assert fact(off, request(), facts={"dnswl": "list.dnswl.org"}) == "new"


def test_whitelists(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a.example\n")
    (tmp_path / "r").write_text("free.example\n")
    files = (str(tmp_path / "c"), str(tmp_path / "r"))
    check, _ = begun(whitelist_clients=files[:1], whitelist_recipients=files[1:])
    assert check.files == files
    assert fact(check, request(name="mx.a.example")) == "whitelist"
    assert fact(check, request(name="mx.c.example", recipient="x@free.example")) == "whitelist"
    assert fact(check, request(name="mx.c.example")) == "new"


def test_an_unverified_name_is_on_no_whitelist(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a.example\n")
    check, _ = begun(whitelist_clients=(str(tmp_path / "c"),))
    assert fact(check, request(name="unknown", reverse_client_name="mx.a.example")) == "new"


@pytest.mark.parametrize("recipient", ["postmaster@b.example", "Postmaster", "ABUSE@b.example", "abuse+7@b.example"])
def test_postmaster_and_abuse_can_always_be_reached(recipient: str) -> None:
    """RFC 5321 section 4.5.1: "MUST support the reserved mailbox "postmaster" as a case-insensitive local name"."""
    check, _ = begun()
    assert fact(check, request(recipient=recipient)) == "role"
    off, _ = begun(roles=())
    assert fact(off, request(recipient=recipient)) == "new"


def test_the_null_sender() -> None:
    check, town = begun()
    assert fact(check, request(sender="")) == "new"
    assert town.store.keys("grey") == ["192.0.2.0/24 <> bob@b.example"]
    off, _ = begun(null_sender="pass")
    assert fact(off, request(sender="")) == "null"


def test_an_open_window() -> None:
    check, town = begun()
    asyncio.run(town.store.put("open", "bob@b.example", Record(town.time, town.time, 1), town.time + 600))
    assert fact(check, request(recipient="Bob+code@B.example")) == "open"
    assert fact(check, request(recipient="carl@b.example")) == "new"
    assert town.store.keys("grey") == ["192.0.2.0/24 ann@a.example carl@b.example"]
    town.time += 601
    assert fact(check, request()) == "new"


@pytest.mark.parametrize("key", ["192.0.2.7", "192.0.2.0/24", "192.0.0.0/16"])
def test_an_exception(key: str) -> None:
    check, town = begun()
    asyncio.run(town.store.put("exception", key, Record(town.time, town.time, 1), town.time + 600))
    assert fact(check, request("192.0.2.7")) == "exception"
    assert fact(check, request("198.51.100.7")) == "new"


@pytest.mark.parametrize("by", [{"sasl_username": "bob"}, {"address": "127.0.0.1"}, {"address": "::1"}])
def test_whom_we_have_written_to_may_write_back(by: dict[str, str]) -> None:
    check, town = begun()
    ours = request(sender="bob@b.example", recipient="Ann@a.example", **by)
    assert fact(check, ours) == "ours"
    assert fact(check, request(sender="ann@a.example", recipient="bob+x@b.example")) == "known"
    assert fact(check, request(sender="eve@a.example", recipient="bob@b.example")) == "new"
    assert fact(check, request(sender="ann@a.example", recipient="carl@b.example")) == "new"
    town.time += 181 * DAY
    assert fact(check, request(sender="ann@a.example", recipient="bob@b.example")) == "new"


def test_nobody_is_known_where_that_is_off() -> None:
    check, town = begun(known_age="0")
    ask(check, request(sender="bob@b.example", recipient="ann@a.example", sasl_username="bob"))
    assert town.store.records == {}


def test_our_own_networks_are_an_option() -> None:
    check, _ = begun(own_networks=("192.0.2",))
    assert fact(check, request("192.0.2.7")) == "ours"
    assert fact(check, request("127.0.0.1")) == "new"


@pytest.mark.parametrize(
    ("points", "name", "word"),
    [
        (0.0, "mail.a.example", "clean"),
        (0.9, "mail.a.example", "clean"),
        (1.0, "mail.a.example", "new"),
        (0.0, "unknown", "new"),
        (0.0, "192-0-2-7.dyn.isp.example", "new"),
    ],
)
def test_selective(points: float, name: str, word: str) -> None:
    check, _ = begun(selective=True)
    assert fact(check, request(name=name), points=points) == word


# --- texts, privacy, faults ----------------------------------------------------------------------------------------


def texts(check: Greylist, town: Town, **about: str) -> tuple[Opinion, ...]:
    said = ask(check, request(**about))
    town.time += 400
    return (*said, *ask(check, request(**about)))


def test_postgrey_s_own_texts() -> None:
    """postgrey(8), "Greylist Text" and "Greylist Header"."""
    check, town = begun(
        text="Greylisted for %s, see http://help.example/%r.html", header="X-Greylist: delayed %t seconds at %h; %d"
    )
    assert texts(check, town) == (
        Defer("Greylisted for 300, see http://help.example/b.example.html", "new, 300 s left"),
        Prepend("X-Greylist: delayed 400 seconds at mx.example.net; Fri, 15 Jan 2027 08:06:40 +0000"),
    )


def test_our_names_in_texts() -> None:
    check, town = begun(
        text="$minutes $client $sender $recipient $url", header="", url="https://mx.example.net/blocked"
    )
    assert texts(check, town, sender="") == (
        Defer("5 192.0.2.7 <> bob@b.example https://mx.example.net/blocked?ip=192.0.2.7", "new, 300 s left"),
        Pass("back"),
    )


def test_a_text_is_one_line_of_ascii_whatever_was_sent() -> None:
    check, _ = begun(text="$sender")
    (said,) = ask(check, request(sender="\u20ac\n\r\x00" * 3000 + "@x"))
    assert isinstance(said, Defer) and said.text.isascii() and said.text.isprintable()
    assert len(said.text) <= limits.TEXT


def test_privacy_keeps_no_address() -> None:
    check, town = begun(privacy=True, secret="s")
    ask(check, request(sender="bob@b.example", recipient="ann@a.example", sasl_username="bob"))
    ask(check, request(sender="new@a.example"))
    town.time += 300
    assert fact(check, request(sender="new@a.example")) == "passed-300"
    assert fact(check, request(sender="ann@a.example")) == "known"
    assert all(len(key) == 64 for _, key in town.store.records)


def test_a_store_that_is_down_is_told_to_who_asked() -> None:
    check, town = begun()
    town.store.dead = True
    with pytest.raises(StoreError):
        ask(check, request())
    assert fact(check, request(recipient="postmaster@b.example")) == "role"


def test_all_faults_at_once(tmp_path: Path) -> None:
    options = Options(
        delay="5 minutes",
        ipv4_prefix=33,
        ipv6_prefix=0,
        auto_whitelist=-1,
        own_networks=("x",),
        text="$what",
        header="X-Greylist",
        whitelist_clients=(str(tmp_path / "none"),),
    )
    with pytest.raises(ConfigError) as failed:
        make(options, Town().house())
    named = [fault.file for fault in failed.value.faults]
    keys = ["delay", "ipv4_prefix", "ipv6_prefix", "auto_whitelist", "own_networks", "text", "header"]
    assert named == [*keys, str(tmp_path / "none")]


def test_a_window_that_ends_before_the_delay() -> None:
    with pytest.raises(ConfigError, match="retry_window: must be longer than delay"):
        make(Options(delay="2h", retry_window="1h"), Town().house())
