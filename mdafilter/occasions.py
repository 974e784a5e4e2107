"""At which events of IMAP the site runs which scripts: the lines of [sieve] imapsieve.

    imapsieve = [
        "name=Junk causes=COPY before=report-spam.sieve",
        "name=* from=Junk causes=COPY before=report-ham.sieve",
        "name='Action Items' causes=APPEND,COPY after=/etc/mdafilter/rules/action.sieve",
    ]

A line is what Pigeonhole has as imapsieve_mailbox1_name, imapsieve_mailbox1_causes and so on:

    name      the folder, as rules name it, in which it happens; "*" and "?" stand for any characters, and for one
    from      the folder that the message comes from; with it the line is about COPY alone
    causes    some of APPEND, COPY and FLAG, with commas; without it, APPEND and COPY
    before    a script that runs before that of the folder's owner: a path, or the name of a file of the site's rules
    after     one that runs after it, as long as the message is kept

A value with blanks stands in quotes, as in a shell.

In:    a line. Out: Occasion. Fails: SettingsError, which says what is wrong with the line.
"""

from __future__ import annotations

from mdafilter.errors import SettingsError
from mdafilter.values import Value

APPEND, COPY, FLAG = CAUSES = ("APPEND", "COPY", "FLAG")  # RFC 6785 section 4.3
KEYS = ("name", "from", "causes", "before", "after")
FORM = 'has lines like "name=Junk causes=COPY before=report.sieve"'


class Occasion(Value):
    """A line. `origin` "" is any; `before` and `after` are scripts, "" is none."""

    name: str
    origin: str = ""
    causes: tuple[str, ...] = (APPEND, COPY)
    before: str = ""
    after: str = ""

    def is_in(self, folder: str) -> bool:
        """Whether it is about this folder, as rules name it."""
        return _matches(self.name, folder)

    def is_for(self, cause: str, folder: str, origin: str) -> bool:
        """Whether it is about this event."""
        comes = not self.origin or (cause == COPY and _matches(self.origin, origin))
        return cause in self.causes and comes and self.is_in(folder)


def parse(line: str) -> Occasion:
    """The line. SettingsError."""
    import shlex  # few sites have such lines

    try:
        pairs = [word.partition("=") for word in shlex.split(line)]
    except ValueError as wrong:
        raise SettingsError(f"{FORM}, not {line!r}: {str(wrong).lower()}") from None
    given = {key: value for key, _, value in pairs}
    if len(given) < len(pairs) or not all(equals and value for _, equals, value in pairs) or set(given) - set(KEYS):
        raise SettingsError(f"{FORM}, each of {', '.join(KEYS)} once, not {line!r}")
    if "name" not in given or not ("before" in given or "after" in given):
        raise SettingsError(f"{FORM}: a folder, and a script before or after the owner's, not {line!r}")
    causes = tuple(cause.strip().upper() for cause in given.get("causes", "").split(",") if cause.strip())
    if unknown := [cause for cause in causes if cause not in CAUSES]:
        raise SettingsError(f"knows the causes {', '.join(CAUSES)}, not {', '.join(unknown)} as in {line!r}")
    if "from" in given:
        if set(causes) - {COPY}:
            raise SettingsError(
                f"has from= with the cause COPY alone: nothing else comes from a folder, as in {line!r}"
            )
        causes = (COPY,)
    scripts = [given.get(which, "").removeprefix("file:") for which in ("before", "after")]
    return Occasion(given["name"], given.get("from", ""), causes or Occasion.causes, *scripts)


def _matches(pattern: str, folder: str) -> bool:
    """Folders are compared as rules mean them: "a/b" is "a.b", and INBOX is it in any case."""
    import re  # no delivery asks

    pieces = [".".join(map(re.escape, piece.split("?"))) for piece in re.split(r"\*+", _plain(pattern))]
    if len(pieces) > 1:  # each as early as possible, and never looked for again: the time does not depend on the stars
        pieces[1:] = [*(f"(?>.*?{piece})" for piece in pieces[1:-1]), f".*{pieces[-1]}"]
    return bool(re.fullmatch("".join(pieces), _plain(folder), re.DOTALL))


def _plain(name: str) -> str:
    levels = name.replace("/", ".").split(".")
    if levels[0].upper() == "INBOX":
        levels = levels[1:] or ["INBOX"]
    return ".".join(levels)
