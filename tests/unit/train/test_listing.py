"""A Maildir as it is now, from real folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter.train.listing import directory, folders, messages, trace
from tests.support.folders import FOLDERS, Maildir


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path)


def test_all_folders_are_found_and_nothing_else(maildir: Maildir) -> None:
    (maildir.root / ".no-folder").mkdir()
    (maildir.root / ".file").touch()
    (maildir.root / "courierimapkeywords").mkdir()
    assert set(folders(str(maildir.root))) == set(FOLDERS)


def test_the_marks_of_a_folder_change_with_what_is_in_it(maildir: Maildir) -> None:
    maildir.age()
    before = folders(str(maildir.root))
    assert all(one.marks for one in before.values())
    assert folders(str(maildir.root)) == before
    path = maildir.deliver(1, "Junk")
    maildir.age()
    after = folders(str(maildir.root))
    assert after["Junk"].marks != before["Junk"].marks
    assert after["Junk"].inode == before["Junk"].inode
    maildir.flag(path, "S")
    assert folders(str(maildir.root))["Junk"].marks == "", "in the same tick there could be another change"


def test_a_folder_without_new_is_one(maildir: Maildir) -> None:
    (maildir.at("Lists") / "new").rmdir()
    maildir.deliver(1)
    assert folders(str(maildir.root))["Lists"].inode
    assert messages(str(maildir.root), "Lists") == {}


def test_no_maildir_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folders(str(tmp_path / "gone"))


def test_a_folder_that_cannot_be_looked_at_is_there(maildir: Maildir, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.stat

    def stat(path: str) -> os.stat_result:
        if "/.Lists/" in path:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "stat", stat)
    assert folders(str(maildir.root))["Lists"].inode == -1


def test_the_messages_by_their_bases(maildir: Maildir) -> None:
    path = maildir.deliver(1)
    name = path.name.partition(",")[0]
    assert messages(str(maildir.root), "") == {name: f"new/{path.name}"}
    path = maildir.flag(path, "FS")
    (maildir.root / "cur" / ".nfs0001").touch()
    assert messages(str(maildir.root), "") == {name: f"cur/{path.name}"}
    assert messages(str(maildir.root), "nothing") == {}


def test_a_rename_and_a_link_keep_the_trace_and_a_copy_does_not(maildir: Maildir) -> None:
    path = maildir.deliver(1)
    before = trace(str(path))
    assert trace(str(maildir.link(path, "Lists"))) == before
    assert trace(str(maildir.append(path, "Lists"))) != before
    assert trace(str(maildir.rename(path, "Junk"))) == before


def test_what_is_no_file_has_no_trace(maildir: Maildir) -> None:
    assert trace(str(maildir.root)) == ""
    os.mkfifo(maildir.root / "new" / "fifo")
    assert trace(str(maildir.root / "new" / "fifo")) == ""


def test_where_a_folder_is() -> None:
    assert (directory("/m", ""), directory("/m", "a.b")) == ("/m", "/m/.a.b")
