"""What the journal says of a message that was moved before it was seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import journal, limits
from mdafilter.train.filed import Filed
from mdafilter.train.folders import Found
from tests.support.folders import ours, theirs


def deliver(log: Path, name: str, *folders: str, number: int = 1, done: bool = True) -> None:
    acts = tuple(journal.Filed("file", folder, name=f"{name},S=1", done=done) for folder in folders)
    entry = journal.Entry(float(name.split(".")[0]), message_id=f"<{number}@example.org>", acts=acts)
    assert journal.delivered(journal.Journal(str(log), syslog=False), entry) == ""


def found(name: str, number: int = 1) -> Found:
    return Found("Junk", name.partition(",")[0], f"cur/{name}", "t", message_id=f"<{number}@example.org>")


@pytest.mark.parametrize(
    ("folder", "wanted"),
    [("INBOX", ""), ("Junk", "Junk"), ("lists/debian", "lists.debian"), ("/m/.Junk/", "Junk"), ("/m/", "")],
)
def test_a_name_of_ours_is_in_the_journal(tmp_path: Path, folder: str, wanted: str) -> None:
    name = ours().partition(",")[0]
    deliver(tmp_path / "log", name, folder)
    assert Filed("/m", [str(tmp_path / "log")])(found(name)) == wanted


def test_a_name_of_an_imap_server_is_found_by_its_message_id(tmp_path: Path) -> None:
    deliver(tmp_path / "log", ours().partition(",")[0], "INBOX")
    assert Filed("/m", [str(tmp_path / "log")])(found(theirs())) == ""
    assert Filed("/m", [str(tmp_path / "log")])(found(theirs(), 2)) is None


def test_a_delivery_that_was_seen_is_not_the_one_that_is_asked_for(tmp_path: Path) -> None:
    """Two messages with one Message-ID: what was in the first is known, and is not in this one."""
    name = ours().partition(",")[0]
    deliver(tmp_path / "log", name, "INBOX")
    assert Filed("/m", [str(tmp_path / "log")], seen=lambda base: base == name)(found(theirs())) is None


def test_a_message_that_went_into_two_folders_tells_nothing(tmp_path: Path) -> None:
    for folder in ("INBOX", "Junk"):
        deliver(tmp_path / "log", ours().partition(",")[0], folder)
    assert Filed("/m", [str(tmp_path / "log")])(found(theirs())) is None


def test_a_message_without_an_id_is_not_asked_for(tmp_path: Path) -> None:
    deliver(tmp_path / "log", ours().partition(",")[0], "INBOX")
    assert Filed("/m", [str(tmp_path / "log")])(found(theirs()).replace(message_id="")) is None


def test_what_was_not_done_or_is_no_folder_is_not_known(tmp_path: Path) -> None:
    name = ours().partition(",")[0]
    deliver(tmp_path / "log", name, "INBOX", done=False)
    for path in ("/m/mbox", "/mm/.Junk/", "/m/.Junk/.deeper/", "a..b"):
        deliver(tmp_path / "log", name, path)
    assert Filed("/m", [str(tmp_path / "log")])(found(name)) is None


def test_no_journal_knows_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert Filed("/m", [str(tmp_path / "none"), str(tmp_path / "folder")])(found(ours())) is None


def test_it_is_read_once_and_no_further_than_it_has_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{1790000000 + 3600 * n}.M1P1Q1_00000001.host" for n in range(10)]
    for n, name in enumerate(names):
        deliver(tmp_path / "log", name, "INBOX", number=n)
    filed = Filed("/m", [str(tmp_path / "log")])
    assert filed(found(names[8])) == ""
    assert names[2] not in filed.names
    assert filed(found(names[2])) == ""
    monkeypatch.setattr(limits, "WATCH_FACTS", 3)
    assert Filed("/m", [str(tmp_path / "log")])(found(names[2])) is None


def test_who_does_not_ask_is_told_nothing(tmp_path: Path) -> None:
    name = ours().partition(",")[0]
    deliver(tmp_path / "log", name, "INBOX")
    assert Filed("/m", [str(tmp_path / "log")], lambda _found: False)(found(name)) is None


def test_what_was_refiled_just_now_was_moved_by_no_reader(tmp_path: Path) -> None:
    root, log, name = tmp_path / "m", tmp_path / "log", ours()
    (root / ".Junk/cur").mkdir(parents=True)
    (root / ".Junk/cur" / name).write_text("x")
    deliver(log, name.partition(",")[0], "Junk")
    one = found(name)
    assert not Filed(str(root), [str(log)]).refiled(one), "a delivery alone is none"
    now = os.stat(root / ".Junk/cur" / name).st_ctime
    for folder, when, wanted in (("Junk", now - 3600, False), ("Junk", now, True), ("INBOX", now + 1, False)):
        act = journal.Filed("file", folder, name=name)
        assert journal.refiled(journal.Journal(str(log), syslog=False), journal.Entry(when, acts=(act,))) == ""
        assert Filed(str(root), [str(log)]).refiled(one) is wanted
    book, act = journal.Journal(str(log), syslog=False), journal.Filed("file", "Junk", name=name)
    journal.refiling(book, journal.Entry(now, acts=(act,)))
    assert Filed(str(root), [str(log)]).refiled(one), "told just before the move"
    journal.unmoved(book, journal.Entry(now, acts=(act.replace(done=False),)), "no such luck")
    assert not Filed(str(root), [str(log)]).refiled(one), "so it was its reader"
    assert not Filed(str(root), [str(log)]).refiled(found(ours())), "it is elsewhere by now"


def test_what_is_about_to_be_moved_was_not_filed_there_yet(tmp_path: Path) -> None:
    name = ours().partition(",")[0]
    deliver(tmp_path / "log", name, "lists")
    entry = journal.Entry(9e9, acts=(journal.Filed("file", "Junk", name=name),))
    journal.refiling(journal.Journal(str(tmp_path / "log"), syslog=False), entry)
    assert Filed("/m", [str(tmp_path / "log")])(found(name)) == "lists"


def test_where_it_was_filed_last_counts(tmp_path: Path) -> None:
    name = ours().partition(",")[0]
    for folder in ("Junk", "lists"):
        deliver(tmp_path / "log", name, folder)
    assert Filed("/m", [str(tmp_path / "log")])(found(name)) == "lists"
    assert Filed("/m", [str(tmp_path / "log")])(found(theirs())) == "lists"
