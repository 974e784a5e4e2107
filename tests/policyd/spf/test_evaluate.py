"""check_host() of RFC 7208, sentence by sentence, on zones that stand here."""

from __future__ import annotations

import asyncio

import pytest

from mdafilter_policyd.dns import Answer
from mdafilter_policyd.spf.evaluate import Question, address_of, check_host, domain_of, is_name, values_of
from mdafilter_policyd.spf.result import Result
from tests.support.policyd_spf import ZoneResolver, zone

BASE = """
example.org A 192.0.2.1
example.org AAAA 2001:db8::1
example.org MX 10 mail.example.org
mail.example.org A 192.0.2.10
mail.example.org AAAA 2001:db8::10
pass.example.org TXT v=spf1 +all
fail.example.org TXT v=spf1 -all
softfail.example.org TXT v=spf1 ~all
neutral.example.org TXT v=spf1 ?all
none.example.org A 192.0.2.99
wrong.example.org TXT v=spf1 nonsense
lost.example.org TIMEOUT
bare.example.org TXT no record
"""


def ask(
    records: str,
    *,
    client: str = "192.0.2.10",
    sender: str = "joe@example.org",
    helo: str = "helo.example.org",
    **more: object,
) -> tuple[Result, ZoneResolver]:
    address = address_of(client)
    assert address
    resolver = ZoneResolver(zone(BASE + records))
    question = Question(address, sender.rpartition("@")[2], sender, helo, "mx.example.net", 1790000000.5, **more)  # type: ignore[arg-type]
    return asyncio.run(check_host(question, resolver)), resolver


def code(record: str, client: str = "192.0.2.10", more: str = "") -> str:
    return ask(f"example.org TXT v=spf1 {record}\n{more}", client=client)[0].code


# 4.3 to 4.5: which record. Zone, sender, result.
SELECTED = [
    ("", "joe@example.org", "none"),
    ("", "joe@nowhere.example.org", "none"),
    ("", "joe@[192.0.2.10]", "none"),
    ("", "joe@org", "none"),
    ("org TXT v=spf1 -all", "joe@org", "none"),
    ("a..org TXT v=spf1 -all", "joe@a..org", "none"),
    (f"{'x' * 63}.org TXT v=spf1 -all", f"joe@{'x' * 63}.org", "fail"),
    (f"{'x' * 64}.org TXT v=spf1 -all", f"joe@{'x' * 64}.org", "none"),
    ("", "joe@" + "abc." * 70 + "org", "none"),
    ("", "joe@", "none"),
    ("", "joe@fail.example.org.", "fail"),
    ("", "joe@FAIL.example.ORG", "fail"),
    ("", "joe@lost.example.org", "temperror"),
    ("", "joe@wrong.example.org", "permerror"),
    ("", "joe@bare.example.org", "none"),
    ("", '"joe@home"@fail.example.org', "fail"),
    ("xn--bcher-kva.example TXT v=spf1 -all", "joe@bücher.example", "fail"),
    ("", "joe@\u2024.example", "none"),
    ("example.org TXT v=spf1 -all\nexample.org TXT other\nexample.org TXT \xff", "joe@example.org", "fail"),
    ("example.org TXT v=spf1 -all\nexample.org TXT v=spf1 -all", "joe@example.org", "permerror"),
    ("example.org TXT v=spf1 -all\nexample.org TXT v=spf10 +all", "joe@example.org", "fail"),
    ("example.org TXT v=spf1", "joe@example.org", "neutral"),
    ("alias.example.org CNAME fail.example.org", "joe@alias.example.org", "fail"),
    ("example.org TXT v=spf1 +all ü", "joe@example.org", "permerror"),
]


@pytest.mark.parametrize(("records", "sender", "result"), SELECTED)
def test_which_record(records: str, sender: str, result: str) -> None:
    assert ask(records, sender=sender)[0].code == result


