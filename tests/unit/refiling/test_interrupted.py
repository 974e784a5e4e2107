"""What the next run tells of moves that were begun by one that was killed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from mdafilter import journal
from mdafilter.journal import Entry, Filed, Journal
from mdafilter.refiling.interrupted import AT_ONCE, KILLED, open_, settle

BEGUN = Entry(
    0.0,
    "m1",
    message_id="<1@x>",
    acts=(Filed("file", "lists/one", "r:1", name="1.a:2,S"),),
    notes=("moved from INBOX",),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for part in ("cur", ".lists.one/cur", "new", ".lists.one/new"):
        (tmp_path / "m" / part).mkdir(parents=True)
    return tmp_path / "m"


@pytest.fixture
def log(tmp_path: Path) -> Journal:
    return Journal(str(tmp_path / "log"), syslog=False)


def lines(log: Journal) -> list[tuple[str, str, bool, str, list[str]]]:
    found = [json.loads(line) for line in Path(log.path).read_text().splitlines()]
    return [
        (line["id"], line["status"], line["acts"][0]["done"], line.get("reason", ""), line.get("notes", []))
        for line in found
    ]


def test_one_that_lies_there_was_moved(root: Path, log: Journal) -> None:
    (root / ".lists.one/cur/1.a:2,S").touch()
    journal.refiling(log, BEGUN.replace(time=time.time()))
    assert settle(str(root), log) == ""
    assert lines(log)[1:] == [("m1", "refiled", True, "", ["moved from INBOX", KILLED])]
    assert settle(str(root), log) == "" and len(lines(log)) == 2, "it is told once"


def test_one_that_lies_where_it_was_stays(root: Path, log: Journal) -> None:
    (root / "cur/1.a:2,FS").touch()
    journal.refiling(log, BEGUN.replace(time=time.time()))
    settle(str(root), log)
    assert lines(log)[1:] == [("m1", "unmoved", False, KILLED, [])]


def test_what_nobody_can_know_is_not_told(root: Path, log: Journal) -> None:
    journal.refiling(log, BEGUN.replace(time=time.time()))
    settle(str(root), log)
    assert len(lines(log)) == 1, "it is in another folder, or another Maildir"
    (root / ".lists.one/cur/1.a:2,S").touch()
    journal.refiling(log, BEGUN.replace(id="m2", time=time.time() - AT_ONCE - 5))
    settle(str(root), log)
    assert [line[:2] for line in lines(log)[2:]] == [("m1", "refiled")], "m2: its reader may have put it there"


def test_what_was_told_is_not_open(root: Path, log: Journal) -> None:
    for number, end in (
        ("m1", journal.refiled),
        ("m2", None),
        ("m3", lambda log, one: journal.unmoved(log, one, "no")),
    ):
        journal.refiling(log, BEGUN.replace(id=number))
        journal.refiling(log, BEGUN.replace(id=number))
        if end is not None:
            end(log, BEGUN.replace(id=number))
    journal.delivered(log, BEGUN.replace(id="m2"))
    assert [one.id for one in open_(log.path)] == ["m2"]


@pytest.mark.parametrize("text", [b"\xff\n", b'{"status":"refiling"\n', b'{"time":1,"id":"x","status":"refiling"}\n'])
def test_any_line_is_borne(root: Path, log: Journal, text: bytes) -> None:
    Path(log.path).write_bytes(text)
    assert settle(str(root), log) == ""


def test_no_name_leaves_the_maildir(root: Path, log: Journal) -> None:
    act = BEGUN.acts[0].replace(to="../../etc", name="../1.a")
    journal.refiling(log, BEGUN.replace(acts=(act,), notes=("moved from ../..",)))
    assert settle(str(root), log) == "" and len(lines(log)) == 1


def test_a_journal_that_cannot_be_read_is_a_note(root: Path, log: Journal) -> None:
    os.mkfifo(log.path)
    assert settle(str(root), log.replace(path="")) == ""
    assert settle(str(root), log.replace(path=f"{root}/cur")).startswith("the journal ")
