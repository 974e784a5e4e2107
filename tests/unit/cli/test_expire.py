"""What mdafilter filed so long ago goes, dry unless it is said otherwise; as root with the rights of each user."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from mdafilter import limits
from mdafilter.cli import expire
from mdafilter.cli.expire import render, seconds
from mdafilter.reporting import folder
from mdafilter.reporting.folder import Held
from mdafilter.reporting.rights import Place
from tests.support.commandline import NOBODY, run

DAY = 86400.0


def put(
    root: Path, age: float, name: str = "Trash", label: str = "", flags: str | None = None, number: int = 1
) -> Path:
    """A file that was filed so many days ago, as a delivery leaves it."""
    where = root / f".{name}" / ("new" if flags is None else "cur")
    where.mkdir(parents=True, exist_ok=True)
    (root / "cur").mkdir(exist_ok=True)
    info = "" if flags is None else f":2,{flags}"
    path = where / f"{int(time.time() - age * DAY)}.M{number}P2Q{number}_0123abcd.host,S=9{info}"
    path.write_text(f"X-Mdafilter: {label or name}; rule /etc/r.sieve:4\nFrom: a@x\nSubject: \x1b[2J pills\n\nbody\n")
    return path


def place(root: Path) -> Place:
    return Place(str(root), "ann", ())


def expired(one: Place, name: str, before: float, execute: bool, verbose: bool) -> dict[str, Any]:
    (told,) = expire.expired(one.journals, [one], name, before, execute, verbose)
    return told


@pytest.mark.parametrize(("text", "value"), [("30d", 30 * DAY), ("12h", DAY / 2), ("4w", 28 * DAY), ("0d", 0.0)])
def test_an_age_says_what_it_counts(text: str, value: float) -> None:
    assert seconds(None, None, text) == value


@pytest.mark.parametrize("text", ["30", "", "d", "-1d", "1.5d", "30 d", "30D", "1m", "٣d", "999999d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        seconds(None, None, text)


def test_dry_it_tells_and_touches_nothing(tmp_path: Path) -> None:
    paths = [put(tmp_path, 40), put(tmp_path, 20), put(tmp_path, 41, label="Junk"), put(tmp_path, 42, flags="F")]
    told = expired(place(tmp_path), "Trash", time.time() - 30 * DAY, False, True)
    assert all(path.exists() for path in paths)
    lines = list(render(told))
    assert lines[0] == f"{tmp_path}, folder Trash: 1 message (76) would be removed"
    assert lines[1] == "        1  filed by /etc/r.sieve:4"
    assert "\x1b" not in lines[2] and lines[2].endswith("a@x  [2J pills")
    assert [line.split("  ")[-1].split(":")[0] for line in lines[3:6]] == ["stays", "stays", "stays"]
    assert lines[6] == "  Nothing was removed: say --execute."


def test_executed_it_removes_what_it_told_and_no_more(tmp_path: Path) -> None:
    old = [put(tmp_path, 40 + n, number=n, flags="S" if n % 2 else None) for n in range(1, 6)]
    stays = [
        put(tmp_path, 20),
        put(tmp_path, 41, label="Junk"),
        put(tmp_path, 42, flags="F"),
        put(tmp_path, 50, "Junk"),
    ]
    before = time.time() - 30 * DAY
    dry = expired(place(tmp_path), "Trash", before, False, False)
    done = expired(place(tmp_path), "Trash", before, True, False)
    assert (dry["messages"], dry["rules"]) == (done["messages"], done["rules"]) == (5, {"/etc/r.sieve:4": 5})
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in stays)
    assert expired(place(tmp_path), "Trash", before, True, False)["messages"] == 0


def test_killed_at_any_message_the_next_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = [put(tmp_path, 40 + n, number=n) for n in range(1, 6)]
    real, stays = folder.remove, put(tmp_path, 20)
    for left in range(4, -1, -1):

        def removes_one(held: Held) -> bool:
            real(held)
            raise KeyboardInterrupt

        monkeypatch.setattr(folder, "remove", removes_one)
        with pytest.raises(KeyboardInterrupt):
            expired(place(tmp_path), "Trash", time.time() - 30 * DAY, True, False)
        assert sum(path.exists() for path in old) == left
    assert stays.exists()


def test_what_cannot_be_removed_holds_up_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = [put(tmp_path, 40 + n, number=n) for n in range(1, 4)]
    real = folder.remove

    def fails(held: Held) -> bool:
        if held.path == str(old[1]):
            raise PermissionError(13, "Permission denied", held.path)
        return real(held)

    monkeypatch.setattr(folder, "remove", fails)
    told = expired(place(tmp_path), "Trash", time.time() - 30 * DAY, True, False)
    assert told["messages"] == 2
    assert told["failed"] == [f"{old[1]}: Permission denied"]
    assert [path.exists() for path in old] == [False, True, False]


def test_a_journal_of_several_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One Maildir that cannot be listed is a failure of that one."""
    files = [put(tmp_path / name, 40) for name in ("ann", "bob", "eve")]
    shutil.rmtree(tmp_path / "bob/.Trash")
    (tmp_path / "bob/.Trash").write_text("no folder")
    asked: list[set[str]] = []

    def knows_nothing(_journals: tuple[str, ...], wanted: set[str]) -> dict[str, folder.Place]:
        asked.append(wanted)
        return {}

    monkeypatch.setattr(folder, "places", knows_nothing)
    found = [Place(str(tmp_path / name), name, ("j",)) for name in ("ann", "bob", "eve")]
    told = list(expire.expired(("j",), found, "Trash", time.time() - 30 * DAY, True, False))
    assert [(one["messages"], len(one["failed"])) for one in told] == [(1, 0), (0, 1), (1, 0)]
    assert len(asked) == 1 and not any(path.exists() for path in files)


