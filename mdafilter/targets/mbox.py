"""Delivery into an mbox file (mbox(5), RFC 4155): a From line, the message, an empty line, at the end of the file.

Lines of the message that would be taken for a From line get a ">" in front (mboxrd: `>From ` gets another one, so that
it can be undone). The file is locked by `FILE.lock` and by fcntl(2), as procmail and Postfix do; where no lock file can
be made (/var/mail belongs to root), by fcntl alone. One that is older than limits.LOCK_STALE is taken away.

Exactly once: before a byte is written, a draft in tmp/ of the inbox says where in the file the message is going to be,
and under which From line. A retry that finds the draft looks there: a whole message is not written again; half of one
at the end of the file is cut off. What others wrote behind it stays, and the message is then written once more.

Fails: OSError of any step, after the file was cut back to its size; TryAgain for a lock that nobody gives up, and for
       what is no regular file of ours.
Bugs:  a retry cannot know of a message that the reader's program moved within the file or out of it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.files import remove
from mdafilter.targets.maildir import claim_in
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.files import Calls, Draft
    from mdafilter.message import Message
    from mdafilter.targets import Parcel

_WAIT = 0.1  # seconds between two tries to lock
_CHUNK = 64 * 1024


class _Plan(Value):
    """Where the message is going to be, as the draft says it."""

    offset: int
    from_line: bytes

    def text(self) -> bytes:
        return b"%d\n%s" % (self.offset, self.from_line)

    @classmethod
    def of(cls, text: bytes) -> _Plan | None:
        """None for a draft that was never finished."""
        number, newline, line = text.partition(b"\n")
        return cls(int(number), line) if newline and number.isdigit() and line.endswith(b"\n") else None


class MboxMessage:
    """A message on its way into one mbox file; see targets.Staged."""

    def __init__(self, parcel: Parcel, path: str) -> None:
        self.parcel = parcel
        self.path = path
        self.notes: tuple[str, ...] = ()
        self.size = 0
        self.already = False
        self.has_run = False
        self.earlier: _Plan | None = None
        self.at = -1  # where it was written by this try
        self.draft: Draft = claim_in(parcel, parcel.mailbox.root, self._look)

    def _look(self, draft: Draft) -> bool:
        """Whether an earlier try delivered it; remembers what that one was about to do."""
        calls = self.parcel.calls
        self.earlier = _Plan.of(calls.pread(draft.fd, limits.PROGRAM_SAYS, 0))
        if self.earlier is None:
            return False
        try:
            fd = calls.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return False  # it is not there: then neither is the message
        try:
            written, whole = self._found(fd, self.earlier)
            self.already, self.size = whole, written
        finally:
            calls.close(fd)
        return self.already

    def _found(self, fd: int, plan: _Plan) -> tuple[int, bool]:
        """How many octets of the message stand at its place, and whether they are all of them."""
        at = plan.offset
        for piece in rendered(self.parcel.decided.message, plan.from_line):
            there = self.parcel.calls.pread(fd, len(piece), at)
            if there != piece:
                same = next((i for i, (a, b) in enumerate(zip(there, piece, strict=False)) if a != b), len(there))
                return at + min(same, len(there)) - plan.offset, False
            at += len(piece)
        return at - plan.offset, True

    def write(self) -> None:
        """Nothing yet: other programs see whatever is in the file."""

    def commit(self) -> None:
        calls = self.parcel.calls
        until = min(self.parcel.until, time.monotonic() + limits.LOCK_SECONDS)
        dotlock = _dotlock(calls, self.path, until)
        try:
            fd = _opened(calls, self.path)
            try:
                _locked(calls, fd, self.path, until)
                self._append(fd)
            finally:
                calls.close(fd)
        finally:
            if dotlock and not (remove(calls, dotlock) or remove(calls, dotlock)):
                self.notes = (f"{dotlock} could not be removed: others wait until it is stale",)

    def _append(self, fd: int) -> None:
        calls = self.parcel.calls
        size = calls.fstat(fd).st_size
        if self.earlier is not None:
            written, whole = self._found(fd, self.earlier)
            if written and not whole and self.earlier.offset + written == size:
                calls.truncate(fd, self.earlier.offset)  # what a killed try left at the end
                size = self.earlier.offset
        plan = _Plan(size, from_line(self.parcel))
        calls.write(self.draft.fd, plan.text())
        calls.fsync(self.draft.fd)
        try:
            if size and calls.pread(fd, 1, size - 1) != b"\n":
                calls.write(fd, b"\n")  # a last line of others without its end: ours would be hidden in it
                size += 1
                plan = plan.replace(offset=size)
                calls.truncate(self.draft.fd, 0)
                os.lseek(self.draft.fd, 0, os.SEEK_SET)
                calls.write(self.draft.fd, plan.text())
                calls.fsync(self.draft.fd)
            for piece in rendered(self.parcel.decided.message, plan.from_line):
                _write(calls, fd, piece)
                self.size += len(piece)
            calls.fsync(fd)
        except BaseException:
            calls.truncate(fd, plan.offset)
            raise
        self.at = plan.offset

    def abort(self) -> bool:
        """Cuts the message off again, if it is still the last one; else the draft stays for the retry."""
        undone = self.at < 0 or self._withdrawn()
        if undone and not self.already:
            try:
                self.parcel.calls.unlink(self.draft.path)
            except OSError:
                pass  # the retry compares, and finds nothing at that place
        self.draft.close()
        return undone or self.already

    def _withdrawn(self) -> bool:
        calls = self.parcel.calls
        try:
            fd = _opened(calls, self.path)
        except (OSError, TryAgain):
            return False
        try:
            _locked(calls, fd, self.path, time.monotonic() + 1)
            if calls.fstat(fd).st_size != self.at + self.size:
                return False
            calls.truncate(fd, self.at)
            calls.fsync(fd)
        except (OSError, TryAgain):
            return False  # the message may still be there: the draft tells the retry
        finally:
            calls.close(fd)
        return True

    def release(self) -> None:
        self.draft.close()

    def forget(self) -> None:
        try:
            self.parcel.calls.unlink(self.draft.path)
        except OSError:
            pass  # it is swept in a day; no retry comes for what was answered
        self.draft.close()


# --- what is written -------------------------------------------------------------------------------------------------


def from_line(parcel: Parcel) -> bytes:
    """`From sender date`, as Postfix' local(8) writes it."""
    sender = parcel.envelope.sender.encode("utf-8", "surrogateescape") or b"MAILER-DAEMON"
    sender = b"".join(sender.split()) or b"MAILER-DAEMON"
    date = time.asctime(time.localtime(parcel.naming.now()))
    return b"From %s  %s\n" % (sender[:200], date.encode())


