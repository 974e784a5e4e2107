"""mdafilter inspect: what mdafilter sees in a message, and beside it what mail-parser makes of it.

In:    a message in a file or on standard input; a leading mbox "From " line is left out.
Out:   text or JSON, see view.py. mail-parser runs in a child process with bounds (mailparser_run.py); whatever becomes
       of it is one line.
Exit:  0 shown; 1 the file cannot be read; 2 a wrong command line.
"""

from __future__ import annotations

import json

import click

from mdafilter.cli import mailparser_run, view
from mdafilter.intake import receive
from mdafilter.message import Message
from mdafilter.train import stored


@click.command("inspect")
@click.argument("message", type=click.Path(exists=True, dir_okay=False, allow_dash=True), default="-")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--mail-parser/--no-mail-parser", default=True, help="Ask mail-parser too (yes).")
def command(message: str, as_json: bool, mail_parser: bool) -> None:
    """What mdafilter sees in a message: parts, names in all their readings, defects, addresses, path.

    MESSAGE is a file; without it, or "-", standard input.

    \b
    Examples:
      mdafilter inspect message.eml
      mdafilter inspect --json message.eml | jq '.parts[].names'

    Exit code: 0 shown, 1 the file cannot be read, 2 a wrong command line.
    """
    fd = 0 if message == "-" else stored.opened(message)
    octets = receive(fd, ()).octets
    seen = view.view(Message.parse(octets))
    other = mailparser_run.ask(octets) if mail_parser else None
    if as_json:
        click.echo(json.dumps(seen if other is None else {**seen, "mail_parser": other}, indent=2))
        return
    lines = view.render(seen)
    if other is not None:
        lines += view.render_mailparser(other)
    click.echo("\n".join(lines))
