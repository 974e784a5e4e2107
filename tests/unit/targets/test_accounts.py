"""What counts in the quota of which Maildir."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdafilter.acts import Box, File, Keep, Pipe, Redirect
from mdafilter.decision import Decided, Decision
from mdafilter.errors import OverQuota, TryAgain
from mdafilter.message import Message
from mdafilter.perform import Receipts, perform
from mdafilter.targets import Parcel, pipe
from mdafilter.targets.accounts import accounts
from mdafilter.targets.maildir import MaildirFile, stage
from tests.support.mailboxes import AT, ENVELOPE, decision, delivered, drafts, mailbox, message, parcel

if TYPE_CHECKING:
    from mdafilter.acts import Act


def staged(one: Parcel) -> MaildirFile:
    file = stage(one)
    file.write()
    return file


def sheet(home: Path, content: str) -> None:
    (home / "Maildir/tmp").mkdir(parents=True)
    (home / "Maildir/maildirsize").write_text(content)


def lines(home: Path) -> list[str]:
    return (home / "Maildir/maildirsize").read_text().splitlines()


SIZE = message().size


def do(home: Path, *acts: Act, about: Message | None = None, **changes: object) -> Receipts:
    about = about or message()
    receipts = perform(decision(about, *acts), about, ENVELOPE, mailbox(home, "/bin/true").replace(**changes))
    receipts.forget()
    return receipts


def test_every_act_counts_once(tmp_path: Path) -> None:
    """Also where several share a file: the specification counts names."""
    sheet(tmp_path, "100000S\n0 0\n")
    acts = (File("a"), Keep(), Redirect("b@example.test"), Pipe(("/bin/true",)), Box(f"{tmp_path}/box"))
    receipts = do(tmp_path, *acts, label=False)
    assert lines(tmp_path) == ["100000S", "0 0", f"{2 * SIZE} 2"]
    assert receipts.usage and receipts.usage.used.octets == 2 * SIZE


def test_what_lies_in_no_maildir_does_not_count(tmp_path: Path) -> None:
    class ElsewhereFile(MaildirFile):
        pass

    sheet(tmp_path, "100000S\n0 0\n")
    one = parcel(tmp_path, Keep())
    file = stage(one)
    elsewhere = ElsewhereFile(one, f"{tmp_path}/elsewhere", file.draft, "")
    assert [account.new.messages for account in accounts(one, [file, elsewhere])] == [1]
    assert accounts(one, [elsewhere]) == []
    file.abort()


def test_the_label_counts_too(tmp_path: Path) -> None:
    sheet(tmp_path, "100000S\n0 0\n")
    receipts = do(tmp_path, File("a"))
    assert receipts.receipts[0].size > SIZE
    assert lines(tmp_path)[2:] == [f"{receipts.receipts[0].size} 1"]


def test_without_room_nothing_at_all_is_done(tmp_path: Path) -> None:
    """All places of one Maildir are looked at together: each by itself would have room."""
    sheet(tmp_path, f"{2 * SIZE - 1}S\n0 0\n")
    ran = Pipe(("/bin/sh", "-c", f"touch {tmp_path}/ran"))
    acts = (File("a"), Keep(), Redirect("b@example.test"), ran, Box(f"{tmp_path}/box"))
    with pytest.raises(OverQuota, match="the mailbox is full") as raised:
        do(tmp_path, *acts, label=False)
    assert raised.value.status == "4.2.2"
    assert (delivered(tmp_path), drafts(tmp_path)) == ({}, [])
    assert not (tmp_path / "ran").exists() and not (tmp_path / "box").exists()
    assert lines(tmp_path)[1:] == ["0 0"]


def test_or_the_message_is_refused(tmp_path: Path) -> None:
    """RFC 3463: X.2.2 is "Mailbox full"."""
    sheet(tmp_path, "1C\n5 1\n")
    receipts = do(tmp_path, Keep(), over_quota="refuse")
    assert (receipts.exit_code, receipts.reply) == (77, "5.2.2 the mailbox is full")
    assert [(r.done, r.why) for r in receipts.receipts] == [
        ("refused", "the mailbox is full: with this message 2 of 1 messages")
    ]
    assert (delivered(tmp_path), drafts(tmp_path)) == ({}, [])


def test_a_letter_of_ours_is_not_turned_away(tmp_path: Path) -> None:
    sheet(tmp_path, "1C\n5 1\n")
    do(tmp_path, Keep(), over_quota="")
    assert lines(tmp_path) == ["1C", "5 1", f"{SIZE} 1"]


def test_a_full_mailbox_is_no_fault_of_the_act(tmp_path: Path) -> None:
    """The next recipe would only find the same Maildir."""
    sheet(tmp_path, "1C\n5 1\n")
    about = message()
    for act in (File("a"), Keep(), Box(f"{tmp_path}/Maildir/.b/")):
        tried = Decision(tuple(Decided(one, about, AT, "", AT) for one in (Keep(), act)))
        with pytest.raises(OverQuota):
            perform(tried, about, ENVELOPE, mailbox(tmp_path))


def test_each_maildir_has_its_own_quota(tmp_path: Path) -> None:
    sheet(tmp_path, "100000S\n0 0\n")
    for name, content in (("full", "1C\n1 1\n"), ("other", "2C\n1 1\n"), ("none", "")):
        (tmp_path / name / "tmp").mkdir(parents=True)
        (tmp_path / name / "maildirsize").write_text(content)
    do(tmp_path, Keep(), Box(f"{tmp_path}/other/"), Box(f"{tmp_path}/none/"))
    assert lines(tmp_path)[2:] == [f"{SIZE} 1"]
    assert (tmp_path / "other/maildirsize").read_text() == f"2C\n1 1\n{SIZE} 1\n"
    assert (tmp_path / "none/maildirsize").read_text() == ""
    with pytest.raises(OverQuota):
        do(tmp_path, Keep(), Box(f"{tmp_path}/full/"), about=message(2))
    assert len(delivered(tmp_path)[""]) == 1


def test_the_setting_is_for_the_users_own_maildir(tmp_path: Path) -> None:
    do(tmp_path, Keep(), Box(f"{tmp_path}/box/"), quota="100000S")
    assert lines(tmp_path) == ["100000S", "0 0", f"{SIZE} 1"]
    assert not (tmp_path / "box/maildirsize").exists()


def test_a_folder_counts_in_the_maildir_above_it(tmp_path: Path) -> None:
    """ "If we find a maildirfolder within the directory, we're delivering to a folder, so back up to the parent
    directory, and start again." """
    for folder in (".lists", ".no-folder"):
        for part in ("cur", "new", "tmp"):
            (tmp_path / "other" / folder / part).mkdir(parents=True)
    (tmp_path / "other/.lists/maildirfolder").touch()
    (tmp_path / "other/maildirsize").write_text("100000S\n0 0\n")
    do(tmp_path, Box(f"{tmp_path}/other/.lists/"))
    do(tmp_path, Box(f"{tmp_path}/other/.no-folder/"))
    assert (tmp_path / "other/maildirsize").read_text() == f"100000S\n0 0\n{SIZE} 1\n"


