"""Whatever stands in the configuration of dnsbl, and whatever a client or a list says."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd.checks import rbl, rbltext
from mdafilter_policyd.checks.rblhealth import judge
from tests.support.clock import linear

OCTET = st.integers(0, 255)


@given(st.text(max_size=60) | st.text("bl.test=127[];.*-+23x ", max_size=40))
def test_an_entry_is_one_or_it_is_told(text: str) -> None:
    try:
        entry = rbl.parse(text)
    except rbl.EntryError:
        return
    assert "." in entry.domain and len(entry.replies) in (0, 4)


@given(st.tuples(OCTET, OCTET), st.integers(-99, 99))
def test_a_range_takes_what_is_in_it(pair: tuple[int, int], weight: int) -> None:
    low, high = sorted(pair)
    entry = rbl.parse(f"bl.test=127.0.0.[{low}..{high}]*{weight}")
    assert entry.weight == weight
    assert [n for n in range(256) if entry.matches(IPv4Address(f"127.0.0.{n}"))] == list(range(low, high + 1))


@given(st.text(max_size=60) | st.text("${}?:rbl_code ", max_size=40))
def test_a_template_is_one_or_it_is_told(text: str) -> None:
    try:
        template = rbltext.parse(text)
    except rbltext.TemplateError as error:
        column = error.column
        assert 1 <= column <= len(text)
        return
    assert isinstance(template.fill({}), str)
    if "$" not in text:
        assert template.fill({}) == text


def test_a_long_template_is_read_in_linear_time() -> None:
    assert linear(rbltext.parse, "x$rbl_code${rbl_what?y}" * 2000)


@given(st.ip_addresses())
def test_an_address_is_asked_for_backwards(address: object) -> None:
    label = rbl.address_label(str(address))
    if label:
        suffix = "ip6.arpa" if rbl.is_ipv6(label) else "in-addr.arpa"
        mapped = getattr(address, "ipv4_mapped", None) or ip_address(str(address))
        assert f"{label}.{suffix}" == mapped.reverse_pointer


@given(st.text(max_size=300))
def test_a_name_is_asked_for_or_not(name: str) -> None:
    label = rbl.name_label(name)
    assert not label or ("." in label and label == name.lower().removesuffix("."))
    if rbl.address_label(name):
        ip_address(name)


@given(st.lists(st.lists(st.ip_addresses().map(str) | st.text(max_size=9)), min_size=4, max_size=4))
def test_a_list_that_passes_has_said_nothing_strange(replies: list[list[str]]) -> None:
    found = judge(*map(tuple, replies))
    if not found.fault:
        assert all(reply.startswith("127.") for some in replies for reply in some)
        assert replies[0] and not replies[1] and not replies[3]