# What RFC 7208 says, record of example.org, client, result. The client is mail.example.org where none is said.
V4, V6, OTHER4, OTHER6 = "192.0.2.10", "2001:db8::10", "198.51.100.1", "2001:db8:ffff::1"
EVALUATED = [
    ('4.6: "if there are any syntax errors anywhere in the record, check_host() returns immediately"', "+all nonsense", V4, "permerror"),
    ('4.6.2: "evaluated in order from left to right"', "-a:mail.example.org +all", V4, "fail"),
    ('4.6.2: "The qualifier is optional and defaults to "+""', "all", V4, "pass"),
    ("4.6.2: ~", "~all", V4, "softfail"),
    ("4.6.2: ?", "?all", V4, "neutral"),
    ('4.7: "If none of the mechanisms match and there is no "redirect" modifier, then ... "neutral""', "-ip4:198.51.100.0/24", V4, "neutral"),
    ('5: "an IPv4-mapped IPv6 IP address ... MUST still be considered an IPv4 address"', "ip4:192.0.2.10 -all", "::ffff:192.0.2.10", "pass"),
    ("5: and is none of IPv6", "ip6:::ffff:192.0.2.10 -all", "::ffff:192.0.2.10", "fail"),
    ('5.1: "Mechanisms after "all" will never be tested"', "-all +ip4:192.0.2.10", V4, "fail"),
    ('5.1: "Any "redirect" modifier ... MUST be ignored when there is an "all" mechanism"', "redirect=pass.example.org -all", V4, "fail"),
    ("5.2: pass: match", "-include:pass.example.org +all", V4, "fail"),
    ("5.2: fail: not match", "include:fail.example.org ~all", V4, "softfail"),
    ("5.2: softfail: not match", "include:softfail.example.org -all", V4, "fail"),
    ("5.2: neutral: not match", "include:neutral.example.org -all", V4, "fail"),
    ("5.2: temperror: return temperror", "include:lost.example.org -all", V4, "temperror"),
    ("5.2: permerror: return permerror", "include:wrong.example.org -all", V4, "permerror"),
    ("5.2: none: return permerror", "include:none.example.org -all", V4, "permerror"),
    ("5.2: a name that cannot be is none", "include:a..example.org -all", V4, "permerror"),
    ('5.3: "An address lookup is done on the <target-name>"', "a:mail.example.org -all", V4, "pass"),
    ("5.3: of IPv6", "a:mail.example.org -all", V6, "pass"),
    ("5.3: of the domain itself", "a -all", "192.0.2.1", "pass"),
    ("5.3: another address", "a:mail.example.org -all", OTHER4, "fail"),
    ("5.3: its network", "a:mail.example.org/24 -all", "192.0.2.200", "pass"),
    ("5.3: the length of IPv4 is none of IPv6", "a:mail.example.org/24 -all", "2001:db8::11", "fail"),
    ("5.3: the network of IPv6", "a:mail.example.org//64 -all", "2001:db8::11", "pass"),
    ("5.3: the length of IPv6 is none of IPv4", "a:mail.example.org//64 -all", "192.0.2.11", "fail"),
    ("5.3: /0 is any address, if the name has one", "a:mail.example.org/0 -all", OTHER4, "pass"),
    ("5.3: and none if it has none", "a:nowhere.example.org/0 -all", V4, "fail"),
    ("5.3: the DNS has no answer", "a:lost.example.org +all", V4, "temperror"),
    ("4.8: a name that cannot be asked for does not match", "a:a..example.org/0 -all", V4, "fail"),
    ("5.4: the addresses of the exchangers", "mx -all", V4, "pass"),
    ("5.4: of IPv6", "mx//128 -all", V6, "pass"),
    ("5.4: their networks", "mx/28 -all", "192.0.2.15", "pass"),
    ('5.4: "MUST NOT default to an "A" or "AAAA" lookup on the <target-name>"', "mx:mail.example.org -all", V4, "fail"),
    ("5.4: the DNS has no answer", "mx:lost.example.org +all", V4, "temperror"),
    ("5.6: an address", "ip4:192.0.2.10 -all", V4, "pass"),
    ("5.6: a network, whatever stands in the bits of its hosts", "ip4:192.0.2.77/24 -all", V4, "pass"),
    ("5.6: another network", "ip4:192.0.2.0/29 -all", V4, "fail"),
    ("5.6: of IPv6", "ip6:2001:DB8::/32 -all", V6, "pass"),
    ("5.6: IPv4 is none of ::/0", "ip6:::/0 -all", V4, "fail"),
    ("5.6: IPv6 is none of 0.0.0.0/0", "ip4:0.0.0.0/0 -all", V6, "fail"),
    ('5.7: "If any A record is returned, this mechanism matches"', "exists:mail.example.org -all", OTHER4, "pass"),
    ("5.7: none", "exists:nowhere.example.org -all", V4, "fail"),
    ('5.7: "This lookup type is A even when the connection type is IPv6"', "exists:mail.example.org -all", OTHER6, "pass"),
    ("5.7: the DNS has no answer", "exists:lost.example.org -all", V4, "temperror"),
    ('6.1: "If all mechanisms fail to match, and a "redirect" modifier is present"', "redirect=fail.example.org", V4, "fail"),
    ("6.1: wherever it stands", "redirect=fail.example.org ip4:198.51.100.1", V4, "fail"),
    ("6.1: not where one matches", "ip4:192.0.2.10 redirect=fail.example.org", V4, "pass"),
    ('6.1: "if no SPF record is found ... "permerror" rather than "none""', "redirect=none.example.org", V4, "permerror"),
    ('6.1: "or if the <target-name> is malformed"', "redirect=a..example.org", V4, "permerror"),
    ("6.1: its errors are ours", "redirect=lost.example.org", V4, "temperror"),
    ("6.1: and its permanent ones", "redirect=wrong.example.org", V4, "permerror"),
    ("6.1: softfail", "redirect=softfail.example.org", V4, "softfail"),
    ('4.6.4: "implementations MUST limit ... to 10": 10', "a " * 9 + "exists:mail.example.org -all", OTHER4, "pass"),
    ("4.6.4: 11", "a " * 10 + "exists:mail.example.org -all", OTHER4, "permerror"),
    ("4.6.4: redirect counts", "a " * 10 + "redirect=pass.example.org", OTHER4, "permerror"),
    ("4.6.4: redirect is the tenth", "a " * 9 + "redirect=pass.example.org", OTHER4, "pass"),
    ("4.6.4: all, ip4 and ip6 do not", "a " * 10 + "ip4:198.51.100.9 " * 50 + "ip6:::1 ip6:::2 -all", OTHER4, "fail"),
    ("4.6.4: nor does exp", "a " * 10 + "-all exp=nowhere.example.org", OTHER4, "fail"),
    ("4.6.4: what is not reached does not", "ip4:192.0.2.10 " + "a " * 20, V4, "pass"),
    ("4.6.4: a redirect to itself", "redirect=example.org", V4, "permerror"),
    ("4.6.4: an include of itself", "include:example.org", V4, "permerror"),
    ('4.6.4: "limit "void lookups" to two": two', "a:n1.example.org exists:n2.example.org -all", V4, "fail"),
    ("4.6.4: three", "a:n1.example.org exists:n2.example.org mx:n3.example.org -all", V4, "permerror"),
    ('4.6.4: "a positive answer (RCODE 0) with an answer count of 0" is one', "mx:mail.example.org " * 3 + "-all", V4, "permerror"),
    ("4.6.4: exp is none", "a:n1.example.org a:n2.example.org -all exp=n3.example.org", V4, "fail"),
]  # fmt: skip


