"""Which Maildirs with a quota get something new by a delivery, and how much. The quota itself is in maildirsize.py.

Every file in a folder of a Maildir counts once, also where several are links of one. What lies in no Maildir (an mbox
file, an MH folder) does not count.

In:    a Parcel as a template (mailbox, clock, calls), and what is staged.
Out:   Accounts, in the order of the places. Where no Maildir has a quota, to look for its file is all that it costs.
Fails: never; a file that cannot be looked at is none.
"""

from __future__ import annotations

import os

from mdafilter.targets.maildir import MaildirFile
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mdafilter.files import Calls
    from mdafilter.targets import Mailbox, Parcel, Staged
    from mdafilter.targets.maildirsize import Account


def accounts(template: Parcel, staged: Iterable[Staged]) -> list[Account]:
    """Those of the Maildirs with a quota that get something new. Without one, to look for it is all that it costs."""
    calls, own = template.calls, template.mailbox
    new: dict[str, list[MaildirFile]] = {}
    for one in staged:
        if type(one) is not MaildirFile or one.already:  # what derives from it lies in no Maildir
            continue
        if own.quota_trash or os.path.basename(one.folder) != ".Trash":
            new.setdefault(_maildir(one, own), []).append(one)
    found = []
    for root, files in new.items():
        default = own.quota if root == own.root else ""
        if default or _there(calls, f"{root}/maildirsize"):
            from mdafilter.targets.maildirsize import Account, Amount

            amount = Amount(sum(file.octets for file in files), len(files))
            found.append(Account(calls, root, amount, template.naming.now(), template.key, default, own.quota_trash))
    return found


def _maildir(file: MaildirFile, own: Mailbox) -> str:
    """The Maildir that it counts in. A Maildir elsewhere may be a folder of the one above it (Maildir++)."""
    root = file.parcel.mailbox.root
    if root != own.root and os.path.basename(root).startswith("."):
        return os.path.dirname(root) if _there(file.parcel.calls, f"{root}/maildirfolder") else root
    return root


def _there(calls: Calls, path: str) -> bool:
    try:
        calls.lstat(path)
    except OSError:
        return False  # or nothing that we may know of
    return True
