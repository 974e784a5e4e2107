"""The scorers: programs outside that say how much a message looks like spam, or whether there is a virus in it.

The table names them, as they stand in the settings, with the file of this folder that speaks to each. A file is
imported only when it is asked. Each brings `Options` (the fields of its section of the settings), and the question.

spamc.py and instream.py (the protocols of spamd and clamd), client.py (a question over several hosts), hosts.py (where
a daemon listens, and connecting to it) and mark.py (the verdict as header fields) are no scorers, but what scorers are
made of.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

# name     file
SCORERS: dict[str, str] = {
    "spamd": "spamd",  # score(message, options, *, user) -> Scored
    "clamd": "clamd",  # scan(message, options) -> Scanned
    "bayes": "bayes",  # score(message, options, *, user) -> Scored; learn, forget, counts
}

PARTS = ("client", "hosts", "instream", "mark", "spamc")


def load(name: str) -> ModuleType:
    """The module of a scorer of the table; KeyError if there is none of that name."""
    import importlib

    return importlib.import_module(f"mdafilter.scorers.{SCORERS[name]}")
