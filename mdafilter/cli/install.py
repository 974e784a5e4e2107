"""mdafilter install: puts a user's rules into place, if they have no error and their tests pass.

In:    a rule file; its tests: the *.svtest beside it, or those of --tests.
Out:   the file that deliveries read (settings.py, user_rules): the first one of its language. It is replaced as a
       whole, and the version before is kept (versions.py); --undo brings that back.
Exit:  0 done; 1 not done: an error in the rules, a test that failed, or rules that would not count; 2 a wrong command
       line, or a test file that does not compile.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from mdafilter import lang, rulebook, settings, versions
from mdafilter.cli.check import Checking, program_folders
from mdafilter.cli.terminal import printable
from mdafilter.errors import RuleErrors
from mdafilter.testing import folders, tap

if TYPE_CHECKING:
    from mdafilter.settings import Settings


@click.command("install")
@click.argument("rules", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--tests", multiple=True, metavar="PATH", type=click.Path(exists=True), help="Instead of those beside.")
@click.option("--undo", is_flag=True, help="Bring the version before back.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(rules: str | None, tests: tuple[str, ...], undo: bool, config: str) -> None:
    """Puts your rules into place, after checking and testing them.

    RULES is a Sieve script or a procmailrc. Its tests are the files *.svtest in its folder, or what --tests names. The
    version before is kept, and --undo brings it back.

    \b
    Examples:
      mdafilter install new/rules.sieve
      mdafilter install --tests tests/ ~/procmailrc.new.procmailrc
      mdafilter install --undo

    Exit code: 0 done, 1 not done, 2 a wrong command line or a test file that does not compile.
    """
    if undo == bool(rules):
        raise click.UsageError("say either a rule file, or --undo")
    home = os.path.expanduser("~")
    chosen = settings.load(home, config, dict(os.environ))
    if rules is None:
        target = _undone(chosen, home)
        click.echo(f"{target} is {'as it was before' if os.path.lexists(target) else 'gone: there was none before'}")
        return
    target = _target(rules, chosen, home)
    text = rulebook.read(rules)
    _checked(rules, Checking(rulebook.folders(chosen, home), None, (), program_folders(chosen)))
    _tested(tests or _beside(rules), chosen)
    versions.replace(target, text)
    if wrong := rulebook.suspicious(target):
        raise click.ClickException(f"{target} is in place, and deliveries do not believe it: {wrong[0]}; {wrong[1]}")
    click.echo(f"{target} is in force; mdafilter install --undo brings the version before back")


def _places(chosen: Settings, home: str) -> list[str]:
    """Where the rules of this user may be, the first that is there is the one that counts."""
    return [settings.expand(name, home=home, recipient="") for name in chosen.user_rules]


def _target(rules: str, chosen: Settings, home: str) -> str:
    """The file that these rules become."""
    language, places = lang.language(rules), _places(chosen, home)
    own = [place for place in places if lang.language(place) == language and language is not None]
    if not own:
        raise click.ClickException(f"{rules}: deliveries read no file of this kind; they read {', '.join(places)}")
    target = own[0]
    before = [place for place in places[: places.index(target)] if os.path.lexists(place)]
    if before:
        raise click.ClickException(f"{before[0]} goes before {target}, which would not be read: move it away first")
    if os.path.realpath(rules) == os.path.realpath(target):
        raise click.ClickException(f"{rules} is in force already: write the new version into a file of another name")
    return target


def _undone(chosen: Settings, home: str) -> str:
    """Undoes the latest change; not that of a file behind the one in force, which nobody would see."""
    places = _places(chosen, home)
    kept = [place for place in places if os.path.lexists(place + versions.PREVIOUS)]
    behind = next((number for number, place in enumerate(places, 1) if os.path.lexists(place)), len(places))
    kept = [place for place in kept if place in places[:behind]]
    if not kept:
        raise click.ClickException("no version before the rules in force is kept")
    latest = max(kept, key=lambda place: os.lstat(place + versions.PREVIOUS).st_ctime_ns)  # rename(2) sets it
    versions.undo(latest)
    return latest


def _checked(rules: str, checking: Checking) -> None:
    """Prints what is wrong; ends here for an error."""
    problems = checking.file(rules, None)
    for problem in problems:
        click.echo(printable(problem.show(), "\n"), err=True)
    if any(problem.severity == "error" for problem in problems):
        raise click.ClickException("nothing is changed: the rules have errors")


def _beside(rules: str) -> tuple[str, ...]:
    folder = os.path.dirname(os.path.abspath(rules))
    return tuple(os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(folders.SUFFIX))


def _tested(tests: tuple[str, ...], chosen: Settings) -> None:
    """Prints the result; ends here for a failure."""
    try:
        reports = [folders.run(path, chosen) for path in folders.found(tests)]
    except RuleErrors as wrong:
        for problem in wrong.problems:
            click.echo(printable(problem.show(), "\n"), err=True)
        click.echo("nothing is changed: a test file has errors", err=True)
        sys.exit(2)
    results = [result for report in reports for result in report.results]
    failed = sum(result.reason is not None for result in results)
    if failed:
        for line in tap.lines(reports):
            click.echo(printable(line))
        raise click.ClickException("nothing is changed: not all tests pass")
    click.echo(tap.count(len(results), 0) if results else "there are no tests")
