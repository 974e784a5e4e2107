"""Drafts of files.py as its tests make them: of a message that is a few octets, under a name that is always the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mdafilter.files import CALLS, Calls, Draft, claim


class Text:
    """A message that is these octets."""

    def __init__(self, data: bytes, nameless: int | None = None) -> None:
        self.data = data
        self.nameless = nameless

    def write_to(self, fd: int) -> int:
        return os.write(fd, self.data)


@contextmanager
def nameless(folder: Path) -> Iterator[Text]:
    """A message in a file without a name, on the file system of the folder."""
    fd = os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600)
    os.write(fd, b"hello\n")
    yield Text(b"hello\n", fd)
    os.close(fd)


def never(_: Draft) -> bool:
    return False


def draft(directory: Path, calls: Calls = CALLS, *, finished: bool = False) -> Draft:
    return claim(calls, str(directory), "name", "other", lambda _: finished)


def claimed(directory: Path, source: Text, calls: Calls = CALLS, name: str = "name") -> Draft:
    return claim(calls, str(directory), name, f"other than {name}", never, source)
