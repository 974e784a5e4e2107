"""Whatever is taken for a name or a name server: it is one, or it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter_policyd.dns import DnsError, public, server, wire_name


@given(st.text(max_size=300) | st.text("a.-_\\ é", max_size=300))
def test_a_name_fits_into_the_dns_or_is_none(name: str) -> None:
    try:
        wire = wire_name(name)
    except DnsError:
        assert not name.isascii()
        return
    assert len(wire) <= 253 and wire.isascii() and " " not in wire
    assert not wire or all(0 < len(label) <= 63 for label in wire.split("."))
    assert wire_name(wire) == wire


@given(st.text("0123456789.:[]abf", max_size=40) | st.ip_addresses().map(str))
def test_a_server_is_one_or_it_is_told(text: str) -> None:
    try:
        host, port = server(text)
    except ValueError:
        return
    assert server(f"{host}:{port}") == (host, port)


@given(st.lists(st.text(max_size=20)))
def test_what_is_no_address_is_no_public_resolver(texts: list[str]) -> None:
    assert set(public(texts)) <= set(texts)


def test_a_mistake_names_what_was_written() -> None:
    with pytest.raises(ValueError, match="ns1"):
        server("ns1")
