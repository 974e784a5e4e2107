"""mdafilter why: what the journal says of a message: when, from whom, to which folder, by which line of which rules.

In:    a Message-ID (with or without <>), a queue id, or the file of a delivered message; or --last.
Out:   one block for each delivery, the newest first, with the tries before it that were deferred; or the lines of the
       journal as they stand.
Exit:  0 found; 1 not found (where was looked is said); 2 a wrong command line.
"""

from __future__ import annotations

import itertools
import os
import pwd
import sys
from typing import TYPE_CHECKING

import click

from mdafilter import settings
from mdafilter.cli.record import block, when
from mdafilter.cli.terminal import printable
from mdafilter.errors import MdafilterError, SettingsError
from mdafilter.journal import Entry, Event, line, read
from mdafilter.message import Message, Octets
from mdafilter.train import stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOVES = ("refiling", "refiled", "unmoved")  # journal/__init__.py


@click.command("why")
@click.argument("message_id", required=False)
@click.option(
    "--last", type=click.IntRange(1, 10_000), is_flag=False, flag_value=1, metavar="[N]", help="The latest N."
)
@click.option(
    "-j", "--journal", "journals", multiple=True, metavar="FILE", help="Look here and nowhere else; repeatable."
)
@click.option("-u", "--user", metavar="NAME", help="In the journal of this user.")
@click.option("-r", "--recipient", default="", metavar="ADDRESS", help="Fills %u %n %d of the configured journal path.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
@click.option("--json", "as_json", is_flag=True, help="The lines of the journal, the newest first.")
def command(
    message_id: str | None,
    last: int | None,
    journals: tuple[str, ...],
    user: str | None,
    recipient: str,
    config: str,
    as_json: bool,
) -> None:
    """Why a delivered message is where it is.

    MESSAGE_ID is a Message-ID with or without its <>, a queue id, or the file of a delivered message.

    \b
    Examples:
      mdafilter why '<20261122.1234@example.org>'
      mdafilter why ~/Maildir/.Trash/cur/1795356846.M1P2.host:2,
      mdafilter why --last 10

    Exit code: 0 found, 1 not found, 2 a wrong command line.
    """
    if (message_id is None) == (last is None):
        raise click.UsageError("say a MESSAGE_ID, the file of a message, or --last")
    places = journals or places_of(user, recipient, config)
    facts = _facts(places)
    if message_id is not None:
        wanted = id_of(message_id)[:998]  # as much as a journal has of it (RFC 5322 section 2.1.1: the longest line)
        found = list(ended(fact for fact in facts if read.same_id(fact, wanted)))
    else:
        wanted = "any message"
        found = list(itertools.islice((fact for fact in ended(facts) if isinstance(fact, Entry)), last))
    if not found:
        click.echo(not_found(wanted, places), err=True)
        sys.exit(1)
    if as_json:
        for fact in found:
            click.echo(line.encode(fact).decode("ascii"), nl=False)
        return
    click.echo("\n\n".join(block(fact, tries) for fact, tries in deliveries(found)))


def id_of(argument: str) -> str:
    """The Message-ID: that of the file where the argument is one, else the argument itself."""
    if not os.path.isfile(argument):
        return argument
    with open(stored.opened(argument), "rb") as file:
        found = Message.parse(Octets.map(file.fileno())).headers.first("message-id")
        if found is None or not found.text.strip():
            raise MdafilterError(f"{argument}: this message has no Message-ID; look with --last")
        return found.text.strip()


def places_of(user: str | None, recipient: str, config: str) -> tuple[str, ...]:
    """The journals where a user's deliveries may be; the usual ones, and a warning, if the configuration is broken."""
    environ = dict(os.environ)
    home = os.path.expanduser("~")
    if user is not None:
        try:
            home = pwd.getpwnam(user).pw_dir
        except KeyError:
            raise click.BadParameter(f"there is no user {user!r}", param_hint="--user") from None
        environ = {}
    usual = read.places(environ, home)
    try:
        path = settings.load(home, config, environ).journal.path
        return (settings.expand(path, home=home, recipient=recipient or user or _me()),) if path else usual
    except SettingsError as wrong:
        click.echo(printable(f"Warning: {wrong}", "\n"), err=True)
        return usual


def deliveries(found: Iterable[Entry | Event]) -> list[tuple[Entry | Event, list[Entry]]]:
    """Each fact with the deferred tries before it, of the same message for the same recipient; the newest first."""
    out: list[tuple[Entry | Event, list[Entry]]] = []
    open_: dict[tuple[str, str], list[Entry]] = {}
    for fact in found:
        key = (fact.message_id, fact.recipient) if isinstance(fact, Entry) else ("", "")
        if isinstance(fact, Entry) and fact.status == "deferred" and key in open_:
            open_[key].append(fact)
            continue
        out.append((fact, []))
        if isinstance(fact, Entry):
            open_[key] = out[-1][1]
    return out


def ended(facts: Iterable[Entry | Event]) -> Iterator[Entry | Event]:
    """Without the beginnings of moves of which it is told, later, what came of them."""
    told: set[str] = set()
    for fact in facts:
        if isinstance(fact, Entry) and fact.status in MOVES:
            if fact.status == "refiling" and fact.id in told:
                continue
            told.add(fact.id)
        yield fact


def not_found(wanted: str, places: Iterable[str]) -> str:
    """Says what was not found, and what each journal has."""
    lines = [f"Nothing is known of {printable(wanted)}. Looked in:"]
    for place in places:
        count, oldest = 0, 0.0
        for fact in _facts((place,)):
            count, oldest = count + 1, fact.time
        has = f"{count} entries since {when(oldest)}" if count else "no entries" if read.files(place) else "no file"
        lines.append(f"  {printable(place)}: {has}")
    return "\n".join([*lines, "Another user's journal: -u NAME; another file: -j FILE."])


def _facts(places: Iterable[str]) -> Iterator[Entry | Event]:
    for place in places:
        yield from read.facts(place)


def _me() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return ""
