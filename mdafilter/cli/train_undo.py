"""mdafilter train undo: takes back what was learned by a line of the ledger (sa-learn --forget, and the like).

In:    ids, as `mdafilter train status` shows them.
Exit:  0 all were taken back; 1 for the first that could not, with the reason; 2 a wrong command line.
"""

from __future__ import annotations

import importlib
import os
import pwd
import time
from pathlib import Path

import click

from mdafilter import settings
from mdafilter.cli.train_status import row
from mdafilter.errors import MdafilterError
from mdafilter.train import stored
from mdafilter.train.ledger import NAME, Ledger
from mdafilter.train.lock import Lock
from mdafilter.train.undo import undo


@click.command("undo")
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(min=1), metavar="ID...")
@click.option(
    "-m",
    "--message",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The message, where it is no longer kept.",
)
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(ids: tuple[int, ...], message: Path | None, config: str) -> None:
    """Take back what was learned.

    ID is that of `mdafilter train status`. The scorer forgets the message; what it learned is kept for this for 30 days
    (undo_days in the table [train]).

    \b
    Example:
      mdafilter train undo 42

    Exit code: 0 taken back, 1 not (and why), 2 a wrong command line.
    """
    if message is not None and len(ids) > 1:
        raise click.UsageError("--message is of one ID")
    chosen = settings.load("", config, {})
    learn = importlib.import_module("mdafilter.train.learn")
    state = chosen.train.state
    place = os.path.join(state, NAME)
    try:
        os.stat(place)
    except FileNotFoundError:
        raise MdafilterError(f"nothing has been learned yet: there is no {place}") from None
    with Lock(state, wait=True) as lock, Ledger(place) as ledger:
        for id in ids:
            raw = stored.whole(message.read_bytes()) if message is not None else None
            line = undo(ledger, id, raw, lambda *whose: learn.teacher(chosen, *whose, (lock.fd,)), _me(), time.time())
            if line.result != "forgotten":
                raise MdafilterError(f"{id}: {line.why}")
            click.echo(row(line))


def _me() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
