"""A real Dovecot moves the messages that mdafilter has delivered, and `mdafilter watch` sees what its users meant."""

from __future__ import annotations

import imaplib
import itertools
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mdafilter.train import Report, door, spool
from tests.support import dovecot, systemd
from tests.support.folders import Maildir
from tests.support.postfix import Postfix

RULES = """\
require ["fileinto", "mailbox"];
if header :contains "subject" "filed" { fileinto :create "Junk"; }
"""
MESSAGE = b"From: a@example.org\nMessage-ID: <%s@example.org>\nSubject: %s\n\nbody of %s\n"
NOBODY = 65534
NUMBERS = itertools.count(1)


class Client:
    """The mail program of a user, and the watcher that looks at what it has done."""

    def __init__(self, stage: Postfix, installation: Path, user: str, session: imaplib.IMAP4) -> None:
        self.stage = stage
        self.program = (str(installation / "bin/python"), str(installation / "bin/mdafilter"), "watch")
        self.user = user
        self.session = session
        self.spool = str(stage.top / "spool")

    def deliver(self, subject: str = "plain") -> bytes:
        """A new message, delivered; returns its Message-ID."""
        name = b"%d" % next(NUMBERS)
        fate = self.stage.fate(self.stage.send(self.user, MESSAGE % (name, subject.encode(), name)))
        assert fate.status == "sent", fate
        return b"<%s@example.org>" % name

    def find(self, folder: str, message_id: bytes) -> str:
        """Its UID in the folder, which is selected; "" where it is not there."""
        assert self.session.select(folder)[0] == "OK"
        _ok, found = self.session.uid("SEARCH", "HEADER", "Message-ID", message_id.decode())
        return str(found[0].decode())

    def move(self, message_id: bytes, origin: str, folder: str) -> None:
        """RFC 6851."""
        assert self.session.uid("MOVE", self.find(origin, message_id), folder)[0] == "OK"

    def copy(self, message_id: bytes, origin: str, folder: str) -> None:
        assert self.session.uid("COPY", self.find(origin, message_id), folder)[0] == "OK"

    def append(self, message_id: bytes, origin: str, folder: str) -> None:
        """As a client does that downloads a message and uploads it elsewhere."""
        _ok, parts = self.session.uid("FETCH", self.find(origin, message_id), "(BODY.PEEK[])")
        assert isinstance(parts[0], tuple)
        assert self.session.append(folder, "", "", parts[0][1])[0] == "OK"

    def flag(self, message_id: bytes, folder: str, flags: str) -> None:
        assert self.session.uid("STORE", self.find(folder, message_id), "+FLAGS", flags)[0] == "OK"

    def expunge(self, message_id: bytes, folder: str) -> None:
        self.flag(message_id, folder, r"(\Deleted)")
        assert self.session.expunge()[0] == "OK"

    def look(self) -> None:
        """As from cron, as root."""
        self.stage.run(*self.program, "--once", "--user", self.user)

    def learned(self) -> list[tuple[str, bytes]]:
        """What is in the spool now, and is taken out: verdicts and Message-IDs."""
        found = []
        for report in spool.take(self.spool):
            assert isinstance(report, Report), report
            assert (report.source, report.uid) == ("watch", self.stage.users[self.user])
            assert report.facts["user"] == self.user
            found.append((report.verdict, report.message.partition(b"Message-ID: ")[2].split(maxsplit=1)[0]))
            spool.finish(self.spool, report.id)
        return found


@pytest.fixture(scope="module")
def client(stage: Postfix, installation: Path, shipped: dict[str, str]) -> Iterator[Client]:
    """alice, whose mailbox was looked at for the first time when it had a message; and a Maildir of root's in it."""
    if reason := dovecot.why_not():
        pytest.skip(reason)
    settings = f'[spamd]\nenabled = "off"\n[train]\nspool = "{stage.top}/spool"\nrescan = 1\n'
    for user in ("alice", "bob"):
        stage.user(user)
        stage.put(user, ".mdafilter.sieve", RULES)
        stage.put(user, ".config/mdafilter/mdafilter.toml", settings)
    spool.make(str(stage.top / "spool"))
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.start()
    with dovecot.running(stage) as server, server.session("alice") as session:
        made = Client(stage, installation, "alice", session)
        made.deliver()
        made.deliver("filed as spam")
        for folder in ("Trash", "Lists"):
            assert session.create(folder)[0] == "OK"
        made.look()
        assert made.learned() == [], "the first look teaches nothing"
        yield made


