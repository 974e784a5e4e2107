"""The one-line answer to who reported: what became of it. Only where [train] answer says so.

RFC 3834: nothing is answered to the null sender, to a list, or to a program; and the answer goes to the reporter as he
was proven, never to an address that only a message names. It says Auto-Submitted, and has the null sender.

In:    the Report, its Reporter, a line for each of its messages.
Out:   the letter, and to whom; None where there is none to write.
Fails: never. `send` gives it to sendmail(1), and returns what that says when it fails: an answer is no part of
       learning.
"""

from __future__ import annotations

import os

from mdafilter.letter import compose
from mdafilter.message import Message, Octets, robots
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.message import Headers
    from mdafilter.train import Report, Reporter

PROVEN = ("sasl", "local", "header", "network")  # a sender of the list may be forged: he would get mail for others
SHOWN = 20  # messages of one report that it tells of
SECONDS = 60.0  # for sendmail(1)


def answer(report: Report, reporter: Reporter, results: Sequence[str], now: float) -> tuple[str, bytes] | None:
    """The recipient and the letter. Each result is a sentence: "learned as spam: Cheap pills"."""
    headers = Message.parse(Octets.of(report.message)).headers
    if not results or reporter.how not in PROVEN or not _is_person(report.facts.get("sender", ""), headers):
        return None
    more = [f"... and {len(results) - SHOWN} more"] if len(results) > SHOWN else []
    lines = ["".join(c if c.isprintable() else "?" for c in line) for line in results[:SHOWN]]
    found = headers.first("message-id")
    reply_to = found.value.strip() if found else ""
    subject = f"Auto: your report of {report.verdict}"
    return reporter.name, compose(reporter.name, subject, [*lines, *more], b"\n", now, reply_to=reply_to)


def send(recipient: str, letter: bytes, program: str) -> str:
    """Gives the letter to sendmail(1); "" or why it could not be sent.

    In a file, and not through a pipe: of who is killed meanwhile, sendmail would take the beginning for the letter.
    """
    import subprocess

    command = [program, "-i", "-f", "<>", "--", recipient]
    try:
        with open(os.memfd_create("letter"), "w+b") as file:
            file.write(letter)
            file.seek(0)
            done = subprocess.run(command, stdin=file, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as failed:
        return f"{program}: {failed}"
    says = (done.stderr + done.stdout).decode("utf-8", "replace").strip()
    return f"{program} ended with {done.returncode}: {says[:200]}" if done.returncode else ""


def _is_person(sender: str, headers: Headers) -> bool:
    """Whether a person may have sent it; what postmaster reports, a program may have sent on to him."""
    return not sender.lower().startswith("postmaster") and not robots.why_not(sender, headers)
