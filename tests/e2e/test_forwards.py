"""What mutt and nmh send when their users forward or redirect a message is read as what it is.

Other programs are in tests/support/forwards.py, by what they write; these two run without a window.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mdafilter.message import Message
from mdafilter.train import Hints, Original
from mdafilter.train.found import find
from mdafilter.train.originals import originals
from tests.support.forwards import OTHER, SPAM, SUBJECT

pytestmark = pytest.mark.e2e

NMH = "/usr/bin/mh"
mutt = pytest.mark.skipif(not (shutil.which("mutt") and shutil.which("script")), reason="mutt or script(1) is missing")
nmh = pytest.mark.skipif(not os.path.exists(f"{NMH}/forw"), reason="nmh is missing")

MUTTRC = """
set mbox_type=Maildir spoolfile="{home}/Maildir" folder="{home}" sendmail="{home}/sendmail" editor=true copy=no
set abort_unmodified=no autoedit=no sendmail_wait=0 quit=yes bounce=yes beep=no confirmappend=no charset=utf-8
set from=bob@our.example realname=Bob send_charset=us-ascii:utf-8 sort=date-received
"""
NMHRC = """Path: {home}/Mail
Local-Mailbox: Bob <bob@our.example>
send: -mts sendmail/pipe -sendmail {home}/sendmail
post: -mts sendmail/pipe -sendmail {home}/sendmail
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a user with two messages, the newest first in mutt, and a sendmail that keeps what it gets."""
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir" / "cur" / "1790000001.a.host:2,S").write_bytes(SPAM)
    (tmp_path / "Mail" / "inbox").mkdir(parents=True)
    (tmp_path / "Mail" / "inbox" / "1").write_bytes(SPAM)
    (tmp_path / "Mail" / "inbox" / "2").write_bytes(OTHER)
    sendmail = tmp_path / "sendmail"
    sendmail.write_text(f"#!/bin/sh\nexec cat > {tmp_path}/sent\n")
    sendmail.chmod(0o755)
    return tmp_path


def run(home: Path, *command: str, **environment: str) -> None:
    environment = {
        "HOME": str(home),
        "PATH": f"{NMH}:{os.environ['PATH']}",
        "TERM": "xterm",
        "LANG": "C.UTF-8",
        **environment,
    }
    done = subprocess.run(command, env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def by_mutt(home: Path, keys: str, *settings: str) -> bytes:
    """What mutt sends when these keys are pressed."""
    (home / "muttrc").write_text("\n".join((MUTTRC.format(home=home), *settings, f'push "{keys}"\n')))
    run(home, "script", "-qec", f"mutt -n -F {home}/muttrc", "/dev/null")
    return (home / "sent").read_bytes()


def by_nmh(home: Path, *command: str, head: str, **environment: str) -> bytes:
    """What nmh sends of a draft that has this head in place of its own."""
    (home / "mh_profile").write_text(NMHRC.format(home=home))
    environment["MH"] = str(home / "mh_profile")
    run(home, *command, "-nowhatnowproc", **environment)
    draft = home / "Mail" / "draft"
    _, line, body = draft.read_text().partition("--------\n")
    draft.write_text(head + line + body)
    if "-mime" in command:
        run(home, "mhbuild", str(draft), **environment)
    run(home, "send", "-nopush", str(draft), **environment)
    return (home / "sent").read_bytes()


def taken(report: bytes) -> tuple[Original, ...]:
    return tuple(one for one in originals(Message.parse(report)) if isinstance(one, Original))


@mutt
def test_mutt_attaches(home: Path) -> None:
    report = by_mutt(
        home, "<forward-message>spam@our.example<enter><enter><send-message><quit>", "set mime_forward=yes"
    )
    assert taken(report) == (Original(SPAM, "attached", "2"),)


@mutt
def test_mutt_forwards_in_the_text(home: Path) -> None:
    report = by_mutt(home, "<forward-message>spam@our.example<enter><enter><send-message><quit>", "set mime_forward=no")
    (hints,) = originals(Message.parse(report))
    assert isinstance(hints, Hints)
    assert (hints.message_ids, hints.subject) == (("<pills.1@shop.example>",), SUBJECT)
    assert find(hints, (), [str(home / "Maildir")]) == SPAM
    assert find(hints.replace(message_ids=()), (), [str(home / "Maildir")]) == SPAM


@mutt
def test_mutt_bounces(home: Path) -> None:
    assert taken(by_mutt(home, "<bounce-message>spam@our.example<enter><quit>")) == (Original(SPAM, "resent"),)


HEAD = "From: Bob <bob@our.example>\nTo: spam@our.example\nSubject: forwarded\n"


@nmh
def test_nmh_attaches_one(home: Path) -> None:
    assert [(one.raw, one.how) for one in taken(by_nmh(home, "forw", "-mime", "+inbox", "1", head=HEAD))] == [
        (SPAM, "attached")
    ]


@nmh
def test_nmh_attaches_several_as_a_digest(home: Path) -> None:
    found = taken(by_nmh(home, "forw", "-mime", "+inbox", "1", "2", head=HEAD))
    assert [(one.raw.rstrip(b"\n") + b"\n", one.how) for one in found] == [(SPAM, "digest"), (OTHER, "digest")]


@nmh
def test_nmh_forwards_in_the_text(home: Path) -> None:
    (hints,) = originals(Message.parse(by_nmh(home, "forw", "+inbox", "1", head=HEAD)))
    assert isinstance(hints, Hints)
    assert (hints.message_ids, hints.subject) == (("<pills.1@shop.example>",), SUBJECT)
    assert find(hints, (), [str(home / "Maildir")]) == SPAM


@nmh
def test_nmh_distributes(home: Path) -> None:
    """dist(1): the Resent fields stand behind those of the message."""
    head = "Resent-From: Bob <bob@our.example>\nResent-To: spam@our.example\n"
    report = by_nmh(home, "dist", "+inbox", "1", head=head, mhaltmsg=str(home / "Mail" / "inbox" / "1"), mhdist="1")
    assert taken(report) == (Original(SPAM, "resent"),)
