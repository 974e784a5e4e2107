"""Delivery into the mailbox that a path names (acts.Box): what kind of mailbox it is, follows from the path.

    /home/ann/Mail/lists/     a Maildir (maildir.py), made if it is missing
    /home/ann/Mail/lists/.    an MH folder (mh.py), made if it is missing
    /home/ann/Mail/lists      a directory of files (mh.py), if it is a directory; else an mbox file (mbox.py)

A Maildir elsewhere is one like the user's own, with the trace of the delivery in its own tmp/. What is made is made in
a folder that must be there. What lies in a folder of the path is not looked at: a Maildir without its slash is a
directory of files, as it is to procmail.

Fails: as maildir.py, mh.py and mbox.py do; RuleFailed for a path that is not absolute.
"""

from __future__ import annotations

import os

from mdafilter.acts import Box, Keep
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.targets import Parcel, Staged

MH = "/."


def place(parcel: Parcel) -> str:
    """The path, without what makes it another spelling of the same."""
    path = _path(parcel)
    if not path.startswith("/") or "\0" in path:
        raise RuleFailed(f"{path!r} is no absolute path of a mailbox")
    return os.path.normpath(path) + MH * path.endswith(MH)


def stage(parcel: Parcel) -> Staged:
    """Of a Maildir, an MH folder, a directory of files or an mbox file."""
    path = os.path.normpath(_path(parcel))
    if _path(parcel).endswith("/"):
        from mdafilter.targets import maildir

        there = parcel.mailbox.replace(root=path, base="")
        return maildir.stage(parcel.replace(mailbox=there, decided=parcel.decided.replace(act=Keep())))
    if _path(parcel).endswith(MH) or os.path.isdir(path):  # where that cannot be told, no mbox is opened either
        from mdafilter.targets import mh

        return mh.stage(parcel, path, numbered=_path(parcel).endswith(MH))
    from mdafilter.targets.mbox import MboxMessage

    return MboxMessage(parcel, path)


def _path(parcel: Parcel) -> str:
    act = parcel.decided.act
    return act.path if isinstance(act, Box) else ""
