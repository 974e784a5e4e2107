"""Which message it is, whatever was done to it on the way."""

from __future__ import annotations

import hashlib

import pytest

from mdafilter import limits
from mdafilter.message import Message
from mdafilter.train.bare import bare
from mdafilter.train.identity import Identity, identity, known_by, message_id, message_ids, sender
from tests.support.forwards import OURS, SPAM, SUBJECT, delivered

KNOWN = identity(SPAM)


def test_what_people_know_it_by() -> None:
    assert (
        Identity(KNOWN.hash, "<pills.1@shop.example>", SUBJECT, "shop@shop.example", "Thu, 26 Nov 2026 10:03:00 +0100")
        == KNOWN
    )
    assert known_by(Message.parse(SPAM).headers) == KNOWN.replace(hash="")


def test_the_digest_is_that_of_the_manual_page() -> None:
    text = b"from:a <a@x>\r\nsubject:b c\r\n\r\nd e\r\n\r\nf\r\n"
    raw = b"Received: x\nFROM :  a\t<a@x>\nX-Any: y\nSubject: b\n c \n\nd \t e \n\nf\n\n \n"
    assert identity(raw).hash == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        SPAM.replace(b"\n", b"\r\n"),
        SPAM.rstrip(b"\n"),
        SPAM + b"\n\r\n",
        SPAM.replace(b"the shop", b"the shop  "),
        SPAM.replace(b"Subject: ", b"SUBJECT:\n\t"),
        SPAM.replace(b"Received: ", b"Received: from somewhere else "),
        b"X-Mozilla-Status: 0001\nDelivered-To: x\nResent-From: y\nX-Spam-Flag: YES\n" + SPAM,
        delivered(SPAM),
    ],
)
def test_what_changes_on_the_way_changes_nothing(changed: bytes) -> None:
    assert identity(changed) == KNOWN
    assert identity(bare(changed, OURS)) == KNOWN


@pytest.mark.parametrize(
    "other",
    [
        SPAM.replace(b"the shop\n", b"the ship\n"),
        SPAM.replace(b"only today", b"only now"),
        SPAM.replace(b"pills.1", b"pills.2"),
        SPAM.replace(b"charset=utf-8", b"charset=latin-1"),
        SPAM.replace(b"Buy now", b"Buynow"),
    ],
)
def test_another_message_is_another(other: bytes) -> None:
    assert identity(other).hash != KNOWN.hash


@pytest.mark.parametrize("raw", [b"", b"\n", b"junk", b"From:\n\n", b"From: \xff\nSubject: =?x?y\n\n"])
def test_strange_messages(raw: bytes) -> None:
    assert len(identity(raw).hash) == 64


def test_texts_are_one_line_each_and_bounded() -> None:
    raw = b"Subject: =?utf-8?Q?a=0Ab=00c?=\n\td" + b"x" * 5000 + b"\nFrom: " + b"y" * 5000 + b"\nDate: \x07z\n\n"
    found = identity(raw)
    assert found.subject.startswith("a b c dxx")
    assert (len(found.subject), len(found.sender), found.date) == (limits.IDENTITY_TEXT, limits.IDENTITY_TEXT, "z")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("<a@b>", "<a@b>"),
        (" x <a@b> <c@d>", "<a@b>"),
        ("a@b", "<a@b>"),
        ("<a@b", "<a@b>"),
        ("<>", ""),
        ("", ""),
        ("a b", "<a>"),
    ],
)
def test_message_id(text: str, wanted: str) -> None:
    assert message_id(text) == wanted


def test_message_ids() -> None:
    assert message_ids("<a@b>\n <c@d> e@f <g h> <" + "x" * 500 + "> <i@j>") == ("<a@b>", "<c@d>", "<i@j>")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('"A, B" <A@B.example>, c@d', "a@b.example"),
        ("=?utf-8?Q?x=40y?= <a@b>", "a@b"),
        ("nobody", "nobody"),
        ("", ""),
        ("<>", "<>"),
    ],
)
def test_sender(value: str, wanted: str) -> None:
    assert sender(value) == wanted
