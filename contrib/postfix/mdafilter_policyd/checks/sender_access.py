"""sender_access: what tables and lists say about the envelope sender.

    [sender_access]
    tables = ["/etc/postfix/sender_access"]     access(5): user@domain, domain, .domain, user@, and <>
    lists = ["/etc/lists.d/spammers"]           addresses and domains, one in each line
    lists_action = "REJECT"                     what all of their entries mean
    url = "https://mx.example.org/blocked"      the page for the refused, named in the text
    recipient_delimiter = "+"                   as in postconf(5): user@domain is looked for behind user+ext@domain

A client that has logged in is not looked up: a table against forgers of our own domain would refuse our users.

In:    sender, from MAIL on: before that it is not known whether there is none.
Out:   Reject, Accept, ... as actions.py says; nothing for a sender that is nowhere.
Fails: ConfigError for what is wrong in the tables; a broken line of a list is an alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mdafilter_policyd import tabled
from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.opinion import Opinion
from mdafilter_policyd.request import Request
from mdafilter_policyd.tables import Entry


@dataclass(frozen=True)
class Options:
    """The table [sender_access]."""

    mode: str = "on"
    tables: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    lists_action: str = "REJECT"
    url: str = ""
    recipient_delimiter: str = ""


def make(options: Options, house: House) -> SenderAccess:
    """Reads the files."""
    found = tabled.read("sender_access", options.tables, options.lists, options.lists_action, house.alert, mail=True)
    return SenderAccess(options, found)


def judge(entry: Entry | None, sender: str, url: str = "") -> tuple[Opinion, ...]:
    """What the entry says of this sender."""
    return tabled.judge(entry, f"<{sender}> may not send mail to this server", url)


class SenderAccess:
    """The check."""

    def __init__(self, options: Options, found: tabled.Files) -> None:
        self.files: Sequence[str] = (*options.tables, *options.lists)
        self._options = options
        self._found = found

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        """The opinions about a request."""
        # Before MAIL, "" is a sender that is not known yet, and not the null sender.
        if request.sasl_username or request.state in ("CONNECT", "EHLO", "HELO", "VRFY", "ETRN"):
            return ()
        sender = request.sender
        delimiter = self._options.recipient_delimiter
        entry = self._found.find(lambda table: table.mail(sender, delimiter))
        return judge(entry, sender, self._options.url)
