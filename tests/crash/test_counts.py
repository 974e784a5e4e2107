"""The import of counts is killed at random: what was there is there, or what was imported, and never a mixture.

So it is with `train expire --execute`: all tokens are there, or those that stay.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdafilter.scorers import bayes
from mdafilter.scorers.bayes.tokens import VERSION
from tests.support import policyd_store
from tests.support.counts import configured
from tests.support.house import ROOT

ROUNDS = 12
TOKENS = 30_000


def lines(kind: int) -> list[str]:
    """One set of counts, or the other: many of their tokens are the same."""
    tokens = [
        f"token {number * (7 + kind)} {kind + 1} 0 {20_000 + number % 9} {number % 5 - 2 + kind}"
        for number in range(1, TOKENS)
    ]
    known = [f"known {number} 1 1 {20_000 + kind} {kind - 1}" for number in range(1, 100)]
    totals = f"mdafilter-bayes {VERSION} {100 + kind} 9 {90 + kind} 9 {80 + kind} 8"
    return [totals, *tokens, *known, f"end {len(tokens) + len(known)}"]


@pytest.fixture(params=["sqlite", "redis"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"{tmp_path}/bayes.db"
        return
    if policyd_store.missing():
        pytest.skip(policyd_store.missing())
    with policyd_store.server() as server:
        yield f"redis+unix:{server.socket}"


def start(*arguments: str) -> subprocess.Popen[bytes]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/root"}
    command = [sys.executable, "-m", "mdafilter.cli.main", "train", *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)


def killed_at_random(chance: random.Random, seconds: float, *arguments: str) -> bool:
    """Whether it came to its end before."""
    with start(*arguments) as running:
        time.sleep(chance.uniform(seconds / 2, seconds * 1.1))
        running.kill()
    return running.returncode == 0


def test_an_import_that_is_killed(path: str, tmp_path: Path) -> None:
    options = bayes.Options(path=path, name="site")
    config = configured(tmp_path, path, 'name = "site"\n')
    sets = [sorted(lines(kind)) for kind in (0, 1)]
    for kind in (0, 1):
        (tmp_path / f"{kind}").write_text("\n".join(lines(kind)))
    assert start("import", f"{tmp_path}/1", "-c", config).wait(60) == 0
    began = time.monotonic()
    assert start("import", "--replace", f"{tmp_path}/0", "-c", config).wait(60) == 0
    seconds = time.monotonic() - began
    chance, there = random.Random(11), 0
    for _ in range(ROUNDS):
        other = 1 - there
        done = killed_at_random(chance, seconds, "import", "--replace", f"{tmp_path}/{other}", "-c", config)
        found = sorted(bayes.export(options))
        assert found in ([sets[other]] if done else sets)
        there = sets.index(found)
    assert start("import", "--replace", f"{tmp_path}/{1 - there}", "-c", config).wait(60) == 0
    assert sorted(bayes.export(options)) == sets[1 - there]


def test_an_expiry_that_is_killed(tmp_path: Path) -> None:
    options = bayes.Options(path=f"{tmp_path}/bayes.db")
    config = configured(tmp_path, options.path)
    whole = lines(0)
    bayes.import_(whole, options)
    most = 300 * 1024
    began = time.monotonic()
    assert start("expire", "--max-size", str(most), "--execute", "-c", config).wait(60) == 0
    seconds = time.monotonic() - began
    left, chance = list(bayes.export(options)), random.Random(12)
    assert len(left) < len(whole)
    for _ in range(ROUNDS):
        bayes.import_(whole, options, over=True)
        killed_at_random(chance, seconds, "expire", "--max-size", str(most), "--execute", "-c", config)
        assert list(bayes.export(options)) in (whole, left)
