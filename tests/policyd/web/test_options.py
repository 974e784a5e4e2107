"""The table [web]."""

from __future__ import annotations

from typing import Any

import pytest

from mdafilter_policyd.config import parse
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.web.options import Options, faults
from tests.support.policyd_web import HASH


def test_what_is_not_said_is_right() -> None:
    assert list(faults(Options())) == []
    assert parse(b"[web]\n", "x").web == Options() and parse(b"", "x").web is None


def test_the_table_is_filled_in() -> None:
    found = parse(b'[web]\nlisten = ["unix:/run/x"]\nrequests = 5\npatience = 2\n', "x").web
    assert found == Options(listen=("unix:/run/x",), requests=5, patience=2.0)


def test_wrong_keys_and_types_have_their_places() -> None:
    with pytest.raises(ConfigError) as failed:
        parse(b'[web]\nlisen = []\nrequests = "x"\n', "x.toml")
    assert [(f.line, f.text.partition(" in ")[0]) for f in failed.value.faults] == [
        (2, "unknown key 'lisen'"),
        (3, "requests must be a whole number, not 'x'"),
    ]
    with pytest.raises(ConfigError, match="web is a table"):
        parse(b"web = 1\n", "x.toml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("exception", "never"),
        ("link", "0"),
        ("proxies", ("10.0.0.1/8",)),
        ("metrics", ("all",)),
        ("url", "mx.example.org"),
        ("postmaster", "-oQ/tmp"),
        ("postmaster", "a@b, c@d"),
        ("postmaster", "a\nb"),
        ("sendmail", "sendmail"),
        ("secret", "short"),
        ("password", "plain"),
        ("proxy_header", "X-User"),
        ("requests", -1),
        ("requests_of_all", -1),
        ("patience", 61.0),
    ],
)
def test_what_types_cannot_say(key: str, value: Any) -> None:
    ((found, text, _hint),) = faults(Options(**{key: value}))
    assert found == key and text.startswith(key)


def test_what_types_cannot_say_has_its_place() -> None:
    with pytest.raises(ConfigError) as failed:
        parse(b'[web]\nurl = "x"\npostmaster = ""\n', "x.toml")
    assert [(fault.line, fault.text.partition(" ")[0]) for fault in failed.value.faults] == [
        (2, "url:"),
        (3, "postmaster"),
    ]


def test_a_hash_is_right() -> None:
    assert list(faults(Options(password=HASH))) == []
