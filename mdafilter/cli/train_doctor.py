"""mdafilter train doctor: what keeps the scorers from learning, and what to do.

Out:   a line for each thing that was looked at, and behind what is not well a line with what to do. --json is a line of
       JSON for each.
Exit:  0 where nothing is wrong, else 1; 2 a wrong command line.
"""

from __future__ import annotations

import json
import sys

import click

from mdafilter import settings
from mdafilter.cli.terminal import printable
from mdafilter.train.doctor import examine

SIGNS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each finding.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(as_json: bool, config: str) -> None:
    """What keeps the scorers from learning.

    Looks at the configuration, the spool, the ledger, sa-learn and spamd. Nothing is learned or mended. Run it as the
    learner runs.

    \b
    Example:
      mdafilter train doctor

    Exit code: 0 where nothing is wrong, else 1.
    """
    wrong = False
    for finding in examine(settings.load("", config, {})):
        wrong = wrong or finding.level == "wrong"
        if as_json:
            click.echo(json.dumps(dict(zip(finding._fields, finding._values(), strict=True))))
            continue
        click.echo(f"{SIGNS[finding.level]} {printable(finding.what)}")
        if finding.advice:
            click.echo(f"        {printable(finding.advice)}")
    sys.exit(1 if wrong else 0)
