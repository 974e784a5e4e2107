"""Where the mail of a reporter is, by the configuration of the site alone."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from mdafilter.settings import Settings
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
