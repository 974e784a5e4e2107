"""What was met before: a file for each thing that `duplicate` and `vacation` remember.

    ~/.local/state/mdafilter/seen/duplicate/3f/3f9a0c...

The name is a digest of the mailbox and the key; the time of the file (mtime) is until when it is remembered; in it is
the identity of the message that it was. So there is nothing to parse, to lock, or to repair after a kill: a file is
there, whole, or it is not. One that is past its time counts as not there, and goes when another comes beside it.

Looking changes nothing. What is to be remembered is written when the message is where it belongs (perform.py): a
delivery that is tried again must not meet its own trace. Where a kill came between that and the answer it does, and
knows the trace for its own by the identity: no message is a duplicate of itself. With the answer the identity is taken
out (`settle`): whoever brings the same octets once more brings a duplicate.

In:    the folder, and the mailbox (virtual users may share a home); a kind, a key, a time in seconds since the epoch.
Out:   the identity that was remembered, or "". `remember` returns "" or a note for the journal.
Fails: OSError in `look`, where it cannot be told. What cannot be remembered fails no delivery.
"""

from __future__ import annotations

import os
from _blake2 import blake2b

from mdafilter import limits
from mdafilter.files import CALLS, sync
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.files import Calls

FOLDER = "mdafilter/seen"
PARTIAL = ".new"


def folder(environ: Mapping[str, str], home: str, mailbox: str) -> str:
    """Where a user's memory is: below XDG_STATE_HOME; for who has no home, in the Maildir."""
    state = environ.get("XDG_STATE_HOME", "") or (home and f"{home}/.local/state")
    return f"{state}/{FOLDER}" if state.startswith("/") else f"{mailbox}/.{FOLDER.replace('/', '-')}"


def look(where: str, mailbox: str, kind: str, key: str, now: float) -> str:
    """Which message was remembered; "" where there is none, or it is too long ago. OSError."""
    try:
        fd = os.open(path_of(where, mailbox, kind, key), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        if os.fstat(fd).st_mtime <= now:
            return ""
        return os.read(fd, limits.SEEN_OCTETS).decode("ascii", "replace") or "?"
    finally:
        os.close(fd)


def remember(
    where: str, mailbox: str, kind: str, key: str, until: float, identity: str, now: float, calls: Calls = CALLS
) -> str:
    """Writes it, durably; what was there of the same key is replaced."""
    path = path_of(where, mailbox, kind, key)
    shard = os.path.dirname(path)
    partial = f"{path}{PARTIAL}"  # of two deliveries at the same time one is enough
    try:
        os.makedirs(shard, mode=0o700, exist_ok=True)
        fd = calls.open(partial, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            calls.truncate(fd, 0)
            calls.write(fd, identity.encode("ascii"))
            calls.utime(fd, (until, until))
            calls.fsync(fd)
        finally:
            calls.close(fd)
        calls.rename(partial, path)
        sync(calls, shard)
    except OSError as failed:
        return f"{kind}: not remembered: {failed.strerror} ({failed.filename or path})"
    _sweep(shard, now)
    return ""


def path_of(where: str, mailbox: str, kind: str, key: str) -> str:
    digest = blake2b(
        f"{os.path.normpath(mailbox)}\0{key}".encode("utf-8", "surrogateescape"), digest_size=16
    ).hexdigest()
    return f"{where}/{kind}/{digest[:2]}/{digest}"


def settle(path: str) -> None:
    """The delivery is over. Where that cannot be noted, the very same octets are taken for another try of it."""
    try:
        until = os.stat(path).st_mtime
        os.truncate(path, 0)
        os.utime(path, (until, until))
    except OSError:
        return  # gone, or no room: what is remembered is remembered


def _sweep(shard: str, now: float) -> None:
    """Removes what is past its time, as far as one delivery should look."""
    try:
        with os.scandir(shard) as entries:
            for _, entry in zip(range(limits.SEEN_SWEEP), entries, strict=False):
                if entry.stat(follow_symlinks=False).st_mtime < now:
                    os.unlink(entry.path)
    except OSError:
        return  # another delivery does the same, or the next one will
