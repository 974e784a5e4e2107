"""A real Dovecot, which has no imapsieve of its own here, and a real `mdafilter watch` that runs the scripts (RFC 6785)."""

from __future__ import annotations

import imaplib
import itertools
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import dovecot
from tests.support.postfix import DOMAIN, Postfix

HERS = r"""
require ["imapsieve", "environment", "fileinto", "mailbox", "copy", "imap4flags", "variables"];
if environment :matches "imap.cause" "*" { set "cause" "${1}"; }
if environment :is "imap.cause" "FLAG" {
    if allof (hasflag "\\Flagged", environment :contains "imap.changedflags" "\\Flagged") {
        addflag "$Todo";
        fileinto :copy :create "Starred";
    } elsif environment :contains "imap.changedflags" "$Done" {
        removeflag ["\\Flagged", "$Todo"];
    }
} else {
    fileinto :copy :create "Came/${cause}";
    if header :is "subject" "elsewhere" { fileinto :create "Work"; }
    if header :is "subject" "on" { redirect :copy "bob@DOMAIN"; }
}
"""
SITES = r"""
require ["imapsieve", "environment", "imap4flags"];
if environment "imap.user" "alice" { addflag "$Site"; }
"""
MESSAGE = b"From: a@example.org\r\nMessage-ID: <%s@example.org>\r\nSubject: %s\r\n\r\nbody of %s\r\n"
DATE = '"01-Feb-2020 10:00:00 +0000"'
NUMBERS = itertools.count(1)


class Client:
    """alice at her mail program, while all is watched."""

    def __init__(self, stage: Postfix, session: imaplib.IMAP4, program: tuple[str, ...], log: Path) -> None:
        self.stage = stage
        self.session = session
        self.program = program
        self.log = log
        self.maildir = stage.top / "home" / "alice" / "Maildir"

    def append(self, folder: str, subject: str = "plain", flags: str = "") -> str:
        """RFC 3501 section 6.3.11. Its Message-ID."""
        name = b"%d" % next(NUMBERS)
        raw = MESSAGE % (name, subject.encode(), name)
        assert self.session.append(folder, flags, DATE, raw)[0] == "OK"
        return f"<{name.decode()}@example.org>"

    def find(self, folder: str, message_id: str) -> list[str]:
        """Its UIDs in the folder, which is selected."""
        if self.session.select(folder)[0] != "OK":
            return []
        _ok, found = self.session.uid("SEARCH", "HEADER", "Message-ID", message_id)
        return [uid.decode() for uid in found[0].split()]

    def flags(self, folder: str, message_id: str) -> set[str]:
        """Those of the one message."""
        (uid,) = self.find(folder, message_id)
        _ok, parts = self.session.uid("FETCH", uid, "(FLAGS)")
        assert isinstance(parts[0], bytes)
        return {flag.decode() for flag in imaplib.ParseFlags(parts[0])} - {"\\Recent"}

    def do(self, command: str, folder: str, message_id: str, *arguments: str) -> None:
        """COPY, MOVE or STORE."""
        (uid,) = self.find(folder, message_id)
        assert self.session.uid(command, uid, *arguments)[0] == "OK"

    def events(self) -> int:
        """How many scripts did something, as the journal says."""
        path = self.stage.top / "home/alice/.local/state/mdafilter/journal.jsonl"
        return path.read_text().count('"status":"event"') if path.exists() else 0


