"""Whatever a client says in HELO, MAIL and RCPT."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd.checks.helo import Options, Ours, find, judge
from mdafilter_policyd.checks.sender import is_fqdn

HOSTILE = st.text(max_size=300) | st.text("a.-_[]:0123456789 \\@é", max_size=300)


@given(HOSTILE, HOSTILE | st.ip_addresses().map(str))
def test_a_name_is_judged(helo: str, client: str) -> None:
    kind = find(helo, client, Ours())
    if kind is None and not helo.startswith("["):
        assert helo.isascii() and "." in helo and " " not in helo
    for opinion in judge(kind, Options(), helo):
        assert "\n" not in repr(opinion)


@given(st.ip_addresses())
def test_the_own_address_in_brackets_is_good(address: object) -> None:
    prefix = "IPv6:" if ":" in str(address) else ""
    assert find(f"[{prefix}{address}]", str(address), Ours()) is None
    assert find(str(address), str(address), Ours()) == "bare_address"


@given(HOSTILE)
def test_an_address_has_a_domain_or_not(address: str) -> None:
    assert not is_fqdn(address) or "@" in address
