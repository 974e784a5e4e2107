"""What was met before, in files."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdafilter import limits, seen
from mdafilter.acts import Discard, Keep, Reject, Send
from mdafilter.decision import Remember
from mdafilter.errors import TryAgain
from mdafilter.perform import Receipts, perform
from mdafilter.targets.naming import identity
from tests.support.faults import Faulty
from tests.support.mailboxes import ENVELOPE, decision, delivered, drafts, mailbox, message, written

if TYPE_CHECKING:
    from mdafilter.acts import Act

NOW = 1_800_000_000.0
BOX = "/home/ann/Maildir"


def remember(where: Path, key: str, seconds: float = 60.0, *, kind: str = "duplicate", by: str = "0a" * 16) -> str:
    return seen.remember(str(where), BOX, kind, key, NOW + seconds, by, NOW)


def test_it_is_remembered_until_its_time(tmp_path: Path) -> None:
    assert remember(tmp_path, "<1@x>") == ""
    assert seen.look(str(tmp_path), BOX, "duplicate", "<1@x>", NOW) == "0a" * 16
    assert seen.look(str(tmp_path), BOX, "duplicate", "<1@x>", NOW + 59.9) == "0a" * 16
    assert seen.look(str(tmp_path), BOX, "duplicate", "<1@x>", NOW + 60) == ""


@pytest.mark.parametrize(
    ("mailbox", "kind", "key"),
    [(BOX, "duplicate", "<2@x>"), (BOX, "vacation", "<1@x>"), ("/home/bob/Maildir", "duplicate", "<1@x>")],
)
def test_another_key_kind_or_mailbox_is_another_thing(tmp_path: Path, mailbox: str, kind: str, key: str) -> None:
    remember(tmp_path, "<1@x>")
    assert seen.look(str(tmp_path), mailbox, kind, key, NOW) == ""


def test_the_same_octets_again_are_a_duplicate_when_it_is_over(tmp_path: Path) -> None:
    """Till then they are another try of the same delivery."""
    receipts = remembering(tmp_path, Keep())
    assert remembered(tmp_path) == identity(message().octets, ENVELOPE)
    receipts.forget()
    assert remembered(tmp_path) == "?"
    assert seen.look(str(tmp_path / "seen"), str(tmp_path / "Maildir"), "duplicate", "<1@x>", FOREVER) == ""


def test_nothing_is_remembered_by_looking(tmp_path: Path) -> None:
    assert seen.look(str(tmp_path / "none"), BOX, "duplicate", "a", NOW) == ""
    assert not (tmp_path / "none").exists()


def test_the_later_one_is_what_counts(tmp_path: Path) -> None:
    """RFC 7352 section 3.3, `:last`: the time begins anew."""
    remember(tmp_path, "a", 10.0, by="1" * 32)
    remember(tmp_path, "a", 99.0, by="2" * 32)
    assert seen.look(str(tmp_path), BOX, "duplicate", "a", NOW + 50) == "2" * 32


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "\0", "\udcff", "x" * 1_000_000])
def test_any_key_is_a_name(tmp_path: Path, key: str) -> None:
    assert remember(tmp_path, key) == ""
    assert seen.look(str(tmp_path), BOX, "duplicate", key, NOW)
    assert [len(p.name) for p in tmp_path.rglob("*") if p.is_file()] == [32]


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    for number in range(600):
        remember(tmp_path, str(number), 1.0)
    for number in range(600, 1200):  # each sweeps the folder that it comes into
        seen.remember(str(tmp_path), BOX, "duplicate", str(number), NOW + 99, "2" * 32, NOW + 50)
    left = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert 600 <= len(left) <= 700  # in some of the 256 folders none has come since


def test_a_sweep_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SEEN_SWEEP", 3)
    remember(tmp_path, "a")
    (shard,) = [p for p in tmp_path.rglob("*") if p.is_dir() and len(p.name) == 2]
    for number in range(20):
        (shard / f"{number}").touch()
        os.utime(shard / f"{number}", (1, 1))
    remember(tmp_path, "a")
    assert len(list(shard.iterdir())) >= 18


@pytest.mark.parametrize("call", ["open", "truncate", "write", "utime", "fsync", "rename"])
def test_what_cannot_be_remembered_is_a_note(tmp_path: Path, call: str) -> None:
    calls = Faulty(lambda _, name: errno.ENOSPC if name == call else None)
    note = seen.remember(str(tmp_path), BOX, "duplicate", "a", NOW + 60, "0" * 32, NOW, calls)
    assert note.startswith("duplicate: not remembered: ")
    assert seen.look(str(tmp_path), BOX, "duplicate", "a", NOW) == ""


def test_what_cannot_be_told_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "duplicate").write_text("no folder")
    with pytest.raises(OSError, match="Not a directory"):
        seen.look(str(tmp_path), BOX, "duplicate", "a", NOW)


def test_where_it_is() -> None:
    assert seen.folder({}, "/home/ann", BOX) == "/home/ann/.local/state/mdafilter/seen"
    assert seen.folder({"XDG_STATE_HOME": "/state"}, "/home/ann", BOX) == "/state/mdafilter/seen"
    assert seen.folder({}, "", BOX) == "/home/ann/Maildir/.mdafilter-seen"


# --- letters, and what is remembered ---------------------------------------------------------------------------------

FOREVER = 4_000_000_000.0


def remembering(home: Path, *acts: Act, calls: Faulty | None = None) -> Receipts:
    about, box = message(), mailbox(home).replace(memory=str(home / "seen"))
    decided = decision(about, *acts).replace(remember=(Remember("duplicate", "<1@x>", FOREVER),))
    return perform(decided, about, ENVELOPE, box, calls=calls or Faulty())


def remembered(home: Path) -> str:
    return seen.look(str(home / "seen"), str(home / "Maildir"), "duplicate", "<1@x>", 1.0)


def test_it_is_remembered_when_the_message_is_delivered(tmp_path: Path) -> None:
    receipts = remembering(tmp_path, Keep())
    assert (receipts.notes, remembered(tmp_path)) == ((), identity(message().octets, ENVELOPE))


def test_it_is_remembered_of_a_message_that_is_discarded(tmp_path: Path) -> None:
    remembering(tmp_path, Discard())
    assert remembered(tmp_path)


def test_it_is_not_remembered_where_the_message_is_not_delivered(tmp_path: Path) -> None:
    """Else the next try would be taken for a duplicate, and the message be lost."""
    with pytest.raises(TryAgain):
        remembering(tmp_path, Keep(), calls=Faulty(lambda _, name: errno.ENOSPC if name == "pour" else None))
    assert not remembered(tmp_path)
    assert remembering(tmp_path, Reject("no")).exit_code == 77
    assert not remembered(tmp_path)


def test_a_delivery_is_one_though_it_cannot_be_remembered(tmp_path: Path) -> None:
    (tmp_path / "seen").write_text("no folder")
    receipts = remembering(tmp_path, Keep())
    assert receipts.exit_code == 0
    assert receipts.notes[0].startswith("duplicate: not remembered: ")
    assert delivered(tmp_path) == {"": [written(message())]}


def test_a_letter_is_sent_beside_a_refusal(tmp_path: Path) -> None:
    """RFC 5435, 3.4: notify is compatible with all other actions; and the message is refused all the same."""
    about, box = message(), mailbox(tmp_path, "/bin/true")
    letter = Send("notify", b"Subject: x\n\n", ("a@b.test",))
    receipts = perform(decision(about, letter, Reject("no")), about, ENVELOPE, box)
    receipts.forget()
    assert (receipts.exit_code, receipts.reply) == (77, "5.7.1 no")
    assert [r.done for r in receipts.receipts] == ["delivered", "refused"]
    assert (delivered(tmp_path), drafts(tmp_path)) == ({}, [])
