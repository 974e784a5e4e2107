"""The Maildirs that a template names."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.delivery import Account
from mdafilter.errors import SettingsError
from mdafilter.settings import Settings
from mdafilter.teaching import Options
from mdafilter.train.mailboxes import mailboxes, template


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for name in ("a.example/ann", "a.example/bob", "b.example/ann", "b.example/.hidden", "x[1]/y"):
        (tmp_path / name / "cur").mkdir(parents=True)
    (tmp_path / "a.example" / "no-maildir").mkdir()
    (tmp_path / "a.example" / "file").touch()
    return tmp_path


def test_without_a_part_of_the_address_it_is_one(top: Path) -> None:
    account = Account("ann", "/home/ann")
    assert mailboxes("~/Maildir/", account) == [("/home/ann/Maildir", "ann")]
    assert mailboxes("/m/100%%", account) == [("/m/100%", "ann")]
    assert mailboxes("%h/Mail", account) == [("/home/ann/Mail", "ann")]


def test_all_that_are_there(top: Path) -> None:
    found = mailboxes(f"{top}/%d/%n/", Account("vmail", ""))
    assert found == [
        (f"{top}/a.example/ann", "ann@a.example"),
        (f"{top}/a.example/bob", "bob@a.example"),
        (f"{top}/b.example/ann", "ann@b.example"),
        (f"{top}/x[1]/y", "y@x[1]"),
    ]


def test_what_looks_like_a_pattern_is_none(top: Path) -> None:
    assert mailboxes(f"{top}/x[1]/%n", Account("vmail", "")) == [(f"{top}/x[1]/y", "y")]


def test_a_part_may_come_twice(top: Path) -> None:
    (top / "c" / "c" / "cur").mkdir(parents=True)
    assert mailboxes(f"{top}/%n/%n", Account("vmail", "")) == [(f"{top}/c/c", "c")]
    assert mailboxes(f"{top}/%u/ann", Account("vmail", ""))[0] == (f"{top}/a.example/ann", "a.example")


def test_an_unknown_part(top: Path) -> None:
    with pytest.raises(SettingsError, match="unknown %x"):
        mailboxes(f"{top}/%n/%x", Account("vmail", ""))


def test_the_template_of_virtual_mailboxes_is_that_of_their_account() -> None:
    virtual = Settings(train=Options(virtual="vmail:/var/mail/%d/%n"))
    assert template(virtual, Account("vmail", "/home/vmail")) == "/var/mail/%d/%n"
    assert template(virtual, Account("ann", "/home/ann")) == "/home/ann/Maildir"
    assert template(virtual.replace(maildir="~/Mail"), Account("ann", "/home/ann")) == "~/Mail"
    assert template(Settings(), Account("vmail", "/home/vmail")) == "/home/vmail/Maildir"
