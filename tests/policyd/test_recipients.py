"""For which recipients a check is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.recipients import EVERYBODY, Recipients


@pytest.mark.parametrize(
    ("entry", "recipient", "fits"),
    [
        ("user@example.org", "user@example.org", True),
        ("user@example.org", "USER@Example.Org", True),
        ("User@Example.ORG", "user@example.org", True),
        ("user@example.org", "user+lists@example.org", True),
        ("user+lists@example.org", "user@example.org", False),
        ("user+lists@example.org", "user+lists@example.org", True),
        ("user@example.org", "other@example.org", False),
        ("postmaster@", "postmaster@anywhere.example", True),
        ("postmaster@", "postmaster+x@anywhere.example", True),
        ("postmaster@", "postmaster", False),
        ("example.org", "user@example.org", True),
        ("example.org", "user@mail.example.org", False),
        (".example.org", "user@mail.example.org", True),
        (".example.org", "user@a.b.example.org", True),
        (".example.org", "user@example.org", False),
        ("example.org", "example.org@other.example", False),
        ("example.org", '"a@example.org"@other.example', False),
        ("example.org", "", False),
    ],
)
def test_an_entry_fits(entry: str, recipient: str, fits: bool) -> None:
    assert Recipients((), (entry,)).wants(recipient) is (False if fits else None)
    assert Recipients((entry,)).wants(recipient) is fits


def test_nobody_said_anything() -> None:
    assert EVERYBODY.wants("user@example.org") is None
    assert not EVERYBODY
    assert Recipients(("a@b",))


@pytest.mark.parametrize(
    ("opt_in", "opt_out", "wants"),
    [
        (("user@example.org",), ("example.org",), True),
        (("example.org",), ("user@example.org",), False),
        (("user@example.org",), ("user@example.org",), False),
        ((".org",), ("example.org",), False),
        (("user@",), ("example.org",), True),
    ],
)
def test_the_most_specific_entry_decides(opt_in: tuple[str, ...], opt_out: tuple[str, ...], wants: bool) -> None:
    assert Recipients(opt_in, opt_out).wants("user@example.org") is wants


def test_another_delimiter() -> None:
    out = Recipients((), ("user@example.org",))
    assert out.wants("user-x@example.org", "-") is False
    assert out.wants("user+x@example.org", "") is None


def test_lists_in_files(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("# who wants all\n\nuser@example.org   # her wish\n\texample.net\n")
    made = Recipients((), (str(tmp_path / "out"), "carol@example.org"))
    assert [made.wants(a) for a in ("user@example.org", "x@example.net", "carol@example.org", "x@example.org")] == [
        False,
        False,
        False,
        None,
    ]
    assert made.files == (str(tmp_path / "out"),)


def test_all_faults_at_once_with_their_places(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("user@example.org\n  two words\n@\n")
    with pytest.raises(ConfigError) as failed:
        Recipients(("",), (str(tmp_path / "out"), "/nowhere/at/all"))
    assert [str(fault).partition(" (")[0] for fault in failed.value.faults] == [
        ": '' is no recipient",
        f"{tmp_path}/out:2:3: 'two words' is no recipient",
        f"{tmp_path}/out:3:1: '@' is no recipient",
        "/nowhere/at/all: cannot be read: No such file or directory",
    ]


def test_a_name_of_many_labels_costs_no_more_than_dns_has() -> None:
    """RFC 1035 section 2.3.4: a name has 255 octets, so 127 labels."""
    assert Recipients((), (".example.org",)).wants("a@" + "x." * 30_000 + "example.org") is None
