"""mdafilter report: what was delivered, filed as spam, rescued, reported and learned, by days; and what will expire.

In:    the journal, the ledger of training and the Maildir, of oneself; as root of another user, or of all (--site).
Out:   a table and a chart; --json; --html FILE, one page; --mail, a letter with both (report_mail.py).
Fails: what cannot be looked at is a note in the report. Of the site: a user whose mail cannot be looked at is a note.
Killed: it has no state. Some have their letter, each a whole one, and others have not; a page may be cut, until the
       next one is written.
Exit:  0; 1 where it cannot be made or sent; 2 a wrong command line.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time

import click

from mdafilter import limits, settings
from mdafilter.cli import report_mail, report_text
from mdafilter.cli.expire import seconds, spelled
from mdafilter.errors import MdafilterError
from mdafilter.reporting import Day, Summary, both, days, gather, rights
from mdafilter.reporting.gather import Wish
from mdafilter.reporting.page import page
from mdafilter.train.watchers import own

OWNER = "\0"  # --mail without an address


@click.command("report")
@click.option(
    "-d", "--days", "count", type=click.IntRange(1, limits.REPORT_DAYS), default=7, help="The last N days; 7."
)
@click.option(
    "-u", "--user", "users", multiple=True, metavar="NAME", help="As root: of this user; repeatable for --mail."
)
@click.option("--site", is_flag=True, help="As root: of all users together. No subject is shown.")
@click.option(
    "--folder", metavar="NAME", callback=spelled, default="Trash", help="The folder whose messages expire; Trash."
)
@click.option(
    "--older",
    metavar="AGE",
    callback=seconds,
    default="30d",
    help="How long `mdafilter expire` leaves them there; 30d.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--html", metavar="FILE", default="", help='As one HTML page, into a file; "-" is standard output.')
@click.option(
    "--mail",
    metavar="[ADDRESS]",
    is_flag=False,
    flag_value=OWNER,
    default="",
    help="Sent by sendmail(1): there, or to the user; as root to each user.",
)
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(
    count: int,
    users: tuple[str, ...],
    site: bool,
    folder: str,
    older: float,
    as_json: bool,
    html: str,
    mail: str,
    config: str,
) -> None:
    """What was delivered, filed as spam, rescued, reported and learned, by days.

    And what mdafilter filed into Trash, and when `mdafilter expire` removes it, if it runs with the same --older.
    Reported and learned is known to who may read the ledger: root, and the user that [train] learns as.

    \b
    Examples:
      mdafilter report
      mdafilter report --days 30 --html report.html
      mdafilter report --mail               the digest; as root: each user's own, to each (weekly, by timer or cron)
      mdafilter report --site

    Exit code: 0; 1 where it cannot be made or sent; 2 for a wrong command line.
    """
    root, to_owners = os.geteuid() == 0, mail == OWNER
    if not root and (site or set(users) - {own().name}):
        raise click.UsageError("the mail of others needs root")
    if site and (users or to_owners):
        raise click.UsageError("--site is of all users: it goes without --user, and --mail with an ADDRESS")
    if to_owners and (as_json or html):
        raise click.UsageError("--mail without an ADDRESS goes without --json and --html")
    if not to_owners and (len(users) > 1 or (root and not site and not users)):
        raise click.UsageError("as root: say whose report, by one --user NAME, or --site; or --mail, to each his own")
    now = time.time()
    wish = Wish(days.dates(now, count), now, folder, older, config)
    if to_owners:
        sys.exit(report_mail.to_each(users, wish))
    summary = of_site(wish) if site else of_user("".join(users), wish)
    if html:
        _write(html, page(summary))
    if mail:
        # As root by the site's program: no user's configuration is believed.
        chosen = settings.load("", config, {}) if root else rights.chosen_for(own(), config)
        report_mail.send(summary, mail, chosen.delivery.sendmail)
    if as_json:
        click.echo(json.dumps(gather.told(summary), indent=1))
    elif not html and not mail:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        click.echo("\n".join(report_text.render(summary, shutil.get_terminal_size().columns, colour)))


def of_user(name: str, wish: Wish) -> Summary:
    """Of one user: oneself, or, as root, by a process with that user's rights alone."""
    found, note = gather.ledger(settings.load("", wish.config, {}).train, days.begin(wish.dates[0]))
    lines = gather.by_user(found)
    if os.geteuid() != 0:
        return gather.of_account(own(), wish, lines, note)
    for _account, said, why in rights.each(
        (name,), lambda account: gather.told(gather.of_account(account, wish, lines, note))
    ):
        if why:
            raise MdafilterError(f"{name}: {why}")
        return gather.read_back(said, wish)
    raise AssertionError("one name, one user")


def of_site(wish: Wish) -> Summary:
    """Of all people, without what their messages say."""
    found, note = gather.ledger(settings.load("", wish.config, {}).train, days.begin(wish.dates[0]))
    lines = gather.by_user(found)
    empty = tuple(Day(date) for date in wish.dates)
    summary, users = Summary("", empty, wish.folder, notes=(note,) if note else ()), 0
    for account, said, why in rights.each(
        (), lambda account: gather.told(gather.of_account(account, wish, lines).replace(held=(), notes=()))
    ):
        if not why:
            try:
                summary = both(summary, gather.read_back(said, wish).replace(held=(), notes=()))
                users += 1
            except MdafilterError as wrong:
                why = str(wrong)
        if why:
            summary = summary.replace(notes=(*summary.notes, f"{account.name}: {why}"))
    # What is reported by addresses that are no user of this host is of the site as well.
    all_of_it = days.taught(found)
    whole = (
        day.replace(reported=all_of_it.reported.get(day.date, 0), learned=all_of_it.learned.get(day.date, 0))
        for day in summary.days
    )
    return summary.replace(who=f"all users ({users})", days=tuple(whole))


def _write(path: str, text: str) -> None:
    """A page has subjects in it: a new file is its owner's alone."""
    if path == "-":
        click.echo(text, nl=False)
        return
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(fd, "w", encoding="utf-8") as file:
        file.write(text)