@pytest.mark.parametrize("seen", [True, False], ids=["seen before", "moved before it was seen"])
def test_moved_into_junk_is_spam_and_out_of_it_is_ham(client: Client, seen: bool) -> None:
    wanted, false = client.deliver(), client.deliver("filed by mistake")
    if seen:
        client.look()
    client.move(wanted, "INBOX", "Junk")
    client.move(false, "Junk", "INBOX")
    client.look()
    client.look()
    assert sorted(client.learned()) == [("ham", false), ("spam", wanted)]
    client.move(wanted, "Junk", "Lists")
    client.look()
    assert client.learned() == [("ham", wanted)]


def test_a_copy_whose_original_is_expunged_later_counts_once(client: Client) -> None:
    one = client.deliver()
    client.look()
    client.copy(one, "INBOX", "Junk")
    client.look()
    client.flag(one, "INBOX", r"(\Seen \Deleted)")
    client.look()
    client.expunge(one, "INBOX")
    client.look()
    assert client.learned() == [("spam", one)]


@pytest.mark.parametrize("between", [True, False])
def test_an_append_and_a_deletion_are_a_move(client: Client, between: bool) -> None:
    """RFC 3501 section 6.3.11; the octets go over the wire with CRLF, and Dovecot stores them under a name of its own."""
    one = client.deliver()
    client.look()
    client.append(one, "INBOX", "Junk")
    if between:
        client.look()
    client.expunge(one, "INBOX")
    client.look()
    assert client.learned() == [("spam", one)]
    client.append(one, "Junk", "INBOX")
    client.expunge(one, "Junk")
    client.look()
    assert client.learned() == [("ham", one)]


def test_trash_and_flags_and_what_the_filter_files_teach_nothing(client: Client) -> None:
    inbox, junk = client.deliver(), client.deliver("filed")
    client.look()
    client.flag(inbox, "INBOX", r"(\Seen \Flagged)")
    client.flag(junk, "Junk", r"(\Seen)")
    client.look()
    client.move(inbox, "INBOX", "Trash")
    client.move(junk, "Junk", "Trash")
    client.look()
    client.move(inbox, "Trash", "INBOX")
    client.look()
    assert client.learned() == []


def test_a_folder_with_another_name_moves_no_message(client: Client) -> None:
    assert client.session.create("Junk.Old")[0] == "OK"
    one = client.deliver()
    client.look()
    client.move(one, "INBOX", "Junk.Old")
    client.look()
    assert client.learned() == [("spam", one)]
    client.session.select("INBOX")
    assert client.session.rename("Junk.Old", "Kept")[0] == "OK"
    client.look()
    client.session.rename("Kept", "Junk.Older")
    client.look()
    assert client.learned() == []


def test_what_was_moved_is_learned_and_what_is_forged_is_not(client: Client) -> None:
    """By root's learner. Whoever has an account can write into the spool that he has moved something."""
    moved, copied, uploaded, kept = (client.deliver() for _ in range(4))
    client.look()
    client.move(moved, "INBOX", "Junk")
    client.copy(copied, "INBOX", "Junk")
    client.append(uploaded, "INBOX", "Junk")
    client.expunge(uploaded, "INBOX")
    client.look()
    assert len(spool.names(client.spool)) == 3
    number = kept.decode().partition("@")[0].strip("<").encode()
    for user, name in (("alice", b"forged"), ("bob", number)):  # what she has not got; what she has, and he has not
        lie = MESSAGE % (name, b"plain", name)
        uid = client.stage.users[user]
        os.chown(
            f"{client.spool}/{door.write(client.spool, Report('spam', 'watch', {'user': 'alice'}, lie))}", uid, uid
        )
    config = client.stage.top / "learn.toml"
    config.write_text(f'[train]\nspool = "{client.spool}"\nstate = "{client.stage.top}/state"\nteacher = ["bayes"]\n')
    client.stage.run(*client.program[:2], "train", "learn", "-c", str(config))
    told = client.stage.run(*client.program[:2], "train", "status", "--json", "-c", str(config)).stdout.splitlines()
    lines = [json.loads(line) for line in told]
    assert spool.names(client.spool) == ()
    assert {line["message_id"].encode(): (line["reporter"], line["result"]) for line in lines} == {
        **dict.fromkeys((moved, copied, uploaded), ("alice", "learned")),
        b"<forged@example.org>": ("alice", "refused"),
        kept: ("bob", "refused"),
    }