@pytest.fixture(scope="module")
def client(stage: Postfix, installation: Path, shipped: dict[str, str]) -> Iterator[Client]:
    """Her scripts are about her inbox, Work and Kept, the site's about what goes into Sent."""
    if reason := dovecot.why_not():
        pytest.skip(reason)
    program = (str(installation / "bin/python"), str(installation / "bin/mdafilter"))
    stage.user("alice")
    (stage.top / "site.sieve").write_text(SITES)
    (stage.top / "site.sieve").chmod(0o644)
    line = f"name=S?nt causes=APPEND,COPY before={stage.top}/site.sieve"
    site = f'[spamd]\nenabled = "off"\n[train]\nspool = "{stage.top}/spool"\n[sieve]\nimapsieve = ["{line}"]\n'
    site += f'user_email = "alice@{DOMAIN}"\n'
    stage.put("alice", ".config/mdafilter/mdafilter.toml", site)
    stage.put("alice", ".sieve/events.sieve", HERS.replace("DOMAIN", DOMAIN))
    stage.user("bob")
    stage.put("bob", ".config/mdafilter/mdafilter.toml", '[spamd]\nenabled = "off"\n')
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.start()
    with dovecot.running(stage) as server, server.session("alice") as session:
        for folder in ("Work", "Sent", "Kept"):
            assert session.create(folder)[0] == "OK"
        tables = "".join(
            f'["{n}"]\nmetadata = {{ "/shared/imapsieve/script" = "events" }}\n' for n in ("INBOX", "Work", "Kept")
        )
        stage.put("alice", "Maildir/mailboxes.toml", tables)
        log = stage.top / "log" / "watch.log"
        made = Client(stage, session, program, log)
        assert stage.inside is not None
        with log.open("wb") as output:
            command = stage.inside.command(*program, "watch", "-v", "--user", "alice")
            service = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            until(lambda: (made.maildir / "mdafilter-watch.db").exists() or service.poll() is not None)
            time.sleep(1)  # for the first look
            assert service.poll() is None, log.read_text()
            yield made
        finally:
            pids = [int(pid) for pid in stage.run("pgrep", "-f", "mdafilter watch -v --user alice").stdout.split()]
            stage.run("kill", "-TERM", str(min(pids)))
            service.wait(30)


def test_append(client: Client) -> None:
    """Section 3.3: "the message is stored into the fileinto mailbox IN ADDITION TO the original target mailbox"."""
    one = client.append("Work", flags=r"(\Seen)")
    until(lambda: client.find("Came.APPEND", one))
    assert client.flags("Work", one) == {"\\Seen"}
    assert client.flags("Came.APPEND", one) == {"\\Seen"}
    _ok, parts = client.session.uid("FETCH", client.find("Came.APPEND", one)[0], "(INTERNALDATE)")
    assert isinstance(parts[0], bytes)
    assert b"01-Feb-2020" in parts[0], "it has the date of the other one"


@pytest.mark.parametrize("command", ["COPY", "MOVE"])
def test_copy_and_move(client: Client, command: str) -> None:
    one = client.append("INBOX")
    until(lambda: client.find("Came.APPEND", one))
    client.do(command, "INBOX", one, "Work")
    until(lambda: client.find("Came.COPY", one))
    quiet(client)
    assert [len(client.find(folder, one)) for folder in ("Work", "Came.APPEND", "Came.COPY")] == [1, 1, 1]


def test_a_copy_of_what_has_just_come(client: Client) -> None:
    """Both are seen in the same look."""
    one = client.append("INBOX")
    client.do("COPY", "INBOX", one, "Work")
    until(lambda: client.find("Came.APPEND", one) and client.find("Came.COPY", one))
    quiet(client)
    assert [len(client.find(folder, one)) for folder in ("Work", "Came.APPEND", "Came.COPY")] == [1, 1, 1]


def test_moved_on(client: Client) -> None:
    """Work has its event, and then Kept: the scripts of two folders."""
    one = client.append("Work")
    until(lambda: client.find("Came.APPEND", one))
    client.do("MOVE", "Work", one, "Kept")
    until(lambda: client.find("Came.COPY", one))
    assert (len(client.find("Came.APPEND", one)), client.find("Work", one)) == (1, [])


def test_no_keep_marks_the_original(client: Client) -> None:
    """Section 3.3: "the original message is then marked with the \\Deleted flag", and what was filed is no event."""
    one = client.append("Kept", "elsewhere")
    until(lambda: client.find("Work", one))
    until(lambda: client.flags("Kept", one) == {"\\Deleted"})
    assert client.flags("Work", one) == set()
    assert client.session.select("Kept")[0] == "OK"
    assert client.session.expunge()[0] == "OK"
    assert len(client.find("Work", one)) == 1
    assert len(client.find("Came.APPEND", one)) == 1, "section 6: it does not result in a subsequent event"
    assert client.find("Came.COPY", one) == []


