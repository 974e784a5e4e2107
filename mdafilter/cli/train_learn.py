"""mdafilter train learn: what was reported is learned, once or as a service.

Out:   a line for each batch that did something: what became of how many, and why some stay.
Exit:  0; also where another learner is at work, which learns them. 1 where reports had to stay, or the ledger or the
       spool cannot be used; 2 a wrong command line. A service (--wait) ends with 0 at SIGTERM, behind its batch.
"""

from __future__ import annotations

import os
import pwd
import signal
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import click

from mdafilter import settings
from mdafilter.cli.terminal import printable, short
from mdafilter.train import answer, learn, service, spool, waking, where
from mdafilter.train.bare import local
from mdafilter.train.ledger import NAME, Ledger
from mdafilter.train.lock import Busy, Lock
from mdafilter.train.teachers import choose

if TYPE_CHECKING:
    from mdafilter.settings import Settings

DAY = 86400.0
LOOK = 1.0  # seconds between two looks at the spool where nothing wakes the learner


@click.command("learn")
@click.option(
    "--once/--wait", default=True, help="Learn what is there, and end (default); or stay, and learn what comes."
)
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(once: bool, config: str) -> None:
    """Learn what was reported.

    Takes the reports out of the spool, looks up who reported what, and has it learned by sa-learn, spamd or the scorer
    of mdafilter, as [train] says; `mdafilter train status` shows what became of each.

    \b
    Examples:
      mdafilter train learn              from cron
      mdafilter train learn --wait       as a service (mdafilter-train.service)

    Exit code: 0, 1 where reports had to stay, 2 a wrong command line.
    """
    chosen = settings.load("", config, {})
    prepare(chosen)
    try:
        with (
            Lock(chosen.train.state, wait=not once) as lock,
            Ledger(os.path.join(chosen.train.state, NAME)) as ledger,
        ):
            work = Work(chosen, ledger, lock.fd)
            if once:
                sys.exit(1 if work.all().stay else 0)
            work.stay()
    except Busy as busy:
        click.echo(printable(str(busy)), err=True)


def prepare(chosen: Settings) -> None:
    """Makes the folders that are missing. OSError."""
    os.makedirs(chosen.train.state, mode=0o700, exist_ok=True)
    if not os.path.isdir(chosen.train.spool):
        spool.make(chosen.train.spool)


class Work:
    """Batches, with what they need of the outside."""

    def __init__(self, chosen: Settings, ledger: Ledger, lock: int) -> None:
        self.settings = chosen
        self.ledger = ledger
        self.outside = learn.Outside(
            choose.names(chosen),
            lambda name, database: choose.teacher(chosen, name, database, (lock,)),
            lambda user: where.mail(chosen, user),
            login,
            local(where.names(chosen)),
            time.time,
            lambda recipient, letter: answer.send(recipient, letter, chosen.delivery.sendmail),
        )

    def all(self) -> learn.Done:
        """Learns until nothing is left, or nothing more can be done; returns what the last batch did."""
        if days := self.settings.train.undo_days:
            self.ledger.expire(time.time() - days * DAY)
        while True:
            done = learn.batch(self.settings, self.ledger, self.outside)
            if done.results or done.stay:
                click.echo(summary(done))
            if not done.finished:
                return done

    def stay(self) -> None:
        """Learns whatever comes, until SIGTERM or SIGINT."""
        train = self.settings.train
        with waking.Waking([train.spool], worth=waking.in_spool, below=False) as sleep:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, sleep.stop)
            if sleep.why_not:
                click.echo(f"no events ({printable(sleep.why_not)}): looking every {LOOK:g} seconds", err=True)
            service.stay(train.spool, train.late * 60, self.all, sleep, LOOK if sleep.why_not else train.rescan)


def login(uid: int) -> str:
    """The name of a user's number, "" for none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return ""


def summary(done: learn.Done) -> str:
    """What a batch did, in a line."""
    counted = [f"{number} {result}" for result, number in Counter(done.results).items()]
    stays = f"{done.stay} report{'s stay' if done.stay > 1 else ' stays'}: {short(done.why, 200)}" if done.stay else ""
    return "; ".join(filter(None, (", ".join(counted), stays)))
