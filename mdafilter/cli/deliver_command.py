"""mdafilter deliver: by hand what mdafilter-deliver is for Postfix. The arguments are passed on to cli/deliver.py.

They are parsed there, without click, since every delivery pays for what it imports, and since a wrong option must end
with 75 as everything else does: whoever has this command in a .forward loses no message. click knows the same options,
from the same table, for the help on a terminal and for shell completion.
"""

from __future__ import annotations

import os

import click

from mdafilter.arguments import OPTIONS
from mdafilter.cli import deliver

HELP = """One message from standard input into the mailbox.

\b
Examples:
  mdafilter deliver -r me@example.org -R ~/.mdafilter.sieve --dry-run <message.eml
  mdafilter deliver <message.eml

Exit code: 0 delivered, 77 refused by a rule, 75 anything else (try again). In Postfix' configuration say
mdafilter-deliver, which starts faster and uses the service when it runs.
"""


class Deliver(click.Command):
    """A command that hands over its arguments as they stand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses for the help on a terminal and for completion only."""
        if ctx.resilient_parsing or (os.isatty(0) and not {"-h", "--help"}.isdisjoint(args)):
            return super().parse_args(ctx, args)
        ctx.obj = tuple(args)
        return []


@click.pass_obj
def _deliver(arguments: tuple[str, ...]) -> None:
    deliver.main(arguments)


command = Deliver(
    "deliver",
    help=HELP,
    callback=_deliver,
    params=[
        click.Option([short, long], metavar=value or None, is_flag=not value, multiple=long == "--rules", help=text)
        for short, long, value, text in OPTIONS
        if long != "--help"
    ],
)
