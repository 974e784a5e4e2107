"""Who is watched, and with which rights. As a service for several users: tests/e2e/test_watch.py."""

from __future__ import annotations

import os
import pwd
import signal
import time
from pathlib import Path

import pytest

from mdafilter.delivery import Account
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.events import scripts_of
from mdafilter.train import Report, spool, watchers
from mdafilter.train.watchers import NONE, Wish, become, people, watch
from tests.support.folders import Maildir
from tests.support.processes import child, status

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
SETTINGS = '[train]\nspool = "{top}/spool"\njunk = ["Spam", "lists/Müll"]\nrescan = 1\n'


def account(top: Path) -> Account:
    return Account("ann", str(top))


@pytest.fixture
def maildir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maildir:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    made = Maildir(tmp_path)
    spool.make(str(tmp_path / "spool"))
    (tmp_path / ".config/mdafilter").mkdir(parents=True)
    (tmp_path / ".config/mdafilter/mdafilter.toml").write_text(SETTINGS.format(top=tmp_path))
    return made


def verdicts(top: Path) -> list[str]:
    return [getattr(report, "verdict", "") for report in spool.take(str(top / "spool"))]


def test_the_folders_are_those_of_the_settings(maildir: Maildir, tmp_path: Path) -> None:
    for folder in ("Spam", "lists.M&APw-ll"):
        for part in ("cur", "new", "tmp"):
            (maildir.at(folder) / part).mkdir(parents=True)
    paths = [maildir.deliver(number) for number in range(3)]
    assert watch(account(tmp_path), Wish(once=True)) == 0
    for path, folder in zip(paths, ("Spam", "lists.M&APw-ll", "Junk"), strict=True):
        maildir.rename(path, folder)
    assert watch(account(tmp_path), Wish(once=True)) == 0
    assert verdicts(tmp_path) == ["spam", "spam"]


def test_what_is_moved_while_nobody_looks_is_seen_at_the_next_start(
    maildir: Maildir, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = maildir.deliver(1, "Lists")
    config = tmp_path / "more.toml"
    config.write_text('[train]\njunk = ["Junk"]\n')
    wish = Wish(str(config), once=True, verbose=True)
    watch(account(tmp_path), wish)
    maildir.rename(path, "Junk")
    watch(account(tmp_path), wish)
    watch(account(tmp_path), wish)
    assert verdicts(tmp_path) == ["spam"]
    name = path.name.partition(",")[0]
    assert capfd.readouterr().out == f"ann: spam: {name}, moved from Lists to Junk\nann: 1 spam, 0 ham\n"


def test_no_maildir(tmp_path: Path) -> None:
    assert watch(account(tmp_path), Wish(once=True)) == NONE


def test_other_maildirs_and_a_template(maildir: Maildir, tmp_path: Path) -> None:
    virtual = tmp_path / "mail" / "example.org" / "bob"
    virtual.parent.mkdir(parents=True)
    maildir.root.rename(virtual)
    assert watch(account(tmp_path), Wish(maildirs=(f"{tmp_path}/mail/%d/%n",), once=True)) == 0
    assert (virtual / "mdafilter-watch.db").exists()
    assert not list(tmp_path.glob("Maildir/*"))


def test_a_spool_that_is_not_there_is_said(maildir: Maildir, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".config/mdafilter/mdafilter.toml").write_text(f'[train]\nspool = "{tmp_path}/none"\n')
    path = maildir.deliver(1)
    assert watch(account(tmp_path), Wish(once=True)) == 0
    maildir.rename(path, "Junk")
    assert watch(account(tmp_path), Wish(once=True)) == 1
    assert "none" in capfd.readouterr().err
    spool.make(str(tmp_path / "none"))
    assert watch(account(tmp_path), Wish(once=True)) == 0
    assert len(list((tmp_path / "none").iterdir())) == 1


def test_a_folder_name_that_is_none(maildir: Maildir, tmp_path: Path) -> None:
    (tmp_path / ".config/mdafilter/mdafilter.toml").write_text('[train]\njunk = ["a..b"]\n')
    with pytest.raises(SettingsError, match=r"a\.\.b"):
        watch(account(tmp_path), Wish(once=True))


@pytest.mark.parametrize("events", [True, False])
def test_it_goes_on_until_it_is_told_to_end(maildir: Maildir, tmp_path: Path, events: bool) -> None:
    (tmp_path / ".config/mdafilter/mdafilter.toml").write_text(f'[train]\nspool = "{tmp_path}/spool"\nrescan = 1\n')
    path = maildir.deliver(1)
    pid = child(lambda: watch(account(tmp_path), Wish(events=events)))
    until = time.monotonic() + 30
    while not (maildir.root / "mdafilter-watch.db").exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.5)
    maildir.rename(path, "Junk")
    while not verdicts(tmp_path):
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(pid, signal.SIGTERM)
    assert status(pid) == 0
    assert verdicts(tmp_path) == ["spam"]


def test_it_ends_with_its_parent(maildir: Maildir, tmp_path: Path) -> None:
    assert watch(account(tmp_path), Wish(events=False), parent=os.getppid() + 1) == 0


