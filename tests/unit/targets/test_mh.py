"""MH folders and directories of files; tests/e2e/test_other_programs.py has nmh and procmail beside us."""

from __future__ import annotations

import errno
import os
import re
import time
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.acts import Box
from mdafilter.errors import TryAgain
from mdafilter.message import Message
from mdafilter.targets import Parcel
from mdafilter.targets.mh import MhFile, highest, stage
from tests.support.faults import Faulty, nth
from tests.support.mailboxes import message, parcel, spooled, written


def one(home: Path, about: Message | None = None, calls: Faulty | None = None) -> Parcel:
    return parcel(home, Box(f"{home}/mh/."), about, calls=calls or Faulty())


def staged(home: Path, about: Message | None = None, calls: Faulty | None = None, numbered: bool = True) -> MhFile:
    file = stage(one(home, about, calls), f"{home}/mh", numbered=numbered)
    file.write()
    return file


def deliver(home: Path, about: Message | None = None, calls: Faulty | None = None, numbered: bool = True) -> MhFile:
    file = staged(home, about, calls, numbered)
    file.commit()
    file.forget()
    return file


def names(home: Path) -> list[str]:
    return sorted(os.listdir(home / "mh"))


@pytest.mark.parametrize(
    ("there", "number"),
    [
        ([], 0),
        (["1", "3", "12"], 12),
        (["007", ",9", "#14", "-15", "+16", "1x", ".mh_sequences", "\N{SUPERSCRIPT TWO}", "0"], 7),
        (["5", "99999999999999999999"], 5),
    ],
)
def test_the_highest_number(there: list[str], number: int) -> None:
    """mh-folders(5): "all files that are not positive integers must be ignored by an MH-compatible implementation"."""
    assert highest(there) == number


def test_the_next_number_byte_for_byte(tmp_path: Path) -> None:
    """mh-folders(5): "The filename for a new message is one greater than the highest numbered message in the folder"."""
    raw = b"From: a@b.test\n\nFrom the start\n.\n\x00\xff no newline at the end"
    (tmp_path / "mh" / "8").mkdir(parents=True)
    (tmp_path / "mh" / "3").touch()
    file = deliver(tmp_path, Message.parse(raw))
    assert (file.path, file.size, file.already) == (f"{tmp_path}/mh/9", len(raw), False)
    assert Path(file.path).read_bytes() == raw
    assert names(tmp_path) == ["3", "8", "9"]


def test_a_folder_is_made_in_one_that_is_there(tmp_path: Path) -> None:
    calls = Faulty()
    deliver(tmp_path, calls=calls)
    assert names(tmp_path) == ["1"]
    assert (tmp_path / "mh").stat().st_mode & 0o777 == 0o700
    assert calls.made[:5] == ["open", "mkdir", "open", "fsync", "close"]  # the name of the folder is on the disk, too
    with pytest.raises(TryAgain, match="is missing"):
        stage(one(tmp_path), f"{tmp_path}/none/mh", numbered=True)
    assert not (tmp_path / "none").exists()


def test_the_calls_of_a_delivery_and_their_order(tmp_path: Path) -> None:
    """mh-folders(5): "Create a temporary file in the desired folder. Attempt to link the temporary file"."""
    deliver(tmp_path)
    calls = Faulty()
    deliver(tmp_path, message(2), calls)
    claimed, placed = ["open", "flock", "fstat", "listdir"], ["pour", "fsync", "listdir", "link"]
    assert calls.made == [*claimed, *placed, "open", "fsync", "close", "lstat", "unlink", "close"]


def test_a_large_message_is_not_copied(tmp_path: Path) -> None:
    about, calls = spooled(message(), tmp_path), Faulty()
    deliver(tmp_path, about, calls)
    assert "pour" not in calls.made
    assert (tmp_path / "mh" / "1").read_bytes() == written(message())
    assert about.octets.fd is not None
    os.close(about.octets.fd)


def test_a_directory_of_files(tmp_path: Path) -> None:
    """procmailrc(5): "a newly created, guaranteed to be unique file named $MSGPREFIX*"."""
    with pytest.raises(FileNotFoundError):
        stage(one(tmp_path), f"{tmp_path}/mh", numbered=False)
    (tmp_path / "mh").mkdir()
    for number in (1, 2):
        deliver(tmp_path, message(number), numbered=False)
    assert len(names(tmp_path)) == 2
    assert all(
        re.fullmatch(rf"msg\.\d+\.M\d+P{os.getpid()}Q\d+_[0-9a-f]{{8}}\.[^/]+", name) for name in names(tmp_path)
    )


# --- beside others ---------------------------------------------------------------------------------------------------


def taken(home: Path, calls: Faulty, number: int) -> None:
    """Another delivery takes the name a moment before us."""
    link = calls.link

    def late(*paths: str) -> None:
        calls.link = link
        (home / "mh" / str(number)).write_bytes(b"theirs")
        link(*paths)

    calls.link = late  # type: ignore[assignment]


def test_who_was_faster_has_the_number(tmp_path: Path) -> None:
    """mh-folders(5): "If the link fails with EEXIST" the next number is tried."""
    deliver(tmp_path)
    calls = Faulty()
    taken(tmp_path, calls, 2)
    assert deliver(tmp_path, message(2), calls).path == f"{tmp_path}/mh/3"
    assert (tmp_path / "mh" / "2").read_bytes() == b"theirs"


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP])
def test_without_hard_links_nothing_is_replaced_either(tmp_path: Path, error: int) -> None:
    deliver(tmp_path)
    calls = Faulty(lambda _n, name: error if name == "link" else None)
    taken(tmp_path, calls, 2)
    file = deliver(tmp_path, message(2), calls)
    assert file.path == f"{tmp_path}/mh/3"
    assert Path(file.path).read_bytes() == written(message(2))
    assert (tmp_path / "mh" / "2").read_bytes() == b"theirs"
    assert names(tmp_path) == ["1", "2", "3"]


