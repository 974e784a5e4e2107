"""Each system call of a delivery fails in turn, or is the last one before a SIGKILL; then the delivery is tried again.

Whatever happens: accepted means that each place has exactly one whole message, refused means that none has one, nothing
partial is ever delivered, and after the retry each place has exactly one and no draft is left. Only an mbox file has half
a message at its end after a SIGKILL, until the retry.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from mdafilter.acts import Box, File, Keep, Pipe, Redirect
from mdafilter.errors import TryAgain
from mdafilter.perform import perform
from tests.support.faults import Faulty, Killed, from_nth, nth
from tests.support.mailboxes import BODY, ENVELOPE, decision, drafts, mailbox, message, spooled, whole, within

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.targets import Mailbox

ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EROFS, errno.EINTR, errno.EMFILE]

Fails = Callable[[int, str], int | None]


class Wish(NamedTuple):
    """What is to be done with the message, and how many each folder has then. `spooled`: it came into a file.

    `label` False: all folders get the same octets, and share one file; not where they are `apart` (faults.py). `quota`:
    the definition for a Maildir that has none yet.
    """

    acts: tuple[Act, ...]
    wanted: dict[str, int]
    spooled: bool = False
    program: str = "/nonexistent"
    label: bool = True
    apart: bool = False
    quota: str = ""

    def mailbox(self, home: Path) -> Mailbox:
        return mailbox(home, self.program).replace(label=self.label, quota=self.quota)


THREE = Wish((File("Trash"), Keep(), File("a", ("\\Flagged",))), {".Trash": 1, "": 1, ".a": 1})
TARGETS = {
    "inbox": Wish((Keep(),), {"": 1}),
    "inbox, spooled": Wish((Keep(),), {"": 1}, spooled=True),
    "seen": Wish((Keep(("\\Seen",)),), {"": 1}),
    "keyword": Wish((Keep(("\\Seen", "$Label1")),), {"": 1}),
    "folder": Wish((File("lists.debian"),), {".lists.debian": 1}),
    "two": Wish((File("Trash"), Keep()), {".Trash": 1, "": 1}),
    "two, spooled": Wish((File("Trash"), Keep()), {".Trash": 1, "": 1}, spooled=True),
    "three": THREE,
    "mh": Wish((Box("mh/."),), {"mh": 1}),
    "mh, spooled": Wish((Box("mh/."),), {"mh": 1}, spooled=True),
    "directory": Wish((Box("plain"),), {"plain": 1}),
    "mbox": Wish((Box("box"),), {"box": 1}),
    "boxes": Wish((Box("plain"), Box("box"), Box("mh/."), File("a")), {"plain": 1, "box": 1, "mh": 1, ".a": 1}),
    "two, shared": Wish((File("Trash"), Keep()), {".Trash": 1, "": 1}, label=False),
    "three, shared": THREE._replace(label=False),
    "three, shared, spooled": THREE._replace(label=False, spooled=True),
    "two, apart": Wish((File("Trash"), Keep()), {".Trash": 1, "": 1}, label=False, apart=True),
    "three, apart": THREE._replace(label=False, apart=True),
    "inbox, quota": Wish((Keep(),), {"": 1}, quota="1000000S,100C"),
    "three, shared, quota": THREE._replace(label=False, quota="1000000S,100C"),
}
FOLDERS = ("Maildir", "Maildir/.Trash", "Maildir/.a", "Maildir/.lists.debian")


@pytest.fixture
def quick() -> Iterator[Path]:
    """A home in memory, where there is such a place: these tests call fsync(2) some ten thousand times."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as home:
        (Path(home) / "plain").mkdir()
        yield Path(home)


@pytest.fixture(params=["new", "there"])
def home(request: pytest.FixtureRequest, quick: Path) -> Path:
    """A home, with and without the folders."""
    if request.param == "there":
        for folder in FOLDERS:
            for part in ("cur", "new", "tmp"):
                (quick / folder / part).mkdir(parents=True)
        (quick / "mh").mkdir()
        (quick / "box").touch()
    return quick


def attempt(home: Path, wish: Wish, calls: Faulty) -> bool:
    """One try, as the door does it; whether it was accepted."""
    about = spooled(message(), home) if wish.spooled else message()
    acts = within(home, wish.acts)
    (home / "box.lock").unlink(missing_ok=True)  # of a try that was killed: when the retry comes it is stale
    (home / "Maildir" / "dovecot-uidlist.lock").unlink(missing_ok=True)  # so is this one: its process is dead
    calls.apart = wish.apart
    try:
        perform(decision(about, *acts), about, ENVELOPE, wish.mailbox(home), calls=calls).forget()
    except TryAgain:
        return False
    finally:
        calls.bury()
        if about.octets.fd is not None:
            os.close(about.octets.fd)
    return True