def test_what_is_told_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads no more than limits.REPORT_ANSWER of it, whatever a user has in his folder."""
    monkeypatch.setattr(limits, "EXPIRE_LISTED", 2)
    monkeypatch.setattr(limits, "EXPIRE_FAILED", 1)
    for n in range(1, 6):
        put(tmp_path, 40 + n, number=n)
    told = expired(place(tmp_path), "Trash", time.time() - 30 * DAY, False, True)
    assert (told["messages"], len(told["list"])) == (5, 2)
    assert "           and 3 more" in render(told)

    def fails(held: Held) -> bool:
        raise PermissionError(13, "Permission denied", held.path)

    monkeypatch.setattr(folder, "remove", fails)
    told = expired(place(tmp_path), "Trash", time.time() - 30 * DAY, True, True)
    assert (told["messages"], told["list"], told["failed"][1:]) == (0, [], ["and 4 more"])


@pytest.fixture
def home() -> Iterator[Path]:
    """That of nobody, or ours."""
    made = Path(tempfile.mkdtemp(prefix="mdafilter-test."))
    yield made
    shutil.rmtree(made)


def owned(top: Path) -> None:
    for path in [top, *top.rglob("*")] if os.geteuid() == 0 else ():
        os.chown(path, NOBODY, NOBODY)


def test_as_an_ordinary_user(home: Path) -> None:
    old, young = put(home / "Maildir", 40), put(home / "Maildir", 3)
    owned(home)
    dry = run(home, "expire", "--folder", "Trash", "--older", "30d", "--json")
    assert json.loads(dry.stdout)["messages"] == 1, dry.stderr
    assert old.exists()
    done = run(home, "expire", "--folder", "Trash", "--older", "30d", "--execute")
    assert (done.returncode, done.stderr) == (0, "")
    assert (old.exists(), young.exists()) == (False, True)


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--folder", "INBOX", "--older", "30d"), 2, "the inbox does not expire"),
        (("--folder", "a\x01", "--older", "30d"), 2, "control character"),
        (("--folder", "Trash", "--older", "30"), 2, "is no age"),
        (("--folder", "Trash"), 2, "--older"),
        (("--older", "30d"), 2, "--folder"),
        (("--folder", "Trash", "--older", "30d"), 69, "there is no Maildir here"),
        (("--folder", "Trash", "--older", "30d", "--user", "root"), 2, "needs root"),
    ],
)
def test_a_wrong_command_line(home: Path, options: tuple[str, ...], code: int, says: str) -> None:
    owned(home)
    done = run(home, "expire", *options)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_as_root_it_has_the_rights_of_the_user_alone(tmp_path: Path) -> None:
    """A link to another's folder: root could remove what is in it, the user cannot."""
    from mdafilter.reporting.rights import _as

    theirs, other = Path(tempfile.mkdtemp(prefix="mdafilter-test.")), put(tmp_path, 40)
    try:
        theirs.chmod(0o755)
        tmp_path.chmod(0o755)
        mine = put(theirs / "Maildir", 40)
        for path in [theirs, *theirs.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        (theirs / "Maildir" / ".Link").symlink_to(other.parent.parent)
        entry = pwd.struct_passwd(("nobody", "x", NOBODY, NOBODY, "", str(theirs), "/bin/sh"))
        before = time.time() - 30 * DAY
        spot = place(theirs / "Maildir")
        answer, why = _as(entry, lambda account: [os.geteuid(), expired(spot, "Link", before, True, False)["messages"]])
        assert (answer, why) == ([NOBODY, 0], "")
        answer, why = _as(entry, lambda account: expired(spot, "Trash", before, True, False)["messages"])
        assert (answer, why) == (1, "")
        assert (other.exists(), mine.exists()) == (True, False)
    finally:
        shutil.rmtree(theirs)
