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


def test_an_mh_folder(tmp_path: Path) -> None:
    about = message()
    perform(decision(about, Box(f"{tmp_path}/lists/.")), about, ENVELOPE, mailbox(tmp_path)).forget()
    assert (tmp_path / "lists" / "1").read_bytes() == written(about)
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]


def test_a_directory_that_is_there(tmp_path: Path) -> None:
    """procmailrc(5): "If it is a directory, the mail will be delivered to a newly created, guaranteed to be unique file"."""
    (tmp_path / "lists").mkdir()
    about = message()
    perform(decision(about, Box(f"{tmp_path}/lists")), about, ENVELOPE, mailbox(tmp_path)).forget()
    (file,) = (tmp_path / "lists").iterdir()
    assert file.name.startswith("msg.")
    assert file.read_bytes() == written(about)


def test_several_at_once(tmp_path: Path) -> None:
    """procmailrc(5): "you can specify multiple directories to deliver to"."""
    (tmp_path / "plain").mkdir()
    about = message()
    boxes = [Box(f"{tmp_path}/{path}") for path in ("maildir/", "mh/.", "plain", "mbox")]
    receipts = perform(decision(about, *boxes), about, ENVELOPE, mailbox(tmp_path))
    receipts.forget()
    for receipt in receipts.receipts:
        assert written(about) in Path(receipt.path).read_bytes()
    assert {Path(r.path).relative_to(tmp_path).parts[0] for r in receipts.receipts} == {
        "maildir",
        "mh",
        "plain",
        "mbox",
    }


def test_the_same_place_in_another_spelling(tmp_path: Path) -> None:
    assert place(parcel(tmp_path, Box("/a//b/./c/"))) == "/a/b/c"
    assert place(parcel(tmp_path, Box("/a//b/./."))) == "/a/b/."


@pytest.mark.parametrize("path", ["", "relative", "/a\0b"])
def test_what_is_no_place(tmp_path: Path, path: str) -> None:
    with pytest.raises(RuleFailed) as raised:
        place(parcel(tmp_path, Box(path)))
    assert str(raised.value) == f"{path!r} is no absolute path of a mailbox"
