"""Delivery into Maildir folders, on a real disk."""

from __future__ import annotations

import errno
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdafilter import limits
from mdafilter.acts import File, Keep
from mdafilter.errors import BadFolder
from mdafilter.message import Message
from mdafilter.targets import Parcel
from mdafilter.targets.maildir import MaildirFile, place, stage
from mdafilter.targets.naming import ENDS
from tests.support.faults import Faulty
from tests.support.mailboxes import delivered, drafts, message, parcel, written

if TYPE_CHECKING:
    pass


def staged(one: Parcel) -> MaildirFile:
    file = stage(one)
    file.write()
    return file


def deliver(one: Parcel) -> MaildirFile:
    file = staged(one)
    file.commit()
    file.forget()
    return file


def test_into_new_byte_for_byte(tmp_path: Path) -> None:
    raw = b"From: a@b.test\nSubject: \xff\0\r\nX: y\n\nFrom the start\n.\n\x00\xff no newline at the end"
    file = deliver(parcel(tmp_path, Keep(), Message.parse(raw)))
    assert delivered(tmp_path) == {"": [raw]}
    assert re.fullmatch(rf".*/Maildir/new/\d+\.M\d+P{os.getpid()}Q\d+_[0-9a-f]{{8}}\.[^,:/]+,S={len(raw)}", file.path)
    assert file.size == len(raw)
    assert drafts(tmp_path) == []


def test_the_calls_of_a_delivery_and_their_order(tmp_path: Path) -> None:
    """maildir.html: write, fsync and close in tmp/, then link into new/; fsync(2): the directory needs its own."""
    deliver(parcel(tmp_path, Keep()))
    later = time.time() + limits.STALE_TMP_PAUSE
    for number, swept in ((2, ["listdir"]), (3, [])):
        one = parcel(tmp_path, Keep(), message(number), calls=(calls := Faulty()))
        deliver(one.replace(naming=one.naming.replace(now=lambda: later)))
        claimed, placed = ["open", "flock", "fstat"], ["pour", "fsync", "link", "open", "fsync", "close"]
        assert calls.made == [*claimed, *swept, *placed, "lstat", "unlink", "close"]


def test_everything_is_for_the_owner_alone(tmp_path: Path) -> None:
    os.umask(0)
    try:
        deliver(parcel(tmp_path, File("a.b")))
    finally:
        os.umask(0o022)
    modes = {oct(p.stat().st_mode & 0o777) for p in (tmp_path / "Maildir").rglob("*")}
    assert modes == {"0o700", "0o600"}


def test_with_flags_into_cur(tmp_path: Path) -> None:
    """maildir.html: files in new/ have no info; ':2,' and the flags stand behind names in cur/."""
    assert deliver(parcel(tmp_path, Keep(("\\Seen", "\\Flagged")))).path.endswith(":2,FS")
    assert len(list((tmp_path / "Maildir/cur").iterdir())) == 1
    assert "/new/" in deliver(parcel(tmp_path, Keep(), message(2))).path


def test_nothing_appears_before_the_commit(tmp_path: Path) -> None:
    file = staged(parcel(tmp_path, Keep()))
    assert delivered(tmp_path) == {}
    assert len(drafts(tmp_path)) == 1
    assert file.abort()
    assert drafts(tmp_path) == []


def test_an_abort_after_the_commit_takes_it_back(tmp_path: Path) -> None:
    file = staged(parcel(tmp_path, Keep()))
    file.commit()
    assert file.abort()
    assert delivered(tmp_path) == {}
    assert drafts(tmp_path) == []


def test_what_a_reader_has_moved_is_not_taken_back(tmp_path: Path) -> None:
    """The reader moved it to cur/ at once: the message stays, and the retry sees that it is there."""
    one = parcel(tmp_path, Keep())
    file = staged(one)
    file.commit()
    os.rename(file.path, file.path.replace("/new/", "/cur/") + ":2,S")
    assert not file.abort()
    again = stage(one)
    assert again.already
    assert again.path.endswith(":2,S")
    again.forget()
    assert len(delivered(tmp_path)[""]) == 1
    assert drafts(tmp_path) == []


def test_when_it_cannot_be_told_the_evidence_stays(tmp_path: Path) -> None:
    one = parcel(tmp_path, Keep(), calls=Faulty(lambda n, name: errno.EIO if name == "fstat" and n > 20 else None))
    file = staged(one)
    file.commit()
    os.rename(file.path, file.path.replace("/new/", "/cur/") + ":2,S")
    assert not file.abort()
    assert stage(parcel(tmp_path, Keep())).already


def test_what_was_renamed_and_moved_is_not_taken_back(tmp_path: Path) -> None:
    one = parcel(tmp_path, Keep(), calls=Faulty(lambda _n, name: errno.EPERM if name == "link" else None))
    file = staged(one)
    file.commit()
    os.rename(file.path, file.path.replace("/new/", "/cur/") + ":2,S")
    assert not file.abort()
    assert len(delivered(tmp_path)[""]) == 1


def test_what_a_reader_has_deleted_is_delivered_again(tmp_path: Path) -> None:
    one = parcel(tmp_path, Keep())
    file = staged(one)
    file.commit()
    os.unlink(file.path)
    assert file.abort()
    assert not stage(one).already


def test_keywords_are_letters_behind_the_flags(tmp_path: Path) -> None:
    """RFC 5232 section 5; the letters are those of dovecot-keywords."""
    file = deliver(parcel(tmp_path, File("a", ("Junk", "\\Seen", "$Label1"))))
    assert file.path.endswith(":2,Sab")
    assert "/.a/cur/" in file.path
    assert (tmp_path / "Maildir" / ".a" / "dovecot-keywords").read_text() == "0 Junk\n1 $Label1\n"
    assert file.notes == ()


