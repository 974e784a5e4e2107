"""Which rule files are believed: procmail and mdafilter refuse the same owners, modes and folders.

Each case is a user of its own in a namespace of ours, since procmail looks for the home and the group in /etc/passwd.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.values import Value
from tests.support import namespace
from tests.support.house import ROOT

FIRST, OTHER, SHARED = 47_000, 46_998, 46_999  # the first user, another one, and a group of many
pytestmark = pytest.mark.skipif(
    bool(namespace.why_not()) or not shutil.which("procmail"), reason="no procmail, or root"
)

LOOK = """
import json, os, sys
from mdafilter.rulebook import suspicious
found = []
for uid, gid, path, named in json.load(sys.stdin):
    os.setegid(gid), os.seteuid(uid)
    found.append(suspicious(path, named=named) is None)
    os.seteuid(0), os.setegid(0)
json.dump(found, sys.stdout)
"""


class Case(Value):
    """Owner, group and mode of the file and of its folder; "user" and "own" are those of the case's user."""

    kind: str  # "default" is ~/.procmailrc, "named" is given on the command line
    owner: str = "user"
    group: str = "own"
    mode: int = 0o644
    above_owner: str = "user"
    above_group: str = "own"
    above: int = 0o755
    primary: str = "own"  # the user's group in /etc/passwd
    link: bool = False  # the name is a symbolic link into another folder


def cases() -> Iterator[Case]:
    for kind in ("default", "named"):
        for owner in ("user", "root", "other"):
            yield Case(kind, owner)
        for mode, group in itertools.product((0o664, 0o646, 0o666, 0o600, 0o622), ("own", "root", "shared")):
            yield Case(kind, group=group, mode=mode)
        for above, group in itertools.product(
            (0o775, 0o757, 0o777, 0o1777, 0o1775, 0o1757, 0o2775), ("own", "root", "shared")
        ):
            yield Case(kind, above=above, above_group=group)
        for above_owner in ("root", "other"):
            yield Case(kind, above_owner=above_owner)
            yield Case(kind, above_owner=above_owner, above=0o777)
        for group in ("own", "shared"):
            yield Case(kind, primary="shared", group=group, mode=0o664)
            yield Case(kind, primary="shared", above_group=group, above=0o775)
        yield Case(kind, "root", "shared", 0o664)
        yield Case(kind, "other", mode=0o666, above=0o1777)
        for mode, owner in itertools.product((0o644, 0o666), ("user", "other")):
            yield Case(kind, owner, mode=mode, link=True)


CASES = tuple(cases())


@pytest.fixture(scope="module")
def top() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="mdafilter-trust."))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def inside(top: Path) -> Iterator[namespace.Namespace]:
    """A namespace in which the users exist."""
    groups = {"own": None, "shared": SHARED}
    users = [
        f"pm{n}:x:{FIRST + n}:{groups[case.primary] or FIRST + n}::{top}/{n}:/bin/sh\n" for n, case in enumerate(CASES)
    ]
    (top / "passwd").write_text(namespace.accounts() + "".join(users))
    (top / "group").write_text(namespace.accounts("/etc/group") + f"shared:x:{SHARED}:\n")
    (top / "mail").mkdir()  # procmail is setuid root on Debian, and would leave something in the machine's own
    for number in range(len(CASES)):  # one that is missing costs it a minute
        (top / "mail" / f"pm{number}").touch(0o600)
        os.chown(top / "mail" / f"pm{number}", FIRST + number, -1)
    over = {"/etc/passwd": top / "passwd", "/etc/group": top / "group", "/var/mail": top / "mail"}
    made = namespace.Namespace(over)
    yield made
    made.close()


def prepared(top: Path, number: int, case: Case) -> Path:
    """The home of a case; returns the path of its rule file."""
    uid = FIRST + number
    ids = {"user": uid, "own": uid, "root": 0, "other": OTHER, "shared": SHARED}
    home = top / str(number)
    for part in ("cur", "new", "tmp"):
        (home / "Maildir" / part).mkdir(parents=True)
    for path in (home, *home.rglob("*")):
        os.chown(path, uid, uid)
    path = home / (".procmailrc" if case.kind == "default" else "my.rc")
    file = path
    if case.link:
        (top / f"{number}.elsewhere").mkdir()
        file = top / f"{number}.elsewhere" / "rc"
        path.symlink_to(file)
    file.write_text(f"DEFAULT={home}/Maildir/\n:0\n{home}/Maildir/.believed/\n")
    os.chown(file, ids[case.owner], ids[case.group])
    file.chmod(case.mode)
    os.chown(home, ids[case.above_owner], ids[case.above_group])
    home.chmod(case.above)
    return path


def test_procmail_and_mdafilter_believe_the_same_files(top: Path, inside: namespace.Namespace) -> None:
    paths = [prepared(top, number, case) for number, case in enumerate(CASES)]
    gids = [SHARED if case.primary == "shared" else FIRST + number for number, case in enumerate(CASES)]
    started = []
    for number, (path, gid, case) in enumerate(zip(paths, gids, CASES, strict=True)):
        argv = ["procmail"] if case.kind == "default" else ["procmail", str(path)]
        become = ["setpriv", f"--reuid={FIRST + number}", f"--regid={gid}", "--clear-groups"]
        command = inside.command(*become, *argv)
        started.append(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
            )
        )
    for process in started:
        process.communicate(b"Subject: x\n\nbody\n", timeout=60)
    theirs = [(path.parent / "Maildir" / ".believed" / "new").is_dir() for path in paths]
    questions = [(FIRST + n, gids[n], str(paths[n]), case.kind == "named") for n, case in enumerate(CASES)]
    asked = subprocess.run(
        inside.command(sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{LOOK}"),
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    ours = json.loads(asked.stdout)
    assert dict(zip(CASES, ours, strict=True)) == dict(zip(CASES, theirs, strict=True))
    assert 10 < sum(theirs) < len(CASES) - 10


def test_neither_looks_at_what_is_included(top: Path, inside: namespace.Namespace) -> None:
    """procmailrc(5), INCLUDERC: "As no checking is done on the permissions or ownership of the rcfile"."""
    path = prepared(top, 0, CASES[0].replace(kind="named")) if not (top / "0").exists() else top / "0" / ".procmailrc"
    included = path.with_name("included.rc")
    path.rename(included)
    included.chmod(0o666)
    path.write_text(f"INCLUDERC={included}\n")
    os.chown(path, FIRST, FIRST)
    shutil.rmtree(path.parent / "Maildir" / ".believed", ignore_errors=True)
    become = ["setpriv", f"--reuid={FIRST}", f"--regid={FIRST}", "--clear-groups"]
    inside.run(*become, "procmail", data=b"Subject: x\n\nbody\n", check=False)
    assert list((path.parent / "Maildir" / ".believed" / "new").iterdir())
