"""A folder as it is on the disk: delivered by the real pipeline, moved and flagged as readers do."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mdafilter import pipeline
from mdafilter.journal import Journal
from mdafilter.lang.sieve import compile
from mdafilter.message import Envelope, Octets
from mdafilter.pipeline import Setup
from mdafilter.reporting.folder import Look, folder_of, look, places, remove
from mdafilter.rulebook import Rulebook
from mdafilter.settings import Settings
from mdafilter.targets import Options
from mdafilter.train.folders import base
from tests.support.scene import StillWorld

RULES = 'require ["fileinto", "mailbox"];\nif header :contains "subject" "pills" { fileinto :create "Trash"; }'
LATER = time.time() + 1000


class Mail:
    """A mailbox, and deliveries into it."""

    def __init__(self, top: Path) -> None:
        self.root, self.journal, self.count = top / "Maildir", str(top / "journal.jsonl"), 0
        self.home = top

    def deliver(self, subject: str = "pills", label: bool = True, more: str = "") -> Path:
        self.count += 1
        text = f"{more}From: <a@example.net>\nMessage-ID: <{self.count}@example.org>\nSubject: {subject}\n\nbody\n"
        plan = compile(RULES.encode(), "spam.sieve").plan
        chosen = Settings(delivery=Options(label=label))
        setup = Setup(chosen, Rulebook((plan,)), str(self.root), str(self.home), Journal(self.journal, syslog=False))
        done = pipeline.deliver(
            Octets.of(text.encode()), Envelope("s@example.net", "ann", user="ann"), setup, StillWorld()
        )
        return Path(done.receipts[0].path)

    def look(self, folder: str = "Trash", before: float = LATER, journal: bool = True) -> Look:
        return look(str(self.root), folder, (self.journal,) if journal else (), before)


@pytest.fixture
def mail(tmp_path: Path) -> Mail:
    return Mail(tmp_path)


def paths(seen: Look) -> list[str]:
    return [one.path for one in seen.held]


@pytest.mark.parametrize(("label", "journal"), [(True, True), (True, False), (False, True)])
def test_what_a_delivery_filed_is_held(mail: Mail, label: bool, journal: bool) -> None:
    path = mail.deliver("pills =?utf-8?Q?f=C3=BCr?= you", label)
    mail.deliver("hello")
    (one,) = mail.look(journal=journal).held
    assert (one.path, one.rule, one.subject, one.sender) == (
        str(path),
        "spam.sieve:2",
        "pills für you",
        "<a@example.net>",
    )
    assert abs(one.time - time.time()) < 100
    assert one.size == path.stat().st_size


def test_with_neither_journal_nor_field_it_stays(mail: Mail) -> None:
    mail.deliver(label=False)
    assert mail.look(journal=False) == Look("Trash", (), {"unknown": 1})


def test_the_time_is_that_of_filing_and_not_of_the_file_nor_of_the_sender(mail: Mail) -> None:
    path = mail.deliver(more="Date: Thu, 01 Jan 1970 00:00:00 +0000\n")
    os.utime(path, (0, 0))
    assert mail.look(before=time.time() - 100).kept == {"younger": 1}


def test_what_its_reader_has_moved_there_stays(mail: Mail) -> None:
    ham, spam = mail.deliver("hello"), mail.deliver()
    trash = mail.root / ".Trash"
    ham.rename(trash / "cur" / f"{ham.name}:2,S")  # as a file manager does
    spam.rename(trash / "cur" / f"{int(time.time())}.M1P2.host,S=9,W=9:2,")  # out and in again, as Dovecot does
    assert mail.look() == Look("Trash", (), {"elsewhere": 1, "moved": 1})


def test_a_field_of_the_sender_makes_nothing_ours(mail: Mail) -> None:
    """Renamed into Trash by hand, with a journal that is gone: the field stands below what Postfix has put on top."""
    path = mail.deliver("hello", more="Received: by mx; x\nX-Mdafilter: Trash; rule spam.sieve:2\n")
    mail.deliver()
    path.rename(mail.root / ".Trash" / "cur" / f"{path.name}:2,S")
    assert mail.look(journal=False).kept == {"unknown": 1}


def test_what_is_no_message_is_left_alone(mail: Mail) -> None:
    path = mail.deliver()
    outside = mail.home / "outside"
    outside.write_bytes(path.read_bytes())
    name = path.name.replace("Q", "Q9")
    (path.parent / name).symlink_to(outside)
    os.mkfifo(path.parent / name.replace("Q", "Q8"))
    (path.parent / name.replace("Q", "Q7")).mkdir()
    assert paths(mail.look()) == [str(path)]


def test_a_message_that_changes_meanwhile_is_not_removed(mail: Mail) -> None:
    path = mail.deliver()
    (one,) = mail.look().held
    moved = path.rename(mail.root / ".Trash" / "cur" / f"{path.name}:2,F")
    assert not remove(one)
    assert moved.exists()
    moved.rename(path)
    assert remove(one)
    assert not path.exists()


def test_a_folder_that_is_not_there_is_empty(mail: Mail) -> None:
    assert mail.look("Nowhere") == Look("Nowhere", (), {})


def test_the_journal_is_read_no_further_than_it_has_to(mail: Mail) -> None:
    names = {base(mail.deliver().name) for _ in range(3)}
    assert set(places(str(mail.root), [mail.journal], names)) == names
    assert places(str(mail.root), [mail.journal, "/nowhere/at/all"], {"1.M1P1Q1_00000000.host"}) == {}


@pytest.mark.parametrize(
    ("to", "folder"),
    [("Trash", "Trash"), ("", ""), ("INBOX", ""), ("/m/.Trash", "Trash"), ("/m/.Trash/", "Trash"), ("/m", "/"),
     ("/x/.Trash", "/"), ("/m/x/../.Trash", "Trash"), ("a\x00", "/")],
)  # fmt: skip
def test_the_folder_of_an_act(to: str, folder: str) -> None:
    assert folder_of("/m", to) == folder
