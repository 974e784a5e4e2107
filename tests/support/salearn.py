"""sa-learn for tests: the real one with a database and a configuration of its own, and one that plays a script."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from mdafilter.train.teachers import Counts
from mdafilter.train.teachers.salearn import Account, SaLearn
from tests.support.spamd import HAM

PROGRAM = "/usr/bin/sa-learn"
RULES = Path("/usr/share/spamassassin")
# What learning reads of the rules: with all of them each start takes three times as long.
READ = ("10_default_prefs.cf", "20_aux_tlds.cf", "23_bayes.cf", "60_bayes_stopwords.cf")


def missing() -> str:
    """Why the real sa-learn cannot be run here; "" if it can."""
    return "" if shutil.which(PROGRAM) else f"{PROGRAM} is not installed (Debian: spamassassin)"


def command(folder: Path, configuration: str = "") -> tuple[str, ...]:
    """The real sa-learn: its database is FOLDER/bayes, what it is told stands in FOLDER/site, nothing is asked outside."""
    site, rules = folder / "site", folder / "rules"
    if not site.exists():
        rules.mkdir()
        for name in READ:
            shutil.copy(RULES / name, rules)
        shutil.copytree("/etc/spamassassin", site, ignore=shutil.ignore_patterns("sa-update*", "local.cf"))
        (folder / "prefs").write_text("")
    (site / "local.cf").write_text(f"use_bayes 1\nbayes_path {folder}/bayes\nbayes_file_mode 0600\n{configuration}\n")
    return (PROGRAM, "-L", f"--configpath={rules}", f"--siteconfigpath={site}", "-p", str(folder / "prefs"))


def real(folder: Path, account: Account | None = None, configuration: str = "") -> SaLearn:
    """A teacher whose sa-learn is that."""
    return SaLearn(command(folder, configuration), account)


def message(number: int, kind: bytes = b"minutes") -> bytes:
    """A message that sa-learn tells from those of other numbers and kinds."""
    return HAM.replace(b"minutes of Tuesday", b"%s %d" % (kind, number)).replace(
        b"Dear Alice", b"Dear %s%d" % (kind, number)
    )


def items(*numbers: int, kind: bytes = b"minutes") -> list[tuple[str, bytes]]:
    """Such messages, each with its number as the id."""
    return [(str(number), message(number, kind)) for number in numbers]


def counting(folder: Path, command: tuple[str, ...]) -> tuple[Path, Path]:
    """A program that does the same as a command, and a file that has a line for each of its starts.

    It waits for as long as there is FOLDER/hold.
    """
    program, starts = folder / "sa-learn", folder / "starts"
    starts.write_text("")
    starts.chmod(0o666)
    hold = f"while [ -e {folder}/hold ]; do sleep 0.05; done"
    program.write_text(f'#!/bin/sh\necho "$*" >>{starts}\n{hold}\nexec {" ".join(command)} "$@"\n')
    program.chmod(0o755)
    return program, starts


# What is played: `texts` are the messages that it was given, `verb` is --spam, --ham, --forget or --dump; say() answers
# for one of them as the plugin does, and the sum comes at the end.
_PLAY = """\
#!{python} -I
import os, signal, sys, time
verb = sys.argv[1]
numbers = []
texts = []
for word in sys.argv:
    if word.startswith("--folders="):
        for line in open(word.partition("=")[2]):
            texts.append(open(line.split(":")[2].strip(), "rb").read().decode())
with open({starts!r}, "a") as out:
    print(len(texts), file=out)
def say(text):
    print("mdafilter:", text, flush=True)
def total(number, of=len(texts)):
    word = "Forgot" if verb == "--forget" else "Learned"
    print(f"{{word}} tokens from {{number}} message(s) ({{of}} message(s) examined)", flush=True)
{script}
"""


def scripted(folder: Path, script: str, seconds: float = 30.0) -> SaLearn:
    """A teacher whose sa-learn plays a script (Python, see above)."""
    program = folder / "scripted"
    text = _PLAY.format(python=sys.executable, starts=str(folder / "scripted.starts"), script=script)
    program.write_text(text)
    program.chmod(0o755)
    return SaLearn((str(program),), seconds=seconds)


def started(folder: Path) -> list[int]:
    """How many messages each start of the scripted sa-learn was given."""
    return [int(line) for line in (folder / "scripted.starts").read_text().split()]


def counts(spam: int, ham: int) -> Counts:
    """Shorter to read."""
    return Counts(spam, ham)