def test_people_are_those_who_log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def one(name: str, uid: int, home: str = "/home/x") -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", uid, uid, "", home, "/bin/sh"))

    everybody = [one("root", 0), one("www", 33), one("ann", 1000), one("anne", 1000), one("nobody", 65534)]
    everybody += [one("bob", 1001), one("lost", 1002, "/")]
    monkeypatch.setattr(pwd, "getpwall", lambda: everybody)
    assert [who.pw_name for who in people(())] == ["ann", "bob"]


def test_the_account_of_virtual_mailboxes_is_watched_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    entry = pwd.struct_passwd(("vmail", "x", 999, 999, "", "/var/lib/vmail", "/bin/sh"))
    ann = pwd.struct_passwd(("ann", "x", 1000, 1000, "", "/home/ann", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [entry, ann])
    monkeypatch.setattr(pwd, "getpwnam", {"vmail": entry, "ann": ann}.__getitem__)
    (tmp_path / "x.toml").write_text('[train]\nvirtual = "vmail:/var/mail/%d/%n"\n')
    wish = Wish(str(tmp_path / "x.toml"))
    assert watchers._users((), wish) == [ann, entry]
    assert watchers._users(("ann",), wish) == [ann]
    assert watchers._users((), Wish()) == [ann]
    (tmp_path / "x.toml").write_text('[train]\nvirtual = "nobody-there:/var/mail/%d/%n"\n')
    assert watchers._users((), wish) == [ann]
    assert "there is no user 'nobody-there'" in capfd.readouterr().err


def test_a_virtual_mailbox_is_that_of_an_address(maildir: Maildir, tmp_path: Path) -> None:
    (tmp_path / "mail" / "example.org").mkdir(parents=True)
    maildir.root = maildir.root.rename(tmp_path / "mail/example.org/bob")
    (tmp_path / "x.toml").write_text(f'[train]\njunk = ["Junk"]\nvirtual = "ann:{tmp_path}/mail/%d/%n"\n')
    wish = Wish(str(tmp_path / "x.toml"), once=True)
    path = maildir.deliver(1)
    assert watch(account(tmp_path), wish) == 0
    maildir.rename(path, "Junk")
    assert watch(account(tmp_path), wish) == 0
    (report,) = spool.take(str(tmp_path / "spool"))
    assert isinstance(report, Report) and report.facts["user"] == "bob@example.org"


def test_who_is_named_must_be_there_and_not_root() -> None:
    with pytest.raises(SettingsError, match="no user 'no-such-user'"):
        people(("no-such-user",))
    with pytest.raises(SettingsError, match="is root"):
        people((pwd.getpwuid(0).pw_name,))


@needs_root
def test_the_rights_of_root_are_gone_for_good() -> None:
    def given_up() -> int:
        nobody = pwd.getpwnam("nobody")
        os.environ["XDG_CONFIG_HOME"] = "/root"
        become(nobody)
        assert os.getresuid() == (nobody.pw_uid,) * 3
        assert os.getresgid() == (nobody.pw_gid,) * 3
        assert 0 not in os.getgroups()
        assert "XDG_CONFIG_HOME" not in os.environ
        with pytest.raises(PermissionError):
            os.setresuid(0, 0, 0)
        with pytest.raises(PermissionError):
            open("/etc/shadow", "rb").close()
        return 0

    assert status(child(given_up)) == 0


@needs_root
def test_of_oneself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert watchers.own() == Account(pwd.getpwuid(os.geteuid()).pw_name, "/somewhere")
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_001)
    monkeypatch.setenv("USER", "number")
    assert watchers.own() == Account("number", "/somewhere")


def test_nobody_becomes_root() -> None:
    def tried() -> int:
        with pytest.raises(TryAgain):
            become(pwd.getpwuid(0))
        return 0

    assert status(child(tried)) == 0


@needs_root
def test_who_has_no_maildir_is_no_failure_unless_he_was_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert watchers.everybody(["nobody"], Wish(once=True)) == 1
    assert capfd.readouterr().err == "nobody: there is no Maildir\n"


def test_scripts_run_for_what_has_happened(maildir: Maildir, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """They are those that the command line brings along; what is wrong with one is told at any time."""
    (tmp_path / ".sieve").mkdir()
    (tmp_path / ".sieve" / "own.sieve").write_text('require ["imapsieve", "imap4flags"]; addflag "\\\\Flagged";')
    annotation = 'metadata = {{ "/shared/imapsieve/script" = "{}" }}\n'
    tables = f'["Lists"]\n{annotation.format("own")}["Trash"]\n{annotation.format("wrong")}'
    (maildir.root / "mailboxes.toml").write_text(tables)
    (tmp_path / ".sieve" / "wrong.sieve").write_text("keep")
    wish = Wish(once=True, scripts=scripts_of)
    assert watch(account(tmp_path), wish) == 0
    path = maildir.at("Lists") / "new" / "1790000000.M1P1.host"
    path.write_bytes(b"Subject: x\n\n")
    (maildir.at("Trash") / "new" / path.name).write_bytes(b"Subject: y\n\n")
    assert watch(account(tmp_path), wish) == 0
    assert os.listdir(maildir.at("Lists") / "cur") == [f"{path.name}:2,F"]
    assert "ann: no script runs: " in capfd.readouterr().err
    assert watch(account(tmp_path), Wish(once=True)) == 0, "and without any it watches, too"
