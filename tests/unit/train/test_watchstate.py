"""The state of a Maildir: what is written together, and what a damaged file leads to."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from mdafilter.train.folders import Seen
from mdafilter.train.listing import Folder
from mdafilter.train.watchstate import NAME, Verdict, WatchState

ONE, TWO = Seen("", "b1", "t1", "k1"), Seen("Junk", "b2", "t2")
FOLDERS = {"": Folder(1, "1:2"), "Junk": Folder(2, "")}
SPAM, HAM = Verdict("7", "spam", b"\0\xff message", "b1"), Verdict("3", "ham", b"")


def test_what_was_written_is_there_at_the_next_start(tmp_path: Path) -> None:
    with WatchState(str(tmp_path)) as state:
        assert state.fresh
        state.commit(added=[ONE, TWO], verdicts=[SPAM, HAM], folders=FOLDERS)
    with WatchState(str(tmp_path)) as state:
        assert not state.fresh
        assert set(state.memory()) == {ONE, TWO}
        assert state.folders() == FOLDERS
        assert state.outbox() == (SPAM, HAM), "in the order of the moves"
        state.commit([ONE], [ONE.replace(gone=5.0)])
        state.sent(["7"])
    with WatchState(str(tmp_path)) as state:
        assert set(state.memory()) == {ONE.replace(gone=5.0), TWO}
        assert state.outbox() == (HAM,)
        assert state.folders() == FOLDERS


def test_a_state_of_the_first_version_goes_on(tmp_path: Path) -> None:
    with WatchState(str(tmp_path)) as state:
        state.commit(added=[ONE], verdicts=[HAM], folders=FOLDERS)
    with sqlite3.connect(tmp_path / NAME) as old:
        old.execute("ALTER TABLE outbox DROP COLUMN file")
        old.execute("DROP TABLE event")
        old.execute("DROP TABLE flag")
        old.execute("PRAGMA user_version = 1")
    old.close()
    for _ in range(2):
        with WatchState(str(tmp_path)) as state:
            assert (state.outbox(), set(state.memory()), state.fresh) == ((HAM,), {ONE}, False)


def test_a_commit_is_whole_or_nothing(tmp_path: Path) -> None:
    with WatchState(str(tmp_path)) as state:
        state.commit(added=[ONE], folders=FOLDERS)
        with pytest.raises(sqlite3.Error):
            state.commit([ONE], [TWO], [Verdict("7", "spam", None)])  # type: ignore[arg-type]
        assert set(state.memory()) == {ONE}
        assert state.outbox() == ()
        state.commit(added=[TWO])
        assert set(state.memory()) == {ONE, TWO}


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    with WatchState(str(tmp_path)):
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        WatchState(str(tmp_path))


@pytest.mark.parametrize("content", [b"no database at all" * 100, None], ids=["not one", "damaged inside"])
def test_a_damaged_file_is_put_aside_and_stock_is_taken_anew(tmp_path: Path, content: bytes | None) -> None:
    with WatchState(str(tmp_path)) as state:
        state.commit(added=[Seen("", f"b{n}", "t" * 50) for n in range(1000)], folders=FOLDERS)
    file = tmp_path / NAME
    if content is None:
        content = file.read_bytes()
        content = content[:8192] + b"\xaa" * 4096 + content[12288:]
    file.write_bytes(content)
    with WatchState(str(tmp_path)) as state:
        assert state.fresh
        assert list(state.memory()) == []
    assert (tmp_path / f"{NAME}.damaged").read_bytes() == content


def test_another_version_is_not_touched(tmp_path: Path) -> None:
    WatchState(str(tmp_path)).close()
    db = sqlite3.connect(tmp_path / NAME)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(sqlite3.OperationalError, match="another version"):
        WatchState(str(tmp_path))
    assert (tmp_path / NAME).read_bytes() == before


def test_two_do_not_watch_one_maildir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter.train.watchstate.WAIT_SECONDS", 0.1)
    with WatchState(str(tmp_path)) as state:
        state.commit(folders=FOLDERS)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            WatchState(str(tmp_path))
