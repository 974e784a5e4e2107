"""Whose address an envelope has, by Pigeonhole's settings for that."""

from __future__ import annotations

import pytest

from mdafilter.message import Envelope
from mdafilter.words.sender import chosen, owner
from tests.support.scene import StillWorld, scene

FROM_BOB = Envelope("bob@x.test", "ann@home.test", "all@else.test", user="ann")


@pytest.mark.parametrize(
    ("setting", "email", "envelope", "address"),
    [
        ("", "", FROM_BOB, None),
        ("default", "", FROM_BOB, None),
        ("sender", "", FROM_BOB, "bob@x.test"),
        ("recipient", "", FROM_BOB, "ann@home.test"),
        ("orig_recipient", "", FROM_BOB, "all@else.test"),
        ("orig_recipient", "", FROM_BOB.replace(original_recipient=""), "ann@home.test"),
        ("user_email", "a.nn@else.test", FROM_BOB, "a.nn@else.test"),
        ("user_email", "", FROM_BOB, "ann@home.test"),
        ("postmaster", "", FROM_BOB, "postmaster@home.test"),
        ("postmaster", "", FROM_BOB.replace(recipient="ann"), "postmaster@mx.test"),
        ("<a@b.test>", "", FROM_BOB, "a@b.test"),
        ("<>", "", FROM_BOB, ""),
    ],
)
def test_what_a_setting_means(setting: str, email: str, envelope: Envelope, address: str | None) -> None:
    options = {"redirect_envelope_from": setting, "user_email": email}
    one = scene(world=StillWorld(options=options, environment={"host": "mx.test"}))
    one.envelope = envelope
    assert chosen(one, "redirect_envelope_from") == address


@pytest.mark.parametrize(
    ("email", "envelope", "address"),
    [
        ("a.nn@else.test", FROM_BOB, "a.nn@else.test"),
        ("", FROM_BOB, "ann@home.test"),
        ("", Envelope(user="ann"), "ann@mx.test"),
        ("", Envelope(), "postmaster@mx.test"),
    ],
)
def test_who_the_user_is(email: str, envelope: Envelope, address: str) -> None:
    one = scene(world=StillWorld(options={"user_email": email}, environment={"host": "mx.test"}))
    one.envelope = envelope
    assert owner(one) == address
