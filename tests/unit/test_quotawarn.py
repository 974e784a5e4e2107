"""The letter that a mailbox is nearly full: in the inbox, once a day, and never at the cost of a delivery."""

from __future__ import annotations

import errno
import os
import time
from email import message_from_bytes
from pathlib import Path

import pytest

from mdafilter.acts import File
from mdafilter.perform import Receipts, perform
from mdafilter.quotawarn import warned
from mdafilter.targets import Mailbox
from tests.support.faults import Faulty
from tests.support.mailboxes import ENVELOPE, decision, delivered, drafts, mailbox, message

DAY = 24 * 3600


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return mailbox(tmp_path).replace(quota="1000S,100C", label=False)


def deliver(home: Path, box: Mailbox, calls: Faulty | None = None) -> Receipts:
    """A message into a folder, which makes 950 of 1000 octets."""
    about = message(1, b"x" * (950 - message(1, b"").size))
    receipts = perform(decision(about, File("a")), about, ENVELOPE, box.replace(over_quota=""))
    receipts.forget()
    return warned(receipts, ENVELOPE, box, b"\n", calls or Faulty())


def letters(home: Path) -> list[bytes]:
    return delivered(home).get("", [])


def remembered(home: Path) -> float:
    return time.time() - os.stat(home / "Maildir/quotawarn").st_mtime


def test_the_letter(tmp_path: Path, box: Mailbox) -> None:
    receipts = deliver(tmp_path, box)
    (octets,) = letters(tmp_path)
    letter = message_from_bytes(octets)
    assert (letter["Subject"], letter["To"]) == ("Your mailbox is nearly full: 95 %", "alice@example.test")
    text = letter.get_payload()
    assert isinstance(text, str)
    assert text.startswith("Your mailbox is 95 % full: 950 of 1000 octets, 1 of 100 messages.\n")
    assert "it waits for some days, and then goes back" in text
    assert [(r.folder, r.why) for r in receipts.receipts[1:]] == [("INBOX", "the mailbox is 95 % full")]
    assert remembered(tmp_path) < 60
    assert drafts(tmp_path) == []


def test_what_becomes_of_mail_is_what_the_setting_says(tmp_path: Path, box: Mailbox) -> None:
    deliver(tmp_path, box.replace(over_quota="refuse"))
    assert b"it goes back to its senders.\n" in letters(tmp_path)[0]


def test_it_counts_and_is_not_turned_away(tmp_path: Path, box: Mailbox) -> None:
    deliver(tmp_path, box)
    lines = (tmp_path / "Maildir/maildirsize").read_text().splitlines()
    assert lines == ["1000S,100C", "0 0", "950 1", f"{len(letters(tmp_path)[0])} 1"]


@pytest.mark.parametrize(("age", "count"), [(0, 0), (DAY - 60, 0), (DAY + 60, 1), (-3600, 1)])
def test_it_comes_once_a_day(tmp_path: Path, box: Mailbox, age: float, count: int) -> None:
    """A time in the future is that of a clock that was wrong."""
    (tmp_path / "Maildir").mkdir()
    (tmp_path / "Maildir/quotawarn").touch()
    os.utime(tmp_path / "Maildir/quotawarn", (time.time() - age,) * 2)
    deliver(tmp_path, box)
    assert len(letters(tmp_path)) == count


def test_it_is_remembered_for_the_next(tmp_path: Path, box: Mailbox) -> None:
    for _ in range(3):
        deliver(tmp_path, box)
    assert len(letters(tmp_path)) == 1


def test_without_a_quota_there_is_none(tmp_path: Path, box: Mailbox) -> None:
    deliver(tmp_path, box.replace(quota=""))
    assert letters(tmp_path) == []
    assert not (tmp_path / "Maildir/quotawarn").exists()


def test_no_failure_is_one_of_the_delivery(tmp_path: Path, box: Mailbox) -> None:
    """Each call fails in turn. No letter: then the next message brings it; and never one that is not remembered."""
    for number in range(1, 100):
        calls = Faulty(lambda n, _name, number=number: errno.EIO if n == number else None)  # type: ignore[misc]
        receipts = deliver(tmp_path, box, calls)
        calls.bury()
        found = letters(tmp_path)
        if not found:
            assert receipts.notes[-1].startswith("no letter that the mailbox is nearly full: ")
            there = (tmp_path / "Maildir/quotawarn").exists()
            assert not there or remembered(tmp_path) > DAY or calls.failed == ["utime"]
        if not calls.failed:
            break
        for path in (p for p in (tmp_path / "Maildir").rglob("*") if p.is_file()):
            path.unlink()
    assert number > 15
    assert found


def test_where_it_cannot_be_remembered_there_is_no_letter(tmp_path: Path, box: Mailbox) -> None:
    """It would come with every message."""
    (tmp_path / "Maildir/tmp").mkdir(parents=True)
    (tmp_path / "Maildir/quotawarn").symlink_to("/nonexistent/file")
    os.utime(tmp_path / "Maildir/quotawarn", (0, 0), follow_symlinks=False)
    receipts = deliver(tmp_path, box)
    assert letters(tmp_path) == []
    assert receipts.notes == ("no letter that the mailbox is nearly full: Too many levels of symbolic links",)
