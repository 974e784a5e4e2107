"""How words show strings: in a description, and in what they say they saw.

A description reads as Sieve would spell it, whatever language the rule was written in. All text that may come from a
message is clipped here, so that a line of the trace or the journal has a bound.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.texts import Text, Texts

SHOWN = 12  # strings of a list: a rule's table of a hundred keys is in its file, and each question would spell it out
BLANKS = " \t\r\n"  # what RFC 5228 calls white space; str.strip() alone takes no-break spaces too


def quoted(text: Text) -> str:
    """One string in double quotes, `"` and `\\` escaped (RFC 5228 section 2.4.2); variables as ${name}."""
    return '"' + clipped(str(text)).replace("\\", "\\\\").replace('"', '\\"') + '"'


def listed(texts: Texts) -> str:
    """A string list: without brackets where it is one string, and of a long one the beginning and how many follow."""
    if len(texts) == 1:
        return quoted(texts[0])
    more = len(texts) - SHOWN
    return "[" + ", ".join(map(quoted, texts[:SHOWN])) + (f" ... {more} more]" if more > 0 else "]")


def clipped(text: str) -> str:
    """The text, cut to limits.WHY_OCTETS characters."""
    return text if len(text) <= limits.WHY_OCTETS else text[: limits.WHY_OCTETS - 3] + "..."
