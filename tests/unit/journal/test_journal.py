"""One function per fact; a journal that cannot be written never fails a delivery."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mdafilter import journal
from mdafilter.journal import Entry, Filed, Journal, Options, Score

ENTRY = Entry(
    1795356846.5,
    "4XyZ",
    message_id="<one@example.org>",
    sender="spammer@example.net",
    recipient="u@example.org",
    acts=(Filed("file", ".Trash", "rules/spam.sieve:12", 'Subject "*SPAM*"', "1795356846.M1P2.host"),),
    score=Score("spamd", 15.2, 5.0, True, ("BAYES_99",)),
    delay=0.21,
)


def written(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


@pytest.fixture
def book(tmp_path: Path) -> Journal:
    return Journal(str(tmp_path / "state" / "mdafilter" / "journal.jsonl"), syslog=False)


def test_a_delivered_message_is_one_line_that_says_all(book: Journal) -> None:
    assert journal.delivered(book, ENTRY) == ""
    (line,) = written(Path(book.path))
    assert line["status"] == "delivered"
    assert line["message_id"] == "<one@example.org>"
    assert line["acts"] == [
        {
            "action": "file",
            "to": ".Trash",
            "rule": "rules/spam.sieve:12",
            "why": 'Subject "*SPAM*"',
            "name": "1795356846.M1P2.host",
            "done": True,
        }
    ]
    assert line["score"] == {
        "scorer": "spamd",
        "score": 15.2,
        "threshold": 5.0,
        "spam": True,
        "symbols": ["BAYES_99"],
        "scanned": 0,
    }


def test_each_fact_has_its_status(book: Journal) -> None:
    journal.delivered(book, ENTRY)
    journal.discarded(book, ENTRY)
    journal.refused(book, ENTRY, "no executables", "5.7.1")
    journal.deferred(book, ENTRY, "disk full", "4.3.1")
    journal.refiled(book, ENTRY)
    journal.refiling(book, ENTRY)
    journal.unmoved(book, ENTRY, "no such folder")
    found = [(line["status"], line.get("reason"), line.get("dsn")) for line in written(Path(book.path))]
    assert found == [
        ("delivered", None, None),
        ("discarded", None, None),
        ("refused", "no executables", "5.7.1"),
        ("deferred", "disk full", "4.3.1"),
        ("refiled", None, None),
        ("refiling", None, None),
        ("unmoved", "no such folder", None),
    ]


def test_events_are_lines_of_their_own(book: Journal) -> None:
    journal.rule_problem(book, 1.0, "/home/u/.mdafilter.sieve", "x:1:2: error: no such word", "4XyZ", "u")
    journal.trained(book, 2.0, "learned as spam", "<one@example.org>", user="u")
    rules, training = written(Path(book.path))
    assert rules["event"] == "rules"
    assert rules["file"] == "/home/u/.mdafilter.sieve"
    assert training == {
        "time": 2.0,
        "event": "training",
        "text": "learned as spam",
        "message_id": "<one@example.org>",
        "user": "u",
    }


def test_a_journal_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = str(tmp_path / "file" / "journal.jsonl")
    note = journal.delivered(Journal(path, syslog=False), ENTRY)
    assert note == f"the journal {path} cannot be written: Not a directory"


def test_a_journal_that_cannot_be_written_is_in_the_mail_log_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, bool]] = []
    monkeypatch.setattr(journal.maillog, "send", lambda text, warning=False: sent.append((text, warning)))
    (tmp_path / "file").write_text("in the way")
    note = journal.delivered(Journal(str(tmp_path / "file" / "j\n")), ENTRY)
    assert sent[0][0].endswith("status=delivered")
    assert sent[1:] == [(note.replace("\n", "?"), True)]


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert journal.delivered(Journal("", syslog=False), ENTRY) == ""
    assert list(tmp_path.iterdir()) == []


def test_the_options_become_a_journal() -> None:
    assert Journal.of(Options(syslog=False, max_size=7, keep=2), "/x") == Journal("/x", False, 7, 2)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("/s", "/s/mdafilter/journal.jsonl"),
        ("", "/home/u/.local/state/mdafilter/journal.jsonl"),
        ("relative", "/home/u/.local/state/mdafilter/journal.jsonl"),
    ],
)
def test_the_default_place(state: str, expected: str) -> None:
    """XDG Base Directory Specification: "All paths set in these environment variables must be absolute. If an
    implementation encounters a relative path in any of these variables it should consider the path invalid and ignore it."
    """
    assert journal.default_path({"XDG_STATE_HOME": state}, "/home/u") == expected


def test_our_own_ids_differ_with_the_time_and_are_no_queue_ids() -> None:
    assert journal.new_id(1795356846.123456) != journal.new_id(1795356846.123457)
    assert journal.new_id(1795356846.0).startswith("m")
