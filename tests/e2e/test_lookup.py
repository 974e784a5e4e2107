"""A table that a rule names decides where mail goes: by mdafilter-deliver with what mailbox_command gives it, and by Postfix."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support import smtpd
from tests.support.postfix import DOMAIN, Postfix, messages
from tests.support.smtpd import Session

RULES = """\
require ["fileinto", "mailbox", "variables", "vnd.mdafilter.lookup"];
if lookup :action "REJECT" ["client", "sender"] "access" { fileinto :create "Rejected"; }
elsif lookup ["client", "sender", "from", "list-id"] "~/access" { fileinto :create "${1}"; }
"""
TABLE = """\
# one table for all
192.0.2.0/24       REJECT  a whole network
bad.example        550 5.7.1 a domain
good.bad.example   OK
<>                 HOLD
lists.example      INFO
friend@            DUNNO
"""
CONFIG = '[spamd]\nenabled = "off"\n'
MESSAGE = b"From: a@example.org\nList-Id: <%s>\nSubject: %s\n\nbody\n"


@pytest.fixture(scope="module")
def running(stage: Postfix, shipped: dict[str, str]) -> Postfix:
    """alice has the rules and the table in her home; smtpd takes mail over a socket."""
    stage.user("alice")
    stage.put("alice", ".mdafilter.sieve", RULES)
    stage.put("alice", "access", TABLE)
    stage.put("alice", ".config/mdafilter/mdafilter.toml", CONFIG)
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.add_main(smtpd.MAIN)
    stage.master.append("clients unix n - n - - smtpd")
    stage.start()
    return stage


def where(stage: Postfix, subject: bytes) -> list[str]:
    """The folders that have a message with this subject."""
    found = messages(stage.top / "home/alice/Maildir")
    return [folder for folder, files in found.items() if any(subject in file.read_bytes() for file in files)]


@pytest.mark.parametrize(
    ("sender", "name", "address", "list_id", "folder"),
    [
        ("x@example.org", "mx.example.org", "192.0.2.1", "a.example", ".Rejected"),
        ("x@bad.example", "mx.example.org", "198.51.100.1", "a.example", ".Rejected"),
        ("x@example.org", "mx.bad.example", "198.51.100.1", "a.example", ".Rejected"),
        ("x@sub.good.bad.example", "mx.example.org", "198.51.100.1", "a.example", ".OK"),
        ("", "mx.example.org", "198.51.100.1", "a.example", ".HOLD"),
        ("x@example.org", "mx.example.org", "198.51.100.1", "dev.lists.example", ".INFO"),
        ("friend@example.org", "mx.example.org", "198.51.100.1", "a.example", ""),
        ("x@example.org", "[UNAVAILABLE]", "198.51.100.1", "a.example", ""),
    ],
)
def test_by_postfix(running: Postfix, sender: str, name: str, address: str, list_id: str, folder: str) -> None:
    subject = f"<{sender}> {name} {address} {list_id}".encode()
    session = Session(running, "clients")
    session.client(name, address)
    for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<alice@{DOMAIN}>", "DATA"):
        assert session.say(command)[0] in "23"
    said = session.say((MESSAGE % (list_id.encode(), subject)).decode().replace("\n", "\r\n") + ".")
    session.close()
    fate = running.fate(said.rpartition("queued as ")[2])
    assert fate.status == "sent", fate
    assert where(running, subject) == [folder]


def deliver(stage: Postfix, installation: Path, home: Path, subject: bytes) -> subprocess.CompletedProcess[bytes]:
    """By hand, with the environment that local(8) gives a mailbox_command."""
    uid = stage.users["alice"]
    environ = {"HOME": str(home), "USER": "alice", "LOGNAME": "alice", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    client = {
        "CLIENT_ADDRESS": "192.0.2.77",
        "CLIENT_HOSTNAME": "unknown",
        "CLIENT_HELO": "x",
        "RECIPIENT": f"alice@{DOMAIN}",
    }
    return subprocess.run(
        [str(installation / "bin" / "mdafilter-deliver"), "-f", "x@example.net"],
        input=MESSAGE % (b"a.example", subject),
        env={**environ, **client},
        user=uid,
        group=uid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
    )


def test_the_journal_says_which_line_of_which_table(running: Postfix, installation: Path) -> None:
    home = running.top / "home/alice"
    done = deliver(running, installation, home, b"by hand")
    assert (done.returncode, done.stdout) == (0, b"")
    assert where(running, b"by hand") == [".Rejected"]
    line = json.loads((home / ".local/state/mdafilter/journal.jsonl").read_text().splitlines()[-1])
    assert f'client "192.0.2.77": 192.0.2.0/24 REJECT  a whole network ({home}/access:2)' in json.dumps(line).replace(
        '\\"', '"'
    )


def test_a_table_that_is_missing_keeps_the_message_with_a_note(running: Postfix, installation: Path) -> None:
    home = running.top / "home/alice"
    os.rename(home / "access", home / "elsewhere")
    try:
        done = deliver(running, installation, home, b"no table")
    finally:
        os.rename(home / "elsewhere", home / "access")
    assert done.returncode == 0
    assert where(running, b"no table") == [""]
    line = (home / ".local/state/mdafilter/journal.jsonl").read_text().splitlines()[-1]
    assert f"the table {home}/access cannot be read: No such file or directory; the message is kept" in line
