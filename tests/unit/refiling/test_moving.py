"""A move is a rename: the file, its flags and its time stay; nothing is replaced, lost or doubled."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mdafilter.journal import Journal
from mdafilter.refiling.fate import MOVES, Fate
from mdafilter.refiling.moving import Move, Moved, Mover, exclusively
from mdafilter.refiling.stored import Stored
from mdafilter.targets import Mailbox

TIME = 1_600_000_000


class Box:
    """A Maildir with an inbox."""

    def __init__(self, top: Path, trash: bool = True) -> None:
        self.root = top / "Maildir"
        self.log = top / "journal.jsonl"
        self.mailbox = Mailbox(str(self.root), quota_trash=trash)
        for part in ("cur", "new", "tmp"):
            (self.root / part).mkdir(parents=True)

    def put(self, name: str, folder: str = "", part: str = "cur", data: bytes = b"Subject: x\n\n") -> Stored:
        where = self.root / (f".{folder}" if folder else "")
        for each in ("cur", "new", "tmp"):
            (where / each).mkdir(parents=True, exist_ok=True)
        (where / part / name).write_bytes(data)
        os.utime(where / part / name, (TIME, TIME))
        return Stored(folder, part, name)

    def mover(self) -> Mover:
        return Mover(self.mailbox, Journal(str(self.log), syslog=False))

    def move(self, stored: Stored, to: str, flags: str = "") -> Moved:
        fate = Fate(MOVES, to, "r:1", "Subject: x", flags, head=("<1@x>", "s@x", "r@x", 12))
        (done,) = self.mover().run([Move(stored, fate)])
        return done

    def files(self) -> list[str]:
        return sorted(str(p.relative_to(self.root)) for p in self.root.glob("**/cur/*")) + sorted(
            str(p.relative_to(self.root)) for p in self.root.glob("**/new/*")
        )


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_flags_time_and_name_stay(box: Box) -> None:
    stored = box.put("1.M1P1.host,S=12:2,FS")
    inode = os.stat(stored.path(str(box.root))).st_ino
    done = box.move(stored, "lists.debian")
    assert done.path == f"{box.root}/.lists.debian/cur/1.M1P1.host,S=12:2,FS"
    state = os.stat(done.path)
    assert (state.st_ino, state.st_mtime) == (inode, TIME)
    assert box.files() == [".lists.debian/cur/1.M1P1.host,S=12:2,FS"]
    assert (box.root / ".lists.debian/maildirfolder").exists()
    assert (box.root / "subscriptions").read_text() == "lists.debian\n"


def test_what_is_new_stays_new_but_with_flags_of_a_rule(box: Box) -> None:
    assert box.move(box.put("1.a", part="new"), "x").path.endswith("/.x/new/1.a")
    assert box.move(box.put("2.a", part="new"), "x", "FS").path.endswith("/.x/cur/2.a:2,FS")
    assert box.move(box.put("3.a:2,RT"), "x", "S").path.endswith("/.x/cur/3.a:2,RST")


def test_a_name_that_is_taken_is_not_replaced(box: Box) -> None:
    there = box.put("1.a,S=3:2,", "x", data=b"one")
    here = box.put("1.a,S=3:2,S", data=b"two")
    done = box.move(here, "x")
    assert Path(there.path(str(box.root))).read_bytes() == b"one"
    assert Path(done.path).read_bytes() == b"two"
    assert ",S=3:2,S" in done.path and "/1.a," not in done.path


def test_another_link_of_the_same_file_is_a_message_of_its_own(box: Box) -> None:
    """rename(2): "If oldpath and newpath are existing hard links referring to the same file" it "does nothing"."""
    here = box.put("1.a:2,")
    box.put("0", "x")
    os.link(here.path(str(box.root)), box.root / ".x/cur/1.a:2,")
    assert box.move(here, "x").path
    assert len(list((box.root / ".x/cur").iterdir())) == 3 and not list((box.root / "cur").iterdir())


def test_a_reader_who_sets_a_flag_meanwhile_is_followed(box: Box) -> None:
    stored = box.put("1.a", part="new")
    os.rename(stored.path(str(box.root)), box.root / "cur/1.a:2,S")
    assert box.move(stored, "x").path.endswith("/.x/cur/1.a:2,S")


def test_a_message_that_has_gone_is_told_of(box: Box) -> None:
    done = box.move(Stored("", "cur", "1.a:2,"), "x")
    assert (done.path, done.why_not) == ("", "it has gone meanwhile")


def test_one_that_cannot_be_moved_holds_up_no_other(box: Box) -> None:
    (box.root / ".x").write_text("no folder")
    moves = [Move(box.put("1.a:2,"), Fate(MOVES, "x")), Move(box.put("2.a:2,"), Fate(MOVES, "y"))]
    done = list(box.mover().run(moves))
    assert done[0].why_not and not done[0].path and done[1].path
    assert box.files() == [".y/cur/2.a:2,", "cur/1.a:2,"]


def test_keywords_keep_their_meaning(box: Box) -> None:
    stored = box.put("1.a:2,Sab")
    (box.root / "dovecot-keywords").write_text("0 work\n1 $Label1\n")
    box.put("0:2,", "x")
    (box.root / ".x/dovecot-keywords").write_text("0 $Label1\n")
    assert box.move(stored, "x").path.endswith("1.a:2,Sab")
    assert (box.root / ".x/dovecot-keywords").read_text() == "0 $Label1\n1 work\n"


def test_the_journal_says_why(box: Box) -> None:
    box.move(box.put("1.a:2,S"), "M&APw-ll")
    begun, told = map(json.loads, box.log.read_text().splitlines())
    act = {"action": "file", "to": "Müll", "rule": "r:1", "why": "Subject: x", "name": "1.a:2,S", "done": True}
    assert (told["status"], told["acts"]) == ("refiled", [act])
    assert (told["message_id"], told["sender"], told["recipient"], told["size"]) == ("<1@x>", "s@x", "r@x", 12)
    assert told["notes"] == ["moved from INBOX"]
    assert {**begun, "status": "refiled", "time": told["time"]} == told
    assert begun["status"] == "refiling"


def test_the_journal_says_what_did_not_move(box: Box) -> None:
    (box.root / ".x").write_text("no folder")
    box.move(box.put("1.a:2,S"), "x")
    box.move(Stored("", "cur", "2.a:2,"), "y")
    told = [json.loads(line) for line in box.log.read_text().splitlines()]
    assert [line["status"] for line in told] == ["unmoved", "refiling", "unmoved"]
    assert told[0]["reason"] and told[2]["reason"] == "it has gone meanwhile"
    assert (told[0]["acts"][0]["to"], told[0]["acts"][0]["done"]) == ("x", False)
    assert told[0]["notes"] == ["it stays in INBOX"] and told[1]["id"] == told[2]["id"]


def test_a_size_that_cannot_be_told_any_more_undoes_no_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box(tmp_path, trash=False)
    (box.root / "maildirsize").write_text("1000S\n12 1\n")
    mover = box.mover()

    def followed(old: str, new: str) -> None:
        os.rename(old, new)
        os.rename(new, f"{new}S")  # its reader sets a flag at once

    monkeypatch.setattr(mover, "_rename", followed)
    (done,) = mover.run([Move(box.put("1.a:2,"), Fate(MOVES, "Trash"))])
    assert done.path and "lacks some messages" in next(iter(mover.notes))


def test_a_journal_that_cannot_be_written_moves_all_the_same(box: Box) -> None:
    box.log.touch()
    mover = Mover(box.mailbox, Journal(f"{box.log}/journal", syslog=False))
    assert next(mover.run([Move(box.put("1.a:2,"), Fate(MOVES, "x"))])).path
    assert "cannot be written" in next(iter(mover.notes))


@pytest.mark.parametrize(
    ("trash", "origin", "to", "line"),
    [(True, "", "Trash", ""), (False, "", "Trash", "-12 -1\n"), (False, "Trash", "x", "12 1\n"), (False, "", "x", "")],
)
def test_a_quota_that_does_not_count_the_trash_is_kept(
    tmp_path: Path, trash: bool, origin: str, to: str, line: str
) -> None:
    box = Box(tmp_path, trash)
    (box.root / "maildirsize").write_text("1000S\n12 1\n")
    assert box.move(box.put("1.a:2,", origin), to).path
    assert (box.root / "maildirsize").read_text() == "1000S\n12 1\n" + line


def test_rename_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    with pytest.raises(FileExistsError):
        exclusively()(str(tmp_path / "a"), str(tmp_path / "b"))
    with pytest.raises(FileNotFoundError):
        exclusively()(str(tmp_path / "none"), str(tmp_path / "c"))
    exclusively()(str(tmp_path / "a"), str(tmp_path / "c"))
    assert sorted(os.listdir(tmp_path)) == ["b", "c"]


def test_a_file_system_that_cannot_be_asked_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *_args, **_named: object())
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    with pytest.raises(FileExistsError):
        exclusively()(str(tmp_path / "a"), str(tmp_path / "b"))
    exclusively()(str(tmp_path / "a"), str(tmp_path / "c"))
    assert sorted(os.listdir(tmp_path)) == ["b", "c"]
