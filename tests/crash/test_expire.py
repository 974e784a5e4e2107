"""Killed with KILL while it removes, again and again: what went was ours, filed long ago and untouched, and in the end all
of that has gone; nothing else has."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.cli.expire import expired
from mdafilter.reporting.rights import Place

DAY = 86400
COUNT = 3000
LABEL = "X-Mdafilter: {}; rule /etc/r.sieve:4\nFrom: a@x\n\nbody\n"


@pytest.fixture
def root() -> Iterator[Path]:
    """A Maildir with two folders."""
    made = Path(tempfile.mkdtemp(prefix="mdafilter-test."))
    for folder in (".Trash", ".Junk", "."):
        (made / folder / "cur").mkdir(parents=True)
        (made / folder / "new").mkdir()
    yield made
    shutil.rmtree(made)


def put(root: Path, folder: str, name: str, label: str) -> Path:
    path = root / folder / name
    path.write_text(label)
    return path


def files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def test_what_is_killed_has_removed_nothing_else(root: Path) -> None:
    old, young = int(time.time()) - 40 * DAY, int(time.time()) - 20 * DAY
    name = "{}.M1P2Q{}_0123abcd.host,S=9"
    goes = {put(root, ".Trash", f"new/{name.format(old + n, n)}", LABEL.format("Trash")) for n in range(COUNT)}
    for n in range(COUNT, COUNT + 50):
        own = name.format(old, n)
        put(root, ".Trash", f"cur/{name.format(young, n)}:2,", LABEL.format("Trash"))
        put(root, ".Trash", f"cur/{own}:2,F", LABEL.format("Trash"))
        put(root, ".Trash", f"cur/{own}:2,S", LABEL.format("Junk"))
        put(root, ".Trash", f"cur/{old}.M{n}P3.host,S=9,W=9:2,S", LABEL.format("Trash"))
        put(root, ".Junk", f"new/{own}", LABEL.format("Junk"))
        put(root, ".", f"new/{own}", LABEL.format("Trash"))
    before = files(root)
    chance, amid = random.Random(1), 0
    while goes & (left := files(root)):
        assert before - left <= goes
        pid = os.fork()
        if not pid:
            try:
                list(expired((), [Place(str(root), "ann", ())], "Trash", time.time() - 30 * DAY, True, False))
            finally:
                os._exit(0)
        until = time.monotonic() + 60
        while len(os.listdir(root / ".Trash/new")) == len(goes & left) and time.monotonic() < until:
            pass  # it looks; the first name that goes is the sign
        time.sleep(chance.uniform(0, 0.004))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        amid += 0 < len(goes & files(root)) < len(goes & left)
    assert before - files(root) == goes
    assert amid > 3
