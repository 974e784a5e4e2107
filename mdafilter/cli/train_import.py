"""mdafilter train import: what `mdafilter train export` wrote becomes the counts of mdafilter's own scorer.

The file is read with the rights of who starts this, the counts are written with those of the user whose they are. All
lines are looked at before anything is written, and all are written in one transaction: after an error, a kill or a
power failure the counts are those that were there.

Exit:  0; 1 for a wrong line (file:line), counts that are there already, or that cannot be written; 2 a wrong command
       line.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from mdafilter import limits, settings
from mdafilter.cli.terminal import printable
from mdafilter.errors import MdafilterError
from mdafilter.scorers import bayes
from mdafilter.train import counts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

STDIN = "-"


@click.command("import")
@click.argument("file", default=STDIN, metavar="[FILE]")
@click.option("--replace", is_flag=True, help="Also where there are counts already: these are lost.")
@click.option("-u", "--user", default="", metavar="NAME", help="As root: whose, where each user has his own.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(file: str, replace: bool, user: str, config: str) -> None:
    """Puts what `mdafilter train export` wrote in the place of the counts.

    All of it or, if anything fails, nothing. Without FILE it is read from standard input. Counts that are there already
    are only replaced by --replace: two sets are never added up, since both may have learned the same messages.

    \b
    Examples:
      mdafilter train import counts
      mdafilter train export | ssh mx2 mdafilter train import
      mdafilter train import --replace --user bob bob.counts      as root

    Exit code: 0; 1 for a wrong line, counts that are there already, or that cannot be written; 2 a wrong command line.
    """
    chosen = settings.load("", config, {})
    with ExitStack() as opened:
        given = sys.stdin.buffer if file == STDIN else opened.enter_context(open(file, "rb"))
        whose = counts.take(chosen, user)
        name = "standard input" if file == STDIN else file
        try:
            whole = bayes.import_(lines(given), whose.options, whose.user, home=whose.home, over=replace, name=name)
        except bayes.Taken as taken:
            raise MdafilterError(f"{taken}; --replace imports all the same") from taken
    learned = f"{whole.totals.spam} spam and {whole.totals.ham} ham messages"
    click.echo(printable(f"{whose.place}: {len(whole.rows)} tokens of {learned}"))


def lines(file: BinaryIO) -> Iterator[str]:
    """The lines of a file, none of them longer than one can be: the rest of such a one is the next, and wrong."""
    while line := file.readline(limits.BAYES_LINE):
        yield line.decode("ascii", "replace")
