"""A folder as it is on the disk: delivered by the real pipeline, moved and flagged as readers do."""

from __future__ import annotations

import gzip
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import journal
from mdafilter.journal import Entry, Event, Filed, Journal, read
from mdafilter.reporting import folder
from mdafilter.reporting.folder import Look, Place, candidates, folder_of, look, opened, places, remove
from mdafilter.train.folders import base
from tests.support.mail import Mail

LATER = time.time() + 1000


def seen(mail: Mail, name: str = "Trash", before: float = LATER, journal: bool = True) -> Look:
    wanted = candidates(str(mail.root), name, before)
    return look(str(mail.root), name, places((mail.journal,) if journal else (), wanted), before)


@pytest.fixture
def mail(tmp_path: Path) -> Mail:
    return Mail(tmp_path)


def paths(found: Look) -> list[str]:
    return [one.path for one in found.held]


@pytest.mark.parametrize(("label", "journal"), [(True, True), (True, False), (False, True)])
def test_what_a_delivery_filed_is_held(mail: Mail, label: bool, journal: bool) -> None:
    path = mail.deliver("pills =?utf-8?Q?f=C3=BCr?= you", label)
    mail.deliver("hello")
    one = opened(*seen(mail, journal=journal).held)
    assert (one.path, one.rule, one.subject, one.sender) == (
        str(path),
        "spam.sieve:2",
        "pills für you",
        "<a@example.net>",
    )
    assert abs(one.time - time.time()) < 100
    assert one.size == path.stat().st_size


def test_with_neither_journal_nor_field_it_stays(mail: Mail) -> None:
    mail.deliver(label=False)
    assert seen(mail, journal=False) == Look("Trash", (), {"unknown": 1})


def test_the_time_is_that_of_filing_and_not_of_the_file_nor_of_the_sender(mail: Mail) -> None:
    path = mail.deliver(more="Date: Thu, 01 Jan 1970 00:00:00 +0000\n")
    os.utime(path, (0, 0))
    assert seen(mail, before=time.time() - 100).kept == {"younger": 1}


def test_what_its_reader_has_moved_there_stays(mail: Mail) -> None:
    ham, spam = mail.deliver("hello"), mail.deliver()
    trash = mail.root / ".Trash"
    ham.rename(trash / "cur" / f"{ham.name}:2,S")  # as a file manager does
    spam.rename(trash / "cur" / f"{int(time.time())}.M1P2.host,S=9,W=9:2,")  # out and in again, as Dovecot does
    assert seen(mail) == Look("Trash", (), {"elsewhere": 1, "moved": 1})


@pytest.mark.parametrize(
    ("keyword", "stays"),
    [
        *((name, False) for name in ("$Junk", "Junk", "JunkRecorded", "$MDNSent", "$HasAttachment")),
        *((name, True) for name in ("$NotJunk", "NonJunk", "NotJunk", "$Forwarded", "$Label1", "$MailFlagBit0", "tax")),
    ],
)
def test_what_a_client_notes_keeps_nothing_and_what_its_reader_says_does(mail: Mail, keyword: str, stays: bool) -> None:
    path = mail.deliver()
    (mail.root / ".Trash/dovecot-keywords").write_text(f"0 other\n3 {keyword}\n")
    path.rename(mail.root / ".Trash/cur" / f"{path.name}:2,Sd")
    assert seen(mail).kept == ({"flagged": 1} if stays else {})
    (mail.root / ".Trash/dovecot-keywords").write_text("no such file\n")
    assert seen(mail).kept == {"flagged": 1}, "what cannot be told stays"


def test_what_was_refiled_there_stays(mail: Mail) -> None:
    """It was delivered elsewhere, so long ago; when it came here, its name does not tell."""
    ham = mail.deliver("hello")
    mail.deliver()
    act = Filed("file", "Trash", name=ham.name)
    assert journal.refiled(Journal(mail.journal, syslog=False), Entry(time.time(), acts=(act,))) == ""
    ham.rename(mail.root / ".Trash/new" / ham.name)
    assert (len(seen(mail).held), seen(mail).kept) == (1, {"elsewhere": 1})


