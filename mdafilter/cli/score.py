"""mdafilter score: what a scorer says of messages that are there: to look at one, and to measure with many.

Of each message our own marks on top are taken off first (train/bare.py); nothing of it is changed or remembered.

Out:   a line for each message: the score, the verdict, the file (and `:octet` in an mbox); or an object (--json). The
       order is that of the archive. The sums are on standard error.
Exit:  0 all are scored, and as expected; 1 some are not as --expect says; 3 some could not be read or scored;
       2 a wrong command line.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import click

from mdafilter import settings, teaching
from mdafilter.cli.terminal import printable
from mdafilter.errors import MdafilterError
from mdafilter.message import Message
from mdafilter.train import VERDICTS, archive
from mdafilter.train.bare import bare
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mdafilter.settings import Settings
    from mdafilter.world import Scored

SCORERS = ("bayes", "spamd")  # mdafilter/scorers/NAME.py, and the table [NAME] of the configuration
NONE = "none"  # the verdict on a message that was not scored


class Row(Value):
    """What is said of one message."""

    path: str
    verdict: str  # "spam", "ham", "unsure" or "none"
    score: float | None = None
    threshold: float | None = None
    symbols: tuple[str, ...] = ()
    note: str = ""


@click.command("score")
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True), metavar="FOLDER|FILE..."
)
@click.option("--scorer", type=click.Choice(SCORERS), help="Who scores; else bayes where it is enabled, and spamd.")
@click.option("--expect", type=click.Choice(VERDICTS), help="What they are: only the others are shown, and counted.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object for each message.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Questions to spamd at once."
)
@click.option("-u", "--user", default="", metavar="NAME", help="Whose preferences and Bayes data are used.")
@click.option("-c", "--config", default="", metavar="FILE", help="One more configuration file, read last.")
def command(
    paths: tuple[str, ...],
    scorer: str | None,
    expect: str | None,
    as_json: bool,
    jobs: int,
    user: str,
    config: str,
) -> None:
    """What a scorer says of messages: a line each.

    Reads Maildir and MH folders, mboxes, files, folders of these, and - for standard input. Nothing is changed.

    \b
    Examples:
      mdafilter score ~/Maildir/.Junk
      mdafilter score --scorer spamd -j 4 --expect ham ~/Maildir     false alarms
      mdafilter score --expect spam old.mbox                         misses

    Exit code: 0 all are scored (and as expected), 1 some are not as expected, 3 some are not scored,
    2 a wrong command line.
    """
    chosen = settings.load("", config, {})
    name = scorer or default(chosen)
    ask = asking(chosen, name, user)
    counted: Counter[str] = Counter()
    for row in rows(archive.items(paths, quoting=chosen.delivery.mbox_quoting), ask, jobs if name == "spamd" else 1):
        counted[row.verdict] += 1
        if expect is None or row.verdict != expect:
            click.echo(as_object(row, name) if as_json else line(row))
    click.echo(summary(counted, name, expect), err=True)
    sys.exit(3 if counted[NONE] else 1 if expect and counted[expect] < counted.total() else 0)


def default(chosen: Settings) -> str:
    """Who scores where nobody was named."""
    bayes = getattr(chosen, "bayes", None)
    return "bayes" if bayes is not None and bayes.enabled != "off" else "spamd"


def asking(chosen: Settings, name: str, user: str) -> Callable[[Message], Scored]:
    """The question to this scorer: switched off or not, it is asked, and its silence is an answer. MdafilterError."""
    options = getattr(chosen, name, None)
    if options is None:
        raise MdafilterError(f"there is no scorer {name}")
    user = teaching.account(chosen.train, user)  # as a delivery asks
    options = options.replace(enabled="on")
    if name == "spamd":
        options = options.replace(when_down="accept", rewrite_subject=False)
    score = importlib.import_module(f"mdafilter.scorers.{name}").score
    if name == "bayes":
        score = functools.partial(score, home=os.path.expanduser(f"~{user}"))
    return functools.partial(score, options=options, user=user)


def rows(items: Iterable[archive.Item], ask: Callable[[Message], Scored], jobs: int) -> Iterator[Row]:
    """The rows in the order of the messages, of which twice `jobs` are in memory."""
    if jobs == 1:
        yield from (row(item, ask) for item in items)
        return
    with ThreadPoolExecutor(jobs) as pool:
        asked = deque()  # type: ignore[var-annotated]
        for item in items:
            asked.append(pool.submit(row, item, ask))
            if len(asked) >= 2 * jobs:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()


def row(item: archive.Item, ask: Callable[[Message], Scored]) -> Row:
    """What is said of one message."""
    if item.why:
        return Row(item.path, NONE, note=item.why)
    try:
        scored = ask(Message.parse(bare(item.raw, lambda _host: False)))
    except MdafilterError as failed:
        return Row(item.path, NONE, note=str(failed))
    verdict = scored.verdict
    if verdict is None:
        return Row(item.path, NONE, note=scored.note)
    is_unsure = verdict.scorer == "bayes" and verdict.score > 0  # 0 and less is ham (scorers/bayes)
    word = "spam" if verdict.spam else "unsure" if is_unsure else "ham"
    return Row(item.path, word, verdict.score, verdict.threshold, verdict.symbols, scored.note)


def line(row: Row) -> str:
    """A row for people, and for awk."""
    score = "-" if row.score is None else f"{row.score:.4g}"
    note = f"  ({printable(row.note)})" if row.note else ""
    return f"{score:>8} {row.verdict:<6} {printable(row.path)}{note}"


def as_object(row: Row, scorer: str) -> str:
    """A row for programs. Octets of a path that are no UTF-8 are lone surrogates, escaped."""
    return json.dumps({"scorer": scorer, **{name: getattr(row, name) for name in Row._fields}})


def summary(counted: Counter[str], scorer: str, expect: str | None) -> str:
    """How many of each verdict; of those that are not as expected the share of all that were scored."""
    verdicts = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counted.items()) if verdict != NONE)
    out = f"{counted.total()} messages by {scorer}: {verdicts or 'none is scored'}"
    out += f"; {counted[NONE]} not scored" if counted[NONE] and verdicts else ""
    scored = counted.total() - counted[NONE]
    if expect and scored:
        wrong = "misses" if expect == "spam" else "false alarms"
        number = counted["ham" if expect == "spam" else "spam"]
        out += f"; {wrong}: {number} of {scored} ({100 * number / scored:.2f} %)"
    return out
