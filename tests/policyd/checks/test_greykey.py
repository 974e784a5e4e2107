"""By what greylisting knows who is who."""

from __future__ import annotations

import pytest

from mdafilter_policyd.checks import greykey
from mdafilter_policyd.checks.greykey import Keys


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Ann@A.Example.", "ann@a.example"),
        ("list+bob=b.example@a.example", "list@a.example"),
        ("+x@a.example", "+x@a.example"),
        ("prvs=3058a1b2c3=ann@a.example", "ann@a.example"),
        ("btv1==058a1b2c3==ann@a.example", "ann@a.example"),
        ("msprvs1=18A_abc=bounces@a.example", "bounces@a.example"),
        ("SRS0=HHHH=TT=a.example=ann@f.example", "ann@a.example"),
        ("SRS0+HHHH=TT=a.example=ann+x@f.example", "ann@a.example"),
        ("SRS1=GGGG=f.example==HHHH=TT=a.example=ann@g.example", "ann@a.example"),
        ("SRS0=HHHH=TT=a.example=prvs=3058a1b2c3=ann@f.example", "ann@a.example"),
        ("srs0=broken@f.example", "srs0=broken@f.example"),
        ('"a b"@a.example', '"a_b"@a.example'),
        ("ann", "ann"),
        ("", ""),
    ],
)
def test_what_an_address_is_inside(text: str, known: str) -> None:
    """draft-levine-smtp-batv section 4: "prvs=tag-val=loc-core"."""
    assert greykey.address(text) == known


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("", "<>"),
        ("bounce-4711-x@a.example", "bounce-#-x@a.example"),
        ("bounce-4712-bob=b.example@a.example", "bounce-#-bob=b.example@a.example"),
        ("0102018f3a7c5d2e-00000000-x@a.example", "#-#-x@a.example"),
        ("msg.a1b2c3d4e5f60718zz@a.example", "msg.#@a.example"),
        ("deadbeef@a.example", "deadbeef@a.example"),  # no digit: it may be a word
        ("ann1985@a.example", "ann1985@a.example"),
        ("ann@a1234.example", "ann@a1234.example"),  # a domain stays as it is
    ],
)
def test_what_changes_from_message_to_message(text: str, known: str) -> None:
    assert greykey.sender(text) == known


@pytest.mark.parametrize(
    ("address", "subnet", "host"),
    [
        ("192.0.2.7", "192.0.2.0/24", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.0/24", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1:2:3::4"),
        ("2001:DB8:0:0::1", "2001:db8::/64", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::/64", "fe80::1"),
        ("unknown", "unknown", "unknown"),
        ("", "", ""),
    ],
)
def test_a_client_by_its_subnet_or_alone(address: str, subnet: str, host: str) -> None:
    assert greykey.network(address, True, 24, 64) == subnet
    assert greykey.network(address, False, 24, 64) == host


def test_a_window_is_open_with_and_without_the_extension() -> None:
    assert greykey.openings("Bob+Shop@B.example") == ("bob+shop@b.example", "bob@b.example")
    assert greykey.openings("bob@b.example") == ("bob@b.example",)


def test_privacy_hashes_keys() -> None:
    plain, hashed = Keys(), Keys(privacy=True)
    keyed, other = Keys(True, "s3cret"), Keys(True, "another")
    made = [keys.triplet("192.0.2.0/24", "ann@a.example", "bob@b.example") for keys in (plain, hashed, keyed, other)]
    assert made[0] == "192.0.2.0/24 ann@a.example bob@b.example"
    assert len(set(made)) == 4
    assert all(len(key) == 64 and key.strip("0123456789abcdef") == "" for key in made[1:])


def test_a_long_key_is_a_hash() -> None:
    key = Keys().triplet("192.0.2.0/24", "x" * 2000, "bob@b.example")
    assert len(key) == 64


def test_whom_we_know_is_known_by_any_extension() -> None:
    keys = Keys()
    assert keys.known("prvs=3058a1b2c3=Ann@a.example", "bob+x@b.example") == keys.known(
        "ann@a.example", "bob@b.example"
    )
