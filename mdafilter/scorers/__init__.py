"""The scorers: programs outside that say how much a message looks like spam.

The table names them, as they stand in the settings, with the file of this folder that speaks to each. A file is
imported only when it is asked. Each brings `Options` (the fields of its section of the settings) and
`score(message, options, *, user) -> Scored`.

spamc.py (the protocol of spamd), client.py (a question over several hosts), hosts.py (where a daemon listens, and
connecting to it) and mark.py (the verdict as header fields) are no scorers, but what scorers are made of.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

# name     file
SCORERS: dict[str, str] = {
    "spamd": "spamd",
}

PARTS = ("client", "hosts", "mark", "spamc")


def load(name: str) -> ModuleType:
    """The module of a scorer of the table; KeyError if there is none of that name."""
    import importlib

    return importlib.import_module(f"mdafilter.scorers.{SCORERS[name]}")
