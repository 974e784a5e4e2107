"""The first line of a recipe: `:0 [flags] [ : [lockfile] ] [# comment]` (procmailrc(5)).

Flags that say what is searched (H B), in which case (D), what is fed to the action (h b), what kind of action it is
(f c), how it depends on the recipes before it (A a E e), and how its program is waited for (w W i r). They stand in any
order, with blanks between them if one likes, and more than once. What is no flag ends them: procmail passes over the
rest of the line, and so do we, with a warning.

"In the old days, the `:0' that marks the beginning of a recipe, had to be changed to `:n', whereby `n' denotes the
number of conditions that follow": lines that need no `*` then. `:` alone is `:1`.

A second colon asks for a lock file: mailboxes are locked anyway, a program has it while it runs.

In: the text of the line. Out: Flags.
"""

from __future__ import annotations

from mdafilter.lang.procmail.strings import Reader
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems

BLANKS = " \t\n"
KNOWN = "HBDAaEehbfcwWir"
FLAGS = "flags are the letters of H B D A a E e h b f c w W i r; a { stands on a line of its own"


class Flags(Value):
    """The flags as they stand, each once. `lock` is how the lock file is spelled: "" leaves it to us, None is none."""

    text: str = ""
    lock: str | None = None

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


def parse(line: Line, problems: Problems) -> Flags:
    """The flags of a line that begins with a colon."""
    text = line.text
    at = _digits(text)[1]
    found: set[str] = set()
    while at < len(text) and text[at] != ":":
        if text[at] in KNOWN:
            found.add(text[at])
        elif text[at] == "#" and text[at - 1] in " \t\n":
            break
        elif text[at] not in " \t\n\\":
            rest = text[at:].partition("\n")[0].rstrip()
            digit = text[at] in "Oo" and not found
            hint = "a recipe begins with :0, the digit" if digit else FLAGS
            problems.warn(line, f'"{rest[:40]}" is passed over: there is no flag "{text[at]}"', hint, at=at)
            break
        at += 1
    lock = text[at + 1 :].replace("\\\n", "") if text[at : at + 1] == ":" else None
    return Flags("".join(flag for flag in KNOWN if flag in found), lock if lock is None else _name(lock))


def _name(text: str) -> str:
    """The name of a lock file, without the comment behind it."""
    text = text.strip(BLANKS)
    return "" if text.startswith("#") else text[: Reader(text).word_end()]


def counted(text: str) -> int:
    """How many lines behind this one are conditions, whatever they begin with."""
    digits = _digits(text)[0]
    return min(int(digits[:9]), 10**6) if digits else 1


def _digits(text: str) -> tuple[str, int]:
    """The number behind the colon, and the offset behind it."""
    start = text.index(":") + 1
    while text[start : start + 1] in (" ", "\t"):
        start += 1
    end = start
    while text[end : end + 1].isdecimal() and text[end].isascii():
        end += 1
    return text[start:end], end
