"""An archive and the real programs: formail splits it, sa-learn learns it, spamd scores it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdafilter.train.archive import split
from mdafilter.train.ledger import Ledger
from tests.support import salearn, spamd
from tests.support.commandline import invoke
from tests.support.house import ROOT

FROM = b"From a@example.org  Sun Nov 22 10:00:00 2026\n"
LINES = [
    FROM,
    b"From x\n",
    b"From here on\n",
    b"\n",
    b"A: b\n",
    b"C: d\n",
    b"text\n",
    b">From x\n",
    b"\r\n",
    b" fold\n",
]


@pytest.mark.skipif(not shutil.which("formail"), reason="procmail is missing")
@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=25).map(b"".join))
def test_wherever_formail_splits_so_do_we(text: bytes) -> None:
    """formail(1): -s "The input will be split up into separate mail messages"."""
    box = FROM + b"A: b\nC: d\n\n" + text
    mark = "cat; printf '\\001'"
    done = subprocess.run(["formail", "-s", "sh", "-c", mark], input=box, capture_output=True, check=True)
    theirs = [one for one in done.stdout.split(b"\1") if one]
    starts = {one.begin for one in split(io.BytesIO(box))}
    at = 0
    for one in theirs[1:]:  # each of theirs begins with a From line of the box, in its order
        line = one.partition(b"\n")[0] + b"\n"
        at = next(i for i in sorted(starts) if i > at and box.startswith(line, i))
    assert len(starts) >= len(theirs)


@pytest.fixture
def place() -> Iterator[Path]:
    if reason := salearn.missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="archive-") as name:
        folder = Path(name)
        words = json.dumps(salearn.command(folder))
        (folder / "conf.toml").write_text(
            f'[train]\nspool = "{folder}/spool"\nstate = "{folder}/state"\nteacher = ["sa-learn"]\nsa_learn = {words}\n'
        )
        yield folder


def test_counts_are_those_of_the_archive(place: Path) -> None:
    """Maildir, mbox and MH; a message that is there twice counts once; the next time all is known."""
    for number in range(10):
        path = place / "Junk" / ("cur" if number % 2 else "new") / f"{number}.x"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(salearn.message(number))
    box = b"".join(FROM + salearn.message(number) + b"\n" for number in range(8, 15))
    (place / "box").write_bytes(box)
    given = ("train", "spam", "-c", str(place / "conf.toml"), str(place / "Junk"), str(place / "box"))
    done = invoke(place, *given)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == "17 messages: 15 learned, 2 known"
    assert salearn.real(place).counts() == salearn.counts(15, 0)
    done = invoke(place, *given)
    assert done.stdout.splitlines()[-1] == "17 messages: 17 known"
    assert salearn.real(place).counts() == salearn.counts(15, 0)
    done = invoke(place, "train", "ham", "-c", str(place / "conf.toml"), str(place / "box"))
    assert done.stdout.splitlines()[-1] == "7 messages: 7 changed"
    assert salearn.real(place).counts() == salearn.counts(8, 7)


def test_standard_input_and_what_is_refused(place: Path) -> None:
    box = FROM + salearn.message(1) + b"\n" + FROM + spamd.SPAM + b"\n"
    done = invoke(place, "train", "spam", "-c", str(place / "conf.toml"), "-", data=box)
    assert done.exit_code == 0, done.output
    assert "2 messages: 1 learned, 1 refused" in done.stdout or "2 messages: 1 refused, 1 learned" in done.stdout
    assert "GTUBE" in done.stdout


def test_killed_and_run_again_none_twice_none_missing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total = 60
    program, starts = salearn.counting(place, salearn.command(place))
    config = (place / "conf.toml").read_text()
    (place / "conf.toml").write_text(re.sub(r"(?m)^sa_learn = .*", f'sa_learn = ["{program}"]', config))
    (place / "box").write_bytes(b"".join(FROM + salearn.message(n) + b"\n" for n in range(total)))
    command = [sys.executable, "-c", "from mdafilter import limits; limits.TEACH_MESSAGES = 10\n"
               "from mdafilter.cli.main import main; main()"]  # fmt: skip
    command += ["train", "spam", "-c", str(place / "conf.toml"), str(place / "box")]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    for seconds in (0.0, 0.1, 0.2):  # behind the second start of sa-learn; there are more to come
        before = len(starts.read_text().splitlines())
        running = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while len(starts.read_text().splitlines()) < before + 2:
            assert running.poll() is None
            time.sleep(0.02)
        time.sleep(seconds)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        assert running.returncode == -signal.SIGKILL
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert salearn.real(place).counts() == salearn.counts(total, 0)
    with Ledger(f"{place}/state/ledger.db", reading=True) as ledger:
        lines = ledger.lines(limit=1000)
    assert not [line for line in lines if line.result in ("", "failed")]
    assert len({line.hash for line in lines}) == total
    assert not os.listdir(place / "state" / "archive")


@pytest.mark.skipif(bool(spamd.missing()), reason=spamd.missing() or "it is here")
def test_score_by_the_real_spamd(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(FROM + spamd.HAM + b"\n" + FROM + spamd.SPAM + b"\n")
    with spamd.real() as (host, _folder):
        (tmp_path / "conf.toml").write_text(f'[spamd]\nhosts = ["{host}"]\n')
        given = ("score", "--scorer", "spamd", "-c", str(tmp_path / "conf.toml"), str(tmp_path / "box"))
        for jobs in ("1", "3"):
            done = invoke(tmp_path, *given, "--json", "-j", jobs)
            assert done.exit_code == 0, done.output
            rows = [json.loads(line) for line in done.stdout.splitlines()]
            assert [(row["path"], row["verdict"]) for row in rows] == [
                (f"{tmp_path}/box:0", "ham"),
                (f"{tmp_path}/box:{len(FROM + spamd.HAM) + 1}", "spam"),
            ]
            assert "GTUBE" in rows[1]["symbols"]
        done = invoke(tmp_path, *given, "--expect", "ham")
        assert (done.exit_code, len(done.stdout.splitlines())) == (1, 1)
        assert "false alarms: 1 of 2 (50.00 %)" in done.stderr
