"""Any octets as a journal, any names in a folder, any texts in a report: it is made, and nothing of it acts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mdafilter.cli.report_text import render
from mdafilter.journal import read
from mdafilter.journal.line import encode
from mdafilter.reporting import Day, Item, Summary, days, filed, folder, gather
from mdafilter.reporting.digest import digest
from mdafilter.reporting.gather import Wish, of_group
from mdafilter.reporting.page import page
from mdafilter.reporting.rights import Place
from mdafilter.train.folders import Roles
from tests.property.test_journal import ENTRY, EVENT, PIECES, TEXT, TIMES
from tests.unit.reporting.test_page import Elements

NOW = 1795348800.0
WISH = Wish(days.dates(NOW, 3), NOW)
OURS = st.builds("{}.M5P2Q3_0123abcd.h".format, st.integers(-9, 10**13))
NAMES = st.builds(
    lambda own, info: (own + info).replace("/", "").replace("\0", "") or "x",
    OURS | TEXT,
    st.sampled_from(["", ":2,", ":2,S", ":2,FS", ",S=9", ",S=9:2,a", ":3,"]) | TEXT,
)
LABELS = st.sampled_from(["", "Trash", "Trash; rule x:1", "INBOX", "Junk; why"]) | TEXT
DATES = st.dates().map(str)
ITEM = st.builds(Item, TIMES, TIMES, st.integers(0, 10**15), TEXT, TEXT, TEXT)
SUMMARY = st.builds(
    Summary,
    TEXT,
    st.lists(st.builds(Day, DATES, *[st.integers(0, 10**9)] * 5), min_size=1, max_size=40).map(tuple),
    TEXT,
    st.lists(ITEM, max_size=4).map(tuple),
    st.integers(0, 10**6),
    st.integers(0, 10**12),
    st.lists(TEXT, max_size=3).map(tuple),
)


@given(st.lists(st.binary(max_size=30) | PIECES | (ENTRY | EVENT).map(encode), max_size=20))
def test_any_octets_are_a_journal(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as top:
        journal = Path(top, "journal")
        journal.write_bytes(b"".join(pieces))
        os.makedirs(f"{top}/Maildir/cur")
        journals = (str(journal),)
        place = Place(f"{top}/Maildir", "ann", journals)
        (found,) = of_group(journals, [place], WISH, Roles(("Junk",), ("Trash",)), {})
        assert tuple(day.date for day in found.days) == WISH.dates
        assert all(0 <= day.rescued <= day.spam <= day.delivered for day in found.days)
        assert len(list(read.facts(str(journal)))) >= sum(day.delivered for day in found.days)


@given(NAMES, LABELS, st.none() | st.sampled_from(["Trash", "", "/"]), TIMES)
def test_only_a_name_of_ours_that_is_old_and_told_of_goes(
    name: str, label: str, told: str | None, before: float
) -> None:
    why = filed.kept(filed.File(name, 1, label), "Trash", told, before)
    assert why == "" or why in filed.KEPT
    if not why:
        assert 0 <= filed.time_of(name) < before
        assert told == "Trash" or (told is None and label.startswith("Trash"))


@given(st.lists(NAMES.filter(lambda name: len(os.fsencode(name.encode("utf-8", "replace"))) < 200), max_size=8))
def test_any_names_in_a_folder(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(f"{top}/.Trash/cur")
        for name in names:
            Path(os.fsdecode(f"{top}/.Trash/cur/".encode() + name.encode("utf-8", "replace"))).write_bytes(
                b"X-Mdafilter: Trash\n\n"
            )
        before = {p.name for p in Path(top, ".Trash/cur").iterdir()}
        seen = folder.look(top, "Trash", {}, NOW)
        for held in seen.held:
            assert folder.remove(held)
        left = {p.name for p in Path(top, ".Trash/cur").iterdir()}
        assert {os.path.basename(held.path) for held in seen.held} == before - left
        assert all(0 <= filed.time_of(name) < NOW for name in before - left)


@given(SUMMARY, st.integers(-5, 300))
def test_any_texts_are_shown_and_do_nothing(summary: Summary, width: int) -> None:
    lines = list(render(summary, width))
    assert all(line.isprintable() for line in lines)
    shown = page(summary)
    assert not {"script", "img", "a"} & Elements(shown).names
    assert max(map(len, digest(summary, lines, summary.who, NOW).split(b"\n"))) < 4000


@given(SUMMARY)
def test_what_was_told_is_read_back_or_is_none(summary: Summary) -> None:
    wish = WISH.replace(dates=tuple(day.date for day in summary.days))
    back = gather.read_back(gather.told(summary), wish)
    assert [day.numbers() for day in back.days] == [day.numbers() for day in summary.days]
    assert all(text.isprintable() for item in back.held for text in (item.sender, item.subject, item.rule))