@pytest.mark.parametrize(("says", "record", "client", "result"), EVALUATED, ids=[row[0][:60] for row in EVALUATED])
def test_what_a_record_says(says: str, record: str, client: str, result: str) -> None:
    assert code(record, client) == result


MXS = "\n".join(f"many.example.org MX {n} m{n}.example.org\nm{n}.example.org A 192.0.2.{100 + n}" for n in range(10))
PTR = "10.2.0.192.in-addr.arpa PTR"


def test_ten_exchangers_are_looked_up_and_eleven_are_an_error() -> None:
    """4.6.4: "If this limit is exceeded, the "mx" mechanism MUST produce a "permerror" result"."""
    assert code("mx:many.example.org -all", "192.0.2.109", MXS) == "pass"
    assert (
        code("mx:many.example.org -all", "192.0.2.100", MXS + "\nmany.example.org MX 20 mail.example.org")
        == "permerror"
    )


def test_a_null_mx_has_no_host() -> None:
    """RFC 7505: "0 ." """
    for host in (".", ""):
        assert code("mx:null.example.org -all", V4, f"null.example.org MX 0 {host}") == "fail"


def test_an_mx_is_void_once() -> None:
    """4.6.4 counts "terms": three exchangers without an address are one of them."""
    lost = "\n".join(f"many.example.org MX 1 n{n}.example.org" for n in range(3))
    assert code("mx:many.example.org a:n9.example.org -all", V4, lost) == "fail"


def test_what_an_include_looks_up_counts() -> None:
    more = "inc.example.org TXT v=spf1 a:n1.example.org a:n2.example.org"
    assert code("include:inc.example.org -all", V4, more) == "fail"
    assert code("include:inc.example.org a:n3.example.org -all", V4, more) == "permerror"


