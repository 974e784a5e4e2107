"""client_access: what tables and lists say about the client, by its address and its verified name.

    [client_access]
    tables = ["/etc/postfix/client_restrictions"]         access(5), with networks; tables.py says which entry wins
    lists = ["/var/lib/lists/drop.txt", "/etc/lists.d"]   lists of others, one address or network in each line
    lists_action = "REJECT"                               what all of their entries mean
    url = "https://mx.example.org/blocked"                the page for the refused, named in the text

First come the exceptions that the admin has granted: records of the kind "exception" in the store, whose keys are
addresses or networks. They are read again after a second, or a little more if they are many: a new one is in force when
its approval is answered. Then the tables, then
the lists: what the admin wrote stands over what others have collected.

A client that has logged in is not looked up, wherever it is: it may be on a journey, and an OK would end the question
before its mail was counted (rate.py) and its correspondents noted (greylist.py).

In:    client_address, client_name; the store.
Out:   Accept, Reject, ... as actions.py says; nothing for a client that is nowhere.
Fails: ConfigError for what is wrong in the tables; a broken line of a list is an alert. A store that does not answer
       is logged once, and the exceptions stay as they were.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from mdafilter_policyd import limits, tabled
from mdafilter_policyd.checks import House, Scene
from mdafilter_policyd.errors import StoreError
from mdafilter_policyd.opinion import Accept, Opinion
from mdafilter_policyd.request import Request
from mdafilter_policyd.tablefiles import add_words
from mdafilter_policyd.tables import NOTHING, Entry, Table

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """The table [client_access]."""

    mode: str = "on"
    tables: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    lists_action: str = "REJECT"
    url: str = ""


def make(options: Options, house: House) -> ClientAccess:
    """Reads the files."""
    found = tabled.read("client_access", options.tables, options.lists, options.lists_action, house.alert)
    return ClientAccess(options, house, found)


def judge(entry: Entry | None, address: str, name: str, url: str = "") -> tuple[Opinion, ...]:
    """What the entry says of this client."""
    called = f"{address} ({name})" if name else address
    page = f"{url}?ip={address}" if url else ""
    return tabled.judge(entry, f"{called} may not send mail to this server", page)


class ClientAccess:
    """The check."""

    def __init__(self, options: Options, house: House, found: tabled.Files) -> None:
        self.files: Sequence[str] = (*options.tables, *options.lists)
        self._url = options.url
        self._found = found
        self._exceptions = Exceptions(house)

    async def check(self, request: Request, scene: Scene) -> Sequence[Opinion]:
        """The opinions about a request."""
        if request.sasl_username:
            return ()
        address, name = request.client_address, request.client_name
        granted = await self._exceptions.find(address)
        if granted is not None:
            return (Accept(f"exception for {granted}"),)
        return judge(self._found.find(lambda table: table.client(address, name)), address, name, self._url)


class Exceptions:
    """What the store has of them, a second old. Reading takes a twentieth of the time at most."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._until = 0.0
        self._pause = limits.EXCEPTION_SECONDS
        self._table = Table()
        self._silent = False  # the store does not answer, and that has been said

    async def find(self, address: str) -> str | None:
        """The exception for an address, and who granted it; None if there is none."""
        now = self._house.now()
        if not self._until - self._pause <= now < self._until:  # or the clock was put back
            self._until = now + self._pause  # at once: while it is read, others take what there was
            await self._read(now)
        row = self._table.client(address)
        return None if row == NOTHING else self._table.entry(row).file

    async def _read(self, now: float) -> None:
        table = Table()
        try:
            async for key, record in self._house.store.scan("exception", now):
                add_words(table, (key,), table.start(f"{key} {record.value}".rstrip(), 0))
                if len(table) == limits.EXCEPTIONS:
                    break
        except StoreError as error:
            if not self._silent:
                log.warning("client_access: the exceptions stay as they were: %s", error)
            self._silent = True
            return
        table.ready()
        self._table, self._silent = table, False
        took = self._house.now() - now
        self._pause = max(limits.EXCEPTION_SECONDS, 20 * took)
        self._until = now + self._pause
