"""Reports of any octets: nothing raises, what comes out was in it, and the work is linear."""

from __future__ import annotations

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.archives.cfb import MAGIC
from mdafilter.message import Message
from mdafilter.scorers.mark import mark
from mdafilter.targets.label import labelled
from mdafilter.train import Hints, Original, outlook
from mdafilter.train.bare import bare, local, octets_of
from mdafilter.train.dates import same
from mdafilter.train.identity import identity
from mdafilter.train.inline import block_in
from mdafilter.train.originals import originals
from mdafilter.world import Verdict
from tests.support.archives import zipped
from tests.support.clock import linear
from tests.support.forwards import (
    ATTACHED,
    INLINE,
    MX,
    OURS,
    POSTFIX,
    RFC822,
    SPAM,
    attached,
    file,
    filed,
    inline,
    multipart,
    saved,
)

SCRAPS = [
    b"\n", b"\r\n", b"\r", b"\n\n", b" ", b"\t", b"\0", b"--b\n", b"--b--\n", b"\n--b\n", b"\n--b--\n", b"From: a@b\n", b"Date: x\n",
    b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: multipart/digest; boundary=b\n", b"Content-Type: message/rfc822\n",
    b"Content-Type: message/rfc822\n\n", b"Content-Transfer-Encoding: base64\n", b"Content-Disposition: attachment; filename=a.eml\n",
    b"Content-Type: application/zip; name=a.zip\n", b"PK\x03\x04", b"Resent-From: a@b\n", b"Resent-To: ", b"Subject: ", b"Betreff: x\n",
    b"Von: y\n", b"From: b\nSubject: c\n", b"> ", b"Received: from x by ", b"mx.our.example; y\n", b"X-Spam-Status: No\n", b"X-Spam-Prev-",
    b"Subject: d\n", b"X-Original-", b"X-Mdafilter: Junk\n", b"Delivered-To: z\n", b"X-Mozilla-Status: 1\n", b"Status: RO\n", b"From x\n",
    b"References: <a@b> <c@d>\n", b"Message-ID: <a@b>\n", b"RnJvbTogYQoK", b"=C3=BC", b"\xff\xfe", b"\xc3\xbc", b"=?utf-8?Q?", b"?=", b":",
]  # fmt: skip
nasty = st.lists(st.sampled_from(SCRAPS) | st.binary(max_size=3), max_size=60).map(b"".join)
octets = st.binary(max_size=300) | nasty
mails = st.lists(st.sampled_from(SCRAPS), max_size=20).map(b"".join)


@given(octets)
def test_any_octets_hold_originals_or_not(raw: bytes) -> None:
    found = originals(Message.parse(raw))
    assert 0 < len(found) <= limits.ORIGINALS
    for one in found:
        if isinstance(one, Hints):
            assert len(one.message_ids) <= limits.FORWARD_IDS
            continue
        assert one.how in ("attached", "eml", "zip", "digest", "resent")
        assert one.raw or one.how == "resent"


@given(octets, st.booleans())
def test_bare_and_identity_of_any_octets(raw: bytes, ours: bool) -> None:
    left = bare(raw, lambda host: ours)
    assert len(left) <= len(raw) + 2  # a last line that had no end gets one
    assert left.endswith(raw[Message.parse(raw).body :])
    found = identity(left)
    assert len(found.hash) == 64
    for text in (found.message_id, found.subject, found.sender, found.date):
        assert "\n" not in text and len(text) <= limits.IDENTITY_TEXT
        text.encode()


@given(octets, st.booleans())
def test_the_hash_does_not_depend_on_whose_hosts_are_known(raw: bytes, ours: bool) -> None:
    if b"X-Spam-Prev-" not in raw:
        assert identity(bare(raw, lambda host: ours)).hash == identity(raw).hash


@given(mails)
def test_what_our_delivery_does_is_undone(raw: bytes) -> None:
    """Of any header but one with fields that have our names already, or those of programs."""
    raw = b"Received: from a by far.example; x\n" + raw
    assume(not any(name in raw for name in (b"X-Original-", b"X-Mozilla", b"Status: RO")))
    message = Message.parse(POSTFIX + MX + raw)
    marked = labelled(mark(message, Verdict(True, 9.0, 5.0, ("A",))), "Junk", None, "why")
    assert bare(octets_of(marked), OURS) == raw


@given(st.lists(st.sampled_from(list(ATTACHED.values())), min_size=1, max_size=8), st.integers(0, 20))
def test_the_outermost_messages_whatever_is_in_them(forwards: list[bytes], depth: int) -> None:
    for _ in range(depth):
        forwards = [attached(*forwards)]
    found = originals(Message.parse(attached(*forwards)))
    assert [one.raw.rstrip(b"\n") for one in found if isinstance(one, Original)] == [
        raw.rstrip(b"\n") for raw in forwards
    ]


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from([*INLINE.values(), "\n", "From: ", "Betreff: x\n", " a\n"])).map("".join)
)
def test_any_text_has_a_block_or_not(text: str) -> None:
    found = block_in(text)
    assert found is None or (found.subject and (found.sender or found.date))


