"""One file in several folders, and a try that was killed: what is in one of them proves nothing for another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mdafilter.acts import File, Keep
from mdafilter.decision import Decided, Decision
from mdafilter.message import Message
from mdafilter.perform import perform
from tests.support.faults import Faulty, Killed
from tests.support.mailboxes import ENVELOPE, delivered, drafts, mailbox, message, written

if TYPE_CHECKING:
    from mdafilter.targets import Mailbox


def unlabelled(home: Path) -> Mailbox:
    return mailbox(home).replace(label=False)


def clear(home: Path) -> None:
    for path in (p for p in (home / "Maildir").rglob("*") if p.is_file()):
        path.unlink()


def killed(home: Path, last: int, *decided: Decided) -> list[str]:
    """A try that was killed after its call of that number; the calls that it made."""
    calls = Faulty(last=last)
    try:
        perform(Decision(decided), decided[0].message, ENVELOPE, unlabelled(home), calls=calls)
    except Killed:
        pass
    calls.bury()
    return calls.made


def test_a_shared_file_proves_nothing_for_another_folder(tmp_path: Path) -> None:
    """It is in one of two folders, and the reader moved it within the other one: both have it, and that once."""
    about = message()
    acts = (Decided(File("a"), about), Decided(Keep(), about))
    made = killed(tmp_path, 1000, *acts)
    for last in range(made.index("link") + 2, len(made) + 1):
        clear(tmp_path)
        killed(tmp_path, last, *acts)
        for path in (tmp_path / "Maildir/.a/new").iterdir():
            path.rename(tmp_path / "Maildir/.a/cur" / f"{path.name}:2,S")
        perform(Decision(acts), about, ENVELOPE, unlabelled(tmp_path)).forget()
        assert {f: len(c) for f, c in delivered(tmp_path).items()} == {"": 1, ".a": 1}, last
        assert drafts(tmp_path) == []


def test_a_retry_that_no_longer_shares_does_not_take_the_shared_file_for_its_own(tmp_path: Path) -> None:
    """Now the scorer answers: another folder, and a marked message for the inbox. What is in the first folder proves
    nothing for the inbox, though its draft has that inode."""
    about, marked = message(), Message.parse(b"X-Spam-Score: 1\n" + written(message()))
    made = killed(tmp_path, 1000, Decided(File("a"), about), Decided(Keep(), about))
    for last in range(1, len(made)):
        clear(tmp_path)
        killed(tmp_path, last, Decided(File("a"), about), Decided(Keep(), about))
        again = Decision((Decided(File("b"), about), Decided(Keep(), marked)))
        perform(again, about, ENVELOPE, unlabelled(tmp_path)).forget()
        assert {"", ".b"} <= {*delivered(tmp_path)}, last


def test_what_an_earlier_try_has_begun_is_completed(tmp_path: Path) -> None:
    """It had asked for room for all of it; and half a delivery is not refused, the sender would take it for none."""
    about = message()
    acts = (Decided(File("a"), about), Decided(Keep(), about))
    made = killed(tmp_path, 1000, *acts)
    halves = 0
    for last in range(1, len(made)):
        clear(tmp_path)
        killed(tmp_path, last, *acts)
        if set(delivered(tmp_path)) != {".a"}:
            continue
        halves += 1
        (tmp_path / "Maildir/maildirsize").write_text("1C\n9 9\n")
        box = unlabelled(tmp_path).replace(over_quota="refuse")
        assert perform(Decision(acts), about, ENVELOPE, box).exit_code == 0
        assert set(delivered(tmp_path)) == {"", ".a"}
        assert (tmp_path / "Maildir/maildirsize").read_text() == f"1C\n9 9\n{about.size} 1\n"
    assert halves > 2
