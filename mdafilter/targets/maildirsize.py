"""The quota of a Maildir++: the file `maildirsize`, which all programs that use the Maildir keep together.

    1000000000S,10000C    what there may be: octets, messages; either may be missing, and 0 is no limit
    941233 212            what there was when the file was written
    4410 1                what has come since then, or gone (-4410 -1): each program appends a line, in one write

Specification: README.maildirquota of Courier (https://www.courier-mta.org/imap/README.maildirquota.html). The sums are
calculated anew, from all folders, where the file has 5120 octets, or a line that is none; and before a message is
turned away, unless they were calculated just now (one line, not yet 15 minutes old).

What counts: every file in new/ and cur/ of all folders, each name once, however many names a file has. That is what
Dovecot does, and Courier where it was built --with-trashquota. Without `trash`, neither the folder Trash nor what is
marked as deleted (the flag T) counts: so the specification has it, and maildrop and Courier otherwise. (Dovecot with
"Trash:ignore" counts what has the flag T.)

The first line belongs to whoever wrote it last. Dovecot 2.3 without limits of its own keeps what it finds there; 2.4
writes 0S, no limit: it has to be told the same limits (quota_storage_size, quota_message_count).

In:    the Maildir, the definition of the configuration for one that has no file yet, what a delivery brings.
Out:   Account: whether there is room, the line behind the delivery, how full the Maildir is then.
Fails: OverQuota. Nothing else: a quota that cannot be found out or written stops no mail, a note says so.
Bugs:  two deliveries at the same time may both find the last room. After a SIGKILL between the link and the line the
       sums are too small until they are calculated anew, which is some hundred messages later, or when it gets full.
"""

from __future__ import annotations

import errno
import os

from mdafilter import limits
from mdafilter.errors import OverQuota
from mdafilter.files import SUFFIX, remove
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.files import Calls

NAME = "maildirsize"
_TIMES = 3  # how often a Maildir that changes meanwhile is summed up


# --- the file ------------------------------------------------------------------------------------------------------


class Amount(Value):
    """So many octets in so many messages."""

    octets: int = 0
    messages: int = 0

    def plus(self, other: Amount) -> Amount:
        return Amount(self.octets + other.octets, self.messages + other.messages)


class Sheet(Value):
    """What the file says. No `quota`: it defines none. No `used`: to be calculated anew. `first` is its first line."""

    first: bytes
    quota: Amount | None
    used: Amount | None = None
    lines: int = 0


def definition(text: bytes) -> Amount | None:
    """The quota of a first line, if it is one. Members of another kind than S and C are left to who knows them."""
    found: dict[bytes, int] = {}
    for member in text.split(b",") if len(text) <= limits.MAILDIRSIZE_LINE else ():
        member = member.strip()
        number = _number(member[:-1])
        if member[-1:] in (b"S", b"C") and number is not None and number >= 0:
            found[member[-1:]] = number
    return Amount(found.get(b"S", 0), found.get(b"C", 0)) if found else None


def parse(content: bytes) -> Sheet:
    """What these octets say: of the whole file, or of its beginning where it is too large."""
    first, _, rest = content.partition(b"\n")
    quota = definition(first)
    if quota is None or len(content) >= limits.MAILDIRSIZE_OCTETS or not rest.endswith(b"\n"):
        return Sheet(first, quota)
    used, lines = Amount(), rest.split(b"\n")[:-1]
    for line in lines:
        numbers = [_number(word) for word in line.split()]
        if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
            return Sheet(first, quota)
        used = used.plus(Amount(numbers[0], numbers[1]))
    return Sheet(first, quota, used if used.octets >= 0 and used.messages >= 0 else None, len(lines))


def _number(text: bytes) -> int | None:
    digits = text.removeprefix(b"-")
    return int(text) if digits.isdigit() and len(digits) <= limits.MAILDIRSIZE_DIGITS else None


# --- one delivery --------------------------------------------------------------------------------------------------