def test_a_rename_that_fails_leaves_no_empty_message(tmp_path: Path) -> None:
    deliver(tmp_path)
    calls = Faulty(lambda _n, name: {"link": errno.EPERM, "rename": errno.EIO}.get(name))
    file = staged(tmp_path, message(2), calls)
    with pytest.raises(OSError, match="Input/output"):
        file.commit()
    assert file.abort()
    assert names(tmp_path) == ["1"]


def test_it_is_not_tried_for_ever(tmp_path: Path) -> None:
    (tmp_path / "mh").mkdir()
    file = staged(tmp_path, calls=Faulty(lambda _n, name: errno.EEXIST if name == "link" else None))
    with pytest.raises(TryAgain, match="others took"):
        file.commit()
    assert file.abort()
    assert names(tmp_path) == []


# --- undone and retried ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("numbered", [True, False])
def test_an_abort_takes_it_back(tmp_path: Path, numbered: bool) -> None:
    (tmp_path / "mh").mkdir()
    file = staged(tmp_path, numbered=numbered)
    file.commit()
    assert file.abort()
    assert names(tmp_path) == []


def test_an_abort_takes_no_other_message(tmp_path: Path) -> None:
    """folder(1): -pack numbers the messages anew, so the number may be that of another one by now."""
    deliver(tmp_path)
    file = staged(tmp_path, message(2))
    file.commit()
    os.rename(tmp_path / "mh" / "2", tmp_path / "mh" / "5")
    (tmp_path / "mh" / "2").write_bytes(b"theirs")
    assert not file.abort()
    assert (tmp_path / "mh" / "2").read_bytes() == b"theirs"
    assert (tmp_path / "mh" / "5").read_bytes() == written(message(2))
    again = stage(one(tmp_path, message(2)), f"{tmp_path}/mh", numbered=True)
    assert (again.already, again.path) == (True, f"{tmp_path}/mh/5")
    again.forget()
    assert names(tmp_path) == ["1", "2", "5"]


def test_what_a_reader_has_removed_is_delivered_again(tmp_path: Path) -> None:
    file = staged(tmp_path)
    file.commit()
    os.unlink(file.path)
    assert file.abort()
    assert names(tmp_path) == []


def test_when_it_cannot_be_told_the_evidence_stays(tmp_path: Path) -> None:
    file = staged(tmp_path, calls=Faulty(lambda _n, name: errno.EIO if name == "lstat" else None))
    file.commit()
    assert not file.abort()
    assert stage(one(tmp_path), f"{tmp_path}/mh", numbered=True).already


@pytest.mark.parametrize("now", ["1", "7", ",1"])
def test_a_retry_finds_what_was_delivered(tmp_path: Path, now: str) -> None:
    """Also when the reader has given it another number, or removed it (rmm(1): "renaming ... with a comma")."""
    first = staged(tmp_path)
    first.commit()
    first.draft.close()  # as SIGKILL does
    os.rename(first.path, tmp_path / "mh" / now)
    calls = Faulty()
    again = stage(one(tmp_path, calls=calls), f"{tmp_path}/mh", numbered=True)
    assert (again.already, again.path, again.size) == (True, f"{tmp_path}/mh/{now}", first.size)
    assert "fsync" in calls.made  # the killed try may not have come to that
    again.forget()
    assert names(tmp_path) == [now]


def test_a_link_count_alone_is_not_believed(tmp_path: Path) -> None:
    first = staged(tmp_path)
    os.link(first.draft.path, tmp_path / "backup")
    first.draft.close()
    assert not deliver(tmp_path).already
    assert names(tmp_path) == ["1"]


def test_only_drafts_are_swept(tmp_path: Path) -> None:
    """Everything else in the folder is mail, or what the reader keeps beside it."""
    deliver(tmp_path)
    folder = tmp_path / "mh"
    for name in (".draft.old.mdafilter", ".draft.new.mdafilter", "notes.mdafilter", ".draft.mine", ",3"):
        (folder / name).touch()
    later = time.time() + limits.STALE_TMP_SECONDS + 60
    os.utime(folder / ".draft.new.mdafilter", (later, later))
    parcel = one(tmp_path, message(2))
    file = stage(parcel.replace(naming=parcel.naming.replace(now=lambda: later)), str(folder), numbered=True)
    file.abort()
    assert names(tmp_path) == [",3", ".draft.mine", ".draft.new.mdafilter", "1", "notes.mdafilter"]


def test_each_call_fails_once(tmp_path: Path) -> None:
    """tests/crash does this through perform; here nothing but the target can clean up."""
    for number in range(1, 100):
        calls = Faulty(nth(number, errno.EIO))
        try:
            file = stage(one(tmp_path, calls=calls), f"{tmp_path}/mh", numbered=True)
            try:
                file.write()
                file.commit()
            except OSError:
                assert file.abort(), calls.failed
                assert names(tmp_path) == [], calls.failed
            else:
                file.forget()
        except OSError:
            pass
        calls.bury()
        for name in names(tmp_path) if (tmp_path / "mh").exists() else []:
            (tmp_path / "mh" / name).unlink()
        if not calls.failed:
            break
    assert number > 8