def clear(home: Path) -> None:
    for folder in ("mh", "plain", *(f"{folder}/{part}" for folder in FOLDERS for part in ("cur", "new", "tmp"))):
        for path in (home / folder).glob("*"):
            path.unlink()
    if (home / "box").exists():
        os.truncate(home / "box", 0)
    for name in ("maildirsize", "dovecot-keywords", "dovecot-keywords.lock"):
        (home / "Maildir" / name).unlink(missing_ok=True)


def retried(home: Path, wish: Wish) -> None:
    assert attempt(home, wish, Faulty())
    assert whole(home) == wish.wanted
    assert drafts(home) == []


@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.__getitem__)
def test_each_call_fails_once(home: Path, targets: str, error: int) -> None:
    wish = TARGETS[targets]
    for number in range(1, 1000):
        calls = Faulty(nth(number, error), half=True)
        accepted = attempt(home, wish, calls)
        assert whole(home) == (wish.wanted if accepted else {}), f"call {number}: {calls.failed}"
        if not calls.failed:
            break
        if not accepted:
            retried(home, wish)
        clear(home)
    assert number > 8
    assert accepted


@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("error", [errno.EROFS, errno.ENOSPC, errno.EIO], ids=errno.errorcode.__getitem__)
def test_from_one_call_on_all_fail(home: Path, targets: str, error: int) -> None:
    """An undo that fails as well leaves its evidence: then the retry must not deliver a second copy."""
    wish = TARGETS[targets]
    for number in range(1, 1000):
        calls = Faulty(from_nth(number, error), half=True)
        accepted = attempt(home, wish, calls)
        found = whole(home)
        if accepted:
            assert found == wish.wanted
        if not calls.failed:
            break
        if not accepted or drafts(home):
            retried(home, wish)
        clear(home)
    assert number > 8


@pytest.mark.parametrize("targets", ["inbox", "two", "inbox, spooled", "mh", "mbox", "two, shared"])
def test_each_two_calls_fail(quick: Path, targets: str) -> None:
    """Also where the second one belongs to the undoing of the first: what stays must be what the retry takes as done."""
    wish = TARGETS[targets]
    counted = Faulty()
    assert attempt(quick, wish, counted)
    clear(quick)
    for first in range(1, len(counted.made)):
        for second in range(first + 1, len(counted.made) + 8):
            accepted = attempt(quick, wish, Faulty(lambda n, _: errno.EIO if n in (first, second) else None))  # noqa: B023
            if accepted:
                assert whole(quick) == wish.wanted
            else:
                retried(quick, wish)
            clear(quick)


@pytest.mark.parametrize("targets", TARGETS)
def test_killed_after_each_call(home: Path, targets: str) -> None:
    wish = TARGETS[targets]
    tidy = 0
    for number in range(1, 1000):
        calls = Faulty(last=number)
        try:
            attempt(home, wish, calls)
        except Killed:
            done = whole(home, killed=True)
            assert all(done.get(folder, 0) <= 1 for folder in wish.wanted)
            if drafts(home) or done != wish.wanted:
                retried(home, wish)
            else:
                tidy += 1  # with nothing left to do but to say so: no retry can know
        else:
            break
        clear(home)
    assert number > 8
    assert tidy <= 1, "only the very last thing before the end may be what the evidence is removed by"


@pytest.mark.parametrize(
    "targets", ["inbox", "three", "two, spooled", "mh", "mbox", "boxes", "three, shared", "two, apart"]
)
def test_killed_twice(quick: Path, targets: str) -> None:
    """A retry that is killed as well, at each of its calls."""
    wish = TARGETS[targets]
    assert attempt(quick, wish, Faulty())
    clear(quick)
    counted = Faulty()
    attempt(quick, wish, counted)
    clear(quick)
    for first in range(1, len(counted.made), 2):
        for second in range(1, len(counted.made), 3):
            for number in (first, second):
                try:
                    attempt(quick, wish, Faulty(last=number))
                except Killed:
                    pass
                if finished := not drafts(quick) and whole(quick, killed=True) == wish.wanted:
                    break  # or killed with nothing left to do but to say so, which no retry can know
            if not finished:
                retried(quick, wish)
            clear(quick)


