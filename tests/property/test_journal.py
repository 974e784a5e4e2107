"""Any facts come back as they were; any octets at all are a journal that can be read."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.journal import Entry, Event, Filed, Score, maillog, read
from mdafilter.journal.line import encode

TEXT = st.text(alphabet=st.characters(), max_size=40)  # lone surrogates too
TEXTS = st.lists(TEXT, max_size=4).map(tuple)
TIMES = st.floats(-1e17, 1e17)
FILED = st.builds(Filed, TEXT.filter(bool), TEXT, TEXT, TEXT, TEXT, st.booleans())
SCORE = st.builds(Score, TEXT, TIMES, TIMES, st.booleans(), TEXTS, st.integers(0, 10**15))
ENTRY = st.builds(
    Entry,
    TIMES,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    st.integers(0, 10**15),
    st.lists(FILED, max_size=3).map(tuple),
    st.none() | SCORE,
    TEXTS,
    TEXTS,
    TIMES,
    TEXT,
    TEXT,
    TEXT,
)
EVENT = st.builds(Event, TIMES, TEXT.filter(bool), TEXT, TEXT, TEXT, TEXT, TEXT)
PIECES = st.sampled_from(
    [b'{"time":', b'{"time":1}', b"\n", b'"', b"\\", b"[", b"{", b"}", b",", b'"acts":[', b"1e999"]
)


@given(ENTRY | EVENT)
def test_any_fact_comes_back_as_it_was(fact: Entry | Event) -> None:
    line = encode(fact)
    assert line.count(b"\n") == 1
    assert list(read.parse(line)) == [fact]


@given(ENTRY, st.integers(1, 3000))
@settings(max_examples=50)
def test_any_line_fits_and_stays_json(entry: Entry, times: int) -> None:
    line = encode(entry.replace(reason=entry.reason * times, notes=entry.notes * times, acts=entry.acts * times))
    assert len(line) <= limits.JOURNAL_LINE
    assert isinstance(json.loads(line), dict)


@given(st.lists(st.binary(max_size=60) | PIECES | ENTRY.map(encode), max_size=30).map(b"".join))
def test_any_octets_are_a_journal(octets: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "j")
        path.write_bytes(octets)
        found = list(read.facts(str(path)))
    assert all(isinstance(fact, Entry | Event) for fact in found)


@given(st.lists(ENTRY, max_size=5), st.binary(max_size=60).filter(lambda b: b"\n" not in b))
def test_a_piece_in_front_hides_no_whole_line(entries: list[Entry], piece: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "j")
        path.write_bytes(piece + b"".join(map(encode, entries)))
        found = [fact for fact in read.facts(str(path)) if isinstance(fact, Entry)]
    assert found[: len(entries)] == entries[::-1]


@given(ENTRY)
def test_any_line_of_the_mail_log_prints(entry: Entry) -> None:
    for line in maillog.lines(entry.replace(status="delivered")):
        assert line.isprintable()
