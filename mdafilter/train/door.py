"""The way in of a report: one file in the spool, whole and on the disk, or none. What `mdafilter train spam` does.

The file is written without a name (O_TMPFILE), fsynced, and then linked to its name: a report that can be seen is
whole, and a kill before that leaves nothing. Where that cannot be done it is written as `.tmp...`, which no learner
reads, and renamed. Then it is fsynced once more: nobody but the learner may open the folder, so that we cannot fsync
that; but ext4, xfs and btrfs write a new name with the file that it names. Where we may open the folder it is fsynced.

In:    the folder, a Report, and where the rest of its message comes from: a descriptor that is read to its end, or
       None.
Out:   the id of the report, which is the name of its file: the time, the process, and a random part.
Fails: OSError as the kernel gives it: nothing is in the spool then, or it cannot be said that it will stay there. The
       caller ends with 75, and Postfix comes again; what was there already is learned once, being the same message.
Rights: the file is 0640, of whoever wrote it and of the folder's group (it is setgid); the owner is what the learner
       believes. All system calls go through files.Calls, so that a test can make each of them the last one.
"""

from __future__ import annotations

import os
import time

from mdafilter.files import CALLS, remove, sync
from mdafilter.train.spoolfile import head
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.files import Calls
    from mdafilter.train import Report

PARTIAL = ".tmp."  # how a name begins that no learner looks at
MODE = 0o640
CHUNK = 256 * 1024

# fact                what local(8) calls it
ENVIRON = {
    "sender": ("SENDER",),
    "recipient": ("RECIPIENT",),
    "original_recipient": ("ORIGINAL_RECIPIENT",),
    "extension": ("EXTENSION",),
    "domain": ("DOMAIN",),
    "user": ("USER", "LOGNAME"),
    "client_address": ("CLIENT_ADDRESS",),
    "client_name": ("CLIENT_HOSTNAME",),
    "sasl_username": ("SASL_USERNAME", "SASL_USER"),
}


def facts(environ: Mapping[str, str], told: Mapping[str, str], from_line: bytes = b"") -> dict[str, str]:
    """What is known of a report: Postfix' environment (local(8)), and before it what arguments say (pipe(8)).

    `from_line` is the line "From sender date" that local(8) puts before the message: where all else has been lost
    (procmail), it still says that the message was delivered.
    """
    found = {name: next(filter(None, map(environ.get, theirs)), "") for name, theirs in ENVIRON.items()}
    found |= told
    if not found["sender"] and from_line:
        from mdafilter.message.envelope import sender_of

        found["sender"] = sender_of(from_line) or "<>"
    if found["sender"].upper() == "MAILER-DAEMON" or ("sender" in told and not found["sender"]):
        found["sender"] = "<>"  # local(8) writes the null sender so; pipe(8) as an empty argument
    return {name: text for name, text in found.items() if text}


def new_id() -> str:
    """An id that no other report has."""
    return f"{time.time_ns():020d}.{os.getpid()}.{os.urandom(8).hex()}"


def write(folder: str, report: Report, rest: int | None = None, calls: Calls = CALLS) -> str:
    """Puts the report into the spool; returns its id when it is on the disk. `rest` is what follows its message.

    A report that has an id (new_id) gets that one; FileExistsError where it is there already.
    """
    own = new_id()
    name = report.id or own
    path, partial = f"{folder}/{name}", ""
    try:
        calls.lstat("/proc/self/fd")  # by which the file gets its name
        fd = calls.open(folder, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, MODE)
    except OSError:  # no such folder, a file system that cannot, no /proc: if it is the folder, the next one says so
        partial = f"{folder}/{PARTIAL}{own}"
        fd = calls.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
    placed = False
    try:
        os.fchmod(fd, MODE)  # whatever the umask is
        _pour(calls, fd, head(report), report.message, rest)
        calls.fsync(fd)
        calls.rename(partial, path) if partial else calls.name(fd, path)
        placed = True
        calls.fsync(fd)
        _sync(calls, folder)
    except BaseException:
        # The report is still with who gave it to us, and comes again. If its file cannot be removed it is learned, too.
        if partial or placed:
            remove(calls, path if placed else partial)
        raise
    finally:
        _close(calls, fd)
    return name


def _close(calls: Calls, fd: int) -> None:
    try:
        calls.close(fd)
    except OSError:
        pass  # what was to be durable has been fsynced; the descriptor is gone in any case (close(2))


def _pour(calls: Calls, fd: int, *parts: bytes | int | None) -> None:
    for part in parts:
        if isinstance(part, int):
            while chunk := calls.read(part, CHUNK):
                _all(calls, fd, chunk)
        elif part:
            _all(calls, fd, part)


def _all(calls: Calls, fd: int, octets: bytes) -> None:
    view = memoryview(octets)
    while view:
        view = view[calls.write(fd, view) :]


def _sync(calls: Calls, folder: str) -> None:
    try:
        sync(calls, folder)
    except PermissionError:
        pass  # 3733: it may be listed by nobody but the learner; see above why the report stays
