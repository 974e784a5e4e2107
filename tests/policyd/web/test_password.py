"""The hash of a password."""

from __future__ import annotations

import pytest

from mdafilter_policyd.web.password import fits, hashed
from tests.support.policyd_web import HASH, PASSWORD


def test_a_password_fits_its_hash_and_no_other_one() -> None:
    made = hashed("päss$word")
    assert made.startswith("scrypt$65536,8,1$") and made != hashed("päss$word")
    assert fits("päss$word", made) and not fits("pass$word", made)
    assert fits(PASSWORD, HASH)


@pytest.mark.parametrize(
    "known",
    [
        "",
        "x",
        "scrypt$15,8,1$" + "0" * 32 + "$" + "0" * 64 + "$",
        "scrypt$9999999,99,99$" + "0" * 32 + "$" + "0" * 64 + "$",
    ],
)
def test_what_is_no_hash_fits_nothing(known: str) -> None:
    assert not fits("", known) and not fits("x", known)


def test_a_password_is_not_endless() -> None:
    assert not fits("x" * 2000, HASH)
