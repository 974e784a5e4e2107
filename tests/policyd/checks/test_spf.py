"""The spf check: what is done about each result, by each option."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import fields

import pytest

from mdafilter_policyd.checks import House, Scene, spf
from mdafilter_policyd.checks.spf import Found, Options, judge, make
from mdafilter_policyd.dns import Answer
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.opinion import Defer, Opinion, Pass, Points, Prepend, Reject
from mdafilter_policyd.request import Request
from mdafilter_policyd.spf.result import CODES, Result
from tests.support.policyd_spf import ZoneResolver, zone

ZONE = """
pass.example TXT v=spf1 ip4:192.0.2.1 -all
fail.example TXT v=spf1 -all exp=why.fail.example
why.fail.example TXT no mail of %{d} by %{i}
softfail.example TXT v=spf1 ~all
neutral.example TXT v=spf1 ?all
permerror.example TXT v=spf1 nonsense
temperror.example TIMEOUT
"""
CLIENT = "192.0.2.1"


class Slow(ZoneResolver):
    async def lookup(self, name: str, kind: str) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError


def a_check(options: Options, resolver: ZoneResolver | None = None) -> spf.Spf:
    house = House(
        resolver=resolver or ZoneResolver(zone(ZONE)),
        store=None,  # type: ignore[arg-type]
        now=lambda: 1790000000.0,
        alert=lambda text: None,
        hostname="mx.example.net",
    )
    return make(options, house)


def request(sender: str = "joe@pass.example", helo: str = "none.example", **more: str) -> Request:
    return Request(
        {
            "protocol_state": "RCPT",
            "client_address": CLIENT,
            "client_name": "unknown",
            "helo_name": helo,
            "sender": sender,
            "recipient": "anna@example.net",
            "instance": "1.2.3",
            **more,
        }
    )


def ask(
    options: Options, asked: Request, resolver: ZoneResolver | None = None
) -> tuple[Sequence[Opinion], dict[str, str]]:
    scene = Scene()
    return asyncio.run(a_check(options, resolver).check(asked, scene)), scene.facts


def kinds(opinions: Sequence[Opinion]) -> list[str]:
    return [type(opinion).__name__ for opinion in opinions]


NULL, NAMED = "", "joe@example.org"
POLICIES = [
    # policy, what MAIL FROM and HELO refuse by it
    ("no-check", ""),
    ("no", ""),
    ("fail", "fail"),
    ("softfail", "fail softfail"),
    ("not-pass", "fail softfail neutral permerror"),
]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(("policy", "refused"), POLICIES)
def test_policies(policy: str, refused: str, code: str) -> None:
    """policyd-spf.conf(5), HELO_reject and Mail_From_reject."""
    result = Result(code, "example.org")
    for options, found in (
        (Options(helo_reject=policy, mail_from_reject="no"), Found(CLIENT, "h", NAMED, "mx", result, None)),  # type: ignore[arg-type]
        (Options(mail_from_reject=policy, helo_reject="no"), Found(CLIENT, "h", NAMED, "mx", None, result)),  # type: ignore[arg-type]
    ):
        opinions = judge(options, found)
        assert (kinds(opinions) == ["Reject"]) == (code in refused.split()), opinions


@pytest.mark.parametrize("code", CODES)
def test_the_policy_null_is_for_bounces(code: str) -> None:
    """policyd-spf.conf(5): "Only reject HELO Fail for Null sender (SPF Classic)"."""
    result = Result(code, "example.org")
    options = Options(helo_reject="null", mail_from_reject="no", permerror_reject=False)
    assert "Reject" not in kinds(judge(options, Found(CLIENT, "h", NAMED, "mx", result, None)))
    assert (kinds(judge(options, Found(CLIENT, "h", NULL, "mx", result, result))) == ["Reject"]) == (code == "fail")


def test_errors() -> None:
    """RFC 7372: X.7.24 is an SPF validation error."""
    wrong, lost = request("joe@permerror.example"), request("joe@temperror.example")
    assert "Reject" not in kinds(ask(Options(), wrong)[0])
    assert "Defer" not in kinds(ask(Options(), lost)[0])
    (refused,) = ask(Options(permerror_reject=True), wrong)[0]
    assert isinstance(refused, Reject) and refused.text.startswith("550 5.7.24 ") and "nonsense" in refused.text
    (deferred,) = ask(Options(temperror_defer=True), lost)[0]
    assert isinstance(deferred, Defer) and deferred.text.startswith("4.7.24 ") and "try again later" in deferred.text
    assert "Defer" not in kinds(ask(Options(temperror_defer=True, mail_from_reject="no"), lost)[0])


def test_the_text_says_who_why_and_what_to_do() -> None:
    """RFC 7208 section 6.2: "software ... make it clear that the explanation string text comes from a third party"."""
    options = Options(url="https://mx.example.net/blocked")
    (refused,) = ask(options, request("joe@fail.example"))[0]
    assert isinstance(refused, Reject)
    assert refused.text == (
        "550 5.7.23 SPF: fail.example does not let 192.0.2.1 send in its name (MAIL FROM joe@fail.example); send by a "
        "server of that domain, or ask its postmaster to add this one; see https://mx.example.net/blocked?ip=192.0.2.1; "
        "fail.example explains: no mail of fail.example by 192.0.2.1"
    )
    (refused,) = ask(Options(explanation=False), request("joe@fail.example"))[0]
    assert isinstance(refused, Reject) and "explains" not in refused.text
    (refused,) = ask(Options(mail_from_reject="softfail"), request("joe@softfail.example"))[0]
    assert isinstance(refused, Reject) and "does not say that it lets" in refused.text


def test_a_pass_has_its_field_and_facts() -> None:
    opinions, facts = ask(Options(), request("joe@PASS.example"))
    assert kinds(opinions) == ["Prepend", "Pass"]
    assert isinstance(opinions[0], Prepend) and opinions[0].field.startswith("Received-SPF: pass (")
    assert "receiver=mx.example.net" in opinions[0].field and "identity=mailfrom" in opinions[0].field
    assert facts == {"spf": "pass", "spf-helo": "none", "spf-domain": "pass.example"}


@pytest.mark.parametrize("code", CODES)
def test_points(code: str) -> None:
    options = Options(helo_reject="no", mail_from_reject="no", header="off")
    opinions, facts = ask(options, request(f"joe@{code}.example"))
    points = {"pass": 0, "none": 0, "neutral": 1, "softfail": 2, "fail": 3, "permerror": 1, "temperror": 0}[code]
    assert opinions == (Points(points, f"SPF {code}") if points else Pass(),)
    assert facts["spf"] == code


def test_a_null_sender_is_postmaster_at_helo() -> None:
    """RFC 7208 section 2.4: "the mailbox composed of the local-part "postmaster" and the "HELO" identity"."""
    resolver = ZoneResolver(
        zone("l.example TXT v=spf1 exists:%{l}.%{o}.x.example -all\npostmaster.l.example.x.example A 127.0.0.2")
    )
    opinions, facts = ask(Options(), request("", "l.example"), resolver)
    assert isinstance(opinions[0], Prepend) and "identity=helo" in opinions[0].field
    assert facts == {"spf": "pass", "spf-helo": "pass", "spf-domain": "l.example"}
    assert resolver.asked == [("l.example", "TXT"), ("postmaster.l.example.x.example", "A")]
    (refused,) = ask(Options(helo_reject="no-check"), request("", "fail.example"))[0]
    assert isinstance(refused, Reject) and "(MAIL FROM postmaster@fail.example)" in refused.text
    both = Options(helo_reject="no-check", mail_from_reject="no-check")
    assert ask(both, request("", "fail.example")) == ((Pass(),), {})


def test_helo_is_refused_whatever_mail_from_says() -> None:
    (refused,) = ask(Options(), request("joe@pass.example", "fail.example"))[0]
    assert isinstance(refused, Reject) and "HELO fail.example" in refused.text
    opinions, facts = ask(Options(helo_reject="no"), request("joe@pass.example", "fail.example"))
    assert kinds(opinions) == ["Prepend", "Pass"] and facts["spf-helo"] == "fail"
    assert "spf-helo" not in ask(Options(helo_reject="no-check"), request("joe@pass.example", "fail.example"))[1]


def test_authentication_results_has_both() -> None:
    options = Options(header="authentication-results", authserv_id="example.net", helo_reject="no")
    opinions, _ = ask(options, request("joe@pass.example", "fail.example"))
    assert isinstance(opinions[0], Prepend)
    assert opinions[0].field.startswith("Authentication-Results: example.net; spf=fail (")
    assert "; spf=pass (" in opinions[0].field and opinions[0].field.endswith("smtp.mailfrom=joe@pass.example")
    null, _ = ask(options, request("", "pass.example"))
    assert isinstance(null[0], Prepend) and null[0].field.count("spf=") == 1


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"skip_addresses": ("192.0.2.0/24",)}, "skip_addresses"),
        ({"trusted_forwarders": ("2001:db8::/32", "192.0.2.1")}, "trusted_forwarders"),
        ({"whitelist_ptr": (".Forwarder.example",)}, "whitelist_ptr"),
    ],
)
def test_who_is_not_checked(more: dict[str, tuple[str, ...]], reason: str) -> None:
    resolver = ZoneResolver(zone(ZONE))
    asked = request("joe@fail.example", client_name="out.forwarder.example")
    assert ask(Options(**more), asked, resolver) == ((Pass(f"one of {reason}"),), {})  # type: ignore[arg-type]
    assert resolver.asked == []
    elsewhere = request("joe@fail.example", client_address="198.51.100.1", client_name="unforwarder.example")
    assert kinds(ask(Options(**more), elsewhere)[0]) == ["Reject"]  # type: ignore[arg-type]


def test_a_forwarder_by_name_is_what_spf_says_pass_for() -> None:
    asked = request("joe@fail.example", "pass.example")
    for options in (
        Options(whitelist_helo=("pass.example",)),
        Options(whitelist_domains=("fail.example", "pass.example")),
    ):
        opinions, facts = ask(options, asked)
        assert kinds(opinions) == ["Prepend", "Pass"] and facts["spf"] == "fail"
    for options in (Options(whitelist_helo=("softfail.example",)), Options(whitelist_domains=("softfail.example",))):
        assert kinds(ask(options, request("joe@fail.example", "softfail.example"))[0]) == ["Reject"]


def test_forwarders_are_asked_about_only_for_what_would_be_refused() -> None:
    resolver = ZoneResolver(zone(ZONE))
    ask(Options(whitelist_domains=("neutral.example",)), request("joe@pass.example"), resolver)
    assert ("neutral.example", "TXT") not in resolver.asked


def test_domains_that_always_pass() -> None:
    """policyd-spf.conf(5), Reject_Not_Pass_Domains."""
    options = Options(not_pass_domains=("neutral.example",))
    assert kinds(ask(options, request("joe@neutral.example"))[0]) == ["Reject"]
    assert kinds(ask(Options(), request("joe@neutral.example"))[0]) == ["Prepend", "Points"]


@pytest.mark.parametrize(
    "more",
    [
        {"protocol_state": "MAIL"},
        {"protocol_state": "DATA"},
        {"sasl_username": "anna"},
        {"client_address": "unknown"},
        {"client_address": "127.0.0.1"},
        {"client_address": "::1"},
    ],
)
def test_when_it_is_not_asked(more: dict[str, str]) -> None:
    resolver = ZoneResolver(zone(ZONE))
    opinions, facts = ask(Options(), request("joe@fail.example", **more), resolver)
    assert kinds(opinions) in ([], ["Pass"]) and facts == {}
    assert resolver.asked == []


def test_a_message_is_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each recipient gets the same answer and facts; who forges an instance gets nobody else's result."""
    monkeypatch.setattr(spf, "INSTANCES", 2)
    resolver = ZoneResolver(zone(ZONE))
    check = a_check(Options(), resolver)

    async def ask_all() -> None:
        scenes = [Scene() for _ in range(3)]
        first, second = [await check.check(request(), scene) for scene in scenes[:2]]
        assert first == second and scenes[0].facts == scenes[1].facts != {}
        asked = len(resolver.asked)
        assert asked == 2
        assert kinds(await check.check(request("joe@fail.example"), scenes[2])) == ["Reject"]
        assert len(resolver.asked) > asked
        for number in range(5):
            await check.check(request(instance=str(number)), Scene())
        assert len(check._known) == 2
        asked = len(resolver.asked)
        await check.check(request(instance=""), Scene())
        await check.check(request(instance=""), Scene())
        assert len(resolver.asked) == asked + 4

    asyncio.run(ask_all())


