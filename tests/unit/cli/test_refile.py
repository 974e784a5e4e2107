"""Rules over stored mail: dry unless it is said otherwise; what is moved is what was told; never as root."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.commandline import NOBODY, invoke, ordinary_home, run
from tests.support.house import ROOT

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
RULES = """require ["fileinto", "mailbox", "imap4flags"];
if header :contains "subject" "list" { fileinto :create "lists.one"; }
elsif header :contains "subject" "pills" { discard; }
elsif header :contains "subject" "flag" { fileinto :create :flags "\\\\Flagged" "flags"; }
elsif header :contains "subject" "away" { redirect "a@example.org"; }
"""
SUBJECTS = ("a list", "pills", "a flag", "away", "hello", "another list")


@pytest.fixture
def home() -> Iterator[Path]:
    with ordinary_home() as home:
        for part in ("cur", "new", "tmp"):
            (home / "Maildir" / part).mkdir(parents=True)
        for number, subject in enumerate(SUBJECTS):
            path = home / "Maildir/cur" / f"{number}.M1P1.host:2,S"
            path.write_text(f"Message-ID: <{number}@x>\nSubject: {subject}\n\nbody\n")
            os.utime(path, (1_600_000_000 + number,) * 2)
        (home / "r.sieve").write_text(RULES)
        if os.geteuid() == 0:
            for path in (home, *home.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        yield home


def refile(home: Path, *arguments: str) -> CompletedProcess[str]:
    return run(home, "refile", f"{home}/Maildir", *arguments)


def as_root(home: Path, *arguments: str) -> CompletedProcess[str]:
    command = [sys.executable, "-m", "mdafilter.cli.main", "refile", *arguments]
    env = {"HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    return subprocess.run(command, capture_output=True, env=env, check=False, text=True)


def tree(home: Path) -> dict[str, float]:
    root = home / "Maildir"
    return {str(p.relative_to(root)): os.stat(p).st_mtime for p in root.rglob("*/*") if p.parent.name in ("cur", "new")}


def test_dry_it_tells_and_touches_nothing(home: Path) -> None:
    before = tree(home)
    done = refile(home, "--rules", f"{home}/r.sieve")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{home}/Maildir: 6 messages, 3 would move"
    by = f"by {home}/r.sieve"
    assert lines[1].startswith(f"        2  INBOX -> lists.one (would be made)  {by}:2  if header")
    assert lines[2].startswith(f"        1  INBOX -> flags (would be made)  {by}:4  elsif")
    assert lines[3] == "        1  stay where they are"
    assert sorted(line.partition("  by")[0] for line in lines[4:6]) == [
        "        1  stay in INBOX: would be discarded",
        "        1  stay in INBOX: would be redirected to a@example.org",
    ]
    assert lines[6] == "  Nothing was moved: say --execute."
    assert tree(home) == before and sorted(os.listdir(home / "Maildir")) == ["cur", "new", "tmp"]
    assert done.stderr == "", "a bar is for a terminal"


def test_executed_it_moves_what_it_told(home: Path) -> None:
    before = tree(home)
    dry = json.loads(refile(home, "--rules", f"{home}/r.sieve", "--json").stdout)
    done = json.loads(refile(home, "--rules", f"{home}/r.sieve", "--json", "--execute").stdout)
    assert (dry["moves"], dry["executed"], done["executed"], done["failed"]) == (done["moves"], False, True, [])
    moved = {
        "cur/0.M1P1.host:2,S": ".lists.one/cur/0.M1P1.host:2,S",
        "cur/5.M1P1.host:2,S": ".lists.one/cur/5.M1P1.host:2,S",
        "cur/2.M1P1.host:2,S": ".flags/cur/2.M1P1.host:2,FS",
    }
    assert tree(home) == {moved.get(name, name): time for name, time in before.items()}
    again = json.loads(refile(home, "--rules", f"{home}/r.sieve", "--json", "--execute").stdout)
    assert (again["moves"], again["messages"]) == ([], 3)
    assert "status=refiled" not in done
    why = run(home, "why", "<0@x>")
    assert "refiled" in why.stdout and "moved from INBOX" in why.stdout and "r.sieve:2" in why.stdout


def test_what_is_discarded_moves_only_if_that_is_said(home: Path) -> None:
    told = json.loads(refile(home, "-R", f"{home}/r.sieve", "--discard-to", "Trash", "--execute", "--json").stdout)
    assert {"from": "INBOX", "to": "Trash", "rule": f"{home}/r.sieve:3", "messages": 1, "new": True} in told["moves"]
    assert (home / "Maildir/.Trash/cur/1.M1P1.host:2,S").exists()


def test_each_message_is_told_of_where_that_is_wanted(home: Path) -> None:
    done = refile(home, "-R", f"{home}/r.sieve", "-v").stdout
    assert "INBOX/cur/0.M1P1.host:2,S -> lists.one  (Subject: a list)" in done
    assert "5.M1P1" in done and "4.M1P1" not in done


def test_two_rule_sets_and_only_what_differs(home: Path) -> None:
    (home / "new.sieve").write_text(RULES.replace("lists.one", "lists.two").replace("discard;", 'fileinto "Trash";'))
    done = refile(home, "--compare", f"{home}/r.sieve", f"{home}/new.sieve", "-v")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{home}/Maildir: 6 messages, 3 of them differently"
    assert lines[1] == "        2  lists.one -> lists.two"
    assert lines[4] == "        1  discarded -> Trash"
    assert "hello" not in done.stdout
    same = refile(home, "--compare", f"{home}/r.sieve", f"{home}/r.sieve", "--json")
    assert json.loads(same.stdout)["differences"] == []


def test_other_folders_are_looked_at_if_they_are_named(home: Path) -> None:
    refile(home, "-R", f"{home}/r.sieve", "--execute")
    (home / "new.sieve").write_text(RULES.replace("lists.one", "lists.two"))
    assert json.loads(refile(home, "-R", f"{home}/new.sieve", "--json").stdout)["moves"] == []
    for names in (("--folder", "lists/one"), ("--folder", "*"), ("--folder", "INBOX", "--folder", "lists.one")):
        (move,) = json.loads(refile(home, "-R", f"{home}/new.sieve", "--json", *names).stdout)["moves"]
        assert (move["from"], move["to"], move["messages"]) == ("lists.one", "lists.two", 2)
    done = refile(home, "-R", f"{home}/new.sieve", "--folder", "none")
    assert done.returncode == 1 and "there is no such folder" in done.stderr


def test_rules_that_are_wrong_judge_nothing(home: Path) -> None:
    (home / "bad.sieve").write_text("oops;")
    done = refile(home, "-R", f"{home}/bad.sieve", "--execute")
    assert done.returncode == 1 and "bad.sieve:1:1: error" in done.stderr and done.stdout == ""


def test_without_rules_it_takes_the_configured_ones(home: Path) -> None:
    os.rename(home / "r.sieve", home / ".mdafilter.sieve")
    (home / ".config/mdafilter").mkdir(parents=True)
    (home / ".config/mdafilter/mdafilter.toml").write_text("rules = []\n")
    if os.geteuid() == 0:
        os.chown(home / ".mdafilter.sieve", NOBODY, NOBODY)
    told = json.loads(refile(home, "--json").stdout)
    assert sum(move["messages"] for move in told["moves"]) == 3


@pytest.mark.parametrize("more", [("--execute",), ("-R", "x.sieve"), ("--discard-to", "Trash")])
def test_to_compare_is_to_look(home: Path, more: tuple[str, ...]) -> None:
    done = refile(home, "--compare", "a", "b", *more)
    assert done.returncode == 2 and "--compare only shows" in done.stderr


def test_a_name_that_no_folder_can_have_is_a_wrong_command_line(home: Path) -> None:
    assert refile(home, "--folder", "a..b").returncode == 2
    assert refile(home, "--discard-to", "a..b").returncode == 2


def test_a_rule_that_asks_for_the_envelope_sees_that_of_the_header(home: Path) -> None:
    head = "Return-Path: <s@x.example>\nDelivered-To: me+lists@x.example\n"
    (home / "Maildir/cur/9.M1P1.host:2,S").write_text(f"{head}Subject: hello\n\nbody\n")
    (home / "e.sieve").write_text(
        'require ["envelope", "subaddress", "fileinto"];\n'
        'if allof (envelope "from" "s@x.example", envelope :detail "to" "lists") { fileinto "here"; }\n'
    )
    (move,) = json.loads(refile(home, "-R", f"{home}/e.sieve", "--json").stdout)["moves"]
    assert (move["to"], move["messages"]) == ("here", 1)


def test_several_maildirs_and_one_that_is_wrong_holds_up_no_other(home: Path) -> None:
    shutil.copytree(home / "Maildir", home / "second")
    (home / "third").mkdir()
    roots = [f"{home}/{name}" for name in ("third", "second", "Maildir")]
    done = run(home, "refile", *roots, "-R", f"{home}/r.sieve", "--json")
    assert done.returncode == 1 and f"{home}/third: " in done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["maildir"], one["messages"]) for one in told] == [(roots[1], 6), (roots[2], 6)]


def test_without_a_maildir_it_is_ones_own(home: Path) -> None:
    assert f"{home}/Maildir: 6 messages, 3 would move" in run(home, "refile", "-R", f"{home}/r.sieve").stdout
    os.rename(home / "Maildir", home / "elsewhere")
    assert run(home, "refile", "-R", f"{home}/r.sieve").returncode == 69
    assert run(home, "refile", "--user", "root").returncode == 2, "the mail of others needs root"
    assert run(home, "refile", "--user", "a", f"{home}/elsewhere").returncode == 2


@needs_root
def test_root_becomes_each_user_whom_it_names(home: Path) -> None:
    """nobody(65534) owns the one, and daemon the other, into which nobody cannot look."""
    daemon = pwd.getpwnam("daemon")
    with ordinary_home() as other:
        shutil.copytree(home / "Maildir", other / "Maildir")
        for path in (other, *other.rglob("*")):
            os.chown(path, daemon.pw_uid, daemon.pw_gid)
        os.chmod(home / "r.sieve", 0o644)
        os.chmod(home, 0o711)
        more = ("-R", f"{home}/r.sieve", "--execute", "--json", "-c", f"{home}/c.toml")
        (home / "c.toml").write_text(f'rules = []\n[journal]\npath = "{other}/journal"\nsyslog = false\n')
        done = as_root(home, f"{home}/Maildir", f"{other}/Maildir", *more)
        assert done.returncode == 0, done.stderr
        assert os.stat(other / "Maildir/.lists.one").st_uid == daemon.pw_uid
        assert os.stat(home / "Maildir/.lists.one").st_uid == NOBODY
        assert os.stat(other / "journal").st_uid == daemon.pw_uid
    assert [json.loads(line)["failed"] for line in done.stdout.splitlines()] == [[], []]


@needs_root
def test_root_names_users_and_one_without_a_maildir_is_told(home: Path) -> None:
    (home / "c.toml").write_text(f'maildir = "{home}/Maildir"\nrules = []\n')
    assert "6 messages" in as_root(home, "--user", "nobody", "-c", f"{home}/c.toml").stdout
    (home / "c.toml").write_text('maildir = "/nonexistent"\n')
    done = as_root(home, "--user", "nobody", "-c", f"{home}/c.toml")
    assert done.returncode == 69 and "nobody: there is no Maildir" in done.stderr
    assert as_root(home, "--user", "no-such-user").returncode == 1


@needs_root
def test_nobody_s_mail_is_looked_at_as_root(tmp_path: Path) -> None:
    (tmp_path / "cur").mkdir()
    done = invoke(tmp_path, "refile", str(tmp_path))
    assert done.exit_code == 1 and "belongs to root" in done.stderr
    os.chown(tmp_path, 54321, 54321)
    done = invoke(tmp_path, "refile", str(tmp_path))
    assert done.exit_code == 1 and "has no account" in done.stderr