def rendered(message: Message, line: bytes) -> Iterator[bytes]:
    """The octets of the message as the file has them, From line and empty line included, in pieces."""
    yield line
    rest, last = b"", b""
    for chunk in _chunks(message):
        text = rest + chunk
        cut = text.rfind(b"\n") + 1
        if not cut and len(text) < limits.WINDOW:
            rest = text
            continue
        cut = cut or len(text)
        rest = text[cut:]
        last = quoted(text[:cut])
        yield last
    if rest:
        last = quoted(rest)
        yield last
    yield b"\n" if last.endswith(b"\n") or not last else b"\n\n"


def quoted(text: bytes) -> bytes:
    """mboxrd: whole lines, each `From `, `>From `, `>>From ` with one ">" more."""
    if b"From " not in text:
        return text
    lines = text.split(b"\n")
    return b"\n".join(b">" + one if one.lstrip(b">").startswith(b"From ") else one for one in lines)


def _chunks(message: Message) -> Iterator[bytes]:
    for piece in message.pieces():
        if isinstance(piece, bytes):
            yield piece
        else:
            at = piece.start
            while at < piece.end:
                yield message.octets.slice(at, min(at + _CHUNK, piece.end))
                at += _CHUNK


def _write(calls: Calls, fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[calls.write(fd, view) :]


# --- the file and its locks ------------------------------------------------------------------------------------------


def _opened(calls: Calls, path: str) -> int:
    """The file, made if it is missing; TryAgain for what is no regular file of ours."""
    fd = calls.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    state = calls.fstat(fd)
    if stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid() and state.st_nlink == 1:
        return fd
    calls.close(fd)
    raise TryAgain(f"{path} is no mailbox of this user: a regular file of his own, with one name")


def _locked(calls: Calls, fd: int, path: str, until: float) -> None:
    """fcntl(2), which other hosts see as well; waits until then."""
    while True:
        try:
            calls.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            if time.monotonic() > until:
                raise TryAgain(f"{path} is locked by another program", "4.2.0") from None
            time.sleep(_WAIT)
        else:
            return


def _dotlock(calls: Calls, path: str, until: float) -> str:
    """The lock file, made; "" where none can be made."""
    lock = f"{path}.lock"
    while True:
        try:
            fd = calls.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            _unstale(calls, lock)
            if time.monotonic() > until:
                raise TryAgain(f"{lock} is there: another program uses the mailbox", "4.2.0") from None
            time.sleep(_WAIT)
        except PermissionError:
            return ""  # fcntl(2) alone, then
        else:
            try:
                calls.close(fd)
            except OSError:
                pass  # the file is there, and closed in any case (close(2)): that is all that it is for
            return lock


def _unstale(calls: Calls, lock: str) -> None:
    """Takes away a lock that is too old to have anybody behind it."""
    try:
        if time.time() - calls.lstat(lock).st_mtime > limits.LOCK_STALE:
            calls.unlink(lock)
    except OSError:
        pass  # gone, or not ours to remove: it is waited for
