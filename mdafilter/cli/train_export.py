"""mdafilter train export: the counts of mdafilter's own scorer as text, to keep them or to move them to another place.

The lines are those of scorers/bayes/dump.py. As root they are read with the rights of the user whose they are.

Exit:  0; 1 where there are no counts, or they cannot be read: what was written then has no last line "end", and is not
       imported; 2 a wrong command line.
"""

from __future__ import annotations

import sys

import click

from mdafilter import settings
from mdafilter.scorers import bayes
from mdafilter.train import counts


@click.command("export")
@click.option("-u", "--user", default="", metavar="NAME", help="As root: whose, where each user has his own.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(user: str, config: str) -> None:
    """The counts of mdafilter's own scorer, as text.

    How often each word was in spam and in ham, as numbers, and which messages are learned, by a hash. Nothing of it can
    be read as mail. [bayes] of the configuration says where the counts are.

    \b
    Examples:
      mdafilter train export >counts
      mdafilter train export --user bob >bob.counts      as root

    Exit code: 0; 1 where there are no counts, or they cannot be read; 2 a wrong command line.
    """
    whose = counts.take(settings.load("", config, {}), user)
    for line in bayes.export(whose.options, whose.user, home=whose.home):
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()  # a disk that is full is told of here
