"""Which reverse names look like the end of a line."""

from __future__ import annotations

import pytest

from mdafilter_policyd.checks.dynamic import looks_dynamic

V4, V6 = "198.51.100.23", "2001:db8:1:2:3:4:5:6"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("", V4),
        ("198-51-100-23.isp.example", V4),
        ("23.100.51.198.cust.isp.example", V4),
        ("host198.51.100.23.isp.example", V4),
        ("h198051100023.isp.example", V4),
        ("c6336417.isp.example", V4),
        ("p5-dhcp7.isp.example", V4),
        ("dyn-77.isp.example", V4),
        ("x.pool.isp.example", V4),
        ("2001-db8-1-2-0003-0004-0005-0006.isp.example", V6),
        ("3.4.0003000400050006.isp.example", V6),
    ],
)
def test_dynamic(name: str, address: str) -> None:
    assert looks_dynamic(name, address)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("mx1.a.example", V4),
        ("mail-198-51-100-23.isp.example", V4),
        ("static-198-51-100-23.isp.example", V4),
        ("o1.ptr23.a.example", V4),
        ("pool.example", V4),  # the owner's own name
        ("srv.dialup.example", V4),
        ("host-23.a.example", V4),
        ("mail-lf1-f53.google.com", V4),
        ("198-51-100-23.isp.example", "no address"),
        ("x." * 5000, V4),
        ("9" * 5000 + ".isp.example", V4),
    ],
)
def test_not_dynamic(name: str, address: str) -> None:
    assert looks_dynamic(name, address) == ""


def test_why() -> None:
    assert looks_dynamic("", V4) == "no reverse name"
    assert looks_dynamic("198-51-100-23.isp.example", V4) == "its address is in its reverse name"
    assert looks_dynamic("DSL7.isp.example", V4) == "its reverse name says dsl"
