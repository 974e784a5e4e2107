"""Where tests are, and the simple second form.

A folder with these two files is one test, for people who do not want to write Sieve, and for every rule language:

    message.eml    the message
    expect.toml    about = "what is shown"                  (optional)
                   folder = "Trash"                         where the message must be: "INBOX", or a folder
                   also = ["INBOX", "lists/debian"]         folders that have it as well (optional)
                   redirect = ["ann@example.org"]           where it is sent on to (optional)
                   reject = "part of the reason"            it is refused (optional; then there is no folder)
                   rules = ["rules.sieve"]                  else all rule files that lie in the folder, each by itself
                   [envelope] sender, recipient ...         (optional; else what the header of the message says)
"""

from __future__ import annotations

import os

from mdafilter.testing import run as svtest
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mdafilter.settings import Settings
    from mdafilter.testing.run import Report

SUFFIX = ".svtest"


def found(paths: Iterable[str]) -> Iterator[str]:
    """The test files and folders that these paths name."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, below, files in os.walk(path):
            below.sort()
            yield from (os.path.join(folder, name) for name in sorted(files) if name.endswith(SUFFIX))


def run(path: str, settings: Settings) -> Report:
    """The report of one of them."""
    return svtest.run(path, settings)
