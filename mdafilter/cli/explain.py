"""mdafilter explain: what the rules ask of a message, what they are answered, and where it would go. Touches nothing.

In:    a message in a file or on standard input; the options of `deliver`. What neither they, the environment nor a
       "From " line say of the envelope is taken from the header, as of a stored message (refiling/stored.py).
Out:   trace.render() of the Decision, with the rules as they were written beside it, or it as JSON; the mistakes of the
       user's rule file before it, as a delivery would leave it out and go on.
Exit:  0 explained; 1 a configuration or rules of the site that are wrong, with what is wrong; 2 a wrong command line.
spamd and clamd are asked if a rule asks: only --no-spamd explains without them. Programs are not, but with --run: what
they do is their own, and nobody can undo it.
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from mdafilter import pipeline
from mdafilter.arguments import Arguments
from mdafilter.cli import trace
from mdafilter.cli.terminal import printable
from mdafilter.delivery import prepare
from mdafilter.errors import TryAgain
from mdafilter.intake import receive
from mdafilter.lint.sources import Sources
from mdafilter.message import Message
from mdafilter.outside import Outside
from mdafilter.refiling.stored import envelope as stored_envelope
from mdafilter.refiling.stored import unlabelled
from mdafilter.train import stored

if TYPE_CHECKING:
    from mdafilter.errors import Problem
    from mdafilter.message import Envelope


@click.command("explain")
@click.argument("message", type=click.Path(exists=True, dir_okay=False, allow_dash=True), default="-")
@click.option("-R", "--rules", multiple=True, metavar="FILE", help="These rules instead of the configured; repeatable.")
@click.option("-c", "--config", metavar="FILE", help="One more configuration file, read last.")
@click.option("-u", "--user", metavar="NAME", help="As this user; root must say one.")
@click.option("-r", "--recipient", metavar="ADDRESS", help="Envelope recipient; else of Delivered-To.")
@click.option("-f", "--sender", metavar="ADDRESS", help="Envelope sender; else of Return-Path.")
@click.option("-e", "--extension", metavar="TEXT", help="Address extension.")
@click.option("-m", "--maildir", metavar="PATH", help="The mailbox.")
@click.option("--no-spamd", is_flag=True, help="Ask neither spamd nor clamd, whatever the rules ask.")
@click.option("--run", is_flag=True, help="Run the programs that rules ask; else such a condition does not hold.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(
    message: str,
    rules: tuple[str, ...],
    config: str | None,
    user: str | None,
    recipient: str | None,
    sender: str | None,
    extension: str | None,
    maildir: str | None,
    no_spamd: bool,
    run: bool,
    as_json: bool,
) -> None:
    """What the rules ask of a message, and where it would go. Nothing is delivered, written or sent.

    For each rule that is reached: its line as it was written, the question, the answer, and the values that were looked
    at. Then what is decided, where the message would lie, letters that would be sent, and what would be remembered.

    MESSAGE is a file; without it, or "-", standard input. Of a message that was delivered the envelope is in its
    header: Return-Path, Delivered-To and X-Original-To. Options say another one; without either the sender is null.

    \b
    Examples:
      mdafilter explain ~/Maildir/.Trash/cur/1795356846.M1P2.host:2,
      mdafilter explain -R new.sieve --no-spamd message.eml

    Exit code: 0 explained, 1 the configuration or the site's rules are wrong, 2 a wrong command line.
    """
    fd = 0 if message == "-" else stored.opened(message)  # before root becomes the user
    arguments = Arguments(sender, recipient, extension, user, maildir, config, rules)
    try:
        received = receive(fd, ())
        came = unlabelled(Message.parse(received.octets))[1]
        environ, top = dict(os.environ), received.from_line
        completed = partial(_of_header, came, arguments, {**environ}, bool(top))
        setup, envelope = prepare(arguments, environ, top, completed=completed)
        world = Outside(setup.settings, envelope, setup.mailbox, not no_spamd, run, setup.home, setup.environ)
        decision = pipeline.decide(came, envelope, setup, world)
    except TryAgain as failed:
        raise click.ClickException(
            printable(f"a delivery would be deferred: {failed.status} {failed}", "\n")
        ) from failed
    if as_json:
        problems = [str(problem) for problem in setup.rulebook.problems]
        click.echo(json.dumps({"problems": problems, **trace.data(decision, Sources(), setup.mailbox)}, indent=2))
        return
    for line in _broken(setup.rulebook.problems):
        click.echo(line)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(trace.render(decision, colour, Sources(), setup.mailbox))


def _of_header(
    message: Message, said: Arguments, environ: dict[str, str], line: bool, envelope: Envelope, delimiters: str
) -> Envelope:
    """The envelope, with what nobody has said of it from the header; `line`: there was a From line."""
    found = stored_envelope(message, envelope.recipient, delimiters)
    if said.sender is None and "SENDER" not in environ and not line:
        envelope = envelope.replace(sender=found.sender)
    if said.recipient is None and not (environ.get("RECIPIENT") or environ.get("LOCAL")):
        envelope = envelope.replace(
            recipient=found.recipient,
            original_recipient=envelope.original_recipient or found.original_recipient,
            extension=envelope.extension if said.extension is not None else envelope.extension or found.extension,
        )
    return envelope


def _broken(problems: tuple[Problem, ...]) -> list[str]:
    """What is wrong with the user's rules, and what a delivery makes of that."""
    if not problems:
        return []
    shown = [printable(problem.show(), "\n") for problem in problems]
    return [*shown, "The rules of this user are left out until that is mended.", ""]
