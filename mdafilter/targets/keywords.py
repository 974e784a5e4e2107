"""Keywords of a message in a Maildir folder (RFC 3501 section 2.3.2: "$Forwarded", "Junk"), kept as Dovecot keeps them.

The file `dovecot-keywords` in the folder has a line "<number> <keyword>" for each keyword that a message in it ever
had. Number 0 is the letter "a" in the names of files, and 25 is "z", so that a name in cur/ ends in ":2,FSac".
A keyword that the file has is used as it stands, whatever the case of its letters; one that it has not gets the number
behind the last one.

Nothing is ever changed in the file: a new one is written beside it, brought to the disk, and renamed, so a SIGKILL
leaves the old one or the new one. Who writes it holds a lock of the folder, which ends with its process, and then
`dovecot-uidlist.lock`, under which Dovecot reads and writes it. A lock file that a killed process of ours has left, or
that is older than Dovecot lets one get, is taken away. The file has the folder's rights, and a later time than the one
before: Dovecot looks at its seconds to tell whether to read it again.

In:    the folder, and keywords (flags.py) in any case. Loaded only for a message that has one.
Out:   the letters, and a note on what could not be kept: there are limits.KEYWORDS of them at most.
Fails: never. A flag that cannot be stored is given up, with a note, and the message is delivered (RFC 5232 section 5).
Bugs:  where Dovecot is told to keep its control files elsewhere (CONTROL=), it does not know these.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time

from mdafilter import limits
from mdafilter.files import remove, sync
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.files import Calls

FILE = "dovecot-keywords"
LOCK = "dovecot-uidlist.lock"
PAUSE = 0.05  # seconds between two looks at a lock


class Unusable(Exception):
    """The file is not what Dovecot writes, or cannot be locked: it is left as it is."""


def letters(calls: Calls, folder: str, keywords: Sequence[str]) -> tuple[str, str]:
    """The letters of these keywords in this folder, sorted; and a note on those that have none, or ""."""
    known: dict[str, int] = {}
    why = f"a folder has {limits.KEYWORDS} at most"
    try:
        known = _read(calls, folder)[0]
        if not all(word.lower() in known for word in keywords) and len(known) < limits.KEYWORDS:
            known = _added(calls, folder, keywords)
    except Unusable as wrong:
        why = str(wrong)
    except OSError as failed:  # the message is on its way into the folder, and loses no more than this flag
        why = f"{folder}/{FILE}: {os.strerror(failed.errno or 0)}"
    lost = [word for word in keywords if word.lower() not in known]
    found = sorted({chr(ord("a") + known[word.lower()]) for word in keywords if word.lower() in known})
    return "".join(found), f"not kept as keywords: {', '.join(lost)} ({why})" if lost else ""


def known(calls: Calls, folder: str) -> dict[str, str]:
    """The letter of each keyword (in lower case) of this folder; none where that cannot be told."""
    try:
        return {word: chr(ord("a") + number) for word, number in _read(calls, folder)[0].items()}
    except (Unusable, OSError):
        return {}


def _read(calls: Calls, folder: str) -> tuple[dict[str, int], bytes, int]:
    """The keywords, in lower case, and their numbers; the content of the file, and its time. Unusable."""
    try:
        fd = calls.open(f"{folder}/{FILE}", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError:
        return {}, b"", 0
    try:
        content = calls.read(fd, limits.KEYWORDS_OCTETS + 1)
        changed = int(calls.fstat(fd).st_mtime)
    finally:
        calls.close(fd)
    known: dict[str, int] = {}
    for line in content.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if content else ():
        number, _, word = line.partition(" ")
        if not (number.isascii() and number.isdigit() and len(number) < 3 and int(number) < limits.KEYWORDS and word):
            raise Unusable(f"{folder}/{FILE} is not as Dovecot writes it")
        known.setdefault(word.lower(), int(number))
    if len(content) > limits.KEYWORDS_OCTETS or len(set(known.values())) < len(known):
        raise Unusable(f"{folder}/{FILE} is not as Dovecot writes it")
    return known, content, changed


def _added(calls: Calls, folder: str, keywords: Sequence[str]) -> dict[str, int]:
    """Writes what is missing behind the others; all that are there then."""
    until = time.monotonic() + limits.KEYWORDS_SECONDS
    ours = calls.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _wait_for_others(calls, ours, until)
        _lock_out_dovecot(calls, f"{folder}/{LOCK}", until)
        try:
            known, content, changed = _read(calls, folder)
            first = max(known.values(), default=-1) + 1
            missing = dict.fromkeys(word.lower() for word in keywords if word.lower() not in known)
            spelled = {word.lower(): word for word in reversed(keywords)}
            numbered = dict(zip(missing, range(first, limits.KEYWORDS), strict=False))
            lines = "".join(f"{number} {spelled[word]}\n" for word, number in numbered.items())
            end = b"" if not content or content.endswith(b"\n") else b"\n"
            if numbered:
                _write(calls, folder, content + end + lines.encode(), calls.fstat(ours), changed)
            return known | numbered
        finally:
            remove(calls, f"{folder}/{LOCK}")
    finally:
        calls.close(ours)


def _write(calls: Calls, folder: str, content: bytes, rights: os.stat_result, changed: int) -> None:
    """The new file in the place of the old one."""
    beside = f"{folder}/{FILE}.lock"  # Dovecot's name for it, too: what a killed writer left there is nobody's
    remove(calls, beside)
    fd = calls.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            if calls.write(fd, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if rights.st_gid != calls.fstat(fd).st_gid and rights.st_mode & 0o060:
                calls.chown(fd, -1, rights.st_gid)
            calls.chmod(fd, rights.st_mode & 0o666)
            if int(calls.fstat(fd).st_mtime) <= changed:
                calls.utime(fd, (changed + 1, changed + 1))
            calls.fsync(fd)
        finally:
            calls.close(fd)
        calls.rename(beside, f"{folder}/{FILE}")
    except OSError:
        remove(calls, beside)
        raise
    sync(calls, folder)


# --- locks -----------------------------------------------------------------------------------------------------------


def _wait_for_others(calls: Calls, fd: int, until: float) -> None:
    """Other processes of ours; the kernel gives it back when one is killed."""
    while True:
        try:
            calls.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            _pause(until)


def _lock_out_dovecot(calls: Calls, path: str, until: float) -> None:
    """Makes the lock file, with our number and host, by which Dovecot sees whether we live; it ignores a line's end."""
    while True:
        try:
            fd = calls.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            if not _is_stale(calls, path) or not remove(calls, path):
                _pause(until)
            continue
        try:
            calls.write(fd, f"{os.getpid()}:{os.uname().nodename}\n".encode())
            return
        except OSError:
            remove(calls, path)
            raise
        finally:
            calls.close(fd)


def _is_stale(calls: Calls, path: str) -> bool:
    """Whether it is too old, or ours: then it is that of a dead process, since we have the lock of the folder.

    Whether a process of Dovecot's is alive cannot be told by its number: it may have a namespace of its own.
    """
    try:
        if time.time() - calls.lstat(path).st_mtime > limits.UIDLIST_STALE:
            return True
        fd = calls.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return calls.read(fd, 300).endswith(b"\n")
        finally:
            calls.close(fd)
    except OSError:
        return False  # it has just gone, or is not ours to read: it is waited for


def _pause(until: float) -> None:
    if time.monotonic() > until:
        raise Unusable("another program is at work there")
    time.sleep(PAUSE)
