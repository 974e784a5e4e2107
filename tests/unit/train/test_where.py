"""Where the mail of a reporter is, by the configuration of the site alone."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from mdafilter import journal
from mdafilter.settings import Settings
from mdafilter.teaching import Options
from mdafilter.train import where
from mdafilter.train.identity import identity
from tests.support.training import mail


def test_the_maildir_of_the_configuration(tmp_path: Path) -> None:
    new = tmp_path / "bob" / "new"
    new.mkdir(parents=True)
    (new / "1.1.host").write_bytes(mail(1))
    settings = Settings(maildir=f"{tmp_path}/%n")
    assert where.mail(settings, "bob").received(identity(mail(1)))
    assert where.mail(settings, "bob@example.org").received(identity(mail(1)))
    assert not where.mail(settings, "bob").received(identity(mail(2)))
    assert not where.mail(settings, "eve").received(identity(mail(1)))


def test_who_has_no_account_has_no_home() -> None:
    assert not where.mail(Settings(), "nobody@example.org").received(identity(mail(1)))
    assert not where.mail(Settings(maildir="%h/Maildir"), "no such user").received(identity(mail(1)))


def test_a_name_that_can_be_no_path(tmp_path: Path) -> None:
    assert not where.mail(Settings(maildir=f"{tmp_path}/%u"), "../x").received(identity(mail(1)))
    assert not where.mail(Settings(maildir=f"{tmp_path}/%u"), "a\0b").received(identity(mail(1)))


def test_a_users_own_home_is_looked_into() -> None:
    me = pwd.getpwuid(os.geteuid())
    assert where._home(me.pw_name) == me.pw_dir


def test_the_names_of_this_host() -> None:
    assert where.names(Settings(hostname="mx.example.net", domain="example.net")) == (
        "mx.example.net",
        os.uname().nodename,
        f"{os.uname().nodename}.example.net",
    )


# --- virtual mailboxes ---


@pytest.fixture
def virtual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The account `vmail`, with a home, its journal, and the Maildirs of two domains."""
    entry = pwd.struct_passwd(("vmail", "x", 999, 999, "", f"{tmp_path}/home", "/bin/sh"))
    known = pwd.getpwnam
    monkeypatch.setattr(pwd, "getpwnam", lambda name: entry if name == "vmail" else known(name))
    for number, address in enumerate(("a.example/bob", "b.example/bob")):
        new = tmp_path / "mail" / address / "new"
        new.mkdir(parents=True)
        (new / "1.1.host").write_bytes(mail(number))
    return Settings(train=Options(virtual=f"vmail:{tmp_path}/mail/%d/%n"))


def test_each_address_has_its_own_mailbox(virtual: Settings) -> None:
    for number, user in enumerate(("bob@a.example", "bob@b.example")):
        assert where.mail(virtual, user).received(identity(mail(number)))
        assert not where.mail(virtual, user).received(identity(mail(1 - number)))
    for user in ("bob", "bob@c.example", "../a.example/bob@b.example", "bob@../a.example"):
        assert not any(where.mail(virtual, user).received(identity(mail(number))) for number in (0, 1))


@pytest.mark.parametrize("path", ["", "site.jsonl"])
def test_the_journal_is_where_a_delivery_writes_it(virtual: Settings, tmp_path: Path, path: str) -> None:
    """Without a setting in the home of the account, for all of them; an entry is of whoever it names."""
    (tmp_path / "home").mkdir()
    place = f"{tmp_path}/{path}" if path else journal.default_path({}, f"{tmp_path}/home")
    written = journal.Journal(place, syslog=False)
    assert not journal.delivered(written, journal.Entry(1.0, message_id="<7@example.org>", recipient="bob@a.example"))
    virtual = virtual.replace(journal=journal.Options(path=place if path else ""))
    assert where.mail(virtual, "bob@a.example").received(identity(mail(7)))
    assert not where.mail(virtual, "bob@b.example").received(identity(mail(7)))
    assert not where.mail(virtual, "bob").received(identity(mail(7)))
    assert where.is_virtual(virtual, "bob@a.example")
    assert not where.is_virtual(virtual, "bob@c.example")
