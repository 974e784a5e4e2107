"""missing-mailbox: a folder that is not there, and that the script does not create.

    fileinto "Trsh";

mdafilter makes a folder that is missing, as procmail does; but a name that is mistyped makes one that nobody looks
into, and other programs keep the message in the inbox. Nothing is said where mailboxexists asks for it, or `:create`
stands.

In: the Maildir, where `check` knows one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdafilter.lint.rules import Found
from mdafilter.lint.walk import values
from mdafilter.words.fileinto import FileInto
from mdafilter.words.mailbox import MailboxExists
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.lint.rules import Rules

HINT = 'it is made with the first message; if it is meant so, write: fileinto :create (require "mailbox")'


def find(rules: Rules) -> Iterator[Found]:
    """Asks for each constant folder once."""
    if rules.has_folder is None:
        return
    asked = {str(f) for value, _at in values(rules.plan) if isinstance(value, MailboxExists) for f in value.folders}
    for value, at in values(rules.plan):
        if not isinstance(value, FileInto) or value.create or not isinstance(value.folder, str):
            continue
        if value.folder not in asked and not rules.has_folder(value.folder):
            asked.add(value.folder)
            spot = rules.sight.argument(value, at, 0)
            yield Found(spot, f"there is no folder {quoted(value.folder)}, and it is not created here", HINT)
