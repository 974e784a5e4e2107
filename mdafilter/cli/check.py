"""mdafilter check: all errors and warnings of rule files at once, each with its line and a caret.

In:    rule files of any language; without one, all that the configuration names for the site and for this user.
Out:   Problem.show() of each, and a line that counts them; or JSON. With --plan what the rules compile to (outline.py).
Exit:  0 no errors (there may be warnings); 1 errors, or a file that cannot be read; 2 a wrong command line.
"""

from __future__ import annotations

import importlib
import json
import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import click

from mdafilter import lang, limits, lookups, rulebook, settings
from mdafilter.cli import extras, outline
from mdafilter.cli.terminal import printable, style
from mdafilter.errors import Problem, RuleErrors, RuleFailed
from mdafilter.lang.tables import access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdafilter.plan import Plan
    from mdafilter.settings import Settings

LANGUAGES = (*dict.fromkeys(language for _endings, language in lang.TABLE), "access")


@click.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-l", "--language", type=click.Choice(LANGUAGES), help="Of all FILEs; else their names tell it.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
@click.option("--json", "as_json", is_flag=True, help="The problems as JSON.")
@click.option("--plan", "as_plan", is_flag=True, help="What the rules compile to, too: the same for every language.")
def command(files: tuple[str, ...], language: str | None, config: str, as_json: bool, as_plan: bool) -> None:
    """All errors and warnings of rule files.

    FILE is a Sieve script (*.sieve), a procmailrc or a Postfix table (header_checks, *.regexp, *.pcre); "-" is
    standard input and needs --language. Without FILE: all files that the configuration names. Tables that rules look
    up are checked with them, or by themselves with --language access.

    \b
    Examples:
      mdafilter check ~/.mdafilter.sieve
      mdafilter check --plan ~/.procmailrc
      mdafilter check --language procmail - <old-recipes
      mdafilter check --language access /etc/postfix/client_access

    \b
    Where a procmailrc means something else than to procmail, which would lose mail:
      | program     one that fails leaves the message to the next recipe, without flag w too
      h or b alone  into a program: the inbox has the message as well (formail -D drops
                    no duplicate); into a mailbox: all of the message is stored
      f             a filter that fails and writes nothing leaves the message as it was
      locks         a program has its lock file; mailboxes are locked as they need it, and
                    a lock file that is named for one, or for a block, is not used
      twice         a mailbox that two recipes name gets the message once
      c | program   runs last: what it writes, later lines do not see yet; with flags c
                    and i it runs at once
      INCLUDERC     of a name that only a message tells: the file is read then, and must be
                    one that nobody else may write to; what is wrong with it is in the journal
      HOST          of another machine, before all recipes, leaves the message in the inbox
      EXITCODE      is answered only where /dev/null or HOST ends the rules and nothing has
                    a copy: 75 and 71 as "try again", others as a refusal, which Postfix
                    makes a bounce of

    Exit code: 0 no errors (warnings alone are none), 1 errors, 2 a wrong command line.
    """
    if "-" in files and language is None:
        raise click.UsageError("standard input has no name that tells its language: say --language")
    home = os.path.expanduser("~")
    chosen = settings.load(home, config, dict(os.environ))
    names = files or named(chosen, home)
    library = rulebook.folders(chosen, home)
    checked = [checked_file(name, language, library) for name in names]
    problems = tuple(dict.fromkeys(p for _, found in checked for p in found))
    plans = [outline.render(plan) for plan, _ in checked if as_plan and plan is not None]
    errors = sum(p.severity == "error" for p in problems)
    if as_json:
        data = _data(names, problems, errors) | ({"plans": [plan.split("\n") for plan in plans]} if as_plan else {})
        click.echo(json.dumps(data, indent=2))
    else:
        for plan in plans:
            click.echo(f"{plan}\n")
        _print(problems)
        click.echo(summary(len(names), errors, len(problems) - errors))
    sys.exit(1 if errors else 0)


def named(chosen: Settings, home: str) -> tuple[str, ...]:
    """The rule files of the configuration: the site's, then the user's if there is one."""
    own = rulebook.user_file(chosen, home)
    return rulebook.site_files(chosen) + ((own,) if own else ())


def checked_file(name: str, language: str | None, library: rulebook.Folders) -> tuple[Plan | None, tuple[Problem, ...]]:
    """The plan of one file, if it has one, and what is wrong with it."""
    shown = "<stdin>" if name == "-" else name
    try:
        if language == "access":
            return None, _of_table(name, shown)
        text, warnings = (_stdin(), ()) if name == "-" else (rulebook.read(name), _permissions(name))
        if language is None:
            compiled = lang.compile(text, shown, library)
        else:
            compiled = importlib.import_module(f"mdafilter.lang.{language}").compile(text, shown, library)
    except RuleErrors as wrong:
        return None, tuple(sorted((*wrong.problems, *wrong.warnings), key=lambda problem: (problem.file, problem.line)))
    except OSError as failed:
        return None, (Problem(shown, 1, 1, f"cannot be read: {failed.strerror}"),)
    included = (warning for other in compiled.included for warning in _permissions(other))
    tables = [p for path, found in extras.tables(compiled.plan, library) for p in (*_permissions(path), *found)]
    more = extras.warnings(compiled.plan)
    return compiled.plan, (*warnings, *compiled.warnings, *more, *included, *tables)


def _of_table(name: str, shown: str) -> tuple[Problem, ...]:
    """What is wrong with a lookup table."""
    if name == "-":
        return access.parse(_stdin(), shown).problems
    try:
        return (*_permissions(name), *lookups.load(name).problems)
    except RuleFailed as failed:
        return (Problem(name, 1, 1, str(failed)),)


def _stdin() -> bytes:
    text = sys.stdin.buffer.read(limits.SCRIPT_OCTETS + 1)
    if len(text) > limits.SCRIPT_OCTETS:
        raise RuleErrors([Problem("<stdin>", 1, 1, f"a rule file may have {limits.SCRIPT_OCTETS} octets")])
    return text


def _permissions(name: str) -> tuple[Problem, ...]:
    """A warning for a file that somebody else may write rules into."""
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return ()  # an included script may have a name that is no path
    if not stat.S_ISREG(mode) or not mode & 0o022:
        return ()
    who = "everybody" if mode & 0o002 else "its group"
    return (Problem(name, 1, 1, f"{who} may write to this file", hint=f"chmod go-w {name}", severity="warning"),)


def summary(files: int, errors: int, warnings: int) -> str:
    """The last line: "2 files: 1 error, 3 warnings"."""
    found = [_count(n, what) for n, what in ((errors, "error"), (warnings, "warning")) if n]
    return f"{_count(files, 'file')}: {', '.join(found) or 'no problems'}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print(problems: Iterable[Problem]) -> None:
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for problem in problems:
        first, newline, rest = printable(problem.show(), "\n").partition("\n")
        click.echo(style(first, "red" if problem.severity == "error" else "yellow", colour) + newline + rest)


def _data(names: tuple[str, ...], problems: tuple[Problem, ...], errors: int) -> dict[str, Any]:
    listed = [{field: getattr(problem, field) for field in problem._fields} for problem in problems]
    return {"files": list(names), "errors": errors, "warnings": len(problems) - errors, "problems": listed}
