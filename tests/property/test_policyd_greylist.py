"""Whatever a client sends is a key, a text, an answer, in linear time; what must hold of greylisting holds of any history."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd import durations, limits
from mdafilter_policyd.checks import Scene, dynamic, greykey, template
from mdafilter_policyd.checks.greylist import Options, make
from mdafilter_policyd.checks.greyreport import outstanding
from mdafilter_policyd.checks.rate import Options as RateOptions
from mdafilter_policyd.checks.rate import make as make_rate
from mdafilter_policyd.checks.rate import parse
from mdafilter_policyd.checks.whitelists import Clients, Recipients
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.opinion import Defer, Prepend
from tests.support.clock import linear
from tests.support.policyd_grey import Town, ask, request, word

PIECES = [
    "prvs=",
    "btv1==",
    "srs0=",
    "srs1=",
    "=",
    "==",
    "+",
    "-",
    ".",
    "@",
    "a.example",
    "ann",
    "4711",
    "a1b2c3d4",
    " ",
    "%",
    "$seconds",
    '"',
]
addresses = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join)
plain = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
DELAY, WINDOW = 300, 2 * 86400


@given(addresses, addresses)
def test_any_text_is_a_key_of_three_fields(sender: str, recipient: str) -> None:
    keys = greykey.Keys()
    key = keys.triplet("192.0.2.0/24", greykey.sender(sender), greykey.recipient(recipient))
    assert key.count(" ") == 2 and len(key) <= limits.GREY_KEY
    assert len(greykey.Keys(True, "s").triplet("x", sender, recipient)) == 64


@given(addresses)
def test_a_sender_is_known_whatever_its_case(sender: str) -> None:
    if sender.isascii():
        assert greykey.sender(sender.upper()) == greykey.sender(sender.lower())


@given(plain, plain, plain, st.from_regex(r"[0-9][a-z0-9]{3,9}", fullmatch=True))
def test_what_is_around_an_address_is_seen_through(local: str, domain: str, other: str, tag: str) -> None:
    inner = f"{local}@{domain}.example"
    for wrapped in (
        f"prvs={tag}={inner}",
        f"SRS0={tag}=TT={domain}.example={local}@{other}.example",
        f"SRS1={tag}={other}.example=={tag}=TT={domain}.example={local}@x.example",
        f"{local}+{tag}@{domain}.example",
    ):
        assert greykey.address(wrapped) == inner


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_name_is_looked_at(name: str, address: str) -> None:
    assert dynamic.looks_dynamic(name, address).isprintable()
    greykey.network(address, True, 24, 64)


@given(st.ip_addresses(v=4))
def test_a_name_with_the_address_in_it_is_dynamic(address: object) -> None:
    octets = str(address).split(".")
    for name in ("-".join(octets), ".".join(octets[::-1]), "x" + "".join(o.zfill(3) for o in octets)):
        assert dynamic.looks_dynamic(f"{name}.isp.example", str(address))


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_template_or_none(text: str, value: str) -> None:
    try:
        made = template.Template(text, ("seconds",), {"s": "seconds"})
    except ValueError:
        return
    filled = made.fill({"seconds": value})
    assert filled.isascii() and (filled.isprintable() or not filled) and len(filled) <= limits.TEXT


@given(st.text(max_size=20))
def test_any_text_is_a_span_or_none(text: str) -> None:
    try:
        assert 0 <= durations.seconds(text) <= limits.SPAN_SECONDS
    except ValueError:
        pass
    try:
        assert all(0 < limit.window <= limits.SPAN_SECONDS for limit in parse(text, "sasl", "messages"))
    except ValueError:
        pass


@given(st.integers(min_value=0, max_value=limits.SPAN_SECONDS))
def test_a_span_is_read_as_it_is_spelled(seconds: int) -> None:
    assert durations.seconds(durations.spelled(seconds)) == seconds


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=20), max_size=5), st.text(max_size=20))
def test_any_file_is_a_whitelist_or_says_why_not(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], text: str
) -> None:
    file = Path(tmp_path_factory.getbasetemp()) / "whitelist"
    file.write_text("\n".join(lines), encoding="utf-8")
    for read in (Clients, Recipients):
        try:
            found = read([str(file)])
        except ConfigError as failed:
            unplaced = [fault for fault in failed.faults if not fault.line]
            if unplaced:
                raise
            continue
        if isinstance(found, Clients):
            found.find(text, text)
        else:
            found.find(text)


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 2), st.integers(0, 1)), max_size=40))
def test_of_any_history_nobody_passes_early_and_nobody_waits_long(steps: list[tuple[int, int, int]]) -> None:
    """Against the definition: passed is who had a request within the window and `delay` after the first one."""
    town = Town()
    check = make(Options(auto_whitelist=0), town.house())
    first: dict[tuple[int, int], float] = {}
    passed: set[tuple[int, int]] = set()
    for wait, client, sender in steps:
        town.time += wait
        who = (client, sender)
        said = ask(check, request(f"192.0.{client}.7", f"{'ab'[sender]}@a.example"))
        if who in passed:
            expected = "DUNNO"
        elif who in first and DELAY <= town.time - first[who] <= WINDOW:
            expected = "PREPEND"
            passed.add(who)
        else:
            first.setdefault(who, town.time)
            expected = "DEFER"
        assert word(said) == expected
        for opinion in said:
            if isinstance(opinion, Defer):
                assert f"in {first[who] + DELAY - town.time:.0f} seconds" in opinion.text
            elif isinstance(opinion, Prepend):
                assert f"delayed {town.time - first[who]:.0f} seconds" in opinion.field
    missing = {who for who, since in first.items() if who not in passed and town.time - since >= DELAY}
    assert len(asyncio.run(outstanding(town.store, town.time))) == len(missing)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 4)), max_size=40))
def test_no_more_than_the_limit_in_any_window(steps: list[tuple[int, int]]) -> None:
    town = Town()
    check = make_rate(RateOptions(sasl_messages="", sasl_recipients="5/1h"), town.house())
    sent: list[tuple[float, int]] = []
    for number, (wait, recipients) in enumerate(steps):
        town.time += wait
        asked = request(state="DATA", instance=str(number), sasl_username="ann", recipient_count=str(recipients))
        recent = sum(n for at, n in sent if at > town.time - 3600)
        assert word(ask(check, asked)) == ("DEFER" if recent + recipients > 5 else "DUNNO")
        if recent + recipients <= 5:
            sent.append((town.time, recipients))


@given(
    st.dictionaries(
        st.sampled_from(["sender", "recipient", "client_address", "client_name", "sasl_username"]), addresses
    )
)
def test_any_question_has_an_answer(attributes: dict[str, str]) -> None:
    town = Town()
    asked = request(
        **{{"client_address": "address", "client_name": "name"}.get(k, k): v for k, v in attributes.items()}
    )
    for check in (
        make(Options(selective=True), town.house()),
        make_rate(RateOptions(sasl_messages="0/1h"), town.house()),
    ):
        for opinion in ask(check, asked, Scene()):
            if isinstance(opinion, Defer):
                assert opinion.text.isascii() and opinion.text.isprintable()


@pytest.mark.parametrize("text", ["prvs=", "srs0=", "srs1==", "=", "+", "-1", "a1", "srs0=a=b=c="])
def test_keys_are_linear(text: str) -> None:
    assert linear(greykey.sender, text * 20000 + "@a.example")


@pytest.mark.parametrize("text", ["1.", "a.", "1-2-", "0f"])
def test_names_are_linear(text: str) -> None:
    assert linear(lambda name: dynamic.looks_dynamic(name, "192.0.2.7"), text * 20000)
