"""recipient_access: what tables and lists say about the recipient.

    [recipient_access]
    tables = ["/etc/postfix/recipient_access"]  access(5): user@domain, domain, .domain, user@
    lists = ["/etc/lists.d/gone"]               addresses and domains, one in each line
    lists_action = "REJECT"                     what all of their entries mean
    url = "https://mx.example.org/blocked"      the page for the refused, named in the text
    recipient_delimiter = "+"                   as in postconf(5): user@domain is looked for behind user+ext@domain

A client that has logged in is not looked up: what is closed to the outside is often open to our users.

In:    recipient: at RCPT, and later if there is one only.
Out:   Reject, Accept, ... as actions.py says; nothing for a recipient that is nowhere.
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
    """The table [recipient_access]."""

    mode: str = "on"
    tables: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    lists_action: str = "REJECT"
    url: str = ""
    recipient_delimiter: str = ""


def make(options: Options, house: House) -> RecipientAccess:
    """Reads the files."""
    found = tabled.read("recipient_access", options.tables, options.lists, options.lists_action, house.alert, mail=True)
    return RecipientAccess(options, found)


def judge(entry: Entry | None, recipient: str, url: str = "") -> tuple[Opinion, ...]:
    """What the entry says of this recipient."""
    return tabled.judge(entry, f"<{recipient}> takes no mail", url)


class RecipientAccess:
    """The check."""

    def __init__(self, options: Options, found: tabled.Files) -> None:
        self.files: Sequence[str] = (*options.tables, *options.lists)
        self._options = options
        self._found = found

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        """The opinions about a request."""
        recipient = request.recipient
        if not recipient or request.sasl_username:
            return ()
        delimiter = self._options.recipient_delimiter
        entry = self._found.find(lambda table: table.mail(recipient, delimiter))
        return judge(entry, recipient, self._options.url)
