"""mdafilter train spam, and ham: without a path a report on standard input (train_door.py), with paths an archive.

/usr/bin/mdafilter comes here only for a person: for help, for paths, and for mistakes.

Exit:  0 queued, or learned; 75 not queued; 2 a wrong command line; else as train_archive.py says.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from mdafilter.cli import train_door

if TYPE_CHECKING:
    from collections.abc import Callable


def _options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of train_door.OPTIONS."""
    for short, long, metavar, text in reversed(train_door.OPTIONS):
        function = click.option(short, long, metavar=metavar, help=text)(function)
    return function


@click.command("report")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True), metavar="[FOLDER|MBOX|FILE]...")
@_options
@click.pass_context
def command(ctx: click.Context, /, paths: tuple[str, ...], **given: str | None) -> None:
    """Report what is spam, or no spam.

    Without a path the message on standard input is a report: it is put into the spool for `mdafilter train learn`,
    and what it forwards is learned. With paths the messages of Maildir folders, mboxes and files are learned as they
    are.

    \b
    Examples:
      mdafilter train spam ~/Maildir/.Junk
      mdafilter train ham  old.mbox
      mdafilter train spam <forwarded.eml

    Exit code without a path: 0 queued, 75 not queued.
    """
    verdict = str(ctx.info_name)
    told = {name: value for name, value in given.items() if value is not None}
    if not paths:
        train_door.take(verdict, told)
    importlib.import_module("mdafilter.cli.train_archive").run(
        verdict, paths, told.get("config", ""), told.get("extension", "")
    )