class Usage(Value):
    """How full a Maildir is."""

    quota: Amount
    used: Amount

    @property
    def percent(self) -> int:
        """Of the octets or of the messages, whichever is more; 0 where neither has a limit."""
        shares = [(self.used.octets, self.quota.octets), (self.used.messages, self.quota.messages)]
        return max(100 * used // most if most else 0 for used, most in shares)

    def fits(self) -> bool:
        most, used = self.quota, self.used
        return not (0 < most.octets < used.octets or 0 < most.messages < used.messages)

    def __str__(self) -> str:
        parts = [f"{self.used.octets} of {self.quota.octets} octets"] if self.quota.octets else []
        parts += [f"{self.used.messages} of {self.quota.messages} messages"] if self.quota.messages else []
        return ", ".join(parts)


class Account:
    """A Maildir in one delivery, which brings `new`. `note` says what could not be done.

    `default` is the definition for a Maildir without the file. `name` is of a file in tmp/, the same in every try.
    """

    def __init__(self, calls: Calls, root: str, new: Amount, now: float, name: str, default: str, trash: bool) -> None:
        self.calls = calls
        self.root = root
        self.new = new
        self.trash = trash
        self.note = ""
        self.usage: Usage | None = None  # with what is new; None: it has no quota, or none that can be found out
        self._path = f"{root}/{NAME}"
        self._name = f"{root}/tmp/{name}.{NAME}{SUFFIX}"
        self._sure = False  # the sums were calculated just now
        try:
            self._open(default.encode("utf-8", "replace"), now)
        except OSError as error:  # no message is held up for a sum
            self._failed(error)

    def _open(self, default: bytes, now: float) -> None:
        try:
            sheet, mtime = self._read()
        except FileNotFoundError:
            sheet, mtime = Sheet(b"", None), now
        if sheet.quota is None:
            sheet = Sheet(default, definition(default))
        self._first = sheet.first
        if sheet.quota is None:
            return
        if sheet.used is None:
            self._calculate(sheet.quota)
        else:
            self.usage = Usage(sheet.quota, sheet.used.plus(self.new))
            self._sure = sheet.lines == 1 and abs(now - mtime) < limits.MAILDIRSIZE_SECONDS

    def _read(self) -> tuple[Sheet, float]:
        calls = self.calls
        fd = calls.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return parse(calls.read(fd, limits.MAILDIRSIZE_OCTETS)), calls.fstat(fd).st_mtime
        finally:
            calls.close(fd)

    def admit(self) -> None:
        """OverQuota where there is no room for what is new."""
        if self._fits():
            return
        if not self._sure and self.usage is not None:
            try:
                self._calculate(self.usage.quota)
            except OSError as error:  # who cannot tell turns nothing away
                self._failed(error)
        if not self._fits():
            raise OverQuota(f"the mailbox is full: with this message {self.usage}")

    def _fits(self) -> bool:
        return self.usage is None or self.usage.fits()

    def enter(self) -> None:
        """Appends what is new, now that it is there."""
        if self.usage is None:
            return
        line = b"%d %d\n" % (self.new.octets, self.new.messages)
        try:
            fd = self.calls.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                self.calls.write(fd, line)  # cut off by a full disk it is no line, and the next one calculates anew
            finally:
                self.calls.close(fd)
        except OSError as error:  # the message is in its place: the sums are wrong until they are calculated anew
            self.note = self.note or f"{self._path} lacks this message: {error.strerror}"

    def _failed(self, error: OSError) -> None:
        self.usage = None
        self.note = f"the quota of {self.root} was not looked at: {error.strerror}"

    # --- summing up ---

    def _calculate(self, quota: Amount) -> None:
        """Sums up all folders, and writes the file anew; again where one of them has changed meanwhile."""
        for _ in range(_TIMES):
            used, times = Amount(), {}
            for directory in self._directories():
                try:
                    times[directory] = self.calls.lstat(directory).st_mtime_ns
                    used = used.plus(self._sum(directory))
                except (FileNotFoundError, NotADirectoryError):
                    continue  # no folder, or one that has just been removed
            self._write(b"%s\n%d %d\n" % (self._first, used.octets, used.messages))
            self.usage = Usage(quota, used.plus(self.new))
            self._sure = True
            if all(self._time(directory) == then for directory, then in times.items()):
                return

    def _directories(self) -> Iterator[str]:
        names = [n for n in self.calls.listdir(self.root) if n.startswith(".") and not n.startswith("..")]
        for folder in ("", *(f"/{n}" for n in names if self.trash or n != ".Trash")):
            yield f"{self.root}{folder}/new"
            yield f"{self.root}{folder}/cur"

    def _sum(self, directory: str) -> Amount:
        octets = messages = 0
        for name in self.calls.listdir(directory):
            if name.startswith(".") or not (self.trash or "T" not in name.partition(":2,")[2]):
                continue
            size = size_of(name)
            if size is None:
                try:
                    size = self.calls.lstat(f"{directory}/{name}").st_size
                except FileNotFoundError:
                    continue  # moved or removed since it was listed
            octets += size
            messages += 1
        return Amount(octets, messages)

    def _time(self, directory: str) -> int:
        try:
            return self.calls.lstat(directory).st_mtime_ns
        except FileNotFoundError:
            return -1

    def _write(self, content: bytes) -> None:
        """By a file in tmp/. It is synced: after a power failure an empty one would be no quota at all."""
        calls = self.calls
        try:
            fd = calls.open(self._name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                if calls.write(fd, content) != len(content):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                calls.fsync(fd)
            finally:
                calls.close(fd)
            calls.rename(self._name, self._path)
        except OSError as error:
            remove(calls, self._name)
            self.note = f"{self._path} cannot be written: {error.strerror}"


def size_of(name: str) -> int | None:
    """The size that a file name has in it: `,S=` and digits, up to the end, another comma or the flags."""
    _, _, rest = name.partition(",S=")
    number = _number(rest.partition(":")[0].partition(",")[0].encode("utf-8", "surrogateescape"))
    return number if number is not None and number >= 0 else None
