"""The header of an inline forward, in any language. What programs make is in test_originals.py."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.train.inline import NAMES, TABLE, Block, block, block_in, own_parts

PLAIN = "Subject: a\nFrom: b\nDate: c\n"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_each_name_of_each_language(row: tuple[str, str, str, str]) -> None:
    _, subjects, senders, dates = (part.split(" | ") for part in row)
    for subject in subjects:
        for sender in senders:
            assert block_in(f"{subject}: a\n{sender}: b\n") == Block("a", "b")
        for date in dates:
            assert block_in(f"> *{date}*: c\n> *{subject}*: a\n") == Block("a", "", "c")


def test_no_name_means_two_things() -> None:
    names = [
        (name.casefold(), kind) for row in TABLE for kind, names in enumerate(row[1:]) for name in names.split(" | ")
    ]
    assert len(set(names)) == len({name for name, _ in names}) == len(NAMES) - 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (PLAIN, Block("a", "b", "c")),
        ("x\ny\n\n" + PLAIN, Block("a", "b", "c")),
        ("Subject: a\nMessage-ID: <i@x>\nFrom: b\n", Block("a", "b", "", "<i@x>")),
        # lines that go on, and names that are not looked for
        ("Subject: a\n b\nTo: x,\n y\nFrom: c\n", Block("a b", "c")),
        # the value on a line of its own, as HTML tables become; it may look like a name
        ("Subject:\n\nre: a\n\nFrom:\n\nb\n\nTo:\n\nd\n\nDate:\n\nc: d\n\nhello", Block("re: a", "b", "c: d")),
        # the first block counts, and the first of each name
        (PLAIN + "\nFrom: x\nSubject: y\n", Block("a", "b", "c")),
        ("Subject: a\nSubject: x\nFrom: b\nFrom: y\n", Block("a", "b")),
        # what is too little is passed over
        ("From: me\n\nhello\n\n" + PLAIN, Block("a", "b", "c")),
        ("Subject: =?utf-8?Q?=C3=BC?=\nFrom: =?utf-8?Q?=C3=BC?= <a@x>", Block("ü", "ü <a@x>")),
        ("Subject: a\nTo: b\n", None),
        ("From: b\nDate: c\n", None),
        ("Subject: a\n\nhello\nFrom: b\n", None),
        ("From: b\nSubject:\n", None),
        (": \n:\n\n", None),
        ("", None),
    ],
)
def test_block(text: str, wanted: Block | None) -> None:
    assert block_in(text) == wanted
    assert block_in(text.replace("\n", "\r\n")) == wanted


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FORWARD_LINES", 5)
    assert block_in("\n" * 2 + PLAIN) == Block("a", "b", "c")
    assert block_in("\n" * 4 + PLAIN) is None
    monkeypatch.setattr(limits, "FORWARD_LINE", 12)
    assert block_in("Subject: abcdef\n ghijklmnopq\nFrom: x\n") == Block("abc ghijklmn", "x")
    monkeypatch.setattr(limits, "FORWARD_BLOCK", 2)
    assert block_in("Subject: a\nTo: b\nFrom: c\n") is None


def test_text_before_html_and_no_attachment() -> None:
    message = Message.parse(
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/html\n\n<p>Subject: html<br>From: h</p>\n"
        b"--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=x.txt\n\nSubject: file\nFrom: f\n"
        b'--b\nContent-Type: text/plain; name="x.eml"\n\nSubject: mail\nFrom: m\n'
        b"--b\nContent-Type: message/rfc822\n\n\nSubject: inner\nFrom: i\n"
        b"--b\nContent-Type: text/plain\n\nSubject: plain\nFrom: p\n--b--\n"
    )
    assert block(message) == Block("plain", "p")
    assert [part.path for part in own_parts(message)] == ["", "1", "2", "3", "4", "5"]
