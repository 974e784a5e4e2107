"""mdafilter: the command line. Every command is a file here and a line in the table, and is imported when it is used.

Exit:  what the command says in its help; 2 for a wrong command line; 1 with one line on standard error for what
       mdafilter itself says is wrong (a configuration, a file that cannot be read).
Not on the delivery path: Postfix starts mdafilter-deliver, which knows nothing of this file.
"""

from __future__ import annotations

import importlib

import click

from mdafilter import VERSION
from mdafilter.cli.terminal import printable
from mdafilter.errors import MdafilterError

# Each module has its click command as `command`. The text is what `mdafilter --help` says of it.
COMMANDS: dict[str, tuple[str, str]] = {
    "deliver": ("deliver_command", "One message from standard input into the mailbox."),
    "serve": ("serve", "The same, resident: a broker, workers for each user, and LMTP."),
    "watch": ("watch", "What readers move into Junk, or out of it, is learned."),
    "explain": ("explain", "What the rules ask of a message, and where it would go."),
    "why": ("why", "Why a delivered message is where it is, from the journal."),
    "check": ("check", "All errors and warnings of rule files."),
    "install": ("install", "Puts your rules into place, if their tests pass; --undo."),
    "test": ("rehearse", "Runs tests of rules, in memory."),
    "dump": ("dump", "What rule files compile to, in words."),
    "score": ("score", "What a scorer says of messages in folders and files."),
    "inspect": ("inspect_", "What mdafilter sees in a message."),
    "report": ("report", "What was delivered, filed, rescued, reported and learned."),
    "refile": ("refile", "Runs rules over stored mail: what would move, and moves it."),
    "expire": ("expire", "Removes what mdafilter filed into a folder, so long ago."),
    "train": ("train", "Teach the scorers what is spam, and see what they were taught."),
}


class Commands(click.Group):
    """A group of commands: lists them from its table, imports the one that is called."""

    table = COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        if cmd_name not in self.table:
            return None
        module = importlib.import_module(f"mdafilter.cli.{self.table[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, from the table: no command is imported for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, text) in self.table.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; what it raises on purpose is one line and exit code 1."""
        try:
            return super().invoke(ctx)
        except MdafilterError as failed:
            raise click.ClickException(printable(str(failed), "\n")) from failed
        except BrokenPipeError:
            raise  # click ends quietly
        except OSError as failed:
            name = f"{failed.filename}: " if failed.filename else ""
            raise click.ClickException(printable(f"{name}{failed.strerror or failed}")) from failed


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="mdafilter")
def main() -> None:
    """A mail delivery filter between Postfix and the Maildir.

    \b
    Examples:
      mdafilter check ~/.mdafilter.sieve
      mdafilter explain -R ~/.mdafilter.sieve message.eml
      mdafilter why '<20261122.1234@example.org>'

    Every command has its own --help.
    """


if __name__ == "__main__":
    main()
