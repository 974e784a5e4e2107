"""Which teachers a configuration has, and as whom they work."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from mdafilter.scorers import bayes
from mdafilter.settings import Settings
from mdafilter.teaching import Options
from mdafilter.train.teachers import Taught
from mdafilter.train.teachers.choose import Unable, database, names, teacher
from mdafilter.train.teachers.own import Own
from mdafilter.train.teachers.salearn import SaLearn
from mdafilter.train.teachers.tell import Tell

ME = pwd.getpwuid(os.geteuid()).pw_name


def settings(**options: object) -> Settings:
    return Settings(train=Options().replace(**options))


def test_auto_is_sa_learn_where_it_is(tmp_path: Path) -> None:
    there = tmp_path / "sa-learn"
    there.write_text("")
    there.chmod(0o755)
    assert "sa-learn" in names(settings(sa_learn=(str(there),)))
    assert "sa-learn" not in names(settings(sa_learn=(str(tmp_path / "none"),)))


def test_each_once_in_the_order_of_the_configuration() -> None:
    assert names(settings(teacher=("spamd", "sa-learn", "spamd"))) == ("spamd", "sa-learn")


def test_sa_learn_for_the_site_is_the_user_of_the_configuration() -> None:
    made = teacher(settings(user=ME), "sa-learn", "site")
    assert isinstance(made, SaLearn) and made.account is not None and made.account.name == ME
    made = teacher(settings(), "sa-learn", "site", (7,))
    assert isinstance(made, SaLearn) and made.account is None and made.held == (7,)


def test_sa_learn_for_a_user_is_that_user() -> None:
    made = teacher(settings(user="nobody"), "sa-learn", ME)
    assert isinstance(made, SaLearn) and made.account is not None and made.account.name == ME


def test_who_has_no_account() -> None:
    made = teacher(settings(), "sa-learn", "bob@example.org")
    assert isinstance(made, Unable)
    assert made.learn("spam", [("1", b"")]) == made.forget([("1", b"")])
    why = "there is no user 'bob@example.org'; [train] virtual tells of virtual mailboxes"
    assert made.learn("spam", [("1", b"")]) == {"1": Taught("failed", why)}
    assert made.counts() is None


def test_only_root_becomes_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    made = teacher(settings(), "sa-learn", "root")
    assert isinstance(made, Unable)
    assert made.why == "only root can teach as root"


def test_spamd_gets_the_name() -> None:
    made = teacher(settings(), "spamd", "alice")
    assert isinstance(made, Tell) and made.user == "alice" and made.options.user == ""
    made = teacher(settings(user="debian-spamd"), "spamd", "site")
    assert isinstance(made, Tell) and made.user == "debian-spamd"


def test_which_database_a_report_is_for() -> None:
    site = settings()
    assert database(site, "sa-learn", "bob") == "site"
    assert database(settings(scope="user"), "spamd", "bob") == "bob"
    for path, expected in {"": "bob", "~/b.db": "bob", "/var/lib/%n.db": "bob", "/var/lib/b.db": "site"}.items():
        assert database(site.replace(bayes=bayes.Options(path=path)), "bayes", "bob") == expected
    redis = bayes.Options(path="redis://h")
    assert database(site.replace(bayes=redis), "bayes", "bob") == "bob"
    assert database(site.replace(bayes=redis.replace(name="all")), "bayes", "bob") == "site"


def test_virtual_users_teach_what_their_deliveries_read() -> None:
    virtual = settings(scope="user", virtual=f"{ME}:/var/mail/%d/%n")
    for name in ("sa-learn", "spamd", "bayes"):
        assert database(virtual, name, "bob@example.org") == ME
        assert database(virtual, name, "bob") == "bob"
    made = teacher(virtual, "sa-learn", ME)
    assert isinstance(made, SaLearn) and made.account is not None and made.account.name == ME
    assert database(virtual.replace(train=virtual.train.replace(scope="site")), "sa-learn", "bob@example.org") == "site"
    own = teacher(virtual, "bayes", ME)
    assert isinstance(own, Own) and (own.user, own.home) == (ME, pwd.getpwnam(ME).pw_dir)


def test_a_scorer_that_is_off_learns_nothing() -> None:
    off = settings().replace(bayes=bayes.Options(enabled="off"))
    made = teacher(off, "bayes", "site")
    assert isinstance(made, Unable)
    assert "bayes" not in names(off)
