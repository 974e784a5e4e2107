"""Mailboxes that a path names."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.acts import Box
from mdafilter.errors import RuleFailed
from mdafilter.perform import perform
from mdafilter.targets.mailbox import place
from tests.support.mailboxes import ENVELOPE, decision, drafts, mailbox, message, parcel, written


def test_a_maildir_elsewhere(tmp_path: Path) -> None:
    about = message()
    perform(decision(about, Box(f"{tmp_path}/lists/")), about, ENVELOPE, mailbox(tmp_path)).forget()
    (file,) = (tmp_path / "lists" / "new").iterdir()
    assert file.read_bytes() == written(about)
    assert list((tmp_path / "lists" / "tmp").iterdir()) == []


def test_an_mbox(tmp_path: Path) -> None:
    about = message()
    perform(decision(about, Box(f"{tmp_path}/lists")), about, ENVELOPE, mailbox(tmp_path)).forget()
    assert (tmp_path / "lists").read_bytes().endswith(written(about) + b"\n")
    assert drafts(tmp_path) == []


def test_the_same_place_in_another_spelling(tmp_path: Path) -> None:
    assert place(parcel(tmp_path, Box("/a//b/./c/"))) == "/a/b/c"


@pytest.mark.parametrize("path", ["", "relative", "/a\0b"])
def test_what_is_no_place(tmp_path: Path, path: str) -> None:
    with pytest.raises(RuleFailed):
        place(parcel(tmp_path, Box(path)))
