"""Making Maildir++ folders: the directory with `cur`, `new`, `tmp` and an empty file `maildirfolder` (Maildir++).

Folders, and the Maildir itself, are made on demand (mode 0700), and new folders are subscribed to, in the file of the
IMAP server that is there; no home is made, and of virtual mailboxes what lies below their base. Loaded only when
something is missing: most deliveries make nothing.

In:    the Mailbox, and the directory of the folder (foldername.py).
Fails: OSError of any step; TryAgain where the home is missing.
"""

from __future__ import annotations

import os

from mdafilter.errors import TryAgain
from mdafilter.files import make, sync, touch
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.files import Calls
    from mdafilter.targets import Mailbox


def make_folder(calls: Calls, mailbox: Mailbox, folder: str) -> None:
    """Makes whatever of the folder is missing, tmp/ last: where there is a tmp/, all else is there, and on the disk."""
    root = mailbox.root
    for above in _between(mailbox.base, root):
        if make_below(calls, above):
            sync(calls, os.path.dirname(above))
    if make_below(calls, root):
        for part in ("cur", "new", "tmp") if folder != root else ():
            make(calls, f"{root}/{part}")
        sync(calls, os.path.dirname(root) or ".")
    if folder != root:
        make(calls, folder)
        touch(calls, f"{folder}/maildirfolder")
    for part in ("cur", "new"):
        make(calls, f"{folder}/{part}")
    if folder != root and mailbox.subscribe:
        _subscribe(calls, root, folder[len(root) + 2 :])
    sync(calls, folder)
    sync(calls, root)
    make(calls, f"{folder}/tmp")


def _between(base: str, root: str) -> list[str]:
    """The folders from the base of virtual mailboxes to the Maildir: that of a domain. Neither a base nor a home."""
    if not base or not root.startswith(f"{base}/"):
        return []
    names = root[len(base) + 1 :].split("/")[:-1]
    return [f"{base}/{'/'.join(names[:n])}" for n in range(1, len(names) + 1)]


def make_below(calls: Calls, folder: str) -> bool:
    """Makes a folder in one that must be there: TryAgain where it is not."""
    try:
        return make(calls, folder)
    except FileNotFoundError:
        raise TryAgain(f"{os.path.dirname(folder)} is missing: no mailbox is made there") from None


def _subscribe(calls: Calls, root: str, name: str) -> None:
    """Adds the folder to the subscriptions of Courier, if it is there, else to those of Dovecot. Fails nothing."""
    try:
        path = f"{root}/courierimapsubscribed"
        if "courierimapsubscribed" in calls.listdir(root):
            append_line(calls, path, lambda _: b"INBOX." + name.encode("ascii"))
        else:
            append_line(calls, f"{root}/subscriptions", lambda content: _dovecot_line(content, name))
    except OSError:
        pass  # the folder is there and the message goes into it; the reader subscribes by hand


def _dovecot_line(content: bytes, name: str) -> bytes:
    """The second version of the file begins with a line of its own, and has tabs between the parts of a name."""
    line = name.encode("ascii")
    return line.replace(b".", b"\t") if content.startswith(b"V\t2\n") else line


def append_line(calls: Calls, path: str, spell: Callable[[bytes], bytes]) -> None:
    """Adds the line that `spell(content)` gives, unless the file has it; the file is made if it is not there.

    It is one write in append mode, taken back if it is cut off: what others write there meanwhile is not lost.
    """
    fd = calls.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = calls.fstat(fd).st_size
        content = calls.read(fd, size)
        line = spell(content)
        if line in content.splitlines():
            return
        data = (b"" if not content or content.endswith(b"\n") else b"\n") + line + b"\n"
        if calls.write(fd, data) != len(data):
            calls.truncate(fd, size)
    finally:
        calls.close(fd)