@pytest.mark.parametrize("targets", ["three", "boxes", "three, shared"])
@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP], ids=errno.errorcode.__getitem__)
def test_without_hard_links_it_is_renamed(quick: Path, targets: str, error: int) -> None:
    wish = TARGETS[targets]
    assert attempt(quick, wish, Faulty(lambda _n, name: error if name == "link" else None))
    assert whole(quick) == wish.wanted
    assert drafts(quick) == []


@pytest.mark.parametrize("targets", ["three", "boxes", "three, shared"])
@pytest.mark.parametrize("error", [errno.ENOLCK, errno.EACCES], ids=errno.errorcode.__getitem__)
def test_without_locks_a_name_of_its_own_is_taken(quick: Path, targets: str, error: int) -> None:
    wish = TARGETS[targets]
    for number in (1, 2):
        assert attempt(quick, wish, Faulty(lambda _n, name: error if name == "flock" else None))
        assert whole(quick) == {folder: n * number for folder, n in wish.wanted.items()}
    assert [d for d in drafts(quick) if os.path.getsize(quick / "Maildir" / "tmp")] == drafts(quick)


# --- a quota -------------------------------------------------------------------------------------------------------


def entered(home: Path) -> int:
    """How many messages the quota file says there are; 0 without one."""
    path = home / "Maildir/maildirsize"
    return sum(int(line.split()[1]) for line in path.read_text().splitlines()[1:]) if path.exists() else 0


@pytest.mark.parametrize("targets", ["inbox, quota", "three, shared, quota"])
@pytest.mark.parametrize("sheet", ["", "1000000S,100C\n", "1000000S,100C\n0 0\n"])
@pytest.mark.parametrize("way", ["fails", "killed"])
def test_the_quota_never_counts_what_is_not_there(home: Path, targets: str, sheet: str, way: str) -> None:
    """It may lack what was cut off between the link and the line, and is right where nothing failed."""
    wish = TARGETS[targets]
    for number in range(1, 1000):
        clear(home)
        if sheet:
            (home / "Maildir").mkdir(exist_ok=True)
            (home / "Maildir/maildirsize").write_text(sheet)
        calls = Faulty(nth(number, errno.EIO)) if way == "fails" else Faulty(last=number)
        accepted = False
        try:
            accepted = attempt(home, wish, calls)
        except Killed:
            pass
        assert entered(home) <= sum(whole(home).values()), calls.made
        if accepted and not calls.failed:
            break
        if not accepted and (drafts(home) or whole(home) != wish.wanted):
            retried(home, wish)
            assert entered(home) <= sum(wish.wanted.values()), calls.made
    assert number > 15
    assert entered(home) == sum(wish.wanted.values())


# --- programs ------------------------------------------------------------------------------------------------------


@pytest.fixture
def program(quick: Path) -> str:
    """A sendmail that files what it gets under its process number."""
    path = quick / "sendmail"
    path.write_text(f'#!/bin/sh\nexec cat >"{quick}/sent.$$"\n')
    path.chmod(0o700)
    return str(path)


def sent(home: Path) -> int:
    found = list(home.glob("sent.*"))
    assert all(p.read_bytes().endswith(b"\n\n" + BODY) for p in found)
    return len(found)


@pytest.mark.parametrize("way", ["fails", "killed"])
def test_programs_run_once_unless_killed_at_their_end(quick: Path, program: str, way: str) -> None:
    """Maildir first, then the program, then the forward: what is done is not done again."""
    wish = Wish((Redirect("bob@example.test"), Pipe((program,)), Keep()), {"": 1}, program=program)
    doubled = 0
    for number in range(1, 1000):
        calls = Faulty(nth(number, errno.ENOSPC)) if way == "fails" else Faulty(last=number)
        accepted = killed = False
        try:
            accepted = attempt(quick, wish, calls)
        except Killed:
            killed = True
        if accepted and not calls.failed:
            break
        if not accepted and (drafts(quick) or whole(quick) != {"": 1}):
            assert attempt(quick, wish, Faulty())
        assert whole(quick) == {"": 1}
        assert accepted or drafts(quick) == []
        extra = sent(quick) - 2
        assert 0 <= extra <= 1
        doubled += extra
        assert not extra or calls.made[-1] == "spawn" or calls.made[-2:] == ["spawn", "close"] or not killed
        for path in quick.glob("sent.*"):
            path.unlink()
        clear(quick)
    assert number > 20
    assert doubled <= (4 if way == "killed" else 2)
