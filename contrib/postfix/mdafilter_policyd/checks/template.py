"""Texts of greylist.py and rate.py: a template with $names, or %letters where the check has some.

    $seconds, ${seconds}    the value of that name
    %s                      likewise, by a table of letters
    $$ %%                   $ and %

In:    a template, the names it may have, and the values of one request.
Out:   one line of printable ASCII: what a client has sent cannot end it, or begin another place in it.
Fails: ValueError for a name that is unknown, when the template is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mdafilter_policyd import limits

_FOREIGN = re.compile(r"[^ -~]")
_NAME = r"\$\$|\$\{([a-z_]+)\}|\$([a-z_]+)"
_LETTER = r"|%%|%([a-z])"


class Template:
    """A text with places. Without `letters` a "%" is a "%"."""

    def __init__(self, text: str, names: Iterable[str], letters: Mapping[str, str] | None = None) -> None:
        self._text = text
        self._letters = letters or {}
        self._place = re.compile(_NAME + (_LETTER if letters else "|(?!)()"), re.ASCII)
        known = set(names)
        places = [found for found in self._place.finditer(text) if found[0] not in ("$$", "%%")]
        for found in places:
            if self._name(found) not in known:
                listed = " ".join([*(f"${name}" for name in sorted(known)), *(f"%{c}" for c in self._letters)])
                raise ValueError(f"{found[0]} is unknown; known: {listed}")
        self.names = frozenset(map(self._name, places))  # those that it has: no others need a value

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with the values at their places."""

        def value(found: re.Match[str]) -> str:
            return found[0][0] if found[0] in ("$$", "%%") else values[self._name(found)]

        return _FOREIGN.sub("?", self._place.sub(value, self._text)).strip()[: limits.TEXT]

    def _name(self, found: re.Match[str]) -> str:
        return found[1] or found[2] or self._letters.get(found[3], "")