def test_a_dns_that_never_answers_is_a_temperror() -> None:
    """RFC 7208 section 4.6.4: "If such a limit is exceeded, the result of authorization SHOULD be "temperror""."""
    opinions, facts = ask(Options(lookup_seconds=0.01, temperror_defer=True), request(), Slow({}))
    assert kinds(opinions) == ["Defer"] and facts == {"spf": "temperror", "spf-helo": "temperror"}


def test_a_domain_that_is_no_host_name_is_no_fact() -> None:
    """Facts have no blanks, and stand in keys of the greylist."""
    resolver = ZoneResolver({"a b.example": [("TXT", "v=spf1 +all")]})
    assert ask(Options(), request("joe@a b.example"), resolver)[1] == {"spf": "pass", "spf-helo": "none"}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (Options(skip_addresses=("192.0.2.0/33",)), "skip_addresses: '192.0.2.0/33'"),
        (Options(trusted_forwarders=("mail.example.org",)), "trusted_forwarders: 'mail.example.org'"),
        (Options(whitelist_ptr=("a..b",)), "whitelist_ptr: 'a..b'"),
        (Options(whitelist_helo=("",)), "whitelist_helo: ''"),
        (Options(lookup_seconds=0.0), "lookup_seconds"),
        (Options(void_lookups=-1), "void_lookups"),
        (Options(url="https://a b"), "url"),
    ],
)
def test_what_options_cannot_be(options: Options, text: str) -> None:
    with pytest.raises(ConfigError, match=r".") as raised:
        a_check(options)
    assert text in str(raised.value)


def test_every_result_has_its_points() -> None:
    assert {f.name.removeprefix("points_") for f in fields(Options) if f.name.startswith("points_")} == set(CODES)
    assert fields(Options)[0].name == "mode"
