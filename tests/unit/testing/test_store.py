"""Mailboxes in memory."""

from __future__ import annotations

import pytest

from mdafilter.errors import BadFolder
from mdafilter.message import Message
from mdafilter.testing.store import Store, Stored

MESSAGE = Stored(Message.parse(b"Subject: x\n\n"), ("\\Seen",))


@pytest.mark.parametrize(("made", "asked"), [("a.b", "a/b"), ("a/b", "INBOX.a.b"), ("~/lists", "~/lists"), ("ä", "ä")])
def test_a_folder_has_its_names(made: str, asked: str) -> None:
    store = Store()
    assert not store.has(asked)
    store.create(made)
    assert store.has(asked)
    assert store.add(asked, MESSAGE)
    assert store.get(made, 0) is MESSAGE
    assert store.get(made, 1) is None


def test_what_is_not_made_takes_nothing() -> None:
    store = Store()
    assert not store.add("A", MESSAGE)
    assert store.get("A", 0) is None
    assert store.names() == ("INBOX",)


def test_inbox_is_always_there() -> None:
    store = Store()
    assert store.add("inbox", MESSAGE)
    store.delete("INBOX")
    assert store.has("INBOX")
    assert store.get("INBOX", 0) is None


def test_what_no_folder_can_be_called() -> None:
    with pytest.raises(BadFolder):
        Store().create("a..b")
