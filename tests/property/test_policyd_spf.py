"""Any record, any macro string, any sender: a result of the seven, one safe line, and a bounded number of questions."""

from __future__ import annotations

import asyncio
import re

from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.checks.spf import Options, make
from mdafilter_policyd.dns import Answer, DnsError
from mdafilter_policyd.opinion import Prepend
from mdafilter_policyd.request import Request
from mdafilter_policyd.spf.evaluate import Question, address_of, check_host
from mdafilter_policyd.spf.macros import MacroError, explain_string, macro_string
from mdafilter_policyd.spf.received import authentication_results, received_spf
from mdafilter_policyd.spf.record import RecordError, parse
from mdafilter_policyd.spf.result import CODES
from tests.support.clock import linear

# 1 record, 10 terms of 11 questions, 11 for the names of the client, 1 for the explanation
QUESTIONS = 1 + 10 * 11 + 11 + 1

DOMAINS = [
    "a.test",
    "b.test",
    "c.test",
    "%{d}",
    "%{o}",
    "%{p}.a.test",
    "%{l}.b.test",
    "%{ir}.%{v}.a.test",
    "nowhere.test",
]
ENDS = ["", "/24", "/0", "//64", "/24//64", "/33", ".", "%", "%{", "%{s}"]
MECHANISMS = ["a", "mx", "ptr", "include", "exists", "all", "ip4", "ip6", "redirect", "exp", "x", ""]
TERMS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "+", "-", "~", "?", "!"]),
    st.sampled_from(MECHANISMS),
    st.sampled_from([":", "=", "", "/", " "]),
    st.sampled_from(DOMAINS) | st.sampled_from(["192.0.2.1", "2001:db8::1", "10.0.0"]) | st.text(max_size=5),
    st.sampled_from(ENDS),
)
GOOD = st.builds("{}:{}".format, st.sampled_from(["a", "mx", "ptr", "include", "?exists"]), st.sampled_from(DOMAINS))
RECORDS = (
    st.lists(TERMS | GOOD, max_size=8).map(" ".join) | st.lists(GOOD, max_size=15).map(" ".join) | st.text(max_size=40)
)
MACROS = st.lists(st.sampled_from(["%", "{", "}", "%{", "d", "S", "10", "0", "r", ".", "-", "%{d2r}", "%{S}", "%%", " "]) | st.text(max_size=2)).map("".join)  # fmt: skip
ANSWERS = st.sampled_from([
    (), None, ("192.0.2.1",), ("2001:db8::1", "junk"), ("10 a.test", "20 b.test", "x"), ("0 .",), ("a.test", "b.test."),
    tuple(f"{n} a.test" for n in range(10)), tuple(f"{n} a.test" for n in range(12)), ("v=spf1 -all", "v=spf1"),
])  # fmt: skip


class AnyResolver:
    """Answers what it is told to, over and over."""

    def __init__(self, records: list[str], answers: list[tuple[str, ...] | None]) -> None:
        self.records, self.answers, self.asked = records, answers, 0

    async def lookup(self, name: str, kind: str) -> Answer:
        assert 0 < len(name) <= 253 and name.isascii() and name.isprintable()
        self.asked += 1
        if kind == "TXT":
            return Answer(("v=spf1 " + self.records[self.asked % len(self.records)],))
        answer = self.answers[self.asked % len(self.answers)]
        if answer is None:
            raise DnsError("no answer")
        return Answer(answer)


@given(
    st.lists(RECORDS, min_size=1, max_size=4),
    st.lists(ANSWERS, min_size=1, max_size=5),
    st.text(max_size=30) | st.just("joe@a.test"),
    st.text(max_size=30) | st.sampled_from(["a.test", 'x"; spf=pass; y="']),
    st.sampled_from(["192.0.2.1", "2001:db8::1"]),
)
def test_any_records_have_a_result(
    records: list[str], answers: list[tuple[str, ...] | None], sender: str, helo: str, client: str
) -> None:
    resolver = AnyResolver(records, answers)
    address = address_of(client)
    assert address
    result = asyncio.run(check_host(Question(address, "a.test", sender, helo, "mx.test"), resolver))
    assert result.code in CODES
    assert resolver.asked <= QUESTIONS
    for text in (result.mechanism, result.explanation, result.problem):
        assert text.isascii() and text.isprintable()
    for line in (
        received_spf("mailfrom", result, address=client, sender=sender, helo=helo, receiver="mx.test"),
        authentication_results([("helo", result)], authserv_id="mx.test", address=client, sender=sender, helo=helo),
    ):
        assert line.isascii() and line.isprintable() and len(line) <= 998
        outside = re.sub(r'"(?:[^"\\]|\\.)*"|\((?:[^()\\]|\\.)*\)', "", line)
        assert not set(outside) & set('"()\\') and outside.count("spf=") <= 1


@given(
    st.lists(RECORDS, min_size=1, max_size=3),
    st.lists(ANSWERS, min_size=1, max_size=5),
    st.text(max_size=30) | st.sampled_from(["joe@a.test", "", "@", "a@b@c.test"]),
    st.text(max_size=30) | st.sampled_from(["a.test", "", "[192.0.2.1]"]),
    st.text(max_size=10) | st.sampled_from(["192.0.2.1", "::1", "::ffff:192.0.2.1"]),
    st.builds(
        Options,
        helo_reject=st.sampled_from(["no-check", "no", "null", "fail", "not-pass"]),
        mail_from_reject=st.sampled_from(["no-check", "no", "fail", "not-pass"]),
        permerror_reject=st.booleans(),
        temperror_defer=st.booleans(),
        header=st.sampled_from(["received-spf", "authentication-results", "off"]),
        whitelist_domains=st.sampled_from([(), ("a.test", "b.test")]),
    ),
)
def test_any_request_has_opinions(
    records: list[str], answers: list[tuple[str, ...] | None], sender: str, helo: str, client: str, options: Options
) -> None:
    house = House(AnyResolver(records, answers), None, lambda: 0.0, print)  # type: ignore[arg-type]
    scene = Scene()
    asked = {"protocol_state": "RCPT", "client_address": client, "helo_name": helo, "sender": sender, "instance": "1"}
    for opinion in asyncio.run(make(options, house).check(Request(asked), scene)):
        if isinstance(opinion, Prepend):
            assert opinion.field.isascii() and opinion.field.isprintable()
    for name, fact in scene.facts.items():
        assert name.startswith("spf") and fact.isascii() and fact.isprintable() and " " not in fact


@given(MACROS, st.text(max_size=20), st.text(max_size=20))
def test_any_macro_string(text: str, local: str, domain: str) -> None:
    values = dict.fromkeys("slodiphvcrt", domain) | {"l": local}
    for parser in (macro_string, explain_string):
        try:
            macros = parser(text)
        except MacroError:
            continue
        assert len(macros.name(values)) <= 253
        shown = macros.text(values, 50)
        assert len(shown) <= 50 and shown.isascii() and shown.isprintable()


@given(RECORDS)
def test_any_text_is_a_record_or_an_error(text: str) -> None:
    said = ""
    try:
        parse("v=spf1 " + text)
    except RecordError as error:
        said = str(error)
    assert said.isascii() and (not said or said.isprintable())


@given(st.text(st.sampled_from('%{}ds10r.-/:=" 1a~'), min_size=1, max_size=8))
def test_any_repetition_is_linear(part: str) -> None:
    def read(text: str) -> None:
        for parser in (parse, explain_string):
            try:
                parser(text)
            except (RecordError, MacroError):
                pass  # most of them are

    assert linear(read, "v=spf1 a:" + part * (20_000 // len(part)))
