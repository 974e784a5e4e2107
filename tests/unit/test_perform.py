"""From a Decision to Receipts."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject
from mdafilter.decision import Decided, Decision
from mdafilter.errors import ActFailed, TryAgain
from mdafilter.message import Message, Octets
from mdafilter.perform import Mailbox, Receipts, perform
from mdafilter.targets import maildir
from mdafilter.texts import Where
from tests.support.faults import Faulty, Killed
from tests.support.mailboxes import AT, BODY, ENVELOPE, decision, delivered, drafts, mailbox, message, written

if TYPE_CHECKING:
    from mdafilter.acts import Act


def do(home: Path, *acts: Act, about: Message | None = None) -> Receipts:
    about = about or message()
    receipts = perform(decision(about, *acts), about, ENVELOPE, mailbox(home))
    receipts.forget()
    return receipts


def test_all_places_with_a_receipt_each(tmp_path: Path) -> None:
    receipts = do(tmp_path, File("Trash"), Pipe(("/bin/true",)), Keep())
    assert [(r.folder, r.done) for r in receipts.receipts] == [
        ("Trash", "delivered"),
        ("INBOX", "delivered"),
        ("", "delivered"),
    ]
    assert [r.at for r in receipts.receipts] == [AT] * 3
    assert (receipts.exit_code, receipts.reply, receipts.notes) == (0, "", ())
    found = delivered(tmp_path)
    assert set(found) == {"", ".Trash"}
    for receipt in receipts.receipts[:2]:
        assert os.path.getsize(receipt.path) == receipt.size
    assert drafts(tmp_path) == []


def test_each_act_gets_the_message_as_it_was_when_it_was_decided(tmp_path: Path) -> None:
    one, other = message(1), message(2)
    perform(Decision((Decided(File("a"), one), Decided(Keep(), other))), one, ENVELOPE, mailbox(tmp_path)).forget()
    found = delivered(tmp_path)
    assert found[".a"][0].endswith(written(one))
    assert found[""] == [written(other)]


def test_a_large_message_is_copied_from_its_file(tmp_path: Path) -> None:
    raw = written(message()) + os.urandom(1 << 20) * 3
    envelope_line = b"From a@b.test  Sun Nov 22 08:41:34 2026\n"
    (tmp_path / "spool").write_bytes(envelope_line + raw)
    fd = os.open(tmp_path / "spool", os.O_RDONLY)
    try:
        do(tmp_path, File("a"), Keep(), about=Message.parse(Octets.map(fd, len(envelope_line))))
    finally:
        os.close(fd)
    found = delivered(tmp_path)
    assert found[""] == [raw]
    assert found[".a"][0].endswith(raw)


def test_a_decision_without_an_act_is_a_keep(tmp_path: Path) -> None:
    do(tmp_path)
    assert delivered(tmp_path) == {"": [written(message())]}


@pytest.mark.parametrize("maildir_path", ["Maildir/", "./Maildir", "Maildir//"])
def test_a_maildir_may_be_spelled_with_a_slash(tmp_path: Path, maildir_path: str) -> None:
    about = message()
    box = mailbox(tmp_path).replace(root=f"{tmp_path}/{maildir_path}")
    perform(decision(about, File("a"), Keep()), about, ENVELOPE, box).forget()
    assert set(delivered(tmp_path)) == {"", ".a"}
    assert (tmp_path / "Maildir/subscriptions").read_bytes() == b"a\n"


# --- nowhere -------------------------------------------------------------------------------------------------------


def test_a_discard_delivers_nowhere(tmp_path: Path) -> None:
    receipts = do(tmp_path, Discard())
    assert [r.done for r in receipts.receipts] == ["discarded"]
    assert (receipts.exit_code, receipts.reply) == (0, "")
    assert os.listdir(tmp_path) == []


def test_a_discard_beside_a_delivery_is_a_delivery(tmp_path: Path) -> None:
    do(tmp_path, Discard(), File("a"))
    assert set(delivered(tmp_path)) == {".a"}


def test_a_refusal_beside_a_delivery_is_no_refusal(tmp_path: Path) -> None:
    """RFC 5429 section 2.5 forbids it, and the engine sees to that; a message that is in a mailbox never bounces."""
    assert do(tmp_path, Reject("no"), Keep()).exit_code == 0
    assert set(delivered(tmp_path)) == {""}


# --- what cannot be done -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [File("a..b"), File("\n"), Redirect("no address"), Pipe(())])
def test_what_can_never_be_done_is_kept(tmp_path: Path, act: Act) -> None:
    receipts = do(tmp_path, act)
    assert delivered(tmp_path) == {"": [written(message())]}
    assert receipts.receipts[0].done.startswith("kept after ")
    assert receipts.receipts[0].folder == "INBOX"
    assert len(receipts.notes) == 1
    assert receipts.notes[0].startswith(f"{AT}: ")
    assert receipts.notes[0].endswith("; the message is kept")


def test_and_kept_once(tmp_path: Path) -> None:
    receipts = do(tmp_path, Keep(), File("a..b"), Redirect(""), File("c"))
    assert {f: len(c) for f, c in delivered(tmp_path).items()} == {"": 1, ".c": 1}
    assert len(receipts.notes) == 2


def test_one_folder_in_several_spellings_is_one(tmp_path: Path) -> None:
    do(tmp_path, File("Trash"), File(".Trash"), File("INBOX/Trash"), File("inbox"), Keep())
    assert {f: len(c) for f, c in delivered(tmp_path).items()} == {"": 1, ".Trash": 1}


def test_a_letter_of_ours_goes_beside_the_message(tmp_path: Path) -> None:
    """It is another message into the same folder."""
    about, letter = message(1), message(2)
    both = Decision((Decided(Keep(), about), Decided(Keep(), letter)))
    perform(both, about, ENVELOPE, mailbox(tmp_path)).forget()
    assert sorted(delivered(tmp_path)[""]) == sorted([written(about), written(letter)])


# --- one file in several folders -----------------------------------------------------------------------------------


def unlabelled(home: Path) -> Mailbox:
    return mailbox(home).replace(label=False)


def inodes(receipts: Receipts) -> list[int]:
    return [os.stat(r.path).st_ino for r in receipts.receipts]


def test_folders_that_get_the_same_octets_share_a_file(tmp_path: Path) -> None:
    about = message()
    acts = (File("a"), Keep(("\\Seen",)), Box(f"{tmp_path}/box/"))
    receipts = perform(decision(about, *acts), about, ENVELOPE, unlabelled(tmp_path))
    receipts.forget()
    assert len(set(inodes(receipts))) == 1
    assert os.stat(receipts.receipts[0].path).st_nlink == 3
    assert [Path(r.path).read_bytes() for r in receipts.receipts] == [written(about)] * 3


def test_those_with_a_label_do_not(tmp_path: Path) -> None:
    receipts = do(tmp_path, File("a"), File("b"), Keep(), Box(f"{tmp_path}/box/"))
    first, second, inbox, box = inodes(receipts)
    assert inbox == box
    assert len({first, second, inbox}) == 3


def test_nor_do_an_mbox_and_another_message(tmp_path: Path) -> None:
    about = message()
    acts = (Decided(Keep(), about), Decided(Box(f"{tmp_path}/box"), about), Decided(File("b"), message(2)))
    receipts = perform(Decision(acts), about, ENVELOPE, unlabelled(tmp_path))
    receipts.forget()
    assert len(set(inodes(receipts))) == 3


# --- all or nothing ------------------------------------------------------------------------------------------------


def test_a_failed_program_takes_the_copies_back(tmp_path: Path) -> None:
    with pytest.raises(TryAgain, match="ended with 3"):
        do(tmp_path, Keep(), File("a"), Pipe(("/bin/sh", "-c", "exit 3")))
    assert delivered(tmp_path) == {}
    assert drafts(tmp_path) == []


def test_an_error_of_the_system_says_what(tmp_path: Path) -> None:
    (tmp_path / "Maildir").write_text("a file")
    with pytest.raises(TryAgain, match="Not a directory") as caught:
        do(tmp_path, Keep())
    assert caught.value.status == "4.3.0"
    assert "\n" not in caught.value.text


def test_a_defect_of_ours_is_undone_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = maildir.MaildirFile.commit

    def commit(self: maildir.MaildirFile) -> None:
        if self.folder.endswith(".b"):
            raise RuntimeError("a defect")
        real(self)

    monkeypatch.setattr(maildir.MaildirFile, "commit", commit)
    with pytest.raises(RuntimeError):
        do(tmp_path, File("a"), File("b"))
    assert delivered(tmp_path) == {}
    assert drafts(tmp_path) == []


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    do(tmp_path, Keep(), File("a"), Pipe(("/bin/true",)))
    with pytest.raises(TryAgain):
        do(tmp_path, Keep(), File("a"), Pipe(("/bin/false",)))
    assert len(os.listdir("/proc/self/fd")) == before


# --- retries -------------------------------------------------------------------------------------------------------


def test_a_retry_says_that_it_was_delivered_already(tmp_path: Path) -> None:
    about = message()
    calls = Faulty()
    decided = decision(about, File("a"), Keep(("\\Seen",)))
    first = perform(decided, about, ENVELOPE, mailbox(tmp_path), calls=calls)
    calls.bury()  # killed before it could answer
    again = perform(decided, about, ENVELOPE, mailbox(tmp_path))
    assert [r.done for r in again.receipts] == ["already", "already"]
    assert [r.path for r in again.receipts] == [r.path for r in first.receipts]
    again.forget()
    assert {f: len(c) for f, c in delivered(tmp_path).items()} == {"": 1, ".a": 1}
    assert drafts(tmp_path) == []


def test_a_retry_after_half_of_the_forgetting(tmp_path: Path) -> None:
    """The first draft is gone, the last one is there: all had been committed."""
    about = message()
    calls = Faulty()
    decided = decision(about, File("a"), Keep())
    first = perform(decided, about, ENVELOPE, mailbox(tmp_path), calls=calls)
    first.staged[0].forget()
    calls.bury()
    perform(decided, about, ENVELOPE, mailbox(tmp_path)).forget()
    assert {f: len(c) for f, c in delivered(tmp_path).items()} == {"": 1, ".a": 1}
    assert drafts(tmp_path) == []


@pytest.mark.parametrize("last", range(8, 80, 2))
def test_a_retry_that_decides_otherwise_leaves_no_place_out(tmp_path: Path, last: int) -> None:
    """The scorer answers now: what the first try did is no reason to leave out what the second one wants, unless the
    first had done all that it wanted."""
    about = message()
    calls = Faulty(last=last)
    try:
        perform(decision(about, File("a"), Keep(), File("c")), about, ENVELOPE, mailbox(tmp_path), calls=calls)
    except Killed:
        pass
    calls.bury()
    do(tmp_path, File("b"), Keep(), about=about)
    assert {"", ".b"} <= set(delivered(tmp_path))


def test_another_recipient_is_another_delivery(tmp_path: Path) -> None:
    about = message()
    first = perform(decision(about, Keep()), about, ENVELOPE, mailbox(tmp_path))
    second = perform(decision(about, Keep()), about, ENVELOPE.replace(recipient="b@c.test"), mailbox(tmp_path))
    assert [r.done for r in second.receipts] == ["delivered"]
    first.forget()
    second.forget()
    assert len(delivered(tmp_path)[""]) == 2


def test_what_a_rule_changed_does_not_change_the_identity(tmp_path: Path) -> None:
    """A scorer marks the message differently in each try: it is the same message all the same."""
    about = message()
    for number in (1, 2):
        marked = Message.parse(b"X-Spam-Score: %d\n" % number + written(about))
        calls = Faulty()
        receipts = perform(decision(marked, Keep()), about, ENVELOPE, mailbox(tmp_path), calls=calls)
        if number == 1:
            calls.bury()
    assert [r.done for r in receipts.receipts] == ["already"]
    receipts.forget()
    assert len(delivered(tmp_path)[""]) == 1


# --- the process ---------------------------------------------------------------------------------------------------


def test_the_umask_is_077_for_programs_too(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        do(tmp_path, Pipe(("/bin/sh", "-c", f"umask >'{tmp_path}/umask'")))
    finally:
        os.umask(before)
    assert (tmp_path / "umask").read_text().strip() == "0077"


def test_the_file_size_limit_is_an_error_and_no_signal(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        do(tmp_path, Keep())
        assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGXFSZ, before)


def tried(about: Message, *acts: Act) -> Decision:
    """Each act in a Try of its own: at line 1, 2 ..."""
    return Decision(tuple(Decided(act, about, AT, "", Where("rc", n)) for n, act in enumerate(acts, 1)))


@pytest.mark.parametrize(
    "act", [Pipe(("/bin/false",)), Pipe(("/no/such/program",)), File("a..b"), Box("/proc/none/x/"), Box("/dev/null")]
)
def test_an_act_of_a_try_that_cannot_be_done(tmp_path: Path, act: Act) -> None:
    """All is undone, and it is said which one it was."""
    about = message()
    with pytest.raises(ActFailed) as raised:
        perform(tried(about, Keep(), act), about, ENVELOPE, mailbox(tmp_path))
    assert raised.value.at == Where("rc", 2)
    assert (delivered(tmp_path), drafts(tmp_path)) == ({}, [])


def test_a_full_disk_is_no_fault_of_the_act(tmp_path: Path) -> None:
    about = message()
    calls = Faulty(lambda _n, name: errno.ENOSPC if name == "pour" else None)
    with pytest.raises(TryAgain):
        perform(tried(about, File("a")), about, ENVELOPE, mailbox(tmp_path), calls=calls)
    calls.bury()


def test_a_program_that_had_the_message_does_not_get_it_again(tmp_path: Path) -> None:
    about = message()
    ran = Pipe(("/bin/sh", "-c", f"cat >>{tmp_path}/ran"))
    with pytest.raises(ActFailed) as raised:
        perform(tried(about, ran, Pipe(("/bin/false",))), about, ENVELOPE, mailbox(tmp_path))
    receipts = perform(tried(about, ran, Keep()), about, ENVELOPE, mailbox(tmp_path), ran=raised.value.ran)
    receipts.forget()
    assert [r.done for r in receipts.receipts] == ["delivered", "delivered"]
    assert (tmp_path / "ran").read_bytes() == written(about)
    assert (set(delivered(tmp_path)), drafts(tmp_path)) == ({""}, [])


@pytest.mark.parametrize(("area", "given"), [("header", b"Subject: number 1\n\n"), ("body", BODY)])
def test_a_program_may_get_a_piece(tmp_path: Path, area: str, given: bytes) -> None:
    do(tmp_path, Pipe(("/bin/sh", "-c", f"cat >{tmp_path}/got"), area=area))
    assert (tmp_path / "got").read_bytes().endswith(given)


def test_an_exit_status_that_does_not_count(tmp_path: Path) -> None:
    assert do(tmp_path, Pipe(("/bin/false",), check=False)).exit_code == 0


@pytest.mark.parametrize("answers", [[False], [True, False]], ids=["written", "committed"])
def test_what_nobody_waits_for_any_more_is_not(tmp_path: Path, answers: list[bool]) -> None:
    """It is asked under the lock of the draft: who comes again finds either all or nothing."""
    about = message()
    acts = (File("Trash"), Pipe(("/bin/sh", "-c", f"touch {tmp_path}/ran")), Keep())

    def wanted() -> bool:
        assert len(drafts(tmp_path)) == 3 and not delivered(tmp_path)
        return answers.pop(0)

    with pytest.raises(TryAgain, match="has to come again"):
        perform(decision(about, *acts), about, ENVELOPE, mailbox(tmp_path), wanted=wanted)
    assert (delivered(tmp_path), drafts(tmp_path)) == ({}, [])
    assert not (tmp_path / "ran").exists()
    perform(decision(about, *acts), about, ENVELOPE, mailbox(tmp_path), wanted=lambda: True).forget()
    assert set(delivered(tmp_path)) == {"", ".Trash"}
