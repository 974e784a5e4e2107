"""A quota that mdafilter and Dovecot, or maildrop, keep together: each reads what the other has written."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from mdafilter.acts import File, Keep
from mdafilter.perform import perform
from tests.support import dovecot
from tests.support.mailboxes import ENVELOPE, decision, delivered, mailbox, message
from tests.support.postfix import Postfix, messages

RULES = """\
require ["fileinto", "mailbox", "copy"];
if header :is "subject" "twice" { fileinto :create :copy "Copies"; fileinto :create :copy "More"; }
"""
CONFIG = '[spamd]\nenabled = "off"\n[delivery]\nlabel = false\nquota = "%s"\nover_quota = "%s"\n'
# Dovecot 2.3 takes the limits from the file; 2.4 has to be told them. It has some of its own for dave.
OLD_QUOTA = """\
mail_plugins = quota
plugin {
  quota = maildir:User quota
}
protocol imap {
  mail_plugins = quota imap_quota
}
"""
NEW_QUOTA = """\
mail_plugins {
  quota = yes
}
quota User {
  driver = maildir
}
quota_storage_size = 9000B
quota_message_count = 50
protocol imap {
  mail_plugins {
    imap_quota = yes
  }
}
"""
OLD_LIMITS = ("-o", "plugin/quota_rule=*:bytes=5000:messages=7")
NEW_LIMITS = ("-o", "quota_storage_size=5000B", "-o", "quota_message_count=7")


def mail(subject: str, size: int = 500) -> bytes:
    head = f"From: a@example.org\nMessage-ID: <{subject}@example.org>\nSubject: {subject}\n\n".encode()
    return head + b"x" * (size - len(head) - 1) + b"\n"


class Stage(NamedTuple):
    """Postfix with mdafilter, and Dovecot on the same mailboxes."""

    postfix: Postfix
    server: dovecot.Dovecot

    def maildir(self, user: str) -> Path:
        return self.postfix.top / "home" / user / "Maildir"

    def send(self, user: str, octets: bytes) -> tuple[str, str]:
        fate = self.postfix.fate(self.postfix.send(user, octets))
        return fate.status, fate.dsn

    def doveadm(self, user: str, command: str, *argv: str, options: Sequence[str] = ()) -> list[list[str]]:
        line = ["doveadm", "-f", "tab", "-c", str(self.server.settings), *options, *command.split(), "-u", user, *argv]
        done = self.postfix.run(*line, check=False)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    def dovecot(self, user: str, *options: str) -> tuple[int, int]:
        """Kilobytes and messages, as Dovecot has them."""
        _head, storage, count = self.doveadm(user, "quota get", options=options)
        return int(storage[2]), int(count[2])


def lines(maildir: Path) -> list[list[str]]:
    return [line.split() for line in (maildir / "maildirsize").read_text().splitlines()]


def entered(maildir: Path) -> tuple[int, int]:
    """Octets and messages that the file adds up to."""
    rest = lines(maildir)[1:]
    return sum(int(octets) for octets, _ in rest), sum(int(count) for _, count in rest)


def there(maildir: Path) -> tuple[int, int]:
    """Octets and messages that are in the Maildir."""
    files = [f for folder, found in messages(maildir).items() if folder != "tmp" for f in found]
    return sum(f.stat().st_size for f in files), len(files)


@pytest.fixture(scope="module")
def running(stage: Postfix, shipped: dict[str, str]) -> Iterator[Stage]:
    if reason := dovecot.why_not():
        pytest.skip(reason)
    for user, policy in (("alice", "defer"), ("bob", "refuse"), ("carol", "defer"), ("dave", "defer")):
        stage.user(user)
        stage.put(user, ".mdafilter.sieve", RULES)
        quota = "" if user == "dave" else "9000S,50C"
        stage.put(user, ".config/mdafilter/mdafilter.toml", CONFIG % (quota, policy))
    stage.add_main(shipped["main.cf.mailbox_command"])
    stage.start()
    with dovecot.running(stage, NEW_QUOTA if dovecot.is_new() else OLD_QUOTA) as server:
        yield Stage(stage, server)


def test_dovecot_and_mdafilter_count_alike(running: Stage) -> None:
    """What one of them wrote is what the other one reads, adds to, and calculates."""
    maildir = running.maildir("alice")
    for subject in ("plain", "twice", "*****SPAM***** x"):
        assert running.send("alice", mail(subject)) == ("sent", "2.0.0")
    assert {folder: len(files) for folder, files in messages(maildir).items()} == {
        "": 2, ".Copies": 1, ".More": 1, ".Trash": 1,
    }  # fmt: skip
    assert [line[-1] for line in lines(maildir)] == ["9000S,50C", "0", "1", "3", "1"]
    octets, count = there(maildir)
    assert entered(maildir) == (octets, count)
    assert running.dovecot("alice") == (-(-octets // 1024), count)
    running.doveadm("alice", "quota recalc")
    assert lines(maildir) == [["9000S,50C"], [str(octets), str(count)]]

    with running.server.session("alice") as session:
        session.select()
        session.append("Copies", "", "", mail("appended", 700).replace(b"\n", b"\r\n"))
        session.store("1", "+FLAGS", r"\Deleted")
        assert running.send("alice", mail("while-one-is-marked")) == ("sent", "2.0.0")
        assert entered(maildir) == there(maildir)
        session.expunge()
        assert running.send("alice", mail("and-gone")) == ("sent", "2.0.0")
        _status, (_root, quota) = session.getquotaroot("INBOX")
    assert entered(maildir) == there(maildir)
    octets, count = there(maildir)
    assert re.findall(rb"STORAGE (\d+) \d+ MESSAGE (\d+) (\d+)", quota[0]) == [
        (b"%d" % -(-octets // 1024), b"%d" % count, b"50")
    ]

    (maildir / "maildirsize").write_bytes(b"9000S,50C\n" + b"0 0\n" * 2000)  # now it is ours to calculate it
    assert running.send("alice", mail("calculated")) == ("sent", "2.0.0")
    assert lines(maildir)[1] == [str(octets), str(count)]
    assert entered(maildir) == there(maildir)
    assert running.dovecot("alice")[1] == count + 1
    running.doveadm("alice", "quota recalc")
    assert lines(maildir)[1:] == [list(map(str, there(maildir)))]


def test_a_full_mailbox_defers_until_there_is_room(running: Stage) -> None:
    """And before it is full, a letter says so."""
    maildir = running.maildir("carol")
    assert running.send("carol", mail("large", 8300)) == ("sent", "2.0.0")
    (letter,) = [f for f in messages(maildir)[""] if b"Your mailbox is nearly full" in f.read_bytes()]
    assert re.search(rb"\nSubject: Your mailbox is nearly full: 9\d %\n", letter.read_bytes())
    assert running.dovecot("carol")[1] == 2
    waiting = running.postfix.send("carol", mail("waiting"))
    fate = running.postfix.fate(waiting)
    assert (fate.status, fate.dsn) == ("deferred", "4.2.2")
    assert "the mailbox is full" in fate.text
    assert len(messages(maildir)[""]) == 2
    running.doveadm("carol", "expunge", "mailbox", "INBOX", "subject", "large")
    assert running.postfix.retry(waiting).status == "sent"
    assert entered(maildir) == there(maildir)
    assert running.dovecot("carol")[1] == 2


def test_or_the_sender_gets_it_back(running: Stage) -> None:
    """RFC 3463: X.2.2, "Mailbox full". Of a message for several folders there is none anywhere."""
    assert running.send("bob", mail("first", 8000)) == ("sent", "2.0.0")
    queue_id = running.postfix.send("bob", mail("twice"))
    fate = running.postfix.fate(queue_id)
    assert (fate.status, fate.dsn) == ("bounced", "5.2.2")
    assert "the mailbox is full" in fate.text
    running.postfix.until(lambda: bool(running.postfix.bounce_of(queue_id)), "no bounce was made")
    assert set(messages(running.maildir("bob"))) == {""}


def test_limits_of_dovecot_bind_mdafilter(running: Stage) -> None:
    """No setting of ours: the file that Dovecot has made says what there may be."""
    maildir = running.maildir("dave")
    assert running.send("dave", mail("before")) == ("sent", "2.0.0")
    assert not (maildir / "maildirsize").exists()
    limits = NEW_LIMITS if dovecot.is_new() else OLD_LIMITS
    running.doveadm("dave", "quota recalc", options=limits)
    assert lines(maildir) == [["5000S,7C"], list(map(str, there(maildir)))]
    assert running.send("dave", mail("small")) == ("sent", "2.0.0")
    assert running.dovecot("dave", *limits)[1] == 2
    assert running.send("dave", mail("large", 4000)) == ("deferred", "4.2.2")


@pytest.mark.skipif(not os.path.exists("/usr/sbin/deliverquota.maildrop"), reason="maildrop is not installed")
@pytest.mark.parametrize("first", ["mdafilter", "maildrop"])
def test_maildrop_leaves_trash_and_deleted_messages_out(tmp_path: Path, first: str) -> None:
    """As the specification says; without quota_trash mdafilter counts alike. Each calculates what the other reads."""
    box = mailbox(tmp_path).replace(quota="6000S,50C", quota_trash=False, label=False)
    root = tmp_path / "Maildir"

    def ours(number: int, *acts: Keep | File) -> None:
        about = message(number)
        perform(decision(about, *acts), about, ENVELOPE, box).forget()

    def maildrop() -> int:
        program = ["/usr/sbin/deliverquota.maildrop", str(root)]
        return subprocess.run(program, input=mail("maildrop"), check=False, capture_output=True).returncode

    ours(1, Keep(), File("Trash"), File("kept", ("\\Seen",)), File("gone", ("\\Deleted",)))
    assert entered(root) == (3 * message().size, 3)  # that it is marked as deleted is only seen when it is summed up
    (root / "maildirsize").write_bytes(b"6000S,50C\n" + b"0 0\n" * 2000)
    if first == "mdafilter":
        ours(2, Keep())
        assert maildrop() == 0
    else:
        assert maildrop() == 0
        ours(2, Keep())
    size = message().size
    assert entered(root) == (3 * size + len(mail("maildrop")), 4)
    assert lines(root)[1] == [str(2 * size), "2"] if first == "mdafilter" else lines(root)[1:] != []
    while maildrop() == 0:
        assert entered(root)[0] <= 6000
    assert maildrop() == 77
    assert len(delivered(tmp_path)[".Trash"]) == 1
