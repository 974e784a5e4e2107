"""Making folders: all that belongs to them, subscribed to, and nothing above the Maildir."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter.acts import File, Keep
from mdafilter.errors import TryAgain
from mdafilter.files import CALLS, Calls
from mdafilter.targets import Parcel
from mdafilter.targets.folder import append_line, make_folder
from mdafilter.targets.maildir import stage
from tests.support.mailboxes import delivered, mailbox, message, parcel, written


def deliver(one: Parcel) -> None:
    file = stage(one)
    file.write()
    file.commit()
    file.forget()


def test_a_folder_is_made_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    """Maildir++: a folder has new, cur, tmp and an empty file `maildirfolder`."""
    deliver(parcel(tmp_path, File("lists/debian")))
    root = tmp_path / "Maildir"
    assert sorted(os.listdir(root)) == [".lists.debian", "cur", "new", "subscriptions", "tmp"]
    assert sorted(os.listdir(root / ".lists.debian")) == ["cur", "maildirfolder", "new", "tmp"]
    assert (root / ".lists.debian/maildirfolder").stat().st_size == 0
    assert (root / "subscriptions").read_bytes() == b"lists.debian\n"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("subscriptions", b"Sent\n", b"Sent\na.b\n"),
        ("subscriptions", b"a.b\n", b"a.b\n"),
        ("subscriptions", b"V\t2\n\nSent\n", b"V\t2\n\nSent\na\tb\n"),
        ("courierimapsubscribed", b"INBOX.Sent\n", b"INBOX.Sent\nINBOX.a.b\n"),
    ],
)
def test_a_new_folder_is_subscribed_to(tmp_path: Path, name: str, before: bytes, after: bytes) -> None:
    (tmp_path / "Maildir").mkdir()
    (tmp_path / "Maildir" / name).write_bytes(before)
    deliver(parcel(tmp_path, File("a.b")))
    assert (tmp_path / "Maildir" / name).read_bytes() == after


def test_a_folder_that_is_there_is_not_subscribed_to_again(tmp_path: Path) -> None:
    one = parcel(tmp_path, File("a"))
    deliver(one)
    (tmp_path / "Maildir/subscriptions").unlink()
    deliver(one)
    assert not (tmp_path / "Maildir/subscriptions").exists()


def test_a_subscription_that_fails_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "Maildir/subscriptions").mkdir(parents=True)
    deliver(parcel(tmp_path, File("a")))
    assert list(delivered(tmp_path)) == [".a"]


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    one = parcel(tmp_path, File("a"))
    deliver(one.replace(mailbox=one.mailbox.replace(subscribe=False, label=False)))
    assert not (tmp_path / "Maildir/subscriptions").exists()
    assert delivered(tmp_path) == {".a": [written(message())]}


@pytest.mark.parametrize("missing", ["new", "cur", "tmp"])
def test_a_maildir_that_lacks_a_part_gets_it(tmp_path: Path, missing: str) -> None:
    for part in {"new", "cur", "tmp"} - {missing}:
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    deliver(parcel(tmp_path, Keep()))
    deliver(parcel(tmp_path, Keep(("\\Seen",)), message(2)))
    assert len(delivered(tmp_path)[""]) == 2


def test_below_the_base_of_virtual_mailboxes_everything_is_made(tmp_path: Path) -> None:
    root = f"{tmp_path}/example.org/ann"
    one = parcel(tmp_path, Keep())
    deliver(one.replace(mailbox=one.mailbox.replace(root=root, base=str(tmp_path))))
    assert len(os.listdir(f"{root}/new")) == 1
    assert os.stat(f"{tmp_path}/example.org").st_mode & 0o777 == 0o700


def test_the_base_itself_is_not_made(tmp_path: Path) -> None:
    one = parcel(tmp_path, Keep())
    away = one.mailbox.replace(root=f"{tmp_path}/none/example.org/ann", base=f"{tmp_path}/none")
    with pytest.raises(TryAgain, match="none is missing"):
        stage(one.replace(mailbox=away))
    assert not (tmp_path / "none").exists()


def test_no_home_is_made(tmp_path: Path) -> None:
    with pytest.raises(TryAgain, match="is missing"):
        make_folder(parcel(tmp_path, Keep()).calls, mailbox(tmp_path / "gone"), f"{tmp_path}/gone/Maildir")
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, b"x\n"), (b"", b"x\n"), (b"a\n", b"a\nx\n"), (b"a", b"a\nx\n"), (b"a\nx\nb\n", b"a\nx\nb\n")],
)
def test_a_line_is_appended_once(tmp_path: Path, before: bytes | None, after: bytes) -> None:
    path = tmp_path / "lines"
    if before is not None:
        path.write_bytes(before)
    append_line(CALLS, str(path), lambda _: b"x")
    assert path.read_bytes() == after


def test_a_line_that_is_cut_off_is_taken_back(tmp_path: Path) -> None:
    class Full(Calls):
        def __init__(self) -> None:
            self.write = lambda fd, data: os.write(fd, bytes(data)[:2])

    path = tmp_path / "lines"
    path.write_bytes(b"a\n")
    append_line(Full(), str(path), lambda _: b"Trash")
    assert path.read_bytes() == b"a\n"
