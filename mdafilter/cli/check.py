"""mdafilter check: all errors and warnings of rule files at once, each with its line, a caret and what to do.

In:    rule files of any language; without one, all that the configuration names for the site and for this user. The
       Maildir, for folders that are not there.
Out:   Problem.show() of each, and a line that counts them; or JSON for editors. The lints look at what compiles
       (mdafilter/lint), and of a script with errors some of them at what is left.
Exit:  0 no errors (there may be warnings); 1 errors, or a file that cannot be read; 2 a wrong command line.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import click

from mdafilter import delivery, lint, lookups, rulebook, settings
from mdafilter.cli import extras, rulefile
from mdafilter.cli.terminal import printable, style
from mdafilter.errors import Problem, RuleErrors, RuleFailed, SettingsError
from mdafilter.lang.tables import access
from mdafilter.lint.rules import Rules
from mdafilter.lint.sight import Sight
from mdafilter.lint.sources import Sources
from mdafilter.targets.foldername import folder_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mdafilter.lang import Compiled
    from mdafilter.settings import Settings

LANGUAGES = (*rulefile.LANGUAGES, "access")


@click.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-l", "--language", type=click.Choice(LANGUAGES), help="Of all FILEs; else their names tell it.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
@click.option("-m", "--maildir", default="", metavar="PATH", help="Where folders are looked for; else the user's.")
@click.option("--format", "how", type=click.Choice(("text", "json")), default="text", help="How problems are told.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(files: tuple[str, ...], language: str | None, config: str, maildir: str, how: str, as_json: bool) -> None:
    """All errors and warnings of rule files.

    FILE is a Sieve script (*.sieve), a procmailrc or a Postfix table (header_checks, *.regexp, *.pcre); "-" is
    standard input and needs --language. Without FILE: all files that the configuration names. Tables that rules look
    up are checked with them, or by themselves with --language access; scripts that are included, too.

    JSON is one array: file, line, column, endColumn (the first one behind), severity (error or warning), code,
    message, hint. Lines and columns count from 1, columns in characters.

    \b
    Examples:
      mdafilter check ~/.mdafilter.sieve
      mdafilter check --format json ~/.procmailrc
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
    home = os.path.expanduser("~")
    chosen = settings.load(home, config, dict(os.environ))
    names = rulefile.named(files, language, chosen, home)
    library, has_folder = rulebook.folders(chosen, home), folders(chosen, home, maildir)
    checking = Checking(library, has_folder, (chosen.sieve.user_email,), program_folders(chosen))
    problems = tuple(dict.fromkeys(problem for name in names for problem in checking.file(name, language)))
    errors = sum(p.severity == "error" for p in problems)
    if as_json or how == "json":
        click.echo(json.dumps([_data(problem) for problem in problems], indent=2))
    else:
        _print(problems)
        click.echo(summary(len(names), errors, len(problems) - errors))
    sys.exit(1 if errors else 0)


def program_folders(chosen: Settings) -> dict[str, str]:
    """The folders of programs, by what they are for."""
    site = chosen.sieve
    return {"pipe": site.pipe_bin_dir, "filter": site.filter_bin_dir, "execute": site.execute_bin_dir}


def folders(chosen: Settings, home: str, given: str) -> Callable[[str], bool] | None:
    """Asks whether a folder is in the Maildir; None where there is no Maildir, or it depends on the recipient."""
    try:
        root = given or settings.expand(chosen.maildir or delivery.usual(home), home=home, recipient="")
    except SettingsError:
        return None
    if not os.path.isdir(os.path.join(root, "cur")):
        if given:
            raise click.UsageError(f"{given} is no Maildir: it has no cur")
        return None

    def has(name: str) -> bool:
        try:
            return os.path.isdir(os.path.join(folder_path(root, name), "cur"))
        except RuleFailed:
            return True  # a name that no folder can have: that was said

    return has


