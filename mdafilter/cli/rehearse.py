"""mdafilter test: runs rule tests, in memory: nothing is delivered, sent or written.

In:    *.svtest files (mdafilter/testing), and folders, which are searched for them and for the simple form: a folder
       with message.eml and expect.toml (testing/folders.py).
Out:   TAP 14 (testing/tap.py), and with --junit a file for CI; the mistakes of a test file with line and caret.
Exit:  0 all passed; 1 some failed; 2 a wrong command line, a test file that does not compile, or no test at all.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mdafilter import settings
from mdafilter.cli.terminal import printable
from mdafilter.errors import RuleErrors
from mdafilter.testing import folders, junit, tap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.settings import Settings
    from mdafilter.testing.run import Report


@click.command("test")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True))
@click.option("-c", "--config", default="", metavar="FILE", help="Settings of the site; else what is shipped.")
@click.option("--junit", "junit_file", metavar="FILE", help="Write the results as JUnit's XML, too.")
@click.option("--strict", is_flag=True, help="A setting that means nothing here is a failure.")
def command(paths: tuple[str, ...], config: str, junit_file: str | None, strict: bool) -> None:
    """Runs tests of mail rules. Nothing is delivered, sent or written.

    PATH is a test file (*.svtest), in the dialect of Pigeonhole's own tests, or a folder that is searched for them,
    and for folders with message.eml and expect.toml.

    \b
    Example, rules.svtest beside rules.sieve:
      require ["vnd.dovecot.testsuite", "relational", "comparator-i;ascii-numeric"];
      test_set "message" text:
      From: offers@pills.example
      Subject: Buy now
    \b
      .
      ;
      test "Offers go into Junk" {
        if not test_script_compile "rules.sieve" { test_fail "it does not compile"; }
        if not test_script_run { test_fail "it does not run"; }
        if not test_result_execute { test_fail "it cannot be done"; }
        if not test_message :folder "Junk" 0 { test_fail "it is not in Junk"; }
      }
    \b
      mdafilter test rules.svtest
      mdafilter test --junit results.xml tests/

    Exit code: 0 all passed, 1 some failed, 2 a wrong command line, a test file that does not compile, or no test.
    """
    site = settings.load("", config, {}) if config else settings.Settings()
    seen = _Seen(paths, site, strict)
    for line in tap.lines(seen.reports()):
        click.echo(printable(line))
    if junit_file:
        with open(junit_file, "w", encoding="utf-8", errors="replace") as file:
            file.write(junit.document(seen.done))
    results = [result for report in seen.done for result in report.results]
    if not results and not seen.broken:
        hint = "a test file is named *.svtest and has `test`, or a folder has message.eml and expect.toml"
        click.echo(printable(f"Error: there is no test in {' '.join(paths)}: {hint}"), err=True)
    failed = any(result.reason is not None for result in results)
    sys.exit(2 if seen.broken or not results else 1 if failed or seen.unknown else 0)


class _Seen:
    """The reports as they come, and what else was seen."""

    def __init__(self, paths: tuple[str, ...], site: Settings, strict: bool) -> None:
        self.paths = paths
        self.site = site
        self.strict = strict
        self.done: list[Report] = []
        self.broken = False
        self.unknown = False

    def reports(self) -> Iterator[Report]:
        for path in folders.found(self.paths):
            try:
                report = folders.run(path, self.site)
            except RuleErrors as wrong:
                self.broken = True
                for problem in wrong.problems:
                    click.echo(printable(problem.show(), "\n"), err=True)
                continue
            except OSError as failed:
                self.broken = True
                click.echo(printable(f"{path}: cannot be read: {failed.strerror}"), err=True)
                continue
            for name in report.unknown if self.strict else ():
                self.unknown = True
                click.echo(printable(f"{path}: the setting {name} means nothing here"), err=True)
            self.done.append(report)
            yield report
