"""`mdafilter refile` as root on a Maildir that a real Dovecot serves, with a client logged in: what moves is new there
and gone here, with its flags, keywords and date. And sieve-filter(1), which files the same by the same script."""

from __future__ import annotations

import imaplib
import json
import shutil
import subprocess
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import refiling
from tests.support import dovecot
from tests.support.house import ROOT
from tests.support.postfix import Postfix

RULES = 'require ["fileinto", "mailbox"];\nif header :contains "subject" "list" { fileinto :create "lists.one"; }\n'
DATE = '"22-Nov-2021 08:41:34 +0000"'


class Client:
    """A session of alice."""

    def __init__(self, stage: Postfix, installation: Path, session: imaplib.IMAP4) -> None:
        self.stage, self.session = stage, session
        self.program = (str(installation / "bin/python"), str(installation / "bin/mdafilter"))
        self.maildir = stage.top / "home/alice/Maildir"

    def append(self, name: str, subject: str, flags: str = "") -> None:
        message = f"From: a@example.org\nMessage-ID: <{name}@x>\nSubject: {subject}\n\nbody of {name}\n"
        said = self.session.append("INBOX", flags, DATE, message.replace("\n", "\r\n").encode())
        assert said[0] == "OK", said

    def messages(self, folder: str) -> dict[str, tuple[set[str], str]]:
        """Flags and date of each message by its name."""
        status, said = self.session.select(folder)
        assert status == "OK", said
        _ok, parts = self.session.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        found = {}
        for part in parts:
            if isinstance(part, tuple):
                flags = {flag.decode() for flag in imaplib.ParseFlags(part[0])} - {"\\Recent"}
                date = part[0].decode().partition('INTERNALDATE "')[2].partition('"')[0]
                found[part[1].decode().partition("<")[2].partition("@")[0]] = flags, date.strip()
        return found

    def refile(self, *arguments: str) -> dict[str, object]:
        rules = ("--rules", str(self.stage.top / "home/alice/r.sieve"), "--json")
        done = self.stage.run(*self.program, "refile", str(self.maildir), *rules, *arguments)
        told: dict[str, object] = json.loads(done.stdout)
        return told


@pytest.fixture(scope="module")
def client(stage: Postfix, installation: Path) -> Iterator[Client]:
    if reason := dovecot.why_not():
        pytest.skip(reason)
    stage.user("alice")
    stage.put("alice", "r.sieve", RULES)
    stage.start()
    with dovecot.running(stage) as server, server.session("alice") as session:
        yield Client(stage, installation, session)


def test_what_moves_keeps_its_flags_its_keywords_and_its_date(client: Client) -> None:
    client.append("one", "a list", r"(\Flagged \Seen work $Label1)")
    client.append("two", "a list")
    client.append("three", "hello", r"(\Answered)")
    before = client.messages("INBOX")
    assert before["one"][0] == {"\\Flagged", "\\Seen", "work", "$Label1"}

    dry = client.refile()
    assert client.messages("INBOX") == before
    done = client.refile("--execute")
    assert (done["moves"], done["failed"], done["remarks"]) == (dry["moves"], [], [])

    assert client.messages("INBOX") == {"three": before["three"]}
    assert client.messages("lists.one") == {"one": before["one"], "two": before["two"]}
    assert all(path.stat().st_uid != 0 for path in client.maildir.rglob("*")), "as the owner, never as root"


def test_keywords_that_both_folders_know_by_other_letters(client: Client) -> None:
    """Dovecot gives the letters in the order in which it meets the keywords: here $Label1 came second."""
    client.session.select("lists.one")
    client.session.store("1:*", "+FLAGS", "($Junk)")
    client.append("four", "another list", r"($Label1 extra)")
    client.refile("--execute")
    found = client.messages("lists.one")
    assert found["four"][0] == {"$Label1", "extra"}
    assert found["one"][0] == {"\\Flagged", "\\Seen", "work", "$Label1", "$Junk"}
    client.session.store("1:*", "+FLAGS", "(later)")
    assert all("later" in flags for flags, _date in client.messages("lists.one").values())


def test_a_client_that_sets_flags_meanwhile_is_followed(client: Client) -> None:
    for number in range(50):
        client.append(f"m{number}", "a list")
    client.session.select("INBOX")
    rules = ("--rules", str(client.stage.top / "home/alice/r.sieve"), "--json", "--execute")
    assert client.stage.inside is not None
    command = client.stage.inside.command(*client.program, "refile", str(client.maildir), *rules)
    running = subprocess.Popen(command, stdout=subprocess.PIPE)
    for number in range(1, 51):
        client.session.store(str(number), "+FLAGS", r"(\Flagged)")
        if running.poll() is not None:
            break
    said, _errors = running.communicate()
    assert json.loads(said)["failed"] == []
    there = [name for name in client.messages("lists.one") if name.startswith("m")]
    here = [name for name in client.messages("INBOX") if name.startswith("m")]
    assert sorted(there + here) == sorted(f"m{number}" for number in range(50))
    client.refile("--execute")
    assert len([name for name in client.messages("lists.one") if name.startswith("m")]) == 50


@pytest.mark.skipif(not shutil.which("sieve-filter"), reason="sieve-filter is not installed")
def test_sieve_filter_files_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """The bench itself compares what each has filed."""
    refiling.run(Namespace(messages=200, runs=1, program=""))
    said = capsys.readouterr().out
    assert said.count("mdafilter refile") == 2 and said.count("  sieve-filter") == 3
    assert (ROOT / "tests/bench/refile").stat().st_mode & 0o111
