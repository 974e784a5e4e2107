"""IMAP flags as the rules name them: `\\Seen`, `$Forwarded`, `Junk` (RFC 5232 section 2).

keep, fileinto and the words of imap4flags share this. Case is ignored in comparing; the first spelling stays.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdafilter.plan import Scene
    from mdafilter.texts import Texts

SYSTEM = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")  # RFC 3501 section 2.3.2, without \Recent
_BY_KEY = {name.lower(): name for name in SYSTEM}
_NOT_IN_A_KEYWORD = frozenset('(){ %*"\\]')  # an atom of RFC 3501 section 9


def normalised(texts: Iterable[str]) -> tuple[str, ...]:
    """The flags of these strings, each string split at blanks; doubles and what is no flag are left out."""
    found: dict[str, str] = {}
    for text in texts:
        for word in text.split():
            if valid(word):
                found.setdefault(word.lower(), word)
    return tuple(found.values())


def valid(word: str) -> bool:
    """Whether this is a system flag that a rule may set, or a keyword."""
    if word.startswith("\\"):
        return word.lower() in _BY_KEY
    return bool(word) and all(" " < c < "\x7f" and c not in _NOT_IN_A_KEYWORD for c in word)


def flags(scene: Scene, given: Texts | None) -> tuple[str, ...]:
    """What `:flags` says, without it the internal variable (RFC 5232 section 5); system flags as IMAP spells them."""
    found = scene.flags if given is None else normalised(scene.expand(text) for text in given)
    return tuple(_BY_KEY.get(flag.lower(), flag) for flag in found)