class Checking:
    """What all files are checked with."""

    def __init__(
        self,
        library: rulebook.Folders,
        has_folder: Callable[[str], bool] | None,
        own: tuple[str, ...],
        programs: Mapping[str, str],
    ) -> None:
        self.library = library
        self.programs = programs
        self.has_folder = has_folder
        self.own = own

    def file(self, name: str, language: str | None) -> tuple[Problem, ...]:
        """What is wrong with one file, and with those that it includes."""
        shown, sight, text = rulefile.shown(name), Sight(), b""
        try:
            if language == "access":
                return _of_table(name, shown)
            text = rulefile.read(name)
            compiled = rulefile.compiled(name, text, language, self.library, sight)
        except RuleErrors as wrong:
            found = (*wrong.problems, *_once((*wrong.warnings, *self._left(shown, text, sight))))
            return tuple(sorted(found, key=lambda problem: (problem.file, problem.line)))
        except OSError as failed:
            return (Problem(shown, 1, 1, f"cannot be read: {failed.strerror}", code="unreadable"),)
        sources = Sources()
        sources.give(shown, text)
        warned = [*compiled.warnings, *lint.problems(Rules(compiled.plan, sight, self.has_folder, self.own), sources)]
        warned.sort(key=lambda problem: (problem.file != shown, problem.file, problem.line, problem.column))
        own = () if name == "-" else _permissions(name)
        return (*own, *_once(warned), *self._beside(compiled))

    def _left(self, shown: str, text: bytes, sight: Sight) -> tuple[Problem, ...]:
        """What the lints say of the rest of a script with errors."""
        sources = Sources()
        sources.give(shown, text)
        rules = None if sight.left is None else Rules(sight.left, sight, self.has_folder, self.own)
        return () if rules is None else lint.problems(rules, sources, whole=False)

    def _beside(self, compiled: Compiled) -> Iterable[Problem]:
        """What is wrong with what the rules need beside themselves."""
        yield from extras.warnings(compiled.plan)
        yield from extras.missing_programs(compiled.plan, self.programs)
        for other in compiled.included:
            yield from _permissions(other)
        for path, found in extras.tables(compiled.plan, self.library):
            yield from (*_permissions(path), *found)


def _once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """What a language and a lint both find is said once."""
    first: dict[tuple[str, int, int], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.line, problem.column), problem)
    return tuple(first.values())


def _of_table(name: str, shown: str) -> tuple[Problem, ...]:
    """What is wrong with a lookup table."""
    if name == "-":
        return access.parse(rulefile.read(name), shown).problems
    try:
        return (*_permissions(name), *lookups.load(name).problems)
    except RuleFailed as failed:
        return (Problem(name, 1, 1, str(failed)),)


def _permissions(name: str) -> tuple[Problem, ...]:
    """A warning for a file that somebody else may write rules into."""
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return ()  # an included script may have a name that is no path
    if not stat.S_ISREG(mode) or not mode & 0o022:
        return ()
    who = "everybody" if mode & 0o002 else "its group"
    hint = f"chmod go-w {name}"
    return (Problem(name, 1, 1, f"{who} may write to this file", hint, severity="warning", code="permissions"),)


def summary(files: int, errors: int, warnings: int) -> str:
    """The last line: "2 files: 1 error, 3 warnings"."""
    found = [_count(n, what) for n, what in ((errors, "error"), (warnings, "warning")) if n]
    return f"{_count(files, 'file')}: {', '.join(found) or 'no problems'}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _print(problems: Iterable[Problem]) -> None:
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for problem in problems:
        first, newline, rest = printable(problem.show(), "\n").partition("\n")
        click.echo(style(first, "red" if problem.severity == "error" else "yellow", colour) + newline + rest)


def _data(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "endColumn": problem.column + problem.length,
        "severity": problem.severity,
        "code": problem.code or "rule",  # what a language or a word says itself
        "message": problem.text,
        "hint": problem.hint,
    }
