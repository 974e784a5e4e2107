"""mdafilter dump: what rule files compile to, in words that are the same for all three languages.

In:    rule files; without one, all that the configuration names for the site and for this user.
Out:   outline.render() of each plan: a line for each step, with its file and line; as JSON the lines. With --sieve a
       Sieve script as it was understood (lang/sieve/printer.py): strings read, one layout, no comments.
Exit:  0 printed; 1 errors, or a file that cannot be read; 2 a wrong command line.
"""

from __future__ import annotations

import json
import os
import sys

import click

from mdafilter import lang, rulebook, settings
from mdafilter.cli import outline, rulefile
from mdafilter.cli.terminal import printable
from mdafilter.errors import Problem, RuleErrors


@click.command("dump")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-l", "--language", type=click.Choice(rulefile.LANGUAGES), help="Of all FILEs; else their names tell it.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
@click.option("--sieve", "as_sieve", is_flag=True, help="A Sieve script as it was read, and no plan.")
@click.option("--json", "as_json", is_flag=True, help="The lines as JSON, by file.")
def command(files: tuple[str, ...], language: str | None, config: str, as_sieve: bool, as_json: bool) -> None:
    """What rule files compile to, in words.

    FILE is as for `check`. Each step has a line, with the file and the line that it comes from; scripts that are
    included stand where they are run.

    \b
    Examples:
      mdafilter dump ~/.procmailrc
      mdafilter dump --sieve ~/.mdafilter.sieve

    Exit code: 0 printed, 1 errors in a file, 2 a wrong command line.
    """
    home = os.path.expanduser("~")
    chosen = settings.load(home, config, dict(os.environ))
    library = rulebook.folders(chosen, home)
    names = rulefile.named(files, language, chosen, home)
    dumped: dict[str, str] = {}
    wrong: list[Problem] = []
    for name in names:
        shown = rulefile.shown(name)
        if as_sieve and (language or lang.language(name)) != "sieve":
            raise click.UsageError(f"{printable(shown)} is no Sieve script, and --sieve is for these")
        try:
            text = rulefile.read(name)
            compiled = rulefile.compiled(name, text, language, library)
            dumped[shown] = _sieve(text) if as_sieve else outline.render(compiled.plan)
        except RuleErrors as errors:
            wrong += errors.problems
        except OSError as failed:
            wrong.append(Problem(shown, 1, 1, f"cannot be read: {failed.strerror}"))
    if as_json:
        click.echo(json.dumps({name: shown.rstrip("\n").split("\n") for name, shown in dumped.items()}, indent=2))
    else:
        click.echo("\n\n".join(shown.rstrip("\n") for shown in dumped.values()), nl=bool(dumped))
    for problem in wrong:
        click.echo(printable(problem.show(), "\n"), err=True)
    sys.exit(1 if wrong else 0)


def _sieve(text: bytes) -> str:
    from mdafilter.lang.sieve import printer

    printed = printer.printed(text)
    return printable(printed, "\n\t") if sys.stdout.isatty() else printed  # elsewhere it may be compiled again
