"""Three scorers that are taught and asked by files: ours, bogofilter(1), and the Bayes of SpamAssassin (Debian)."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mdafilter.message import Message
from mdafilter.scorers import bayes
from tests.bench.spamcorpus import Sample

SA = """use_bayes 1
use_bayes_rules 1
bayes_auto_learn 0
bayes_auto_expire 0
bayes_path {folder}/bayes
use_txrep 0
use_auto_whitelist 0
dns_available no
skip_rbl_checks 1
required_score 5
clear_headers
add_header all Bayes _BAYES_
"""


@dataclass(frozen=True)
class Result:
    """For each message: score, whether it is spam, and what the scorer calls it ("spam", "ham", "unsure")."""

    said: list[tuple[float, bool, str]]
    seconds: float
    octets: int


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.iterdir() if p.is_file())


def ours(folder: Path, taught: Sequence[Sample], asked: Sequence[Sample]) -> Result:
    options = bayes.Options(path=str(folder / "bayes.db"))
    for sample in taught:
        bayes.learn(sample.path.read_bytes(), "spam" if sample.spam else "ham", options)
    octets, said = _size(folder), []
    began = time.perf_counter()
    for sample in asked:
        verdict = bayes.score(Message.parse(sample.path.read_bytes()), options).verdict
        word = verdict.symbols[0].removeprefix("BAYES_").lower() if verdict else "unsure"
        said.append((verdict.score if verdict else 0.0, sample.spam, word))
    return Result(said, time.perf_counter() - began, octets)


def bogofilter(folder: Path, taught: Sequence[Sample], asked: Sequence[Sample]) -> Result:
    argv = ["bogofilter", "-C", "-d", str(folder)]
    for flag, spam in (("-s", True), ("-n", False)):
        names = "\n".join(str(s.path) for s in taught if s.spam is spam) + "\n"
        subprocess.run([*argv, flag, "-b"], input=names.encode(), check=True)
    octets = _size(folder)
    names = "\n".join(str(s.path) for s in asked) + "\n"
    began = time.perf_counter()
    done = subprocess.run([*argv, "-T", "-T", "-b"], input=names.encode(), stdout=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - began
    scores = [float(line.rsplit(None, 1)[1]) for line in done.stdout.decode().splitlines()]
    # spam_cutoff and ham_cutoff of bogofilter.cf.example; -T -T prints all the digits that there are, and no word
    words = ["spam" if score >= 0.99 else "ham" if score <= 0.45 else "unsure" for score in scores]
    said = [(score, s.spam, word) for s, score, word in zip(asked, scores, words, strict=True)]
    return Result(said, seconds, octets)


def spamassassin(folder: Path, taught: Sequence[Sample], asked: Sequence[Sample]) -> Result:
    """Its Bayes alone, which says spam from BAYES_80 on, and ham up to BAYES_20 (20_bayes.cf)."""
    prefs = folder / "user_prefs"
    prefs.write_text(SA.format(folder=folder))
    for flag, spam in (("--spam", True), ("--ham", False)):
        names = folder / f"list{flag}"
        names.write_text("\n".join(str(s.path) for s in taught if s.spam is spam) + "\n")
        argv = ["sa-learn", flag, "--no-sync", "-p", str(prefs), "-f", str(names)]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["sa-learn", "--sync", "-p", str(prefs)], check=True)
    octets = sum(p.stat().st_size for p in folder.glob("bayes_*"))
    box = folder / "asked.mbox"
    box.write_bytes(b"".join(_boxed(number, sample) for number, sample in enumerate(asked)))
    argv = ["spamassassin", "-L", "-p", str(prefs), "--mbox", str(box)]
    began = time.perf_counter()
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    seconds = time.perf_counter() - began
    answers: dict[int, float] = {}  # they come in an order of its own
    for head in re.split(rb"(?m)^From x@example\.org ", done.stdout)[1:]:
        number = re.search(rb"(?m)^X-Bench-Number: (\d+)", head)
        score = re.search(rb"(?m)^X-Spam-Bayes: ([0-9.]+)", head)
        if number and score:
            answers[int(number[1])] = float(score[1])
    if len(answers) != len(asked):
        raise SystemExit(f"spamassassin answered {len(answers)} of {len(asked)} messages")
    said = [(answers[number], sample.spam) for number, sample in enumerate(asked)]
    words = ["spam" if score >= 0.8 else "ham" if score <= 0.2 else "unsure" for score, _ in said]
    return Result([(*one, word) for one, word in zip(said, words, strict=True)], seconds, octets)


def _boxed(number: int, sample: Sample) -> bytes:
    """As mboxrd has it; fields that would be taken for the answer are renamed."""
    raw = sample.path.read_bytes().replace(b"X-Spam-Bayes:", b"X-Was-Bayes:")
    return (
        b"From x@example.org Thu Jan  1 00:00:00 2026\nX-Bench-Number: %d\n" % number
        + re.sub(rb"(?m)^(>*From )", rb">\1", raw)
        + b"\n\n"
    )


SCORERS: dict[str, Callable[[Path, Sequence[Sample], Sequence[Sample]], Result]] = {
    "mdafilter": ours,
    "bogofilter": bogofilter,
    "spamassassin": spamassassin,
}
