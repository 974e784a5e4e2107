"""mdafilter train expire: makes the counts of mdafilter's own scorer smaller, and gives the room back to the system.

This is done by itself whenever something is learned past [bayes] max_size; what goes first stands in
scorers/bayes/expiry.py. Room that became free is used again, but the file is not smaller for it: this command makes it
so.

Out:   what would go; with --execute it is gone.
Exit:  0; 1 where there are no counts, or they cannot be read or written: then all of them are there; 2 a wrong command
       line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from mdafilter import settings
from mdafilter.cli.terminal import printable, size
from mdafilter.scorers import bayes
from mdafilter.train import counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.scorers.bayes.expiry import Gone

UNITS = {"": 1, "K": 1024, "M": 1024 * 1024, "G": 1024 * 1024 * 1024}


def octets(_context: click.Context | None, _option: click.Parameter | None, text: str) -> int:
    """The octets of 812, 500K, 10M, 1G; 0 where nothing is said."""
    match = re.fullmatch(r"([0-9]{1,12})([KMG]?)", text or "0")
    if match is None or (text and not int(match[1])):
        raise click.BadParameter(f"{text!r} is no size: write 500K, 10M, 1G or a number of octets")
    return int(match[1]) * UNITS[match[2]]


@click.command("expire")
@click.option("--max-size", "most", default="", callback=octets, metavar="SIZE", help="10M; else max_size of [bayes].")
@click.option("--execute", is_flag=True, help="Do it. Without this, nothing goes.")
@click.option("-u", "--user", default="", metavar="NAME", help="As root: whose, where each user has his own.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(most: int, execute: bool, user: str, config: str) -> None:
    """Makes the counts of mdafilter's own scorer smaller.

    Where they have more than SIZE, a quarter less than SIZE is left: the tokens of one message alone go before others,
    and those that were taught longest ago first. Messages that are remembered as learned go past 200,000 of them. In
    any case the file is as small then as it can be. Without --execute it only tells what would go.

    \b
    Examples:
      mdafilter train expire
      mdafilter train expire --max-size 10M --execute

    Exit code: 0; 1 where there are no counts, or they cannot be read or written; 2 a wrong command line.
    """
    whose = counts.take(settings.load("", config, {}), user)
    gone = bayes.expire(whose.options, whose.user, home=whose.home, most=most, dry=not execute)
    for line in render(whose.place, gone, execute):
        click.echo(printable(line))


def render(place: str, gone: Gone, done: bool) -> Iterator[str]:
    """The lines for people."""
    what = "removed" if done else "would be removed"
    yield f"{place}: {size(gone.before)}{f', now {size(gone.after)}' if done else ''}"
    yield f"  {gone.tokens:>9} tokens {what}"
    yield f"  {gone.known:>9} messages {'forgotten' if done else 'would be forgotten'} that were learned"
    if not done:
        yield "  Nothing was removed: say --execute."