@pytest.mark.parametrize(
    ("records", "record", "result"),
    [
        (f"{PTR} mail.example.org", "ptr -all", "pass"),
        (f"{PTR} MAIL.Example.ORG.", "ptr:example.org -all", "pass"),
        (f"{PTR} mail.example.org", "ptr:mail.example.org -all", "pass"),
        (f"{PTR} mail.example.org", "ptr:ail.example.org -all", "fail"),
        (f"{PTR} mail.example.org", "ptr:x.mail.example.org -all", "fail"),
        # "check ... the original IP address is among the returned IP addresses"
        (f"{PTR} example.org", "ptr -all", "fail"),
        ("", "ptr -all", "fail"),
        # "If a DNS error occurs while doing the PTR RR lookup, then this mechanism fails to match"
        ("10.2.0.192.in-addr.arpa TIMEOUT", "ptr -all", "fail"),
        # "If a DNS error occurs while doing an A RR lookup, then that domain name is skipped"
        (f"{PTR} lost.example.org\n{PTR} mail.example.org", "ptr -all", "pass"),
        # 4.6.4: "all records other than the first 10 MUST be ignored"
        ("\n".join([f"{PTR} example.org"] * 9 + [f"{PTR} mail.example.org"]), "ptr -all", "pass"),
        ("\n".join([f"{PTR} example.org"] * 10 + [f"{PTR} mail.example.org"]), "ptr -all", "fail"),
        ("", "ptr ptr ptr -all", "permerror"),
    ],
)
def test_ptr(records: str, record: str, result: str) -> None:
    """Section 5.5."""
    assert code(record, V4, records) == result


@pytest.mark.parametrize(
    ("names", "found"),
    [
        # 7.3: "If the <domain> is present in the list of validated domains, it SHOULD be used"
        (("mail.example.org", "example.org", "a.example.net"), "example.org"),
        # "Otherwise, if a subdomain of the <domain> is present, it SHOULD be used"
        (("a.example.net", "mail.example.org"), "mail.example.org"),
        # "Otherwise, any name from the list can be used"
        (("b.example.net", "a.example.net"), "a.example.net"),
        # "If there are no validated domain names or if a DNS error occurs, the string "unknown" is used"
        (("other.example.net",), "unknown"),
        ((), "unknown"),
    ],
)
def test_the_validated_name(names: tuple[str, ...], found: str) -> None:
    records = "\n".join(
        [*(f"{PTR} {n}" for n in names), *(f"{n} A {V4}" for n in ("example.org", "a.example.net", "b.example.net"))]
    )
    record = f"example.org TXT v=spf1 exists:%{{p}}.p.example.org -all\n{found}.p.example.org A 127.0.0.2\n{records}"
    assert ask(record)[0].code == "pass"
    unknown, resolver = ask(record + "\nunknown.p.example.org A 127.0.0.2", validated=False)
    assert unknown.code == "pass"
    assert "PTR" not in {kind for _, kind in resolver.asked}


EXPLAINED = "example.org TXT v=spf1 -all exp=why.%{d}\nwhy.example.org TXT "


@pytest.mark.parametrize(
    ("records", "explanation"),
    [
        (EXPLAINED + "%{i} is not one of %{d}'s mail servers.", "192.0.2.10 is not one of example.org's mail servers."),
        (
            EXPLAINED + "See http://%{d}/why?s=%{S}&i=%{C}",
            "See http://example.org/why?s=joe%40example.org&i=192.0.2.10",
        ),
        (EXPLAINED + "%{h} %{r} %{t} %{l} %{v}", "helo.example.org mx.example.net 1790000000 joe in-addr"),
        # 6.2: "if there are any DNS processing errors ... or if no records are returned, or if more than one record is
        # returned, or if there are syntax errors in the explanation string, then proceed as if no "exp" ... was given"
        ("example.org TXT v=spf1 -all exp=lost.example.org", ""),
        ("example.org TXT v=spf1 -all exp=nowhere.example.org", ""),
        ("example.org TXT v=spf1 -all exp=a..example.org", ""),
        ("example.org TXT v=spf1 -all exp=mail.example.org", ""),
        (EXPLAINED + "one\nwhy.example.org TXT two", ""),
        (EXPLAINED + "100% wrong", ""),
        (EXPLAINED + "f\xfcr dich", ""),
        (EXPLAINED + "two\tlines", ""),
        # "when "include" is used, ... the "exp" of the included domain is not used"; of a redirect, its own alone
        (
            "example.org TXT v=spf1 include:inc.example.org -all\ninc.example.org TXT v=spf1 -all exp=bare.example.org",
            "",
        ),
        ("example.org TXT v=spf1 redirect=fail.example.org exp=bare.example.org", ""),
        (
            "example.org TXT v=spf1 redirect=to.example.org\nto.example.org TXT v=spf1 -all exp=bare.example.org",
            "no record",
        ),
        # Only a "fail" is explained.
        ("example.org TXT v=spf1 ~all exp=bare.example.org", ""),
    ],
)
def test_explanations(records: str, explanation: str) -> None:
    assert ask(records)[0].explanation == explanation


