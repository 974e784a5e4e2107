"""What the doctor finds, and what he says is to be done: sa-learn plays a script, spamd too."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from mdafilter.scorers import bayes
from mdafilter.settings import Settings
from mdafilter.teaching import Options
from mdafilter.train import spool
from mdafilter.train.doctor import Finding, examine
from tests.support.salearn import scripted
from tests.support.spamd import answer, closed_port, options
from tests.support.spamd import scripted as server

DUMP = "print('0.000 0 {spam} 0 non-token data: nspam'); print('0.000 0 {ham} 0 non-token data: nham')"
WELL = "if verb == '--forget':\n    say('forget - - 1 1')\n    total(0)\nelse:\n    " + DUMP


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """All is well but the counts."""
    (tmp_path / "state").mkdir()
    spool.make(f"{tmp_path}/spool")
    program = scripted(tmp_path, WELL.format(spam=250, ham=210)).command[0]
    train = Options(spool=f"{tmp_path}/spool", state=f"{tmp_path}/state", teacher=("sa-learn",), sa_learn=(program,))
    return Settings(train=train)


def wrong(settings: Settings, **changes: object) -> list[Finding]:
    return [f for f in examine(settings.replace(train=settings.train.replace(**changes))) if f.level == "wrong"]


def said(settings: Settings) -> str:
    return "\n".join(f"{f.level} {f.what} | {f.advice}" for f in examine(settings))


def test_all_is_well(site: Settings) -> None:
    assert wrong(site) == []
    assert "ok sa-learn has learned 250 spam and 210 ham" in said(site)


def test_no_teacher(site: Settings, tmp_path: Path) -> None:
    [finding] = wrong(site, sa_learn=(f"{tmp_path}/none",))
    assert finding.what == f"{tmp_path}/none is not installed"
    assert "apt install spamassassin" in finding.advice


def test_no_spool_and_no_state(site: Settings, tmp_path: Path) -> None:
    assert [f.what.split(":")[0] for f in wrong(site, spool=f"{tmp_path}/a", state=f"{tmp_path}/b")] == [
        f"there is no spool {tmp_path}/a",
        f"there is no folder {tmp_path}/b",
    ]


def test_a_spool_that_others_can_list(site: Settings) -> None:
    os.chmod(site.train.spool, 0o1777)
    [finding] = wrong(site)
    assert (finding.what, finding.advice) == (
        f"others can list the spool {site.train.spool} (1777)",
        f"chmod 3733 {site.train.spool}",
    )


def test_a_user_that_is_not_there(site: Settings) -> None:
    [finding] = wrong(site, user="no such user")
    assert finding.what == "there is no user 'no such user'"


def test_fewer_than_SpamAssassin_wants(site: Settings, tmp_path: Path) -> None:
    """Mail::SpamAssassin::Conf(3): "bayes_min_ham_num (Default: 200)"."""
    scripted(tmp_path, WELL.format(spam=250, ham=10))
    assert "before it has 190 ham more" in said(site)


def test_sa_learn_cannot_work(site: Settings, tmp_path: Path) -> None:
    scripted(tmp_path, "sys.exit('ERROR: configuration specifies \\'use_bayes 0\\', sa-learn disabled')")
    [finding] = wrong(site)
    assert "use_bayes 1" in finding.advice
    scripted(tmp_path, "sys.exit('cannot create tmp lockfile /x/bayes.lock: Permission denied')")
    [finding] = wrong(site)
    assert "own the folder of bayes_path" in finding.advice


def test_a_plugin_that_is_not_loaded(site: Settings, tmp_path: Path) -> None:
    scripted(tmp_path, WELL.format(spam=250, ham=250).replace("    say('forget - - 1 1')\n", ""))
    assert "note sa-learn: it does not load" in said(site)


def test_autolearn_and_whose_path(site: Settings, tmp_path: Path) -> None:
    (tmp_path / "local.cf").write_text("bayes_path /var/lib/bayes # there\nbayes_auto_learn 0\n")
    quiet = site.replace(train=site.train.replace(sa_learn=(*site.train.sa_learn, f"--siteconfigpath={tmp_path}")))
    scripted(tmp_path, "verb = sys.argv[2]\n" + WELL.format(spam=250, ham=250))
    assert "(autolearn)" not in said(quiet)
    (tmp_path / "local.cf").write_text("")
    assert "note SpamAssassin learns by itself, too (autolearn)" in said(quiet)


def test_spamd_without_allow_tell(site: Settings) -> None:
    line = b"SPAMD/1.0 69 Service Unavailable: TELL commands are not enabled, set the --allow-tell switch.\r\n"
    with server(answer(line)) as daemon:
        [finding] = wrong(site.replace(spamd=options(daemon.host)), teacher=("spamd",))
    assert "add --allow-tell" in finding.advice
    with server(answer(b"SPAMD/1.1 0 EX_OK\r\n\r\n\r\n")) as daemon:
        assert wrong(site.replace(spamd=options(daemon.host)), teacher=("spamd",)) == []


def test_spamd_is_not_there(site: Settings) -> None:
    [finding] = wrong(site.replace(spamd=options(closed_port())), teacher=("spamd",))
    assert finding.advice.startswith("start spamd")
    [finding] = wrong(site.replace(spamd=options(closed_port(), enabled="off")), teacher=("spamd",))
    assert finding.what == "[spamd] enabled is off"


def test_virtual_mailboxes(site: Settings, tmp_path: Path) -> None:
    me = pwd.getpwuid(65534).pw_name
    virtual = site.replace(train=site.train.replace(virtual=f"{me}:{tmp_path}/%d/%n", scope="user"))
    assert [f.what for f in wrong(virtual)] == [f"there is no virtual mailbox {tmp_path}/%d/%n"]
    (tmp_path / "a.example/bob/cur").mkdir(parents=True)
    assert wrong(virtual) == []
    assert f"ok virtual mailboxes {tmp_path}/%d/%n of {me}: 1" in said(virtual)
    assert f"note sa-learn: virtual users teach the data of {me} together" in said(virtual)
    assert "together" not in said(virtual.replace(train=virtual.train.replace(scope="site")))
    [finding] = wrong(virtual, domains=("b.example", "A.example"))
    assert finding.what == "a.example: virtual mailboxes, and in [train] domains"
    [finding] = wrong(virtual, virtual=f"no-such-user:{tmp_path}/%u")
    assert finding.what == "the user 'no-such-user', whose virtual mailboxes are, does not exist"
    [finding] = wrong(virtual, virtual=f"root:{tmp_path}/%u")
    assert finding.what.endswith("is root")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes as root")
def test_counts_of_the_site_that_root_would_write(site: Settings, tmp_path: Path) -> None:
    both = site.replace(bayes=bayes.Options(path=f"{tmp_path}/bayes.db"))
    [finding] = wrong(both, teacher=("sa-learn", "bayes"))
    assert finding.what == f"bayes: root writes {tmp_path}/bayes.db"
    assert wrong(site, teacher=("sa-learn", "bayes")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root sees all")
def test_who_is_not_root_cannot_look_into_others_mail(site: Settings) -> None:
    assert "only root can see" in said(site)
