"""The learner's side of the spool: who put what there, in which order, and what is no report."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.train import Report
from mdafilter.train.door import PARTIAL, write
from mdafilter.train.spool import Broken, finish, make, names, read, take
from tests.support.processes import child, status

ROOT = os.geteuid() == 0
NOBODY, DAEMON = 65534, 1


def report(number: int = 0, size: int = 0) -> Report:
    return Report("spam", "alias", {}, b"Subject: %d\n\n" % number + b"x" * size)


def put(folder: Path, number: int = 0, uid: int | None = None, size: int = 0) -> str:
    name = write(str(folder), report(number, size))
    if uid is not None:
        os.chown(folder / name, uid, uid)
    return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "spool"
    make(str(made))
    return made


@pytest.fixture
def public() -> Iterator[Path]:
    """A spool that other users can reach, which belongs to the daemon user."""
    if not ROOT:
        pytest.skip("only root can become other users")
    top = Path("/tmp") / f"mdafilter-spool-{os.getpid()}"
    top.mkdir(mode=0o755)
    top.chmod(0o755)
    try:
        make(str(top / "a" / "spool"), DAEMON, DAEMON)
        yield top / "a" / "spool"
    finally:
        import shutil

        shutil.rmtree(top)


def subjects(found: list[Report | Broken]) -> list[str]:
    return [one.message.decode().split()[1] for one in found if isinstance(one, Report)]


def test_it_has_its_rights_also_when_it_is_made_again(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o3733
    folder.chmod(0o755)
    make(str(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o3733


def test_all_can_get_there_whatever_the_umask_is(tmp_path: Path) -> None:
    """mdafilter-train.service has 077."""
    before = os.umask(0o077)
    try:
        make(f"{tmp_path}/a/b/spool")
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b")] == [0o755, 0o755]


def test_a_link_is_not_made_the_spool(tmp_path: Path) -> None:
    (tmp_path / "victim").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match=r"directory|links"):
        make(str(tmp_path / "link"))
    assert stat.S_IMODE((tmp_path / "victim").stat().st_mode) == 0o700


def test_the_oldest_is_taken_first_and_all_stays_until_it_is_finished(folder: Path) -> None:
    for number in range(3):
        put(folder, number)
        time.sleep(0.01)
    assert subjects(list(take(str(folder)))) == ["0", "1", "2"]
    assert subjects(list(take(str(folder), count=2))) == ["0", "1"]
    finish(str(folder), names(str(folder))[0])
    assert subjects(list(take(str(folder)))) == ["1", "2"]
    finish(str(folder), "gone")


def test_no_more_octets_are_taken_than_fit_but_one(folder: Path) -> None:
    for number in range(4):
        put(folder, number, size=1000)
        time.sleep(0.01)
    assert subjects(list(take(str(folder), octets=2500))) == ["0", "1"]
    assert subjects(list(take(str(folder), octets=10))) == ["0"]


@pytest.mark.skipif(not ROOT, reason="only root can give files to others")
def test_one_of_each_owner_in_turn(folder: Path) -> None:
    for number in range(4):
        put(folder, number, NOBODY)
        time.sleep(0.01)
    put(folder, 10, DAEMON)
    put(folder, 20, 0)
    assert sorted(subjects(list(take(str(folder), count=3)))) == ["0", "10", "20"]
    assert subjects(list(take(str(folder))))[3:] == ["1", "2", "3"]


def test_who_put_it_there_is_its_owner(folder: Path) -> None:
    name = put(folder, uid=NOBODY if ROOT else None)
    found = read(str(folder), name)
    assert isinstance(found, Report)
    assert found.uid == (NOBODY if ROOT else os.geteuid())
    assert abs(found.time - time.time()) < 60


def test_its_time_cannot_be_set(folder: Path) -> None:
    name = put(folder)
    os.utime(folder / name, (1, 1))
    found = read(str(folder), name)
    assert isinstance(found, Report) and found.time > 1_000_000


def test_no_link_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"mdafilter-report/1\0verdict=spam\0source=alias\0\0secret")
    (folder / "1.symbolic").symlink_to(tmp_path / "secret")
    os.link(tmp_path / "secret", folder / "2.hard")
    os.mkfifo(folder / "3.fifo")
    (folder / "4.folder").mkdir()
    found = {one.id: one for one in take(str(folder)) if isinstance(one, Broken)}
    assert sorted(found) == ["1.symbolic", "2.hard", "3.fifo", "4.folder"]
    assert {(one.why, one.stays) for one in found.values()} == {("it is no file of its own", False)}
    assert {one.uid for one in found.values()} == {os.geteuid()}
    for name in found:
        finish(str(folder), name)
    assert names(str(folder)) == ()
    assert (tmp_path / "secret").exists()


def test_what_is_no_report_is_told_and_can_be_taken_out(folder: Path) -> None:
    (folder / "x").write_bytes(b"hello")
    (found,) = take(str(folder))
    assert found == Broken("x", os.geteuid(), found.time, "it is no report")


def test_a_report_that_is_too_large_is_not_read(folder: Path) -> None:
    name = put(folder)
    os.truncate(folder / name, limits.REPORT_OCTETS + 1)
    (found,) = take(str(folder))
    assert isinstance(found, Broken) and not found.stays
    assert found.why == f"it has {limits.REPORT_OCTETS + 1} octets, which is too much"


def test_a_later_version_stays_and_is_in_nobodys_way(folder: Path) -> None:
    (folder / "0").write_bytes(b"mdafilter-report/2\0\0")
    time.sleep(0.01)
    put(folder, 7)
    newer, ours = take(str(folder), count=1)
    assert isinstance(newer, Broken) and newer.stays
    assert isinstance(ours, Report)


def test_what_a_killed_door_left_is_no_report_and_goes_in_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / f"{PARTIAL}x").write_bytes(b"half")
    assert names(str(folder)) == ()
    assert (folder / f"{PARTIAL}x").exists()
    monkeypatch.setattr(limits, "STALE_TMP_SECONDS", -1)
    assert names(str(folder)) == ()
    assert not (folder / f"{PARTIAL}x").exists()


def as_user(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def test_everybody_can_put_in_and_nobody_can_look(public: Path) -> None:
    def visitor() -> int:
        as_user(NOBODY)
        name = write(str(public), report(1))
        refused = 0
        for forbidden in (lambda: os.listdir(public), lambda: os.unlink(public / "by-root"), lambda: os.rmdir(public)):
            try:
                forbidden()
            except PermissionError:
                refused += 1
        os.write(2, f"{name} {refused}\n".encode())
        return 0 if refused == 3 else 1

    (public / "by-root").write_bytes(b"")
    assert status(child(visitor)) == 0

    def learner() -> int:
        """It is no root: it reads by the group of the folder, and takes out what it does not own."""
        as_user(DAEMON)
        (public / "by-root").unlink()
        (found,) = take(str(public))
        if not isinstance(found, Report) or found.uid != NOBODY:
            return 1
        finish(str(public), found.id)
        return 0 if names(str(public)) == () else 2

    assert status(child(learner)) == 0


def test_another_user_cannot_read_a_report(public: Path) -> None:
    name = put(public, uid=NOBODY)
    os.chown(public / name, NOBODY, DAEMON)

    def other() -> int:
        as_user(2)
        try:
            (public / name).read_bytes()
        except PermissionError:
            return 0
        return 1

    assert status(child(other)) == 0


def test_what_the_learner_may_not_read_stays(public: Path) -> None:
    name = put(public, uid=NOBODY)
    os.chown(public / name, NOBODY, NOBODY)

    def learner() -> int:
        as_user(DAEMON)
        (found,) = take(str(public))
        return 0 if isinstance(found, Broken) and found.stays and "Permission denied" in found.why else 1

    assert status(child(learner)) == 0


def test_a_folder_of_somebody_else_is_moved_out_of_the_way(public: Path) -> None:
    def visitor() -> int:
        as_user(NOBODY)
        (public / "full").mkdir()
        (public / "full" / "of").mkdir()
        return 0

    def learner() -> int:
        as_user(DAEMON)
        for one in take(str(public)):
            finish(str(public), one.id)
        return len(names(str(public)))

    assert status(child(visitor)) == 0
    assert status(child(learner)) == 0