def test_a_keyword_that_has_no_letter_is_a_note(tmp_path: Path) -> None:
    lines = "".join(f"{number} k{number}\n" for number in range(26))
    (tmp_path / "Maildir" / "cur").mkdir(parents=True)
    (tmp_path / "Maildir" / "dovecot-keywords").write_text(lines)
    file = deliver(parcel(tmp_path, Keep(("Junk",))))
    assert "/new/" in file.path
    assert file.notes == ("not kept as keywords: Junk (a folder has 26 at most)",)


def test_without_a_keyword_nothing_is_read(tmp_path: Path) -> None:
    deliver(parcel(tmp_path, Keep()))
    calls = Faulty()
    deliver(parcel(tmp_path, Keep(("\\Seen",)), message(2), calls=calls))
    assert calls.made.count("open") == 2
    assert not (tmp_path / "Maildir" / "dovecot-keywords").exists()


# --- retries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", ["", "cur", ".Archive/cur"])
def test_a_retry_finds_what_was_delivered(tmp_path: Path, moved: str) -> None:
    """Also when the reader has moved it, within its folder or to another one."""
    deliver(parcel(tmp_path, File("Archive"), message(2)))
    one = parcel(tmp_path, Keep())
    first = staged(one)
    first.commit()
    first.draft.close()  # as SIGKILL does
    path = first.path
    if moved:
        path = f"{tmp_path}/Maildir/{moved}/{os.path.basename(first.path)}:2,S"
        os.rename(first.path, path)
    again = stage(one)
    assert (again.already, again.path, again.size) == (True, path, first.size)
    again.forget()
    assert drafts(tmp_path) == []


def test_a_retry_makes_durable_what_the_killed_try_did_not(tmp_path: Path) -> None:
    """Killed between link(2) and fsync(2) of the directory: "delivered" is said only of what is on the disk."""
    one = parcel(tmp_path, Keep())
    first = staged(one)
    first.commit()
    first.draft.close()
    calls = Faulty()
    assert stage(one.replace(calls=calls)).already
    assert "fsync" in calls.made
    calls.bury()
    with pytest.raises(OSError, match="Input/output"):
        stage(one.replace(calls=Faulty(lambda _n, name: errno.EIO if name == "fsync" else None)))


def test_a_message_with_another_body_is_not_taken_for_delivered(tmp_path: Path) -> None:
    """Equal beginnings, ends and sizes make an equal name; the body between them decides."""
    middle = [b"x" * 10, b"y" * 10]
    one, other = (Message.parse(b"A: b\n\n" + b"a" * ENDS + m + b"b" * ENDS) for m in middle)
    first = staged(parcel(tmp_path, Keep(), one))
    first.commit()
    first.draft.close()  # as SIGKILL does
    again = stage(parcel(tmp_path, Keep(), other))
    assert not again.already
    again.write()
    again.commit()
    again.forget()
    assert sorted(delivered(tmp_path)[""]) == sorted([written(one), written(other)])


def test_each_retry_keeps_the_evidence_fresh(tmp_path: Path) -> None:
    """Another target fails for two days: the evidence must not be swept meanwhile. The time of the mail stays."""
    one = parcel(tmp_path, Keep())
    first = staged(one)
    first.commit()
    first.draft.close()
    os.utime(first.path, (1000, 2000))
    stage(one).abort()
    state = os.stat(first.path)
    assert state.st_atime > time.time() - 60
    assert state.st_mtime == 2000


def test_a_link_count_alone_is_not_believed(tmp_path: Path) -> None:
    """A backup by hard links made the second name, not a delivery: believing it would lose the message."""
    one = parcel(tmp_path, Keep())
    first = staged(one)
    os.link(first.draft.path, tmp_path / "backup")
    first.draft.close()
    again = stage(one)
    assert not again.already
    again.write()
    again.commit()
    again.forget()
    assert delivered(tmp_path) == {"": [written(message())]}
    assert (tmp_path / "backup").read_bytes() == written(message())


def test_a_half_written_draft_is_begun_anew(tmp_path: Path) -> None:
    one = parcel(tmp_path, Keep())
    first = stage(one)
    os.write(first.draft.fd, b"half a mess")
    first.draft.close()
    deliver(one)
    assert delivered(tmp_path) == {"": [written(message())]}
    assert drafts(tmp_path) == []


def test_what_others_left_is_swept(tmp_path: Path) -> None:
    deliver(parcel(tmp_path, Keep()))
    for name in ("old", "new"):
        (tmp_path / "Maildir/tmp" / name).touch()
    later = time.time() + limits.STALE_TMP_SECONDS
    one = parcel(tmp_path, Keep())
    deliver(one.replace(naming=one.naming.replace(now=lambda: later - 60)))
    assert drafts(tmp_path) == ["Maildir/new", "Maildir/old"]
    deliver(one.replace(naming=one.naming.replace(now=lambda: later + 60)))
    assert drafts(tmp_path) == []


def test_a_bad_name_is_found_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(BadFolder):
        place(parcel(tmp_path, File("../../etc")))
    assert os.listdir(tmp_path) == []


def test_what_is_filed_elsewhere_says_why(tmp_path: Path) -> None:
    deliver(parcel(tmp_path, File("Trash")))
    deliver(parcel(tmp_path, File("INBOX")))
    found = delivered(tmp_path)
    assert found[""] == [written(message())]
    assert found[".Trash"][0].startswith(b"X-Mdafilter: Trash; rule /home/alice/.mdafilter.sieve:12; header")
    assert found[".Trash"][0].endswith(written(message()))
