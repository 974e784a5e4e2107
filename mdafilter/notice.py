"""The letter that tells a user that the own rule file does not compile: one for each change of the file.

Until it is mended the site's rules run and everything else goes to the inbox; this letter says so, with each error,
its line and a caret. What was told is remembered as a digest in ~/.local/state/mdafilter/notices, after the letter is
in the mailbox: a delivery that is tried again tells it again rather than never.
"""

from __future__ import annotations

import os

from mdafilter import compiled
from mdafilter.letter import compose
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.errors import Problem

SHOWN = 20  # problems in one letter


class Told(Value):
    """A letter that is to be delivered."""

    problems: tuple[Problem, ...]
    digest: str
    path: str  # of the file that remembers; "" remembers nothing

    def letter(self, recipient: str, newline: bytes, now: float) -> bytes:
        """The message, with the line ends of the one that it comes with, dated `now` (seconds since the epoch)."""
        count = len(self.problems)
        names = sorted({p.file for p in self.problems})
        text = [
            f"There {'is an error' if count == 1 else f'are {count} errors'} in your mail rules. Until this is mended,",
            "mail that the rules of this site do not file goes into your inbox. Nothing is lost.",
            "",
            *(line for problem in self.problems[:SHOWN] for line in (*problem.show().splitlines(), "")),
            *([f"... and {count - SHOWN} more.", ""] if count > SHOWN else []),
            *(f"To see whether the file is right: mdafilter check {name}" for name in names),
            "",
            "You get this letter once for each change of the file.",
        ]
        return compose(recipient, f"Your mail rules are not in force: {', '.join(names)}", text, newline, now)

    def remember(self) -> None:
        """Notes that this was told; where that cannot be noted, the next message brings the letter again."""
        if not self.path:
            return
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.write(fd, self.digest.encode())
            finally:
                os.close(fd)
        except OSError:
            return  # the letter is in the inbox, only the memory of it is missing


def wanted(problems: tuple[Problem, ...], home: str, environ: Mapping[str, str] | None = None) -> Told | None:
    """The letter about these problems, or None if there are none or it was sent before.

    `environ` is the environment of the delivery; None is that of this process.
    """
    if not problems:
        return None
    digest = compiled.digest([p.show().encode("utf-8", "replace") for p in problems]).hex()
    state = (os.environ if environ is None else environ).get("XDG_STATE_HOME") or f"{home}/.local/state"
    path = os.path.join(state, "mdafilter", "notices") if home else ""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            if file.read() == digest:
                return None
    except OSError:
        pass  # nothing was told yet, or nothing can be remembered: it is told now
    return Told(problems, digest, path)
