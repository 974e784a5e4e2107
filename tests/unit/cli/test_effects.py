"""What a decision would do, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mdafilter.acts import Box, Discard, File, Keep, Redirect, Send
from mdafilter.cli import effects
from mdafilter.decision import Remember

if TYPE_CHECKING:
    from mdafilter.acts import Act


@pytest.mark.parametrize(
    ("act", "mailbox", "path"),
    [
        (Keep(), "/m", "/m"),
        (Keep(), "", ""),
        (File("a/b"), "/m", "/m/.a.b"),
        (File("INBOX"), "/m", "/m"),
        (File("a//b"), "/m", "/m"),  # no folder can have the name: the message is kept
        (Box("/x/"), "", "/x/"),
        (Redirect("a@b"), "/m", ""),
        (Discard(), "/m", ""),
    ],
)
def test_where_the_message_would_lie(act: Act, mailbox: str, path: str) -> None:
    assert effects.path(act, mailbox) == path


def test_a_path_is_not_said_twice() -> None:
    assert list(effects.lines(File("a"), "/m")) == ["at /m/.a"]
    assert list(effects.lines(Box("/x/"), "/m")) == []


def test_a_letter_its_sender_and_how_it_begins() -> None:
    letter = b"From: a@b\r\nTo: c@d\r\nX: y\r\nSubject: s\r\n\r\n" + b"line\x1b\r\n" * 20
    assert list(effects.lines(Send("vacation", letter, ("c@d",)), "/m")) == [
        "from the null sender",
        "| From: a@b",
        "| To: c@d",
        "| Subject: s",
        "|",
        *["| line\\x1b"] * 12,
        "| and 8 lines more",
    ]
    assert next(effects.lines(Send("x", b"\n\nhi", ("c@d",), "a@b"), "")) == "from <a@b>"
    assert list(effects.lines(Send("vacation", b"", ()), "/m")) == []


def test_what_is_remembered() -> None:
    assert effects.remembered(Remember("vacation", "k\0", 0.0)) == (
        "remembered when it is delivered: vacation, until 1970-01-01 00:00:00 +0000"
    )
    assert effects.stamp(1e30).endswith(" s after 1970")
