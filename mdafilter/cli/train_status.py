"""mdafilter train status: what was reported, by whom, and what became of it: the ledger, and what waits in the spool.

      42  2026-11-26 11:20:01  bob (sasl)      spam  learned   site     sa-learn  200+210 -> 201+210  Cheap pills
      41  2026-11-26 11:18:40  -               spam  refused   it came from outside (192.0.2.66)  Cheap pills

Out:   the newest line first; the counts are those of the scorer, spam + ham, before and after. --json is a line of JSON
       for each.
Exit:  0; 1 where the ledger cannot be read; 2 a wrong command line.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import click

from mdafilter import settings
from mdafilter.cli.record import when
from mdafilter.cli.terminal import short
from mdafilter.train import spool
from mdafilter.train.ledger import NAME, Ledger

if TYPE_CHECKING:
    from mdafilter.train.ledger import Line

DAY = 86400.0


@click.command("status")
@click.option("-n", "--lines", default=20, type=click.IntRange(1, 1_000_000), metavar="N", help="The latest N; 20.")
@click.option("-r", "--reporter", metavar="NAME", help="Of this reporter alone.")
@click.option("-d", "--days", type=click.FloatRange(0, 100_000), metavar="N", help="Of the last N days alone.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each, the newest first.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(lines: int, reporter: str | None, days: float | None, as_json: bool, config: str) -> None:
    """What was reported, by whom, and what became of it.

    A line for each message: its ID for `mdafilter train undo`, when, who reported it and how that is known, the
    verdict, what became of it; whose Bayes data learned it, through whom, and their counts (spam+ham) before and after;
    the subject.

    \b
    Examples:
      mdafilter train status
      mdafilter train status -r bob -d 7

    Exit code: 0, or 1 where the ledger cannot be read.
    """
    options = settings.load("", config, {}).train
    path = os.path.join(options.state, NAME)
    if not as_json:
        click.echo(waiting(options.spool))
    if not os.path.lexists(path):
        if not as_json:
            click.echo(f"Nothing has been learned yet: there is no {path}.")
        return
    with Ledger(path, reading=True) as ledger:
        found = ledger.lines(reporter, time.time() - days * DAY if days is not None else 0.0, lines)
    for line in found:
        click.echo(json.dumps(dict(zip(line._fields, line._values(), strict=True))) if as_json else row(line))


def waiting(folder: str) -> str:
    """What waits in the spool, in a sentence."""
    try:
        names = spool.names(folder)
        oldest = min((os.lstat(os.path.join(folder, name)).st_ctime for name in names), default=0.0)
    except OSError as failed:
        return f"The spool {folder} cannot be listed: {failed.strerror}."
    if not names:
        return f"Nothing waits in {folder}."
    what = "One report waits" if len(names) == 1 else f"{len(names)} reports wait"
    return f"{what} in {folder}, the oldest since {when(oldest)}."


def row(line: Line) -> str:
    """A line of the ledger, on one line."""
    who = f"{short(line.reporter, 30)} ({line.how})" if line.reporter else "-"
    columns = [
        f"{line.id:>6}",
        when(line.time)[:19],
        f"{who:<20}",
        f"{line.verdict:<4}",
        f"{line.result or 'waits':<9}",
    ]
    if line.teacher:
        columns += [f"{short(line.database, 20):<8}", f"{line.teacher:<8}", f"{_counts(line):<24}".rstrip()]
    if line.why:
        columns.append(short(line.why, 100))
    return "  ".join([*columns, short(line.subject, 60)]).rstrip()


def _counts(line: Line) -> str:
    before, after = (
        f"{spam}+{ham}" if spam is not None and ham is not None else ""
        for spam, ham in ((line.before_spam, line.before_ham), (line.after_spam, line.after_ham))
    )
    return f"{before} -> {after}" if before and after else before or after
