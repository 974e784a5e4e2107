"""Who is a recipient, and whose mail is that: the answers of the LMTP door to RCPT.

    own        the service runs as an ordinary user: all mail is this user's
    virtual    one user owns all mailboxes (virtual_mailbox_base): every address, or those of a table (access(5))
    else       the users of this machine (passwd(5)), by the local part, in any domain

A local part is looked for as it stands and then in lower case, with its extension and then without it, as local(8)
does it. Nothing is delivered as root, just as the one-shot does not.

In:    the path of RCPT.
Out:   Account, or the reply: 550 for who does not exist, and only then.
Fails: never. Where it is not known whether somebody exists (no descriptors, a directory service that does not answer, a
       table that cannot be read) the reply is 451: a 550 would bounce the mail of somebody who does.

Answers are kept for some seconds. A directory service that is slow holds up the whole door (nscd(8) or sssd(8) help).
"""

from __future__ import annotations

import errno
import os
import pwd
import time

from mdafilter import limits, lookups
from mdafilter.errors import RuleFailed
from mdafilter.message import Envelope
from mdafilter.serve.lmtp import Reply
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.serve.lmtp import Path

NAME_OCTETS = 256  # RFC 5321, 4.5.3.1.1: 64; LOGIN_NAME_MAX is 256
UNKNOWN = Reply(550, "5.1.1", "There is no such user here")
NOT_ROOT = Reply(451, "4.3.5", "Will not deliver as root: root needs an alias")
NO_ANSWER = Reply(451, "4.3.0", "It cannot be said now whether this user exists")


class Account(Value):
    """Whose mail it is. `user` is a login name, or "" where there is none; `extension` as in local(8)."""

    uid: int
    user: str
    extension: str = ""


class Virtual(Value):
    """The owner of all mailboxes, and the table of addresses; "" is every address."""

    uid: int
    table: str = ""


class Recipients:
    """Answers, and remembers."""

    def __init__(
        self,
        delimiter: str = "",
        virtual: Virtual | None = None,
        own: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._delimiter = delimiter
        self._virtual = virtual
        self._own = own
        self._clock = clock
        self._known: dict[Path, tuple[float, Account | Reply]] = {}

    def find(self, path: Path) -> Account | Reply:
        """Whose mail it is, or why it is nobody's."""
        now = self._clock()
        found = self._known.get(path)
        if found is not None and now < found[0]:
            return found[1]
        answer = self._find(path)
        if len(self._known) >= limits.LMTP_KNOWN:
            self._known.clear()
        self._known[path] = (now + limits.LMTP_KNOWN_SECONDS, answer)
        return answer

    def _find(self, path: Path) -> Account | Reply:
        base, extension = Envelope(recipient=str(path)).split(self._delimiter)
        if self._own is not None:
            return Account(self._own, _login(self._own), extension or "")
        if self._virtual is not None:
            return self._in_table(self._virtual, path, extension or "")
        return _local(path.local, base, extension)

    def _in_table(self, virtual: Virtual, path: Path, extension: str) -> Account | Reply:
        try:
            if virtual.table and lookups.found(virtual.table, "mail", str(path), self._delimiter) is None:
                return UNKNOWN
        except RuleFailed as failed:  # the table is away: all mail waits with Postfix, whose log says why
            return Reply(NO_ANSWER.code, NO_ANSWER.status, f"mdafilter: {failed}")
        return NOT_ROOT if virtual.uid == 0 else Account(virtual.uid, _login(virtual.uid), extension)


def _local(whole: str, base: str, extension: str | None) -> Account | Reply:
    """A user of this machine."""
    ways = [(whole, "")] if extension is None else [(whole, ""), (base, extension)]
    for name, rest in ways:
        for spelled in dict.fromkeys((name, name.lower())):
            found = _entry(spelled)
            if isinstance(found, Reply):
                return found
            if found is not None:
                return Account(found.pw_uid, found.pw_name, rest) if found.pw_uid else NOT_ROOT
    return UNKNOWN


def _entry(name: str) -> pwd.struct_passwd | Reply | None:
    """The user's line of passwd(5); None: there is certainly none."""
    if not name or len(name) > NAME_OCTETS:
        return None
    try:
        return pwd.getpwnam(name)
    except ValueError:  # a NUL, or what is no UTF-8
        return None
    except KeyError:
        return None if why_missing(name) in (0, errno.ENOENT, errno.ESRCH) and _readable() else NO_ANSWER


def _readable() -> bool:
    """Whether users can be looked up at all. nsswitch.conf(5) passes over a service that had no descriptors left."""
    try:
        os.close(os.open("/etc/passwd", os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def why_missing(name: str) -> int:
    """The error number of getpwnam_r(3), which pwd does not tell: 0 is that there is no such user, or that there is."""
    import ctypes

    octets = name.encode("utf-8", "surrogateescape")
    call = ctypes.CDLL(None).getpwnam_r
    room = ctypes.create_string_buffer(64 * 1024)
    entry = ctypes.create_string_buffer(256)  # struct passwd: 48 octets on Linux
    result = ctypes.c_void_p()
    number: int = call(octets, entry, room, ctypes.c_size_t(len(room)), ctypes.byref(result))
    return number


def _login(uid: int) -> str:
    """The login name; "" where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""
