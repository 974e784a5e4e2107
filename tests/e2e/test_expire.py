"""Real deliveries, a real Dovecot, and `mdafilter expire` as root: what goes is gone for the IMAP client, what its reader
has touched is not; and `mdafilter report` tells of both."""

from __future__ import annotations

import imaplib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import dovecot, systemd
from tests.support.postfix import Postfix

RULES = 'require ["fileinto", "mailbox"];\nif header :contains "subject" "pills" { fileinto :create "Trash"; }\n'
MESSAGE = b"From: a@example.org\nMessage-ID: <%s@example.org>\nSubject: %s\n\nbody of %s\n"
DAY = 86400


class Client:
    """A session of alice, who uses the mailbox while messages are delivered and expire."""

    def __init__(self, stage: Postfix, installation: Path, session: imaplib.IMAP4) -> None:
        self.stage, self.session = stage, session
        self.program = (str(installation / "bin/python"), str(installation / "bin/mdafilter"))
        self.trash = stage.top / "home/alice/Maildir/.Trash"

    def deliver(self, name: str, subject: str) -> None:
        fate = self.stage.fate(self.stage.send("alice", MESSAGE % (name.encode(), subject.encode(), name.encode())))
        assert fate.status == "sent", fate

    def age(self) -> None:
        """All that was delivered, and the journal of it, are of 40 days ago: deliveries of then would have left it so."""

        def back(found: re.Match[str]) -> str:
            return f"{found[1]}{int(found[2]) - 40 * DAY}."

        for path in [*self.trash.glob("new/*"), *self.trash.glob("cur/*")]:
            path.rename(path.with_name(re.sub(r"^()(\d+)\.", back, path.name)))
        journal = self.stage.top / "home/alice/.local/state/mdafilter/journal.jsonl"
        text = re.sub(r'(^\{"time":|"name":")(\d+)\.', back, journal.read_text(), flags=re.MULTILINE)
        journal.write_text(text)

    def ids(self, folder: str) -> set[str]:
        """The names of the messages that the client sees there."""
        assert self.session.select(folder)[0] == "OK"
        _ok, parts = self.session.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
        heads = [part[1].decode() for part in parts if isinstance(part, tuple)]
        return {head.partition("<")[2].partition("@")[0] for head in heads}

    def uid(self, name: str) -> str:
        _ok, found = self.session.uid("SEARCH", "HEADER", "Message-ID", f"<{name}@example.org>")
        return str(found[0].decode())

    def run(self, *arguments: str) -> str:
        return self.stage.run(*self.program, *arguments).stdout.decode()


@pytest.fixture(scope="module")
def client(stage: Postfix, installation: Path, shipped: dict[str, str]) -> Iterator[Client]:
    if reason := dovecot.why_not():
        pytest.skip(reason)
    stage.user("alice")
    stage.put("alice", ".mdafilter.sieve", RULES)
    stage.put("alice", ".config/mdafilter/mdafilter.toml", '[spamd]\nenabled = "off"\n')
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.start()
    with dovecot.running(stage) as server, server.session("alice") as session:
        yield Client(stage, installation, session)


