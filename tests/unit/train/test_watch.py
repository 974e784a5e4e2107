"""Rounds over a real Maildir. Random ones: tests/property/test_folders.py; with Dovecot: tests/e2e/test_watch.py."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import journal, limits
from mdafilter.train import Report, listing, watch
from mdafilter.train.folders import base
from mdafilter.train.watch import Watcher
from tests.support.folders import Maildir, Spool, raw, watcher


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path)


@pytest.fixture
def spool() -> Spool:
    return Spool()


@pytest.fixture
def looking(maildir: Maildir, spool: Spool) -> Iterator[Watcher]:
    made = watcher(maildir, spool)
    yield made
    made.close()


def test_the_first_start_learns_nothing(maildir: Maildir, spool: Spool) -> None:
    for folder in ("", "Junk"):
        maildir.deliver(len(folder), folder)
    maildir.link(maildir.deliver(9), "Junk")
    looking = Watcher(maildir.task(), spool.write)
    counts = looking.round()
    assert (counts.messages, counts.moves, spool.taken()) == (4, 0, [])
    looking.close()


def test_the_report_has_the_message_as_it_is(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    path = maildir.deliver(1)
    looking.round()
    maildir.rename(path, "Junk")
    counts = looking.round()
    assert (counts.spam, counts.ham) == (1, 0)
    (report,) = spool.reports.values()
    facts = {"user": "alice", "file": base(path.name)}
    assert report == Report("spam", "watch", facts, raw(1), report.id)


def test_what_the_filter_files_says_nothing(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    for number, folder in enumerate(("", "Junk", "Trash", "Lists")):
        maildir.deliver(number, folder)
        maildir.deliver(number + 10, folder, told=False)
    assert looking.round().messages == 8
    assert spool.taken() == []


def test_a_spam_that_is_sent_again_says_nothing(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    """Whoever has had a message rescued, or not, could else teach by sending it to the inbox, or to Junk."""
    maildir.deliver(1, "Junk")
    maildir.deliver(2)
    looking.round()
    for number, folder in ((1, ""), (2, "Junk")):
        again = raw(number).replace(b"id 0", b"id 1")
        (maildir.at(folder) / "new" / f"1790000000.M{number}P9.host").write_bytes(again)
    looking.round()
    assert spool.taken() == []


def test_a_forged_label_says_nothing(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    """It stands below the Received field that Postfix has put on top."""
    forged = raw(1).replace(b"Subject", b"X-Mdafilter: Junk; rule x:1\nSubject")
    (maildir.root / "new" / "1790000000.M1P9.host").write_bytes(forged)
    looking.round()
    assert spool.taken() == []


@pytest.mark.parametrize("labelled", [True, False])
def test_without_a_label_the_journal_says_where_a_delivery_went(maildir: Maildir, spool: Spool, labelled: bool) -> None:
    looking = Watcher(maildir.task(labelled), spool.write)
    looking.round()
    path = maildir.deliver(1, "Junk")
    path.write_bytes(raw(1))
    maildir.rename(path, "")
    looking.round()
    assert spool.taken() == [("ham", "1")]
    looking.close()


@pytest.mark.parametrize(("labelled", "verdicts"), [(True, []), (False, [("ham", "1")])])
def test_of_a_copy_it_is_asked_only_where_there_are_no_labels(
    maildir: Maildir, spool: Spool, labelled: bool, verdicts: list[tuple[str, str]]
) -> None:
    """With labels, a message without one was not filed as junk: sent mail, which clients append, is not looked up."""
    looking = Watcher(maildir.task(labelled), spool.write)
    looking.round()
    path = maildir.deliver(1, "Junk")
    path.write_bytes(raw(1))
    maildir.append(path, "")
    path.unlink()
    looking.round()
    assert spool.taken() == verdicts
    looking.close()


def test_an_unchanged_maildir_is_not_listed(
    maildir: Maildir, looking: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    maildir.deliver(1)
    maildir.age()
    looking.round()
    monkeypatch.setattr(watch, "messages", lambda *_: pytest.fail("a folder was listed"))
    monkeypatch.setattr(looking.state, "commit", lambda *_, **__: pytest.fail("something was written"))
    assert looking.round().messages == 0


def test_a_change_in_the_tick_of_the_last_look_is_seen_and_one_that_is_hidden_by_its_time(
    maildir: Maildir, spool: Spool, looking: Watcher
) -> None:
    path = maildir.deliver(1)
    looking.round()
    times = [os.stat(maildir.at(folder) / part).st_mtime_ns for folder in ("", "Junk") for part in ("new", "cur")]
    maildir.rename(path, "Junk")
    for place, when in zip([(f, p) for f in ("", "Junk") for p in ("new", "cur")], times, strict=True):
        os.utime(maildir.at(place[0]) / place[1], ns=(when, when))
    looking.round()
    assert spool.taken() == [("spam", "1")]


def test_a_message_that_goes_away_while_it_is_looked_at_is_looked_at_again(
    maildir: Maildir, spool: Spool, looking: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = maildir.deliver(1)
    looking.round()
    path = maildir.rename(path, "Junk")
    real = listing.trace

    def trace(name: str) -> str:
        if os.path.exists(path):
            maildir.flag(path, "RS")
        return real(name)

    monkeypatch.setattr(watch, "trace", trace)
    looking.round()
    assert spool.taken() == []
    looking.round()
    assert spool.taken() == [("spam", "1")]


def test_a_spool_that_is_full_holds_up_and_loses_nothing(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    paths = [maildir.deliver(number) for number in range(3)]
    looking.round()
    for path in paths:
        maildir.rename(path, "Junk")
    spool.fails = lambda: True
    for _ in range(3):
        with pytest.raises(OSError, match="No space"):
            looking.round()
    maildir.rename(maildir.at("Junk") / "cur" / f"{paths[0].name}:2,S", "")
    spool.fails = lambda: False
    looking.round()
    assert sorted(spool.taken()) == [("ham", "0"), ("spam", "0"), ("spam", "1"), ("spam", "2")]


def test_a_report_that_is_in_the_spool_already_is_no_failure(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    path = maildir.deliver(1)
    looking.round()
    maildir.rename(path, "Junk")

    def there(report: Report) -> None:
        raise FileExistsError(17, "File exists", report.id)

    looking.write = there
    assert looking.round().spam == 1
    assert looking.state.outbox() == ()


def test_no_maildir_is_no_empty_one(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    """A home that is not mounted: nothing has moved, before and after."""
    maildir.rename(maildir.deliver(1), "Lists")
    looking.round()
    aside = maildir.root.with_name("aside")
    maildir.root.rename(aside)
    with pytest.raises(FileNotFoundError):
        looking.round()
    aside.rename(maildir.root)
    assert looking.round().messages == 0
    assert spool.taken() == []


def test_a_folder_that_cannot_be_listed_has_lost_nothing(
    maildir: Maildir, spool: Spool, looking: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = maildir.deliver(1, "Lists")
    looking.round()
    maildir.flag(path, "S")

    def messages(root: str, folder: str) -> dict[str, str]:
        if folder == "Lists":
            raise PermissionError(13, "Permission denied")
        return listing.messages(root, folder)

    monkeypatch.setattr(watch, "messages", messages)
    looking.round()
    assert not looking.memory.gone
    assert [one.folder for one in looking.memory] == ["Lists"]


def test_a_folder_with_another_name_moves_nothing(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    for number in range(5):
        maildir.deliver(number, "Junk")
    looking.round()
    maildir.at("Junk").rename(maildir.at("Old"))
    assert looking.round().messages == 0
    maildir.at("Old").rename(maildir.at("Junk.Old"))
    looking.round()
    assert spool.taken() == []
    assert {one.folder for one in looking.memory} == {"Junk.Old"}


def test_a_folder_that_is_removed_says_nothing(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    path = maildir.deliver(1, "Junk")
    looking.round()
    path.unlink()
    for part in ("cur", "new", "tmp"):
        (maildir.at("Junk") / part).rmdir()
    maildir.at("Junk").rmdir()
    looking.round()
    assert spool.taken() == []
    assert "Junk" not in looking.folders


def test_what_is_no_message_is_not_looked_at(maildir: Maildir, looking: Watcher) -> None:
    (maildir.root / "cur" / "a-folder").mkdir()
    os.mkfifo(maildir.root / "cur" / "fifo")
    (maildir.root / "cur" / "link").symlink_to("/etc/passwd")
    assert looking.round().messages == 0


def test_a_message_that_is_too_large_is_not_learned(
    maildir: Maildir, spool: Spool, looking: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REPORT_OCTETS", 50)
    said: list[str] = []
    looking.say = said.append
    path = maildir.deliver(1)
    looking.round()
    maildir.rename(path, "Junk")
    looking.round()
    assert spool.taken() == []
    assert "too large" in said[0]


def test_a_look_writes_often_enough(
    maildir: Maildir, spool: Spool, looking: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WATCHED_AT_ONCE", 2)
    paths = [maildir.deliver(number) for number in range(5)]
    looking.round()
    for path in paths:
        maildir.rename(path, "Junk")
    waiting = []

    def write(report: Report) -> None:
        spool.write(report)
        waiting.append(len(looking.state.outbox()))

    looking.write = write
    assert looking.round().spam == 5
    assert waiting == [2, 2, 2, 2, 1]


def test_what_is_in_the_messages_is_read_little_by_little(maildir: Maildir, spool: Spool) -> None:
    paths = [maildir.deliver(number) for number in range(5)]
    paths[0].chmod(0)
    looking = Watcher(maildir.task(), spool.write)
    looking.round()
    paths[4].unlink()
    assert [looking.read(2), looking.read(2), looking.read(2), looking.read(2)] == [True, True, False, False]
    maildir.append(paths[3], "Junk")
    paths[3].unlink()
    looking.close()
    looking = Watcher(maildir.task(), spool.write)
    looking.round()
    assert spool.taken() == [("spam", "3")]
    looking.close()


def test_a_line_for_each_move(maildir: Maildir, spool: Spool, looking: Watcher) -> None:
    said: list[str] = []
    looking.say = said.append
    path = maildir.deliver(1)
    looking.round()
    maildir.rename(path, "Junk")
    looking.round()
    assert said == [f"spam: {path.name.partition(',')[0]}, moved from INBOX to Junk"]


def test_what_is_refiled_says_nothing_and_what_its_reader_does_then_does(
    maildir: Maildir, spool: Spool, looking: Watcher
) -> None:
    path = maildir.deliver(1)
    looking.round()
    act = journal.Filed("file", "Junk", name=path.name)
    entry = journal.Entry(time.time(), message_id="<1@example.org>", acts=(act,))
    assert journal.refiled(journal.Journal(maildir.log, syslog=False), entry) == ""
    path = maildir.rename(path, "Junk")
    looking.round()
    assert spool.taken() == []
    maildir.rename(path, "")
    looking.round()
    assert spool.taken() == [("ham", "1")]