def test_flags(client: Client) -> None:
    """Section 5, example 2: what a script is told, and what it does, as the client sees it."""
    one = client.append("Work", flags=r"(\Seen)")
    until(lambda: client.find("Came.APPEND", one))
    client.do("STORE", "Work", one, "+FLAGS", r"(\Flagged)")
    until(lambda: client.flags("Work", one) == {"\\Seen", "\\Flagged", "$Todo"})
    assert client.flags("Starred", one) == {"\\Seen", "\\Flagged", "$Todo"}
    client.do("STORE", "Work", one, "+FLAGS", "($Done)")
    until(lambda: client.flags("Work", one) == {"\\Seen", "$Done"})
    client.do("STORE", "Work", one, "+FLAGS", r"(\Answered)")
    quiet(client)
    assert client.flags("Work", one) == {"\\Seen", "\\Answered", "$Done"}
    assert len(client.find("Starred", one)) == 1


def test_redirect(client: Client) -> None:
    """Section 3.4: "the "MAIL FROM" SHOULD be set to the address of the owner of the mailbox"; by a real Postfix."""
    one = client.append("Work", "on")
    inbox = client.stage.top / "home" / "bob" / "Maildir" / "new"
    until(lambda: inbox.is_dir() and list(inbox.iterdir()))
    (path,) = inbox.iterdir()
    found = path.read_text()
    assert found.startswith(f"Return-Path: <alice@{DOMAIN}>\n")
    assert one in found
    assert client.flags("Work", one) == set()


def test_the_site_has_scripts_of_its_own(client: Client) -> None:
    one, two = client.append("Sent"), client.append("INBOX")
    until(lambda: client.flags("Sent", one) == {"$Site"})
    client.do("COPY", "INBOX", two, "Sent")
    until(lambda: client.flags("Sent", two) == {"$Site"})
    assert client.flags("INBOX", two) == set()


def test_a_whole_folder_at_once(client: Client) -> None:
    """Section 1.2: a "COPY" action on dozens of messages; each has its script once, also while more are coming."""
    some = [client.append("INBOX", "many") for _ in range(120)]
    assert client.session.select("INBOX")[0] == "OK"
    _ok, found = client.session.uid("SEARCH", "SUBJECT", "many")
    uids = found[0].decode().split()
    assert len(uids) == len(some)
    for first in range(0, 120, 40):
        assert client.session.uid("COPY", ",".join(uids[first : first + 40]), "Work")[0] == "OK"
    until(lambda: count(client, "Came.COPY") == count(client, "Came.APPEND") == 120)
    quiet(client)
    assert [count(client, folder) for folder in ("Came.COPY", "Work", "Came.APPEND")] == [120, 120, 120]


def test_the_journal_says_why(client: Client) -> None:
    one = client.append("Work")
    until(lambda: client.find("Came.APPEND", one))
    (path,) = [p for p in client.maildir.glob(".Came.APPEND/*/*") if one in p.read_text()]
    told = client.stage.run(*client.program, "why", "-u", "alice", str(path)).stdout.decode()
    assert re.search(r"^\S+ \S+ \S+  event ", told)
    assert f"folder      Came/APPEND ({path.name.partition(':')[0]})" in told
    assert "note        APPEND in Work" in told
    assert 'fileinto :copy :create "Came/${cause}";' in told


def count(client: Client, folder: str) -> int:
    """How many messages with the subject "many" are there."""
    assert client.session.select(folder)[0] == "OK"
    _ok, found = client.session.uid("SEARCH", "SUBJECT", "many")
    return len(found[0].split())


def quiet(client: Client) -> None:
    """Nothing happens any more."""
    before = -1
    while before != client.events():
        before = client.events()
        time.sleep(2)


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.1)
