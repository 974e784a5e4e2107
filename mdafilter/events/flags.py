"""The flags of a stored message: as scripts name them (RFC 5232), and the letters in the name of its file.

The letters of keywords are those of the folder's `dovecot-keywords` (targets/keywords.py); one that it has no name for
is none that a script could know, and stays as it is.

In:    the directory of the folder; letters, or names.
Out:   names in the order of the letters; letters.
Fails: OSError where the folder cannot be read. A flag that has no letter any more is left out, with a note.
"""

from __future__ import annotations

from mdafilter.files import CALLS
from mdafilter.refiling.keywords import LETTERS, named
from mdafilter.targets.keywords import letters as lettered
from mdafilter.targets.naming import LETTERS as SYSTEM_LETTERS
from mdafilter.targets.naming import keywords, letters
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.flags import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = {SYSTEM_LETTERS[name.lower()]: name for name in SYSTEM} | {SYSTEM_LETTERS["$forwarded"]: "$Forwarded"}


def names_of(directory: str, found: str) -> tuple[str, ...]:
    """The flags that these letters mean."""
    known = {LETTERS[number]: name for number, name in named(CALLS, directory).items()} if _small(found) else {}
    names = [NAMES.get(letter) or known.get(letter, "") for letter in found]
    return tuple({name.lower(): name for name in names if name}.values())


def letters_of(directory: str, names: Iterable[str]) -> tuple[str, str]:
    """The letters of these flags, some of which the folder may never have had; and a note on those without any."""
    names = tuple(names)
    words = keywords(names)
    found, note = lettered(CALLS, directory, words) if words else ("", "")
    return letters(names) + found, note


def without(names: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Those that are not among the others, in any case."""
    gone = {name.lower() for name in others}
    return tuple(name for name in names if name.lower() not in gone)


def _small(found: str) -> bool:
    return any(letter in LETTERS for letter in found)