def test_an_explanation_is_one_line_whatever_the_sender_is() -> None:
    result, _ = ask(EXPLAINED + "%{l}", sender='"a\r\nX-Spam: no"@example.org')
    assert result.explanation == '"a??X-Spam: no"'


def test_what_matched_and_what_is_wrong_are_told() -> None:
    assert ask("example.org TXT v=spf1 ~a:mail.example.org")[0] == Result(
        "softfail", "example.org", "~a:mail.example.org"
    )
    assert ask("example.org TXT v=spf1")[0].mechanism == "default"
    assert "a:10.0.0.1" in ask("example.org TXT v=spf1 a:10.0.0.1")[0].problem
    assert "several" in ask("example.org TXT v=spf1\nexample.org TXT v=spf1")[0].problem
    assert "lost.example.org" in ask("example.org TXT v=spf1 a:lost.example.org")[0].problem


def test_the_letters() -> None:
    """7.3, and 4.3: "If the <sender> has no local-part, substitute the string "postmaster""."""
    address = address_of("2001:db8::10")
    assert address
    values = values_of(Question(address, "d.example", "@o.example", "h.example"))
    assert values["i"] == "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0"
    del values["i"], values["d"], values["p"]
    assert values == {
        "s": "postmaster@o.example",
        "l": "postmaster",
        "o": "o.example",
        "v": "ip6",
        "h": "h.example",
        "c": "2001:db8::10",
        "r": "unknown",
        "t": "0",
    }
    assert values_of(Question(address, "d.example", "o.example"))["s"] == "postmaster@o.example"
    assert values_of(Question(address, "d.example", "a@bücher.example"))["o"] == "xn--bcher-kva.example"


def test_a_branch_knows_its_own_domain() -> None:
    """7.2: "d" is "<domain>", which an include and a redirect change; "o" stays."""
    more = "to.example.org TXT v=spf1 exists:%{d}.%{o}.x.example.org -all\nto.example.org.example.org.x.example.org A 127.0.0.2"
    assert code("redirect=to.example.org", V4, more) == "pass"
    assert code("include:to.example.org -all", V4, more) == "pass"


@pytest.mark.parametrize("literal", ["[192.0.2.10]", "[IPv6:2001:db8::10]", "192.0.2.10", "2001:db8::10"])
def test_a_literal_is_not_asked_about(literal: str) -> None:
    """4.3: "not a multi-label domain name", as an address literal is, "immediately returns the result "none""."""
    result, resolver = ask("", sender=f"postmaster@{literal}")
    assert result.code == "none" and resolver.asked == []


def test_addresses_and_names() -> None:
    assert str(address_of("::FFFF:192.0.2.1")) == "192.0.2.1"
    assert address_of("unknown") is None
    assert [domain_of(n) for n in ("a.example.", "a.example..", "", ".", "ü" * 300)] == ["a.example", "", "", "", ""]
    assert [is_name(n) for n in ("a b.example", "a\\.example", "a\0.example", "ü.example", "a:b/c.example")] == [True, False, False, False, True]  # fmt: skip


def test_the_worst_record_asks_a_bounded_number_of_questions() -> None:
    """10 terms of 10 exchangers each, 10 names of the client, and an explanation."""
    names = "\n".join([f"{PTR} example.org"] * 50)
    record = "mx:many.example.org ptr " + "mx:many.example.org " * 8 + "-all exp=%{p}.example.org"
    result, resolver = ask(f"example.org TXT v=spf1 {record}\n{MXS}\n{names}", client=V4)
    assert result.code == "fail"
    assert len(resolver.asked) == 1 + 9 * 11 + 11 + 1


def test_junk_of_the_dns_is_no_address() -> None:
    """Nor is an address of the other family, where it was not asked for."""

    class Junk(ZoneResolver):
        async def lookup(self, name: str, kind: str) -> Answer:
            answer = await super().lookup(name, kind)
            return answer if kind == "TXT" else Answer(("", "x y", "10", "٣ a..b", "-1 x", "2001:db8::1"), 1.0)

    address = address_of(V4)
    assert address
    resolver = Junk(zone("example.org TXT v=spf1 mx a ptr -all"))
    assert asyncio.run(check_host(Question(address, "example.org", "@example.org"), resolver)).code == "fail"
