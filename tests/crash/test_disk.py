"""A disk without bytes or inodes, read-only, without permission, or a file-size limit: real ones.

Accepted and not in the mailbox: none. Refused and in the mailbox: none. Partial files in new/: none. When there is room
again, the retry delivers each message once.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mdafilter.acts import Box, File, Keep
from mdafilter.errors import TryAgain
from mdafilter.perform import perform
from tests.support.mailboxes import ENVELOPE, decision, delivered, drafts, mailbox, message, where, within
from tests.support.processes import child, status

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.message import Message

NOBODY = 65534


ONE, TWO, BOXES = (Keep(),), (File("Trash"), Keep()), (Box("box"), Box("mh/."))
ACTS = pytest.mark.parametrize("acts", [ONE, TWO, BOXES], ids=["one", "two", "boxes"])


class Disk:
    """A small tmpfs at `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def mount(self, options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"{options},mode=0700", "small", str(self.home)], check=True)

    def remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.home)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    home = tmp_path / "home"
    home.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "small", str(home)], check=True, capture_output=True)
        subprocess.run(["umount", str(home)], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting is not permitted here")
    yield Disk(home)
    subprocess.run(["umount", "-l", str(home)], check=False)


def deliver(home: Path, about: Message, *acts: Act) -> bool:
    try:
        perform(decision(about, *within(home, acts)), about, ENVELOPE, mailbox(home)).forget()
    except TryAgain:
        return False
    return True


def campaign(
    home: Path, count: int, size: Callable[[int], int], acts: tuple[Act, ...], room: Callable[[], None]
) -> int:
    """Delivers until it fails and beyond, makes room, delivers the refused ones again; returns how many were refused."""
    messages = [message(i, b"x" * (size(i) - 1) + b"\n") for i in range(count)]
    accepted = [deliver(home, m, *acts) for m in messages]

    def check(wanted: list[Message]) -> None:
        found = delivered(home)
        for folder in map(where, acts):
            bodies = sorted(c[c.index(b"Received:") :] for c in found.get(folder, []))
            assert bodies == sorted(m.octets.slice(0, len(m.octets)) for m in wanted)
        assert drafts(home) == []

    check([m for m, ok in zip(messages, accepted, strict=True) if ok])
    room()
    for m, ok in zip(messages, accepted, strict=True):
        assert ok or deliver(home, m, *acts)
    check(messages)
    return accepted.count(False)


@ACTS
def test_no_bytes_left(disk: Disk, acts: tuple[Act, ...]) -> None:
    disk.mount("size=1m")
    refused = campaign(disk.home, 60, lambda i: (100_000, 5_000, 5_000)[i % 3], acts, lambda: disk.remount("size=64m"))
    assert 5 < refused < 60


@ACTS
def test_no_inodes_left(disk: Disk, acts: tuple[Act, ...]) -> None:
    disk.mount("size=64m,nr_inodes=40")
    refused = campaign(disk.home, 60, lambda _: 3000, acts, lambda: disk.remount("nr_inodes=5000"))
    assert 5 < refused < 60


@ACTS
@pytest.mark.parametrize("maildir", ["new", "there"])
def test_read_only(disk: Disk, acts: tuple[Act, ...], maildir: str) -> None:
    disk.mount("size=64m")
    if maildir == "there":
        for part in ("cur", "new", "tmp"):
            (disk.home / "Maildir" / part).mkdir(parents=True)
    disk.remount("ro")
    assert campaign(disk.home, 6, lambda _: 3000, acts, lambda: disk.remount("rw")) == 6


def as_nobody(work: Callable[[], bool]) -> bool:
    def run() -> int:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        return 0 if work() else 75

    code = status(child(run))
    assert code in (0, 75)
    return code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("closed", ["", "tmp", "new", "cur", "new cur tmp"])
def test_no_permission(tmp_path: Path, closed: str) -> None:
    home = Path("/tmp") / f"mdafilter-test-{os.getpid()}"
    root = home / "Maildir"
    for part in ("cur", "new", "tmp"):
        (root / part).mkdir(parents=True)
    try:
        for path in [home, root, *root.iterdir()]:
            os.chown(path, NOBODY, NOBODY)
        for part in closed.split():
            (root / part).chmod(0o500)
        acts = (Keep(), File("Trash", ("\\Seen",)))
        accepted = [as_nobody(lambda i=i: deliver(home, message(i), *acts)) for i in range(4)]  # type: ignore[misc]
        assert accepted == [not ("tmp" in closed or "new" in closed)] * 4
        assert drafts(home) == []
        for part in closed.split():
            (root / part).chmod(0o700)
        for i, ok in enumerate(accepted):
            assert ok or as_nobody(lambda i=i: deliver(home, message(i), *acts))  # type: ignore[misc]
        assert {folder: len(contents) for folder, contents in delivered(home).items()} == {"": 4, ".Trash": 4}
        assert drafts(home) == []
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=True)


def test_past_the_file_size_limit(tmp_path: Path) -> None:
    """SIGXFSZ would kill the process: "bounces" for a mailbox_size_limit that is too small. It is EFBIG, and 75."""
    large = message(1, b"x" * 50_000)

    def limited() -> int:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
        return 0 if deliver(tmp_path, large, Keep(), File("Trash")) else 75

    assert status(child(limited)) == 75
    assert delivered(tmp_path) == {}
    assert drafts(tmp_path) == []
    assert deliver(tmp_path, large, Keep(), File("Trash"))
    assert {folder: len(contents) for folder, contents in delivered(tmp_path).items()} == {"": 1, ".Trash": 1}


def test_no_descriptors_left(tmp_path: Path) -> None:
    """EMFILE, at each of the places where one is opened."""
    assert deliver(tmp_path, message(0), Keep())

    def limited(free: int) -> int:
        used = max(map(int, os.listdir("/proc/self/fd"))) + 1
        for fd in range(used):
            try:
                os.fstat(fd)
            except OSError:
                os.dup2(0, fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + free, used + 10))
        return 0 if deliver(tmp_path, message(1), Keep(), File("Trash")) else 75

    codes = [status(child(lambda free=free: limited(free))) for free in range(6)]  # type: ignore[misc]
    assert set(codes) == {0, 75}
    assert codes == sorted(codes, reverse=True)
    assert {folder: len(c) for folder, c in delivered(tmp_path).items()} == {
        "": 1 + codes.count(0),
        ".Trash": codes.count(0),
    }
    assert drafts(tmp_path) == []
