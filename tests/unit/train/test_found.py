"""The original of an inline forward is looked up in real Maildirs and journals."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.journal import Entry, Event, Filed, Journal, delivered, discarded, trained
from mdafilter.message import Headers, Message
from mdafilter.train import Hints
from mdafilter.train.found import Mail, find, received
from mdafilter.train.identity import identity
from mdafilter.train.maildirs import File
from mdafilter.train.originals import originals
from tests.support import forwards
from tests.support.dovecotmail import PACKED, ZSTD, hide_zstd
from tests.support.forwards import INLINE, OTHER, SPAM, SUBJECT

SHOP = "Cheap Shop <shop@shop.example>"
DATE = "26.11.2026 10:03"
ID, OTHER_ID = "<pills.1@shop.example>", "<pills.2@shop.example>"
NO_ID = SPAM.replace(b"Message-ID:", b"X-None:")


class Home:
    """A Maildir and a journal of a user."""

    def __init__(self, root: Path) -> None:
        self.maildir = root / "Maildir"
        self.journal = root / "journal.jsonl"
        self.count = 0
        for part in ("new", "cur", "tmp"):
            (self.maildir / part).mkdir(parents=True)

    def put(self, raw: bytes, folder: str = "", part: str = "cur", name: str = "", flags: str = ":2,S") -> Path:
        """Files a message, newer than all that were filed before."""
        self.count += 1
        place = self.maildir / folder / part
        place.mkdir(parents=True, exist_ok=True)
        path = place / (
            (name or f"17900000{self.count:02}.M1P2Q3_ab.host,S={len(raw)}") + (flags if part == "cur" else "")
        )
        path.write_bytes(raw)
        return path

    def note(
        self, message_id: str, name: str = "", recipient: str = "bob@our.example", status: str = "delivered"
    ) -> None:
        """A line of the journal."""
        journal = Journal(str(self.journal), syslog=False)
        entry = Entry(
            float(self.count),
            id="4dGx",
            message_id=message_id,
            recipient=recipient,
            acts=(Filed("keep", "INBOX", name=name),),
        )
        assert (delivered if status == "delivered" else discarded)(journal, entry) == ""

    def find(self, hints: Hints) -> bytes | None:
        return find(hints, [str(self.journal)], [str(self.maildir)])

    def got(self, raw: bytes, user: str = "") -> bool:
        return received(identity(raw), [str(self.journal)], [str(self.maildir)], user)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("program", INLINE)
def test_what_an_inline_forward_of_each_program_is_about(home: Home, program: str) -> None:
    home.put(SPAM, ".Trash")
    home.put(OTHER)
    home.put(SPAM.replace(b"10:03:00", b"10:08:00").replace(b"pills.1", b"pills.3"))
    (hints,) = originals(Message.parse(forwards.inline(INLINE[program])))
    assert isinstance(hints, Hints)
    assert home.find(hints) == SPAM


@pytest.mark.parametrize("folder", ["", ".Trash", ".Junk.old", "Archive"])
@pytest.mark.parametrize("part", ["new", "cur"])
def test_by_message_id_in_any_folder(home: Home, folder: str, part: str) -> None:
    home.put(SPAM, folder, part)
    home.put(OTHER)
    assert home.find(Hints((ID,))) == SPAM
    assert home.find(Hints((ID,), SUBJECT)) == SPAM


def test_the_journal_tells_the_name_where_too_many_files_are_newer(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOUND_FILES", 1)
    path = home.put(SPAM, ".Junk")
    home.put(OTHER)
    assert home.find(Hints((ID,))) is None
    home.note(ID, path.name.partition(":")[0])
    assert home.find(Hints((ID,))) == SPAM


def test_a_file_of_the_journal_that_is_another_message_is_not_taken(home: Home) -> None:
    path = home.put(OTHER)
    home.note(ID, path.name.partition(":")[0])
    assert home.find(Hints((ID,))) is None


def test_the_nearest_reference_goes_first(home: Home) -> None:
    home.put(SPAM)
    home.put(OTHER)
    assert home.find(Hints((ID, OTHER_ID))) == SPAM
    assert home.find(Hints((OTHER_ID, ID))) == OTHER
    assert home.find(Hints(("<gone@x>", ID))) == SPAM


def test_a_reference_with_another_subject_is_what_came_before(home: Home) -> None:
    home.put(OTHER)
    assert home.find(Hints((OTHER_ID,), SUBJECT, DATE, SHOP)) is None


def test_the_newest_of_several_copies(home: Home) -> None:
    home.put(SPAM)
    home.put(b"X-Copy: 2\n" + SPAM, ".Trash")
    assert home.find(Hints((ID,))) == b"X-Copy: 2\n" + SPAM
    assert home.find(Hints((), SUBJECT, DATE, SHOP)) == b"X-Copy: 2\n" + SPAM


@pytest.mark.parametrize(
    ("hints", "is_there"),
    [
        (Hints((), SUBJECT, DATE, SHOP), True),
        (Hints(("<gone@x>",), SUBJECT, DATE, SHOP), True),
        (Hints((), SUBJECT.upper(), DATE, ""), True),
        (Hints((), SUBJECT, "", "Cheap  SHOP"), True),
        (Hints((), SUBJECT, "", "Cheap Shop [mailto:shop@shop.example]"), True),
        (Hints((), SUBJECT, "", "shop@shop.example<mailto:shop@shop.example>"), True),
        (Hints((), SUBJECT, "27.11.2025 10:03", SHOP), False),
        (Hints((), SUBJECT, DATE, "another@shop.example"), False),
        (Hints((), SUBJECT, DATE, "Dear Shop"), False),
        (Hints((), "Re: " + SUBJECT, DATE, SHOP), False),
        (Hints((), SUBJECT), False),  # a subject alone proves nothing
        (Hints((), "", DATE, SHOP), False),
        (Hints(), False),
    ],
)
def test_by_subject_date_and_sender(home: Home, hints: Hints, is_there: bool) -> None:
    home.put(SPAM)
    home.put(OTHER)
    assert home.find(hints) == (SPAM if is_there else None)


def test_the_subject_that_spamd_rewrote_is_known_by_both(home: Home) -> None:
    raw = SPAM.replace(b"Subject:", b"Subject: ***SPAM*** x\nX-Spam-Prev-Subject:")
    home.put(raw)
    assert home.find(Hints((ID,), SUBJECT)) == raw
    assert home.find(Hints((ID,), "***SPAM*** x")) == raw


def test_a_long_header_is_read_up_to_a_limit(home: Home) -> None:
    long = b"X-Long: " + b"x" * 20_000 + b"\n" + SPAM
    home.put(long)
    assert home.find(Hints((ID,))) == long
    home.put(b"X-Long: " + b"x" * limits.FOUND_HEADER + b"\n" + OTHER)
    assert home.find(Hints((OTHER_ID,))) is None


def test_one_that_is_too_large_is_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.put(SPAM)
    monkeypatch.setattr(limits, "ORIGINAL_OCTETS", len(SPAM) - 1)
    assert home.find(Hints((ID,))) is None


def test_links_pipes_and_folders_are_no_messages(home: Home, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(SPAM)
    cur = home.maildir / "cur"
    (cur / "1790000001.a").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(cur / "1790000002.b")
    (cur / "1790000003.c").mkdir()
    (home.maildir / ".Out").symlink_to(tmp_path)
    (home.maildir / ".In").mkdir()
    (home.maildir / ".In" / "cur").symlink_to(tmp_path)
    assert home.find(Hints((ID,))) is None
    assert not home.got(SPAM)


def test_what_belongs_to_somebody_else_is_not_read(home: Home) -> None:
    """A learner that may read all mail must not be led to another's by a link."""
    if os.geteuid():
        pytest.skip("a file of somebody else needs root")
    path = home.put(SPAM)
    os.chown(path, 12345, 12345)
    assert home.find(Hints((ID,))) is None
    os.chown(home.maildir, 12345, 12345)
    assert home.find(Hints((ID,))) == SPAM


