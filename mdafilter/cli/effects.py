"""What a Decision would do, for people: where each message would lie, what letters would go out, what is remembered.

    -> folder Trash   (r.sieve:3: Subject: Buy)
         at /home/ann/Maildir/.Trash
    -> vacation: a letter to bob@example.org   (r.sieve:4)
         | From: ann@example.net
         | To: <bob@example.org>
         | Subject: Auto: hello
         |
         | I am away.
    remembered when it is delivered: vacation, until 2026-12-03 10:00:00 +0000

In:    the acts; the Maildir. Out: lines, without their indent. Fails: never. Looks at no disk.
Used by `deliver --dry-run` as well, where no third-party package can be imported: none is here.
"""

from __future__ import annotations

import time

from mdafilter.acts import Box, File, Keep, Send
from mdafilter.cli.terminal import short
from mdafilter.errors import BadFolder
from mdafilter.targets.foldername import folder_path
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.acts import Act
    from mdafilter.decision import Remember

LINES = 12  # of a letter's content
FIELDS = ("from:", "to:", "subject:")  # of its header
WIDTH = 160


def path(act: Act, mailbox: str) -> str:
    """The directory or file where the act puts the message; "" where it puts it into none, or none is known."""
    match act:
        case Box(path=place):
            return place
        case Keep() if mailbox:
            return mailbox
        case File(folder=folder) if mailbox:
            try:
                return folder_path(mailbox, folder)
            except BadFolder:
                return mailbox  # as perform.py keeps it
        case _:
            return ""


def lines(act: Act, mailbox: str) -> Iterator[str]:
    """What is to be said of an act beside its name."""
    if (place := path(act, mailbox)) and not isinstance(act, Box):  # whose name says it
        yield f"at {short(place, 2 * WIDTH)}"
    if isinstance(act, Send) and act.to:
        yield f"from {f'<{short(act.sender, WIDTH)}>' if act.sender else 'the null sender'}"
        head, _, content = act.letter.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
        written = content.rstrip("\n").split("\n")
        fields = [line for line in head.split("\n") if line.lower().startswith(FIELDS)]
        for line in (*fields, "", *written[:LINES]):
            yield f"| {short(line, WIDTH)}".rstrip()
        if len(written) > LINES:
            yield f"| and {len(written) - LINES} lines more"


def remembered(one: Remember) -> str:
    """A memory, as one line."""
    return f"remembered when it is delivered: {short(one.kind, WIDTH)}, until {stamp(one.until)}"


def stamp(seconds: float) -> str:
    """A time for people, in UTC; as it stands where no calendar has it."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):  # a period of :seconds that is longer than calendars go
        return f"{seconds:.0f} s after 1970"