def test_what_was_filed_long_ago_is_expunged_and_what_its_reader_put_there_stays(client: Client) -> None:
    for name, subject in (("old", "pills"), ("read", "pills"), ("kept", "pills"), ("out", "pills"), ("mine", "hello")):
        client.deliver(name, subject)
    told = json.loads(client.run("report", "--user", "alice", "--json"))
    assert [told["days"][-1][column] for column in ("delivered", "spam", "rescued")] == [5, 4, 0]
    assert told["held_count"] == 4

    client.session.select("INBOX")
    client.session.uid("MOVE", client.uid("mine"), "Trash")
    client.age()
    assert client.ids("Trash") == {"old", "read", "kept", "out", "mine"}
    client.session.uid("STORE", client.uid("kept"), "+FLAGS", r"(\Flagged)")
    client.session.uid("FETCH", client.uid("read"), "(BODY[])")  # which sets \Seen
    client.session.uid("COPY", client.uid("old"), "Trash")
    client.session.uid("MOVE", client.uid("out"), "INBOX")
    client.deliver("young", "pills")
    assert client.ids("Trash") == {"old", "read", "kept", "mine", "young"}

    expire = ("expire", "--user", "alice", "--folder", "Trash", "--older", "30d", "--json")
    dry = json.loads(client.run(*expire))
    assert (dry["messages"], dry["removed"], dry["failed"]) == (2, False, [])
    assert dry["kept"] == {"flagged": 1, "moved": 1, "younger": 1, "elsewhere": 1}
    assert client.ids("Trash") == {"old", "read", "kept", "mine", "young"}

    done = json.loads(client.run(*expire, "--execute"))
    assert (done["messages"], done["removed"]) == (2, True)
    assert client.ids("Trash") == {"old", "kept", "mine", "young"}, "for Dovecot the others are expunged"
    assert len(list(client.trash.glob("*/*,S=*"))) == 4, "of old, the copy is there: that is its reader's"
    assert client.ids("INBOX") == {"out"}
    assert json.loads(client.run(*expire, "--execute"))["messages"] == 0
    assert all(os.stat(path).st_uid != 0 for path in client.trash.rglob("*"))


def test_keywords_of_a_client_keep_nothing_but_what_its_reader_says(client: Client) -> None:
    """As Thunderbird, Apple Mail and the server itself set them."""
    keywords = {
        "spam": "$Junk",
        "spam2": "Junk JunkRecorded",
        "seen": "$HasAttachment",
        "ham": "NonJunk",
        "tag": "$Label1",
    }
    for name in keywords:
        client.deliver(name, "pills")
    client.age()
    client.session.select("Trash")
    for name, words in keywords.items():
        client.session.uid("STORE", client.uid(name), "+FLAGS", f"({words})")
    expire = ("expire", "--user", "alice", "--folder", "Trash", "--older", "30d", "--json", "--execute")
    client.run(*expire)
    assert client.ids("Trash") & set(keywords) == {"ham", "tag"}


def test_what_is_moved_out_is_rescued(client: Client) -> None:
    client.deliver("wrong", "pills")
    client.session.select("Trash")
    client.session.uid("MOVE", client.uid("wrong"), "INBOX")
    told = json.loads(client.run("report", "--user", "alice", "--json"))
    assert told["days"][-1]["rescued"] == 1


@pytest.mark.skipif(bool(systemd.why_not()), reason=systemd.why_not())
def test_the_unit_can_all_that_it_needs(shipped: dict[str, str], tmp_path: Path) -> None:
    """With a real systemd: it becomes the user, whose home nobody else may enter, and removes what is old."""
    service, timer = "mdafilter-expire.service", "mdafilter-expire.timer"
    assert systemd.verified(tmp_path, {name: shipped[name] for name in (service, timer)}) == ""
    inside = systemd.Systemd()
    try:
        inside.start()
        home = inside.top / "home"
        trash = home / "Maildir/.Trash/new"
        for folder in (trash, home / "Maildir/cur"):
            folder.mkdir(parents=True)
        for age, name in ((40, "old"), (20, "young")):
            path = trash / f"{int(time.time()) - age * DAY}.M1P2Q3_0123abcd.{name}"
            path.write_text("X-Mdafilter: Trash; rule x:1\n\nbody\n")
        home.chmod(0o700)
        subprocess.run(["chown", "-R", "nobody:nogroup", str(home)], check=True)
        config = inside.top / "config.toml"
        config.write_text(f'maildir = "{home}/Maildir"\n')
        (inside.top / "default/mdafilter-expire").write_text(f'OPTIONS="--user nobody -c {config}"\n')
        inside.once(service, shipped[service])
        assert [path.name.rpartition(".")[2] for path in trash.iterdir()] == ["young"]
    except systemd.NotPossible as reason:
        pytest.skip(str(reason))
    finally:
        inside.close()