def test_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    paths = [str(tmp_path / "no"), str(tmp_path / "no" / "such")]
    assert find(Hints((ID,), SUBJECT, DATE), paths, paths) is None
    assert not received(identity(SPAM), paths, paths)


def test_names_that_no_delivery_gives(home: Home) -> None:
    for name in ("msg.1", "²", "99999999999999999999", ".hidden"):
        home.put(SPAM, name=name)
    assert home.find(Hints((ID,))) == SPAM


def test_no_more_names_than_the_limit(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOUND_NAMES", 2)
    for _ in range(5):
        home.put(OTHER)
    home.put(SPAM, ".Junk")
    assert home.find(Hints((ID,))) is None


# --- whether it was received ---


def test_received_as_the_journal_says(home: Home) -> None:
    home.note(ID, recipient="Bob+lists@our.example")
    trained(Journal(str(home.journal), syslog=False), 1.0, "other facts", OTHER_ID)
    assert home.got(SPAM)
    assert home.got(SPAM, "bob")
    assert home.got(SPAM, "bob@our.example")
    assert not home.got(SPAM, "bo")
    assert not home.got(SPAM, "bob@other.example")
    assert not home.got(OTHER)
    assert not home.got(NO_ID)


def test_that_others_got_it_before_and_after_says_nothing(home: Home) -> None:
    for recipient in ("ann@our.example", "bob@our.example", "eve@our.example"):
        home.note(ID, recipient=recipient)
    assert home.got(SPAM, "bob")
    assert not home.got(SPAM, "joe")


def test_one_mail_answers_many_questions_and_reads_nothing_twice(home: Home) -> None:
    home.note("<pills.3@shop.example>")
    home.put(SPAM)
    path = home.put(OTHER)
    mail = Mail([str(home.journal)], [str(home.maildir)], "bob")
    assert mail.received(identity(OTHER))
    home.journal.unlink()
    path.unlink()
    home.put(SPAM.replace(b"pills.1", b"pills.4"))
    assert [mail.received(identity(raw)) for raw in (SPAM, OTHER, SPAM.replace(b"pills.1", b"pills.4"))] == [
        True,
        True,
        False,
    ]
    assert mail.received(identity(SPAM.replace(b"pills.1", b"pills.3")))
    assert mail.find(Hints((OTHER_ID, ID))) is None  # it is known, and gone
    assert mail.find(Hints((ID,))) == SPAM


def test_an_account_without_a_domain(home: Home) -> None:
    home.note(ID, recipient="bob")
    assert home.got(SPAM, "bob")
    assert not home.got(SPAM, "ann")


def test_what_was_discarded_was_not_received(home: Home) -> None:
    home.note(ID, status="discarded")
    assert not home.got(SPAM)


def test_a_queue_id_is_no_message_id(home: Home) -> None:
    home.note(ID)
    assert not home.got(SPAM.replace(b"<pills.1@shop.example>", b"<4dGx>"))


def test_no_more_facts_than_the_limit(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOUND_FACTS", 2)
    home.note(ID)
    home.note(OTHER_ID)
    assert home.got(SPAM)
    home.note(OTHER_ID)
    assert not home.got(SPAM)


def test_received_as_it_lies_there(home: Home) -> None:
    assert not home.got(SPAM)
    home.put(SPAM.replace(b"\n", b"\r\n"), ".Trash")
    assert home.got(SPAM)
    assert home.got(SPAM, "bob")
    assert not home.got(OTHER)
    assert not home.got(SPAM.replace(b"only today", b"tampered"))
    assert not home.got(NO_ID)


def test_received_without_a_message_id(home: Home) -> None:
    home.put(NO_ID)
    assert home.got(NO_ID)
    assert not home.got(NO_ID.replace(b"10:03:00", b"10:04:00"))
    assert not home.got(NO_ID.replace(b"shop@", b"other@"))


def test_a_journal_that_may_not_be_read_is_passed_over(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.put(SPAM)

    def facts(path: str) -> list[Event]:
        raise PermissionError(path)

    monkeypatch.setattr("mdafilter.journal.read.facts", facts)
    assert home.got(SPAM)


@pytest.mark.parametrize("how", PACKED)
def test_what_dovecot_has_compressed_is_read(home: Home, how: str) -> None:
    home.put(PACKED[how](OTHER))
    home.put(PACKED[how](SPAM), ".Junk")
    assert home.find(Hints((ID,))) == SPAM
    assert home.find(Hints((), SUBJECT, DATE, SHOP)) == SPAM
    assert home.got(SPAM)
    assert not home.got(SPAM.replace(b"pills.1", b"pills.3"))


def test_what_cannot_be_looked_into_is_not_said_to_be_missing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be the one: that is known when what reads it is installed. What is found without it, is found."""
    hide_zstd(monkeypatch)
    home.put(ZSTD)
    home.put(SPAM)
    assert home.find(Hints((ID,))) == SPAM
    assert home.got(SPAM)
    for ask in (lambda: home.find(Hints((OTHER_ID,))), lambda: home.got(OTHER)):
        with pytest.raises(TryAgain, match="pip install"):
            ask()


def test_what_is_broken_is_passed_over(home: Home) -> None:
    home.put(PACKED["gzip"](SPAM)[:40])
    assert not home.got(SPAM)


# --- a file that he names ---


def test_a_file_that_he_names_is_found_behind_all_others(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FOUND_FILES", 1)
    old = home.put(SPAM, ".Junk")
    home.put(OTHER)
    mail = Mail((), (str(home.maildir),))
    assert not mail.received(identity(SPAM))
    assert mail.received(identity(SPAM), old.name)
    assert mail.received(identity(SPAM), old.name.partition(",")[0])  # as `watch` tells of it
    assert not mail.received(identity(NO_ID), old.name)
    assert not mail.received(identity(SPAM), "1.1.none")


def test_many_questions_read_each_header_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        home.put(SPAM.replace(ID.encode(), b"<%d@x>" % number))
    read: list[str] = []
    headers = File.headers

    def noted(file: File) -> Headers | None:
        read.append(file.path)
        return headers(file)

    monkeypatch.setattr(File, "headers", noted)
    mail = Mail((), (str(home.maildir),))
    for number in (*range(29), 3, 99, 98):
        assert mail.received(identity(SPAM.replace(ID.encode(), b"<%d@x>" % number))) is (number < 30)
    assert len(read) == len(set(read)) == 30


def test_mail_to_an_address_of_others_is_not_that_of_the_login(home: Home) -> None:
    """bob@virtual.example has a mailbox without an account; bob is a user of this host, by another address."""
    home.note(ID, recipient="bob@virtual.example")
    home.note(OTHER_ID, recipient="bob@our.example")
    for user, others in (("bob", False), ("bob@virtual.example", True)):
        mail = Mail((str(home.journal),), (), user, lambda address: address == "bob@virtual.example")
        assert mail.received(identity(SPAM)) is others
        assert mail.received(identity(OTHER)) is not others


def test_what_has_no_name_is_known_by_its_octets_in_the_file_that_he_names(home: Home) -> None:
    """Spam without Message-ID and Date."""
    bare = b"Subject: pills\n\nbuy\n"
    file = home.put(b"Return-Path: <x@y>\nX-Mdafilter: Junk; rule x:1\n" + bare, ".Junk")
    mail = Mail((), (str(home.maildir),))
    assert mail.received(identity(bare), file.name)
    assert not mail.received(identity(bare.replace(b"buy", b"sell")), file.name)
    assert not mail.received(identity(bare))


def test_a_name_that_many_files_have_costs_no_more_than_some(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(limits.FOUND_NAMED + 5):
        home.put(OTHER, name=f"1.M1.host,S={number}")
    read: list[str] = []
    monkeypatch.setattr(File, "headers", lambda file: read.append(file.path))
    monkeypatch.setattr(limits, "FOUND_FILES", 0)
    assert not Mail((), (str(home.maildir),)).received(identity(SPAM), "1.M1.host")
    assert len(read) == limits.FOUND_NAMED
