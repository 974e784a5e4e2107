"""The real sa-learn: what it learned, message by message, is what `sa-learn --dump magic` counts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.train.teachers import Counts
from mdafilter.train.teachers.salearn import PLUGIN, Account, SaLearn
from tests.support import salearn, spamd
from tests.support.house import ROOT
from tests.support.salearn import counting, items, real

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(salearn.missing()), reason=salearn.missing() or "it is here")]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that any user may write to."""
    with tempfile.TemporaryDirectory(prefix="salearn-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def test_learned_known_changed_forgotten(place: Path) -> None:
    """sa-learn(1): "If a message was mistakenly learned as spam, feed it to sa-learn --ham"; it "will forget" first."""
    teacher = real(place)
    assert teacher.counts() is None  # there is no database yet

    taught = teacher.learn("spam", items(1, 2, 3))
    assert [t.result for t in taught.values()] == ["learned"] * 3
    assert [(t.before, t.after) for t in taught.values()] == [(Counts(n, 0), Counts(n + 1, 0)) for n in range(3)]
    assert teacher.counts() == Counts(3, 0)

    taught = teacher.learn("spam", items(3, 4))
    assert [t.result for t in taught.values()] == ["known", "learned"]
    assert teacher.counts() == Counts(4, 0)

    taught = teacher.learn("ham", items(1, 5))
    assert [t.result for t in taught.values()] == ["changed", "learned"]
    assert (taught["1"].before, taught["1"].after) == (Counts(4, 0), Counts(3, 1))
    assert teacher.counts() == Counts(3, 2)

    taught = teacher.forget(items(1, 2, 6))
    assert [t.result for t in taught.values()] == ["forgotten", "forgotten", "refused"]
    assert (taught["1"].before, taught["1"].after) == (Counts(3, 2), Counts(3, 1))
    assert teacher.counts() == Counts(2, 1)


def test_two_hundred_are_one_start(place: Path) -> None:
    program, starts = counting(place, salearn.command(place))
    teacher = SaLearn((str(program),))
    taught = teacher.learn("spam", items(*range(200)))
    assert {t.result for t in taught.values()} == {"learned"}
    assert len(starts.read_text().splitlines()) == 1
    assert teacher.counts() == Counts(200, 0)


def test_it_would_learn_GTUBE(place: Path) -> None:
    """Why fit.py refuses it: sa-learn does not."""
    assert real(place).learn("spam", [("1", spamd.SPAM)])["1"].result == "learned"


def test_messages_that_look_like_other_files(place: Path) -> None:
    """ArchiveIterator.pm unpacks what begins as a compressed file; a message may begin so."""
    strange = [
        ("gzip", b"\x1f\x8b\x08 and more\n\nbody one\n"),
        ("bzip2", b"BZh91AY: x\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n\nbody two\n"),
        ("mbox", b"From someone Sat Nov 21 10:00:00 2026\nSubject: x\n\nbody three\n"),
        ("two", b"Subject: x\n\nbody\n\nFrom someone Sat Nov 21 10:00:00 2026\nSubject: y\n\nbody four\n"),
        ("no header", b"\n\nbody five\n"),
        ("NUL", b"Subject: \0\n\n\0\0\n"),
        ("marked", b"X-Spam-Checker-Version: SpamAssassin 4\nX-Spam-Flag: YES\nSubject: y\n\nbody six\n"),
    ]
    taught = real(place).learn("spam", strange)
    assert {id: t.result for id, t in taught.items()} == dict.fromkeys([id for id, _ in strange], "learned")
    assert real(place).counts() == Counts(len(strange), 0)


def test_the_field_on_top_is_no_token(place: Path) -> None:
    """A message that spamd has learned, without that field, is known, and taking it back leaves no token."""
    [(_, raw)] = items(1)
    (place / "m").write_bytes(raw)
    subprocess.run([*salearn.command(place), "--spam", str(place / "m")], check=True, capture_output=True)
    teacher = real(place)
    assert teacher.learn("spam", items(1))["1"].result == "known"
    assert teacher.forget(items(1))["1"].result == "forgotten"
    assert teacher.counts() == Counts(0, 0)
    dump = subprocess.run([*salearn.command(place), "--dump", "data"], check=True, capture_output=True).stdout
    assert [line for line in dump.splitlines() if line.split()[1:3] != [b"0", b"0"]] == []


def test_a_database_that_cannot_be_written(place: Path) -> None:
    (place / "bayes.lock").mkdir()  # its lock can never be had, by root either
    bad = "/proc/none"
    teacher = real(place, configuration=f"bayes_path {bad}/bayes")
    taught = teacher.learn("spam", items(1, 2))
    assert [t.result for t in taught.values()] == ["failed", "failed"]
    assert bad in taught["1"].why
    assert teacher.counts() is None


def test_without_Bayes_it_says_so(place: Path) -> None:
    taught = real(place, configuration="use_bayes 0").learn("spam", items(1))
    assert taught["1"].result == "failed"
    assert "use_bayes 0" in taught["1"].why


def test_a_plugin_that_cannot_be_read_leaves_the_sum(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mdafilter.train.teachers.salearn.PLUGIN", place / "none.pm")
    teacher = real(place)
    assert [t.result for t in teacher.learn("spam", items(1, 2)).values()] == ["learned", "learned"]
    assert [t.result for t in teacher.learn("spam", items(1, 2)).values()] == ["known", "known"]
    assert [t.result for t in teacher.forget(items(1, 3)).values()] == ["forgotten", "forgotten"]
    assert teacher.counts() == Counts(1, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="to become another user needs root")
def test_as_another_user(place: Path) -> None:
    account = Account.of("nobody")
    assert account is not None
    shutil.copy(PLUGIN, place / "taught.pm")
    teacher = real(place, account)
    assert teacher.learn("ham", items(1))["1"].result == "learned"
    owners = {p.stat().st_uid for p in place.glob("bayes_*")}
    assert owners == {account.uid}
    (place / "bayes_toks").chmod(0o600)
    assert teacher.counts() == Counts(0, 1)


def test_it_goes_on_when_we_are_killed_and_holds_the_lock(place: Path) -> None:
    """Whoever comes after waits for it by the lock, and finds everything known."""
    script = """
import fcntl, os, sys
from pathlib import Path
from tests.support.salearn import items, real
place = Path(sys.argv[1])
lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
teacher = real(place)
teacher.held = (lock,)
print("begins", flush=True)
teacher.learn("spam", items(*range(150)))
"""
    import fcntl

    command = [sys.executable, "-c", script, str(place)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert running.stdout is not None
    assert running.stdout.readline() == b"begins\n"
    until = time.monotonic() + 60
    while not list(place.glob("bayes.lock*")) and time.monotonic() < until:
        time.sleep(0.01)  # until sa-learn is at work
    running.kill()
    running.wait()
    running.stdout.close()
    with open(place / "lock", "rb") as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(lock, fcntl.LOCK_EX)
    teacher = real(place)
    assert teacher.counts() == Counts(150, 0)
    assert {t.result for t in teacher.learn("spam", items(*range(150))).values()} == {"known"}
