"""The header fields of messages on their way: Postfix takes one action for an answer, so one field.

The others wait for the next question about the same message (`instance` of SMTPD_POLICY_README: the next recipient, or
DATA). A message with several recipients is asked about several times, and gets each field once: a field whose name an
earlier question brought is not brought again.

In:    the instance, the fields of a decision.
Out:   the one field that is now to be put before the message, "" for none.
Bound: limits.INSTANCES messages; the one that was asked about longest ago is forgotten first, and may then miss a
       field, or get one twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from mdafilter_policyd import limits


class Instances:
    """By the instance: the names of the fields that it has or gets, and those that still wait."""

    def __init__(self, most: int = limits.INSTANCES) -> None:
        self._most = most
        self._known: dict[str, tuple[set[str], list[str]]] = {}

    def knows(self, instance: str, name: str) -> bool:
        """Whether a field of this name was brought by an earlier question."""
        known = self._known.get(instance)
        return known is not None and name.lower() in known[0]

    def add(self, instance: str, fields: Sequence[str]) -> None:
        """They are for this message; `next` gives them out."""
        if not fields:
            return
        names, waiting = self._known.pop(instance, (set(), []))
        waiting.extend(field for field in fields if _name(field) not in names)
        names.update(map(_name, fields))
        self._known[instance] = names, waiting
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    def next(self, instance: str) -> str:
        """The field whose turn it is."""
        known = self._known.get(instance)
        return known[1].pop(0) if known is not None and known[1] else ""


def _name(field: str) -> str:
    return field.partition(":")[0].strip().lower()
