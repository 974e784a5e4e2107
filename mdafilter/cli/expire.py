"""mdafilter expire: removes what mdafilter filed into a folder so long ago, and nobody has touched since.

In:    the folder, and how long ago; which files are meant stands in reporting/filed.py.
Out:   what would be removed, a line for each rule that filed some of it, and what stays and why; with --execute it is
       removed. With -v a line for each message. --json is a line of JSON for each Maildir.
Fails: a user whose mail cannot be looked at is told of, and the others are not held up by that. A process that is
       killed has removed some of the messages, and no other; the next one removes the rest.
Exit:  0; 1 where something failed; 69 where there is no Maildir; 2 a wrong command line.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from mdafilter import limits
from mdafilter.cli.terminal import printable, short, size
from mdafilter.errors import BadFolder
from mdafilter.reporting import filed, folder, rights
from mdafilter.targets.foldername import folder_name
from mdafilter.train.watchers import own

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mdafilter.delivery import Account
    from mdafilter.reporting.rights import Place

UNITS = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
NO_MAILDIR = 69  # EX_UNAVAILABLE of sysexits(3)


def seconds(_context: click.Context | None, _option: click.Parameter | None, age: str) -> float:
    """The seconds of 30d, 12h, 4w. A number alone is no age: what it counts would be a guess."""
    match = re.fullmatch(r"([0-9]{1,5})([hdw])", age)
    if match is None:
        raise click.BadParameter(f"{age!r} is no age: write 30d, 12h or 4w")
    return float(match[1]) * UNITS[match[2]]


def spelled(_context: click.Context | None, _option: click.Parameter | None, name: str) -> str:
    """The name of the folder as it was given. The inbox is none that expires."""
    try:
        if folder_name(name):
            return name
    except BadFolder as wrong:
        raise click.BadParameter(str(wrong)) from wrong
    raise click.BadParameter("the inbox does not expire: in it nothing is filed as spam")


@click.command("expire")
@click.option(
    "--folder", "name", metavar="NAME", callback=spelled, required=True, help='As rules write it: "Trash", "lists/old".'
)
@click.option(
    "--older", metavar="AGE", callback=seconds, required=True, help="Filed longer ago than that: 30d, 12h, 4w."
)
@click.option("--execute", is_flag=True, help="Remove it. Without this, nothing is removed.")
@click.option("--user", "users", multiple=True, metavar="NAME", help="As root: this user's mail alone; repeatable.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each message.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each Maildir.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(
    name: str, older: float, execute: bool, users: tuple[str, ...], verbose: bool, as_json: bool, config: str
) -> None:
    """Removes what mdafilter filed into a folder so long ago.

    Only what mdafilter itself filed there, counted from when it did, and only what nobody has touched: what its reader
    moved there, flagged, answered or forwarded stays. Without --execute it only tells what it would remove.

    \b
    Examples:
      mdafilter expire --folder Trash --older 30d
      mdafilter expire --folder Trash --older 30d --execute

    As root it does so for all users, each with that user's rights alone. An IMAP server takes a removed file for an
    expunged message. There is no way back.

    Exit code: 0; 1 where something failed; 69 where there is no Maildir; 2 for a wrong command line.
    """
    before = time.time() - older

    def work(account: Account) -> list[dict[str, Any]]:
        found = rights.places(account, rights.chosen_for(account, config))
        return [one for group in rights.together(found) for one in expired(*group, name, before, execute, verbose)]

    failed, some = False, False
    for account, answer, why in answers(users, work):
        if why:
            click.echo(printable(f"{account.name}: {why}"), err=True)
        failed |= bool(why)
        for told in answer if isinstance(answer, list) else ():
            some = True
            failed |= bool(told.get("failed"))
            click.echo(json.dumps(told) if as_json else "\n".join(render(told)))
    if not some and not failed and (users or os.geteuid() != 0):
        click.echo("there is no Maildir here", err=True)
        sys.exit(NO_MAILDIR)
    sys.exit(int(failed))


def expired(
    journals: tuple[str, ...], found: list[Place], name: str, before: float, execute: bool, verbose: bool
) -> Iterator[dict[str, Any]]:
    """What goes, or would, and what stays, of Maildirs that have the same journals; of each."""
    wanted: set[str] = set()
    for place in found:
        with suppress(OSError):  # it is said below
            wanted |= folder.candidates(place.root, name, before)
    told = folder.places(journals, wanted)
    for place in found:
        yield _expired(place, told, name, before, execute, verbose)


def _expired(
    place: Place, known: Mapping[str, folder.Place], name: str, before: float, execute: bool, verbose: bool
) -> dict[str, Any]:
    told: dict[str, Any] = {"maildir": place.root, "user": place.user, "folder": name, "removed": execute}
    try:
        seen = folder.look(place.root, name, known, before)
    except OSError as failed:
        return {**told, "messages": 0, "octets": 0, "rules": {}, "kept": {}, "failed": [_said(failed)]}
    gone: list[folder.Held] = []
    listed: list[dict[str, Any]] = []
    wrong: list[str] = []
    failures = 0
    for one in seen.held:
        try:
            shown = folder.opened(one) if verbose and len(listed) < limits.EXPIRE_LISTED else None
            if execute and not folder.remove(one):
                continue
        except OSError as failed:  # it is where it was; the next one may go
            failures += 1
            if len(wrong) < limits.EXPIRE_FAILED:
                wrong.append(_said(failed))
            continue
        gone.append(one)
        if shown is not None:
            listed.append(dict(zip(shown._fields, shown._values(), strict=True)))
    if failures > len(wrong):
        wrong.append(f"and {failures - len(wrong)} more")
    told |= {"messages": len(gone), "octets": sum(one.size for one in gone), "failed": wrong, "kept": seen.kept}
    told["rules"] = dict(Counter(one.rule for one in gone))
    return {**told, "list": listed} if verbose else told


def render(told: dict[str, Any]) -> Iterator[str]:
    """The lines for people."""
    count, done = told["messages"], told["removed"]
    what = f"{_messages(count)} ({size(told['octets'])}) {'removed' if done else 'would be removed'}"
    yield printable(f"{told['maildir']}, folder {told['folder']}: {what}")
    for rule, number in sorted(told["rules"].items(), key=lambda item: (-item[1], item[0])):
        yield f"  {number:>7}  filed by {short(rule, 200) or 'mdafilter'}"
    for one in told.get("list", ()):
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(one["time"]))
        yield f"           {day}  {size(one['size']):>7}  {short(one['sender'], 40)}  {short(one['subject'], 60)}"
    if "list" in told and count > len(told["list"]):
        yield f"           and {count - len(told['list'])} more"
    for why, text in filed.KEPT.items():
        if told["kept"].get(why):
            yield f"  {told['kept'][why]:>7}  stay{'s' if told['kept'][why] == 1 else ''}: {text}"
    for text in told["failed"]:
        yield printable(f"  failed: {text}")
    if not done and count:
        yield "  Nothing was removed: say --execute."


def answers(users: tuple[str, ...], work: rights.Work) -> Iterator[tuple[Account, Any, str]]:
    """As root of these users, or of all people (rights.each); as anybody else of oneself."""
    if os.geteuid() == 0:
        yield from rights.each(users, work)
        return
    account = own()
    if users and users != (account.name,):
        raise click.UsageError("--user for another user needs root")
    yield account, work(account), ""


def _messages(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'}"


def _said(failed: OSError) -> str:
    return f"{failed.filename}: {failed.strerror}" if failed.filename else str(failed)