def test_root_looks_at_each_mailbox_with_its_owners_rights_alone(client: Client) -> None:
    """bob's Maildir leads to a folder that only root may read."""
    secret = client.stage.top / "secret"
    for part in ("cur", "new", "tmp"):
        (secret / part).mkdir(parents=True)
    secret.chmod(0o700)
    home = client.stage.top / "home" / "bob"
    (home / "Maildir").symlink_to(secret)
    done = client.stage.run(*client.program, "--once", "--user", "bob", check=False)
    assert (done.returncode, done.stderr) == (1, b"bob: there is no Maildir\n")
    assert sorted(p.name for p in secret.iterdir()) == ["cur", "new", "tmp"]
    state = client.stage.top / "home/alice/Maildir/mdafilter-watch.db"
    assert (state.stat().st_uid, state.stat().st_mode & 0o777) == (client.stage.users["alice"], 0o600)


def test_the_service_watches_all_users(client: Client) -> None:
    """And ends with its children when it is told to."""
    one = client.deliver()
    assert client.stage.inside is not None
    log = client.stage.top / "log" / "watch.log"
    with log.open("wb") as output:
        service = subprocess.Popen(client.stage.inside.command(*client.program, "-v"), stdout=output, stderr=output)
    try:
        time.sleep(1)
        client.move(one, "INBOX", "Junk")
        until(lambda: b"alice: 1 spam, 0 ham" in log.read_bytes() or service.poll() is not None)
        assert client.learned() == [("spam", one)]
        pids = client.stage.run("pgrep", "-f", "mdafilter watch -v").stdout.split()
        parent = min(int(pid) for pid in pids)
        client.stage.run("kill", "-TERM", str(parent))
    finally:
        code = service.wait(30)
    assert code == 0
    assert client.stage.run("pgrep", "-f", "mdafilter watch -v", check=False).stdout == b""


@pytest.mark.skipif(bool(systemd.why_not()), reason=systemd.why_not())
def test_the_unit_can_all_that_it_needs(installation: Path, shipped: dict[str, str], tmp_path: Path) -> None:
    """With a real systemd: it becomes the user, sees a move, puts it into the spool, and ends without delay."""
    unit = "mdafilter-watch.service"
    assert systemd.verified(tmp_path, {unit: shipped[unit]}) == ""
    inside = systemd.Systemd()
    try:
        inside.start()
        maildir = Maildir(inside.top / "home")
        path = maildir.deliver(1)
        spool.make(str(inside.top / "spool"))
        config = inside.top / "config.toml"
        config.write_text(f'[train]\nspool = "{inside.top}/spool"\nrescan = 1\n')
        subprocess.run(["chown", "-R", "nobody:nogroup", str(inside.top / "home")], check=True)
        options = f"--user nobody -c {config} {maildir.root}"
        (inside.top / "default/mdafilter-watch").write_text(f'OPTIONS="{options}"\n')
        inside.unit(unit, shipped[unit])
        inside.run("systemctl", "daemon-reload")
        inside.run("systemctl", "start", unit)
        until(lambda: (maildir.root / "mdafilter-watch.db").exists())
        time.sleep(1)
        maildir.rename(path, "Junk")
        until(lambda: any(spool.names(str(inside.top / "spool"))))
        (report,) = spool.take(str(inside.top / "spool"))
        assert isinstance(report, Report)
        assert (report.verdict, report.uid) == ("spam", NOBODY)
        inside.run("systemctl", "stop", unit)
        assert inside.show(unit, "Result") == "success"
    except systemd.NotPossible as reason:
        pytest.skip(str(reason))
    finally:
        inside.close()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)
