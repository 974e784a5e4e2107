"""The report by mail: to an address, or to each user his own, with that user's rights alone.

A user has a letter for each of his Maildirs: it goes to the account, or, of virtual mailboxes, to the address of each.
Root gives it to nobody: the process that has become the user looks at his mail and starts sendmail(1).

In:    users, none for all; a Wish.
Out:   an exit status: 0, or 1 where a letter was not sent, with the user and the reason on standard error. The others
       have theirs. A line says how many were sent.
Fails: SettingsError for an unknown user. A letter that was not sent is not kept: the next report has the days as well,
       if it is asked for them.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import click

from mdafilter import settings
from mdafilter.cli import report_text
from mdafilter.cli.expire import answers
from mdafilter.cli.terminal import printable
from mdafilter.errors import MdafilterError
from mdafilter.reporting import days, digest, gather, rights
from mdafilter.train import answer

if TYPE_CHECKING:
    from mdafilter.delivery import Account
    from mdafilter.reporting import Summary
    from mdafilter.reporting.gather import Wish

LETTER = 78  # characters of a line of a letter (RFC 5322 section 2.1.1)


def send(summary: Summary, address: str, program: str) -> None:
    """MdafilterError where sendmail(1) does not take it."""
    text = list(report_text.render(summary, LETTER))
    if why := answer.send(address, digest.digest(summary, text, address, time.time()), program):
        raise MdafilterError(f"the report was not sent: {why}")


def to_each(users: tuple[str, ...], wish: Wish) -> int:
    """A letter to each of these users, or to all people, or to oneself; none to who has nothing in it."""
    found, note = gather.ledger(settings.load("", wish.config, {}).train, days.begin(wish.dates[0]))
    lines = gather.by_user(found)

    def work(account: Account) -> dict[str, Any]:
        program = rights.chosen_for(account, wish.config).delivery.sendmail
        sent, failed = 0, []
        for summary in gather.of_places(account, wish, lines):
            if summary.is_empty:
                continue
            try:
                send(summary.replace(notes=(*summary.notes, note) if note else summary.notes), summary.who, program)
                sent += 1
            except MdafilterError as why:  # the next of his mailboxes may have its letter
                failed.append(f"{summary.who}: {why}")
        return {"sent": sent, "failed": failed[:100]}

    sent, failed = 0, False
    for account, told, why in answers(users, work):
        wrong = [f"{account.name}: {why}"] if why else told["failed"]
        for text in wrong:
            click.echo(printable(str(text)), err=True)
        failed |= bool(wrong)
        sent += 0 if why else told["sent"]
    if os.geteuid() == 0 or not failed:
        click.echo(
            f"{sent} letter{'' if sent == 1 else 's'} sent" if sent else "Nothing to report: no letter was sent."
        )
    return int(failed)