def test_trash_may_be_left_out(tmp_path: Path) -> None:
    sheet(tmp_path, "1C\n0 0\n")
    do(tmp_path, File("Trash"), Keep(), quota_trash=False)
    assert lines(tmp_path)[2:] == [f"{SIZE} 1"]
    do(tmp_path, File("Trash"), quota_trash=False)
    assert len(lines(tmp_path)) == 3


def test_what_fails_later_leaves_no_line(tmp_path: Path) -> None:
    sheet(tmp_path, "100000S\n0 0\n")
    with pytest.raises(TryAgain):
        do(tmp_path, Keep(), Pipe(("/bin/false",)))
    assert lines(tmp_path)[1:] == ["0 0"]


def test_a_program_that_had_the_message_is_no_refusal(tmp_path: Path) -> None:
    sheet(tmp_path, "1C\n9 9\n")
    about = message()
    box = mailbox(tmp_path).replace(over_quota="refuse")
    ran = pipe.stage(parcel(tmp_path, Pipe(("/bin/true",)), about))
    receipts = perform(decision(about, Pipe(("/bin/true",)), Keep()), about, ENVELOPE, box, ran={"|/bin/true": ran})
    assert receipts.exit_code == 0
    assert set(delivered(tmp_path)) == {""}


def test_a_quota_that_cannot_be_looked_at_is_noted(tmp_path: Path) -> None:
    sheet(tmp_path, "1C\n9 9\n")
    (tmp_path / "Maildir/maildirsize").unlink()
    (tmp_path / "Maildir/maildirsize").mkdir()
    assert do(tmp_path, Keep()).notes == (f"the quota of {tmp_path}/Maildir was not looked at: Is a directory",)
