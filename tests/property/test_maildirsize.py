"""Any octets as a quota file: it counts, is calculated anew, or defines nothing. The message is delivered or deferred."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from mdafilter.acts import Keep
from mdafilter.errors import OverQuota
from mdafilter.perform import perform
from mdafilter.targets.maildirsize import Amount, definition, parse, size_of
from tests.support.mailboxes import ENVELOPE, decision, delivered, drafts, mailbox, message

NUMBER = st.integers(-(10**20), 10**20).map(lambda n: b"%d" % n)
SMALL = st.integers(-9, 99).map(lambda n: b"%d" % n)
LINE = st.lists(NUMBER | SMALL | st.sampled_from([b"", b"+1", b"1_0", b"\xb2", b"0x1", b"1.5"]), max_size=3).map(
    b" ".join
)
FIRST = st.lists(st.tuples(NUMBER | SMALL, st.sampled_from([b"S", b"C", b"X", b""])).map(b"".join), max_size=3).map(
    b",".join
)
SHEET = st.tuples(FIRST, st.lists(LINE | st.tuples(SMALL, SMALL).map(b" ".join), max_size=5)).map(
    lambda parts: b"\n".join([parts[0], *parts[1], b""])
)
OCTETS = st.binary(max_size=200) | SHEET | SHEET.map(lambda text: text[:-1]) | SHEET.map(lambda text: text * 100)


@given(OCTETS)
def test_what_is_believed_is_the_sum_of_all_lines(content: bytes) -> None:
    found = parse(content[:5120])
    assert found.quota == definition(content[:5120].split(b"\n")[0])
    if found.used is not None:
        lines = [line.split() for line in content.split(b"\n")[1:-1]]
        assert found.used == Amount(sum(int(a) for a, _ in lines), sum(int(b) for _, b in lines))
        assert found.lines == len(lines) > 0
        assert len(content) < 5120


@given(st.text(max_size=50) | st.text("0123456789,S=:2W-", max_size=30).map(lambda text: f"1.host,S={text}"))
def test_the_size_in_any_name(name: str) -> None:
    size = size_of(name)
    assert size is None or f",S={size}" in name or int(name.split(",S=")[1].split(":")[0].split(",")[0]) == size


@given(OCTETS)
@example(b"1000000S\n" + b"0 0\n" * 2000)
def test_any_octets_in_the_maildir(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "Maildir/tmp").mkdir(parents=True)
        sheet = home / "Maildir/maildirsize"
        sheet.write_bytes(content)
        about = message()
        try:
            receipts = perform(decision(about, Keep()), about, ENVELOPE, mailbox(home))
            receipts.forget()
        except OverQuota:
            assert delivered(home) == {}
        else:
            assert len(delivered(home)[""]) == 1
            assert receipts.notes == ()
        assert drafts(home) == []
        after = sheet.read_bytes()
        first = content.partition(b"\n")[0]
        if definition(first) is None:
            assert after == content
        else:
            assert after.startswith(first + b"\n")
            assert parse(after).used is not None or len(after) >= 5120
