"""Killed with KILL while it looks and mails, again and again. A report has no state: it writes nothing of its own into
a mailbox, and the next one tells the same. What must not be is half a letter, whoever was killed while handing it over.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from mdafilter.cli.report_mail import send
from mdafilter.delivery import Account
from mdafilter.reporting import days, gather
from mdafilter.reporting.gather import Wish
from tests.support.mail import Mail
from tests.support.processes import child, pause, status

KILLS = int(os.environ.get("MDAFILTER_KILLS", "30"))
# It reads slowly, as one on a busy host does: a letter in a pipe would be cut where its writer is killed.
SENDMAIL = """#!/bin/sh
part=$(mktemp "${0%/*}/part.XXXXXX")
sleep 0.02
cat >"$part"
mv "$part" "$part.sent"
"""


def files(home: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_ino, path.stat().st_size) for path in home.rglob("*") if path.is_file()}


def test_no_letter_is_cut_and_nothing_is_touched(tmp_path: Path) -> None:
    home, program = tmp_path / "home", tmp_path / "sendmail"
    home.mkdir()
    mail = Mail(home)
    for number in range(60):
        mail.deliver(f"pills {number}")
    (home / "Maildir/cur").mkdir(parents=True, exist_ok=True)
    program.write_text(SENDMAIL)
    program.chmod(0o755)
    before, now = files(home), time.time()
    wish = Wish(days.dates(now, 7), now)

    def report() -> int:
        send(gather.of_account(Account("ann", str(home)), wish, {}), "ann", str(program))
        return 0

    began = time.perf_counter()
    assert status(child(report)) == 0
    usual, rnd, killed, tries = time.perf_counter() - began, random.Random(3), 0, 0
    while killed < KILLS and tries < 20 * KILLS:
        tries += 1
        pid = child(report)
        pause(rnd.uniform(0, usual))
        os.kill(pid, signal.SIGKILL)
        killed += status(pid) != 0
        assert files(home) == before
    until = time.monotonic() + 60
    while (left := [path for path in tmp_path.glob("part.*") if path.suffix != ".sent"]) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []
    letters = [path.read_bytes() for path in tmp_path.glob("*.sent")]
    sizes = {len(letter) for letter in letters}
    assert killed >= KILLS
    assert len(letters) > 1, "too few were killed when sendmail ran for the test to mean something"
    assert all(letter.rstrip().endswith(b"--") for letter in letters), "a letter was cut"
    assert max(sizes) - min(sizes) < 10, "they differ by their times alone"