def test_a_field_of_the_sender_makes_nothing_ours(mail: Mail) -> None:
    """Renamed into Trash by hand, with a journal that is gone: the field stands below what Postfix has put on top."""
    path = mail.deliver("hello", more="Received: by mx; x\nX-Mdafilter: Trash; rule spam.sieve:2\n")
    mail.deliver()
    path.rename(mail.root / ".Trash" / "cur" / f"{path.name}:2,S")
    assert seen(mail, journal=False).kept == {"unknown": 1}


def test_what_is_no_message_is_left_alone(mail: Mail) -> None:
    path = mail.deliver()
    outside = mail.home / "outside"
    outside.write_bytes(path.read_bytes())
    name = path.name.replace("Q", "Q9")
    (path.parent / name).symlink_to(outside)
    os.mkfifo(path.parent / name.replace("Q", "Q8"))
    (path.parent / name.replace("Q", "Q7")).mkdir()
    assert paths(seen(mail)) == [str(path)]


def test_a_message_that_changes_meanwhile_is_not_removed(mail: Mail) -> None:
    path = mail.deliver()
    (one,) = seen(mail).held
    moved = path.rename(mail.root / ".Trash" / "cur" / f"{path.name}:2,F")
    assert not remove(one)
    assert moved.exists()
    moved.rename(path)
    assert remove(one)
    assert not path.exists()


def test_a_folder_that_is_not_there_is_empty(mail: Mail) -> None:
    assert seen(mail, "Nowhere") == Look("Nowhere", (), {})


def test_the_journal_is_read_no_further_than_it_has_to(mail: Mail) -> None:
    names = {base(mail.deliver().name) for _ in range(3)}
    assert set(places([mail.journal], names)) == names
    assert places([mail.journal, "/nowhere/at/all"], {"1.M1P1Q1_00000000.host"}) == {}


def test_of_the_journal_only_lines_with_the_names_are_parsed(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    """And none that stands before what is wanted: here the names of the first ones are an hour older."""
    old = [mail.deliver() for _ in range(3)]
    back = {path.name[:10]: str(int(path.name[:10]) - 3600) for path in old}
    Path(mail.journal).write_text(re.sub(r'(?<="name":")\d+', lambda m: back[m[0]], Path(mail.journal).read_text()))
    mail.deliver("hello")
    wanted = base(mail.deliver().name)
    parsed: list[bytes] = []
    real = read.parse

    def counted(line: bytes) -> Iterator[Entry | Event]:
        parsed.append(line)
        return real(line)

    monkeypatch.setattr(read, "parse", counted)
    assert places([mail.journal], {wanted, wanted.replace("Q", "Q9")})[wanted].to == "Trash"
    assert len(parsed) == 1


def test_a_host_of_any_name_is_found(mail: Mail) -> None:
    """JSON may write a character of it in another way."""
    name = "1790000000.M1P2Q3_0123abcd.höst"
    act = Filed("file", "a", "x:1", name=name)
    journal.delivered(Journal(mail.journal, syslog=False), Entry(1790000000.5, acts=(act,)))
    assert places([mail.journal], {name}) == {name: Place("a", "x:1")}


def test_a_file_that_the_journal_knows_is_not_opened(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    mail.deliver()
    monkeypatch.setattr(folder, "_beginning", None)
    assert len(seen(mail).held) == 1


def test_what_cannot_be_read_stays(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    mail.deliver()

    def fails(*_any: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fails)
    assert seen(mail, journal=False).kept == {"unknown": 1}


@pytest.mark.parametrize(
    ("to", "name"),
    [("Trash", "Trash"), ("", ""), ("INBOX", ""), ("/m/.Trash", "Trash"), ("/m/.Trash/", "Trash"), ("/m", "/"),
     ("/x/.Trash", "/"), ("/m/x/../.Trash", "Trash"), ("a\x00", "/")],
)  # fmt: skip
def test_the_folder_of_an_act(to: str, name: str) -> None:
    assert folder_of("/m", to) == name


def test_what_was_compressed_since_is_held(mail: Mail) -> None:
    """As an administrator does with old mail: the name stays."""
    path, broken = mail.deliver("pills for you"), mail.deliver()
    path.write_bytes(gzip.compress(path.read_bytes()))
    broken.write_bytes(gzip.compress(broken.read_bytes())[:30])
    one = opened(*seen(mail, journal=False).held)
    assert (one.path, one.subject, one.size) == (str(path), "pills for you", path.stat().st_size)
