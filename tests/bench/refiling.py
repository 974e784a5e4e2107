"""mdafilter refile and sieve-filter(1) on the same Maildir: dry, and with --execute."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path

from mdafilter.refiling.crew import cores
from tests.bench.figures import Column, Table
from tests.bench.single import LINE
from tests.support.house import ROOT

NOBODY = 65534
SIZE = 5000
PEER, OURS = "sieve-filter", "mdafilter refile"
AGAIN = "sieve-filter, with its index"
RULES = """\
require ["fileinto", "mailbox", "envelope"];
if header :contains "subject" "invoice" { fileinto :create "invoices"; }
elsif header :contains "list-id" "list1.example.org" { fileinto :create "lists.one"; }
elsif header :contains "list-id" "list2.example.org" { fileinto :create "lists.two"; }
elsif address :is "from" "s3@example.org" { fileinto :create "three"; }
elsif address :domain :is "from" "example.com" { fileinto :create "com"; }
elsif envelope :is "from" "s77@example.org" { fileinto :create "seventyseven"; }
elsif header :matches "subject" "*number 9*" { fileinto :create "nine"; }
elsif size :over 100K { fileinto :create "large"; }
elsif exists "x-never" { fileinto :create "never"; }
elsif header :contains ["x-a", "x-b"] "yes" { fileinto :create "ab"; }
"""
HEAD = """\
Return-Path: <s{0}@example.org>
Delivered-To: alice@example.net
Received: from mx.example.org (mx.example.org [192.0.2.1])
\tby example.net (Postfix) with ESMTP id 4XyZ{0:05d}
\tfor <alice@example.net>; Sun, 22 Nov 2026 08:41:34 +0000 (UTC)
From: Somebody {0} <s{1}@example.org>
To: alice@example.net
Subject: A message to measure number {0}
Date: Sun, 22 Nov 2026 08:41:34 +0000
Message-ID: <{0}@example.org>
List-Id: <list{2}.example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

"""
OLD = "mail_location = maildir:{0}/Maildir\n"
NEW = (
    "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nmail_driver = maildir\nmail_path = {0}/Maildir\n"
)
DOVECOT = """\
mail_home = {0}
base_dir = {0}/run
log_path = {0}/dovecot.log
ssl = no
protocols =
first_valid_uid = 1
namespace inbox {{
  inbox = yes
  separator = .
}}
"""


class Place:
    """A home with a Maildir; `fresh` gives it its messages back."""

    def __init__(self, home: Path, messages: int, program: str) -> None:
        self.home = home
        self.messages = messages
        self.program = (program,) if program else (sys.executable, "-m", "mdafilter.cli.main")
        self.rules = home / "rules.sieve"
        self.rules.write_text(RULES)
        version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
        text = (NEW if version.startswith("2.4") else OLD) + DOVECOT
        (home / "dovecot.conf").write_text(text.format(home))
        (home / ".config/mdafilter").mkdir(parents=True)
        (home / ".config/mdafilter/mdafilter.toml").write_text("[journal]\nsyslog = false\n")
        self.who = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {}
        self.fresh()

    def fresh(self) -> None:
        """Each message in the inbox, as it was delivered and seen."""
        root = self.home / "Maildir"
        shutil.rmtree(root, ignore_errors=True)
        shutil.rmtree(self.home / ".local", ignore_errors=True)
        for part in ("cur", "new", "tmp"):
            (root / part).mkdir(parents=True)
        for number in range(self.messages):
            head = HEAD.format(number, number % 97, number % 20).encode()
            data = (head + LINE * (SIZE // len(LINE)))[: SIZE - 1] + b"\n"
            name = f"{1_790_000_000 + number}.M{number}P1Q1_0123abcd.host,S={len(data)}:2,S"
            (root / "cur" / name).write_bytes(data)
        if self.who:
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(self.home)], check=True)
        os.sync()  # what was written above is nobody's work to wait for

    def forget(self) -> None:
        """What Dovecot remembers of the messages."""
        for path in (self.home / "Maildir").glob("dovecot*"):
            path.unlink()

    def run(self, name: str, execute: bool) -> tuple[float, str]:
        """Milliseconds of one run, and what it said."""
        rules, home = str(self.rules), str(self.home)
        if name in (PEER, AGAIN):
            argv = ["sieve-filter", "-c", f"{home}/dovecot.conf", *(["-e", "-W"] if execute else []), rules, "INBOX"]
        else:
            more = ["--execute"] if execute else []
            argv = [*self.program, "refile", f"{home}/Maildir", "--rules", rules, *more]
        env = {"HOME": home, "USER": "nobody", "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        begin = time.perf_counter()
        done = subprocess.run(argv, capture_output=True, text=True, env=env, cwd=home, check=False, **self.who)  # type: ignore[call-overload]
        taken = 1000 * (time.perf_counter() - begin)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-1000:]}")
        return taken, done.stdout + done.stderr

    def filed(self) -> dict[str, int]:
        """How many messages each folder has."""
        found = {p.name: len([*p.glob("cur/*"), *p.glob("new/*")]) for p in (self.home / "Maildir").glob(".*")}
        return {name: count for name, count in sorted(found.items()) if count}


def run(options: Namespace) -> None:
    """Both, dry and with --execute; SystemExit where they do not file the same."""
    if not shutil.which("sieve-filter"):
        raise SystemExit("sieve-filter is not here: apt-get install dovecot-sieve")
    with tempfile.TemporaryDirectory(prefix="mdafilter-refile.") as folder:
        os.chmod(folder, 0o755)
        place = Place(Path(folder), options.messages, options.program)
        told = f"{options.messages} messages of 5 KB, ten rules, {cores()} cores"
        _dry(place, options.runs, f"{told}: what would move")
        _executed(place, options.runs, f"{told}: moved")


def _dry(place: Place, runs: int, title: str) -> None:
    table = Table(title, Column("ms"), Column("messages/s", "", 0), goal="1.0")
    for number in range(runs + 1):
        for name in (PEER, AGAIN, OURS):
            if name == PEER:
                place.forget()
            taken, said = place.run(name, execute=False)
            if number:  # the first one of each fills caches
                table.add(name, taken, 1000 * place.messages / taken)
            elif name == OURS:
                count = int((re.search(r"(\d+) would move", said) or ["", "-1"])[1])
                expected = sum(_expected(place.messages).values())
                if count != expected:
                    raise SystemExit(f"{count} would move, not {expected}")
    table.show()


def _executed(place: Place, runs: int, title: str) -> None:
    table = Table(title, Column("ms"), Column("messages/s", "", 0), goal="1.0")
    for _ in range(runs):
        for name in (PEER, OURS):
            place.fresh()
            taken, _said = place.run(name, execute=True)
            table.add(name, taken, 1000 * place.messages / taken)
            if place.filed() != _expected(place.messages):
                raise SystemExit(f"{name} has filed {place.filed()}, not {_expected(place.messages)}")
    table.show()


def _expected(messages: int) -> dict[str, int]:
    """What the rules mean, said once more."""
    found: dict[str, int] = {}
    for n in range(messages):
        tests = {".lists.one": n % 20 == 1, ".lists.two": n % 20 == 2, ".three": n % 97 == 3, ".seventyseven": n == 77}
        tests[".nine"] = str(n).startswith("9")
        folder = next((name for name, held in tests.items() if held), "")
        if folder:
            found[folder] = found.get(folder, 0) + 1
    return dict(sorted(found.items()))
