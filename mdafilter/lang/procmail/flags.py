"""The first line of a recipe: `:0 [flags] [ : [lockfile] ] [# comment]` (procmailrc(5)).

Flags that say what is searched (H B), in which case (D), what is fed to the action (h b), what kind of action it is
(f c), how it depends on the recipes before it (A a E e), and how its program is waited for (w W i r).

In: the text of the line. Out: Flags, or None after an error.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems

KNOWN = "HBDAaEehbfcwWir"


class Flags(Value):
    """The flags as they stand, each once."""

    text: str = ""

    def has(self, flag: str) -> bool:
        """Whether this flag is there."""
        return flag in self.text

    @property
    def searched(self) -> str:
        """What the conditions search: "header" unless flags say otherwise."""
        if self.has("B"):
            return "both" if self.has("H") else "body"
        return "header"

    @property
    def fed(self) -> str:
        """What the action gets: "both" unless just one of h and b is there."""
        if self.has("h") == self.has("b"):
            return "both"
        return "header" if self.has("h") else "body"

    @property
    def chained(self) -> str:
        """The flag by which it depends on a recipe before it, or ""."""
        return next((flag for flag in "AaEe" if self.has(flag)), "")


def parse(line: Line, problems: Problems) -> Flags | None:
    """The flags of a line that begins with a colon."""
    text = line.text.strip(" \t").partition("#")[0]
    if not text.startswith(":0"):
        problems.error(line, "a recipe begins with :0", "counting conditions (:1, :2) is not supported")
        return None
    flags, lock, _name = text[2:].partition(":")
    if lock:
        problems.warn(line, "the lock file is not used", "mailboxes are locked as they need it")
    for flag in flags:
        if flag not in KNOWN and flag not in " \t":
            problems.error(line, f'there is no flag "{flag}"')
    return Flags("".join(flag for flag in KNOWN if flag in flags))
