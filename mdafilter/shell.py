"""How a command line of a rule reaches the shell: which shell, where, with what around it (procmailrc(5)).

The variables of the rule file that count, beside those that are exported to the program:

    SHELL     a Bourne shell; any other one is /bin/sh. Users of csh set SHELL=/bin/sh for procmail as well
    MAILDIR   where the command runs
    UMASK     octal, of what the command makes; ours is 077
    TIMEOUT   seconds that it may take

In:    variables, by name. Out: text of the shell, or seconds. Never fails: a value that means nothing counts as unset.
"""

from __future__ import annotations

import os

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BOURNE = ("sh", "bash", "dash", "ksh", "zsh")


FOLDER = "`MAILDIR"  # the variable that has MAILDIR as an absolute path


def folder(variables: Mapping[str, str]) -> str:
    """Where commands run and relative paths begin: MAILDIR, and below the home."""
    return os.path.join(variables.get("HOME", ""), variables.get(FOLDER) or variables.get("MAILDIR", ""))


def program(variables: Mapping[str, str]) -> str:
    """The shell that takes -c and the command line."""
    named = variables.get("SHELL", "")
    return named if os.path.basename(named) in BOURNE and os.access(named, os.X_OK) else "/bin/sh"


def before(variables: Mapping[str, str], folder: str) -> str:
    """What stands before the command line: into the folder, if it is there ("" is none), and the umask."""
    mask = variables.get("UMASK", "")
    octal = 0 < len(mask) <= 4 and not set(mask) - set("01234567")
    return (f"cd -- {quoted(folder)} 2>/dev/null\n" if folder else "") + (f"umask {mask}\n" if octal else "")


def exported(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that can stand in the environment of a program."""
    return {k: v for k, v in variables.items() if k.isidentifier() and k.isascii() and "\0" not in v}


def seconds(variables: Mapping[str, str]) -> float:
    """How long a command may take. 0 is forever to procmail: no command of ours outlives the delivery."""
    text = variables.get("TIMEOUT", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return limits.PROGRAM_SECONDS
    return min(float(text), limits.DELIVERY_SECONDS) or limits.DELIVERY_SECONDS


def quoted(text: str) -> str:
    """The text as one word of the shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def disarmed(text: str) -> str:
    """The text as procmail's regular expressions find it; what they begin with must be no sign of a condition."""
    return "()" + "".join(f"\\{c}" if c in "$()*+.?[\\^|" else c for c in text)
