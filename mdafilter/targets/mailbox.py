"""Delivery into the mailbox that a path names (acts.Box): a Maildir where it ends in "/", else an mbox file.

A Maildir elsewhere is one like the user's own (maildir.py), with the trace of the delivery in its own tmp/. A missing
one is made, in a folder that must be there.

Fails: as maildir.py and mbox.py do; RuleFailed for a path that is not absolute.
"""

from __future__ import annotations

import os

from mdafilter.acts import Box, Keep
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.targets import Parcel, Staged


def place(parcel: Parcel) -> str:
    """The path, without what makes it another spelling of the same."""
    path = _path(parcel)
    if not path.startswith("/") or "\0" in path:
        raise RuleFailed(f"{path!r} is no absolute path of a mailbox")
    return os.path.normpath(path)


def stage(parcel: Parcel) -> Staged:
    """Of a Maildir or of an mbox file."""
    path = place(parcel)
    if _path(parcel).endswith("/"):
        from mdafilter.targets import maildir

        there = parcel.mailbox.replace(root=path, base="")
        return maildir.stage(parcel.replace(mailbox=there, decided=parcel.decided.replace(act=Keep())))
    from mdafilter.targets.mbox import MboxMessage

    return MboxMessage(parcel, path)


def _path(parcel: Parcel) -> str:
    act = parcel.decided.act
    return act.path if isinstance(act, Box) else ""
