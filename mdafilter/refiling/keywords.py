"""The letters that stand for the keywords of a message, which each folder gives anew.

Dovecot writes keywords (RFC 9051 section 2.3.2) as the letters a to z behind the flags, and what they mean into the
file `dovecot-keywords` of the folder: lines of a number and a name, 0 for "a". So a message that moves gets the letters
of its new folder; a name that has none there yet is added, by the lock file `dovecot-keywords.lock`, which becomes the
file, as Dovecot does it.

In:    the directories of two folders, the letters of a message.
Out:   the letters; letters without a name are left out, as they mean nothing.
Fails: OSError, FileExistsError where another program has the lock; FileNotFoundError never.
Known bugs: the 27th keyword of a folder has no letter, in Dovecot neither: the message comes there without it.
"""

from __future__ import annotations

import os
import time

from mdafilter.files import Calls

NAME = "dovecot-keywords"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
STALE_SECONDS = 60  # Dovecot's own limit for a lock file of another process (maildir-keywords)
_OCTETS = 64 * 1024


def translated(calls: Calls, source: str, target: str, letters: str) -> str:
    """The letters of the target folder for what these mean in the source folder."""
    names = named(calls, source)
    wanted = [names[at] for at in map(LETTERS.index, letters) if names.get(at)]
    if not wanted:
        return ""
    known = named(calls, target)
    if missing := [name for name in wanted if name not in known.values()]:
        known = _added(calls, target, missing)
    numbers = {name: number for number, name in known.items()}
    return "".join(sorted(LETTERS[numbers[name]] for name in wanted if name in numbers))


def named(calls: Calls, folder: str) -> dict[int, str]:
    """The keywords of a folder by their numbers. OSError."""
    try:
        fd = calls.open(f"{folder}/{NAME}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return {}
    try:
        text = calls.read(fd, _OCTETS).decode("utf-8", "surrogateescape")
    finally:
        calls.close(fd)
    found = {}
    for line in text.split("\n"):
        number, _, name = line.partition(" ")
        if number.isascii() and number.isdigit() and len(number) < 3 and int(number) < len(LETTERS) and name:
            found[int(number)] = name
    return found


def _added(calls: Calls, folder: str, names: list[str]) -> dict[int, str]:
    lock = f"{folder}/{NAME}.lock"
    fd = _locked(calls, lock)
    try:
        try:
            known = named(calls, folder)
            free = [number for number in range(len(LETTERS)) if number not in known]
            for name in names:
                if name not in known.values() and free:
                    known[free.pop(0)] = name
            text = "".join(f"{number} {name}\n" for number, name in sorted(known.items()))
            data = text.encode("utf-8", "surrogateescape")
            if calls.write(fd, data) != len(data):
                raise OSError(28, os.strerror(28))
            calls.fsync(fd)
        finally:
            calls.close(fd)
        calls.rename(lock, f"{folder}/{NAME}")
    except BaseException:
        calls.unlink(lock)
        raise
    return known


def _locked(calls: Calls, lock: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return calls.open(lock, flags, 0o600)
    except FileExistsError:
        if time.time() - calls.lstat(lock).st_mtime < STALE_SECONDS:
            raise
        calls.unlink(lock)
        return calls.open(lock, flags, 0o600)