@given(st.text(max_size=120), st.text(max_size=120) | st.from_regex(r"[0-9.:/ ]{0,60}"))
def test_any_dates_compare(date: str, shown: str) -> None:
    assert same(date, date) and same(shown, shown)
    same(date, shown)
    same("Thu, 26 Nov 2026 10:03:00 +0100", shown)


SAVED = saved(SPAM)
changes = st.lists(st.tuples(st.integers(0, len(SAVED)), st.binary(min_size=1, max_size=8)), min_size=1, max_size=20)


@given(st.binary(max_size=2000).map(lambda data: MAGIC + data))
def test_any_compound_file_tells_something_or_nothing(raw: bytes) -> None:
    is_told(outlook.hints(raw))


@given(changes, st.integers(0, len(SAVED)))
def test_a_msg_that_was_changed_anywhere(changed: list[tuple[int, bytes]], end: int) -> None:
    """Also where its tables are: chains of sectors that lead in a circle, out of the file, into each other."""
    raw = bytearray(SAVED)
    for at, data in changed:
        raw[at : at + len(data)] = data
    is_told(outlook.hints(bytes(raw)))
    is_told(outlook.hints(bytes(raw[:end])))


def is_told(found: Hints | None) -> None:
    if found is not None:
        assert len(found.message_ids) <= 1
        assert found != Hints()
        for text in (*found.message_ids, found.subject, found.date, found.sender):
            assert "\n" not in text and len(text) <= limits.FORWARD_LINE


def circle(size: int) -> bytes:
    """A compound file in which every sector follows itself; its directory has itself for its streams."""
    table = b"".join(n.to_bytes(4, "little") for n in range(128))
    head = bytearray(SAVED[:512])
    for at in (44, 72):  # as many tables as there can be
        head[at : at + 4] = (1 << 31).to_bytes(4, "little")
    head[56:60] = (1 << 31).to_bytes(4, "little")  # every stream is small
    return bytes(head[:68]) + bytes(8) + table[: 109 * 4] + (SAVED[512:] + table * (size // 512))


def test_nested_to_any_depth() -> None:
    """Past limits.MIME_DEPTH nothing is walked; what is attached at the top is taken as a whole."""
    raw = SPAM
    for _ in range(limits.MIME_DEPTH + 20):
        raw = multipart((RFC822, raw))
    found = originals(Message.parse(raw))
    assert len(found) == 1 and isinstance(found[0], Original)
    levels = range(limits.MIME_DEPTH + 20)
    mixed = (
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in levels)
        + RFC822
        + b"\n"
        + SPAM
    )
    assert originals(Message.parse(mixed)) == (Hints(),)


def test_an_archive_of_many_messages_is_cut() -> None:
    many = zipped(*((f"{n}.eml", SPAM) for n in range(limits.ORIGINALS + 50)))
    found = originals(Message.parse(filed(b"a.zip", many)))
    assert len(found) == limits.ORIGINALS


BIG = 1_000_000
HOSTILE = {
    "messages": attached(*[SPAM] * 1000),
    "multiparts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: message/rfc822\n\nFrom: a\n\n" * 20_000,
    "files": b"Content-Type: multipart/mixed; boundary=b\n\n" + b'--b\nContent-Disposition: attachment; filename="a.eml"\n\nFrom: a\n' * 10_000,
    "base64": attached(base64.b64encode(SPAM * 2000), header=RFC822 + b"Content-Transfer-Encoding: base64\n"),
    "circle": filed(b"a.msg", circle(BIG)),
    "msg": multipart(*[file(b"a.msg", SAVED)] * 60),
    "names": inline("Subject: \n" * 100_000),
    "colons": inline(":" * BIG),
    "quotes": inline("> " * (BIG // 2)),
    "stars": inline("*" * BIG + ":"),
    "html": inline("<td>Betreff:" * 80_000, kind=b"text/html"),
    "references": inline(INLINE["Gmail"], b"References:" + b" <a@b>" * 100_000 + b"\n"),
    "open ids": inline(INLINE["Gmail"], b"References: " + b"<a" * (BIG // 2) + b"\n"),
    "resent": b"Resent-To: a\n" * 19_000 + SPAM,
    "received": b"Received: by by by\n" * 19_000 + SPAM,
    "by": b"Received: " + b"by " * (BIG // 3) + b"\n" + SPAM,
    "blanks": SPAM + b" \t" * (BIG // 2) + b"x",
    "lines": SPAM + b" \n" * (BIG // 2),
    "subject": b"Subject: " + b"=?utf-8?Q?a?= " * 50_000 + b"\n\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_is_linear(name: str) -> None:
    def work(raw: bytes) -> tuple[Original | Hints, ...]:
        identity(bare(raw, local(("a",))))
        return originals(Message.parse(raw))

    assert linear(work, HOSTILE[name])
