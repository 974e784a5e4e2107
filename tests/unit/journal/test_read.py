"""Journals read back: newest first, across rotation, past whatever is broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import journal, limits
from mdafilter.journal import Entry, Event, Filed, Journal, Score, read
from mdafilter.journal.line import encode

FULL = Entry(
    5.25,
    "4X",
    "delivered",
    "<a@b>",
    "s@e",
    "r@e",
    "o@e",
    77,
    (Filed("file", ".T", "r:1", "why", "name", False), Filed("keep", "INBOX")),
    Score("spamd", 1.5, 5.0, False, ("A", "B"), 9),
    ("note \udcff",),
    ("no-boundary",),
    0.25,
    "reason",
    "4.3.0",
    "1.0",
    "spf=pass",
)


def ids(path: Path) -> list[str]:
    return [fact.id for fact in read.facts(str(path))]


@pytest.mark.parametrize(
    "fact", [FULL, Entry(1.0), Event(1.0, "rules", "t", "f", "i", "m", "u"), Event(2.0, "training", "")]
)
def test_every_fact_comes_back_as_it_was(fact: Entry | Event) -> None:
    assert list(read.parse(encode(fact))) == [fact]


def test_the_newest_comes_first_across_rotated_files(tmp_path: Path) -> None:
    book = Journal(str(tmp_path / "j"), syslog=False, max_size=300, keep=30)
    for number in range(60):
        assert journal.delivered(book, Entry(float(number), f"q{number}")) == ""
    assert len(read.files(book.path)) > 10
    assert ids(tmp_path / "j") == [f"q{number}" for number in reversed(range(60))]


def test_a_missing_journal_has_no_facts(tmp_path: Path) -> None:
    assert ids(tmp_path / "no" / "such") == []
    assert ids(tmp_path / "none") == []


def test_other_files_beside_it_are_not_read(tmp_path: Path) -> None:
    for name in ("j", "j.1", "j.10", "j.2", "j.x", "j.1x", "jj", "j.²"):
        (tmp_path / name).write_bytes(encode(Entry(1.0, name)))
    assert ids(tmp_path / "j") == ["j", "j.1", "j.2", "j.10"]


def test_a_whole_line_behind_a_piece_of_one_is_found(tmp_path: Path) -> None:
    good = encode(Entry(1.0, "good"))
    (tmp_path / "j").write_bytes(
        encode(Entry(0.0, "cut"))[:20] + good + b"\n\n{}\nnonsense\n" + b"\x00\xff\n" + good[:9]
    )
    assert ids(tmp_path / "j") == ["good"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"time":"x"}',
        b'{"time":NaN}',
        b'{"time":1e999}',
        b'{"time":null}',
        b'{"time":[]}',
        b'{"time":' + b"9" * 5000 + b"}",
        b'{"time":' + b"[" * 100_000,
        b'{"time":1} trailing',
    ],
)
def test_what_is_no_fact_is_skipped(line: bytes) -> None:
    assert list(read.parse(line)) == []


def test_members_of_a_wrong_type_are_as_if_missing() -> None:
    line = (
        b'{"time":1,"id":7,"size":"x","notes":["a",1],"acts":[{"action":"keep","done":"no"},3,{}],"score":[],'
        b'"delay":Infinity,"new member":{}}'
    )
    assert list(read.parse(line)) == [Entry(1.0, notes=("a",), acts=(Filed("keep"),))]


def test_a_file_larger_than_a_window_is_read_whole(tmp_path: Path) -> None:
    entries = [Entry(float(n), f"q{n}", reason="x" * ((n * 7) % 4000)) for n in range(1300)]
    (tmp_path / "j").write_bytes(b"".join(map(encode, entries)))
    assert (tmp_path / "j").stat().st_size > 2 * limits.WINDOW
    assert list(read.facts(str(tmp_path / "j"))) == entries[::-1]


def test_a_line_without_an_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    with open(tmp_path / "j", "wb") as out:
        out.write(encode(Entry(1.0, "before")))
        out.write(b'{"time":1,' + b" " * (3 * limits.WINDOW) + b'"id":"huge"}\n')
        out.write(encode(Entry(1.0, "after")))
    assert ids(tmp_path / "j") == ["after", "before"]


def test_a_file_that_is_renamed_meanwhile_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(encode(Entry(1.0, "q")))
    os.link(tmp_path / "j", tmp_path / "j.1")
    assert ids(tmp_path / "j") == ["q"]


@pytest.mark.parametrize("wanted", ["<a@b>", "a@b", " <a@b> ", "4X"])
def test_ids_match_with_and_without_brackets(wanted: str) -> None:
    assert read.same_id(FULL, wanted)


@pytest.mark.parametrize("wanted", ["", "<>", "a@", "a@bc", "b"])
def test_other_ids_do_not_match(wanted: str) -> None:
    assert not read.same_id(FULL, wanted)
    assert not read.same_id(Entry(1.0), wanted)


def test_an_id_that_was_cut_matches_what_it_begins() -> None:
    assert read.same_id(Entry(1.0, message_id="<abc\u2026"), "<abcdef@x>")
    assert not read.same_id(Entry(1.0, message_id="<abc\u2026"), "<ab@x>")


def test_the_places_are_those_of_the_shell_and_of_postfix() -> None:
    postfix = "/h/.local/state/mdafilter/journal.jsonl"
    assert read.places({"XDG_STATE_HOME": "/x"}, "/h") == ("/x/mdafilter/journal.jsonl", postfix)
    assert read.places({}, "/h") == (postfix,)
