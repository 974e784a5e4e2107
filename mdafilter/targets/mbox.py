"""Delivery into an mbox file (mbox(5), RFC 4155): a From line, the message, an empty line, at the end of the file.

Lines of the message that would be taken for a From line get a ">" in front. mboxrd gives `>From ` another one as well,
so that it can be undone; mboxo, as procmail writes it, does not. A Content-Length field is left out, as Postfix does
(postconf(5), message_drop_headers): formail(1) believes it, and a forged one would hide the messages that follow. The
file is locked as mboxlock.py says.

A From line counts only behind an empty line (RFC 4155; formail -s). Where the last message has none, cut off by a full
disk or a power failure, it gets one first.

Exactly once: before a byte is written, a draft in tmp/ of the inbox says where in the file the message is going to be,
and under which From line. A retry that finds the draft looks there: a whole message is not written again; half of one
at the end of the file is cut off. What others wrote behind it stays, and the message is then written once more.

Fails: OSError of any step, after the file was cut back to its size; what mboxlock.py raises.
Bugs:  a retry cannot know of a message that the reader's program moved within the file or out of it.
"""

from __future__ import annotations

import os
import time

from mdafilter import limits
from mdafilter.errors import TryAgain
from mdafilter.files import ends_with, sync
from mdafilter.message import Headers
from mdafilter.targets.maildir import claim_in
from mdafilter.targets.mboxlock import MboxLock
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.files import Calls, Draft
    from mdafilter.message import Message
    from mdafilter.targets import Parcel

_CHUNK = 64 * 1024
_PLAN = 1024  # octets that a plan may have; a From line has 256 at most


class _Plan(Value):
    """Where the message is going to be, as the draft says it."""

    offset: int
    size: int
    from_line: bytes

    def text(self) -> bytes:
        return b"%d %d\n%s" % (self.offset, self.size, self.from_line)

    @classmethod
    def of(cls, text: bytes) -> _Plan | None:
        """None for a draft that was never finished."""
        numbers, _, line = text.partition(b"\n")
        offset, _, size = numbers.partition(b" ")
        whole = offset.isdigit() and size.isdigit() and line.endswith(b"\n")
        return cls(int(offset), int(size), line) if whole else None


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
        self.written: _Plan | None = None
        self.before = -1  # the size of the file before this try wrote to it
        self.message = _without_length(parcel.decided.message)
        self.draft: Draft = claim_in(parcel, parcel.mailbox.root, self._look)
        if self.already:
            self.draft.renew()

    @property
    def traces(self) -> tuple[str, ...]:
        return (self.draft.path,)

    def _text(self, line: bytes) -> Iterator[bytes]:
        return rendered(self.message, line, self.parcel.mailbox.mbox_quoting)

    def _look(self, draft: Draft) -> bool:
        """Whether an earlier try left its plan; learns from it whether that one delivered the message."""
        calls = self.parcel.calls
        self.earlier = _Plan.of(calls.pread(draft.fd, _PLAN, 0))
        if self.earlier is None:
            return False
        try:
            fd = calls.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return True  # then neither is the message
        try:
            if self._is_there(fd, self.earlier):
                calls.fsync(fd)  # the killed try may not have come to that
                self.already, self.size = True, self.earlier.size
        finally:
            calls.close(fd)
        return True

    def _is_there(self, fd: int, plan: _Plan) -> bool:
        """Whether the whole message stands at its place: its From line, and its body where that has to end.

        Not the header, into which a scorer may write something else in each try.
        """
        calls = self.parcel.calls
        if calls.pread(fd, len(plan.from_line), plan.offset) != plan.from_line:
            return False
        body, quoting = self.message.with_headers(Headers()), self.parcel.mailbox.mbox_quoting
        length = sum(map(len, rendered(body, b"", quoting)))
        return ends_with(calls, fd, rendered(body, b"", quoting), length, plan.offset + plan.size)

    def _half(self, fd: int, plan: _Plan) -> int:
        """How many octets of the message stand at its place."""
        at = plan.offset
        for piece in self._text(plan.from_line):
            there = self.parcel.calls.pread(fd, len(piece), at)
            if there != piece:
                pairs = zip(there, piece, strict=False)
                return at - plan.offset + next((i for i, (a, b) in enumerate(pairs) if a != b), len(there))
            at += len(piece)
        return at - plan.offset

    def write(self) -> None:
        """Nothing yet: other programs see whatever is in the file."""

    def commit(self) -> None:
        until = min(self.parcel.until, time.monotonic() + limits.LOCK_SECONDS)
        lock = MboxLock(self.parcel.calls, self.path, until)
        with lock as fd:
            self._append(fd)
        self.notes = (lock.left,) if lock.left else ()

    def _append(self, fd: int) -> None:
        calls = self.parcel.calls
        size = self._without_half(fd)
        gap = _gap(calls, fd, size)
        line = from_line(self.parcel)
        plan = _Plan(size + len(gap), sum(map(len, self._text(line))), line)
        calls.truncate(self.draft.fd, 0)
        _write(calls, self.draft.fd, plan.text())
        calls.fsync(self.draft.fd)
        self.before, self.written = size, plan
        try:
            _write(calls, fd, gap)
            for piece in self._text(line):
                _write(calls, fd, piece)
            calls.fsync(fd)
            if not size:
                _sync_name(calls, self.path)
        except BaseException:
            calls.truncate(fd, size)
            self.before = -1
            raise
        self.size = plan.size

    def _without_half(self, fd: int) -> int:
        """Cuts off what a killed try left at the end; returns the size of the file."""
        calls, plan = self.parcel.calls, self.earlier
        size = calls.fstat(fd).st_size
        if plan is not None and plan.offset < size == plan.offset + self._half(fd, plan):
            calls.truncate(fd, plan.offset)
            return plan.offset
        return size

    def abort(self) -> bool:
        """Cuts the message off again, if it is still the last one; else the draft stays for the retry.

        So does that of a killed try, as long as this one has not come to cutting off what that one left.
        """
        undone = self.already or self.before < 0 or self._withdrawn()
        if undone and not self.already and (self.written or not self.earlier):
            try:
                self.parcel.calls.unlink(self.draft.path)
            except OSError:
                pass  # the retry compares, and finds nothing at that place
        self.draft.close()
        return undone

    def _withdrawn(self) -> bool:
        calls, plan = self.parcel.calls, self.written
        assert plan is not None
        try:
            with MboxLock(calls, self.path, time.monotonic() + 1) as fd:
                if calls.fstat(fd).st_size != plan.offset + plan.size or self._half(fd, plan) != plan.size:
                    return False
                calls.truncate(fd, self.before)
                calls.fsync(fd)
        except (OSError, TryAgain):
            return False  # the message may still be there: the draft tells the retry
        return True

    def release(self) -> None:
        self.draft.close()

    def forget(self) -> None:
        self.draft.forget()
        self.draft.close()


# --- what is written -------------------------------------------------------------------------------------------------


def from_line(parcel: Parcel) -> bytes:
    """`From sender date`, as Postfix' local(8) writes it."""
    sender = parcel.envelope.sender.encode("utf-8", "surrogateescape") or b"MAILER-DAEMON"
    sender = b"".join(sender.split()) or b"MAILER-DAEMON"
    date = time.asctime(time.localtime(parcel.naming.now()))
    return b"From %s  %s\n" % (sender[:200], date.encode())


def _without_length(message: Message) -> Message:
    lengths = [i for i, field in enumerate(message.headers) if field.key == "content-length"]
    return message.with_headers(message.headers.without(lengths)) if lengths else message


def rendered(message: Message, line: bytes, quoting: str) -> Iterator[bytes]:
    """The octets of the message as the file has them, From line and empty line included, in pieces."""
    yield line
    rest, last = b"", b"\n"
    for chunk in _chunks(message):
        text = rest + chunk
        cut = text.rfind(b"\n") + 1
        if not cut and len(text) < limits.WINDOW:
            rest = text
            continue
        cut = cut or len(text)
        rest = text[cut:]
        last = quoted(text[:cut], quoting, inside=not last.endswith(b"\n"))
        yield last
    if rest:
        last = quoted(rest, quoting, inside=not last.endswith(b"\n"))
        yield last
    yield b"\n" if last.endswith(b"\n") else b"\n\n"


def quoted(text: bytes, quoting: str, inside: bool = False) -> bytes:
    """With a ">" before each `From `; for mboxrd before `>From `, `>>From ` too. `inside`: it begins within a line."""
    if b"From " not in text:
        return text
    first, *lines = text.split(b"\n")
    return b"\n".join([first if inside else _quoted(first, quoting), *(_quoted(line, quoting) for line in lines)])


def _quoted(line: bytes, quoting: str) -> bytes:
    bare = line.lstrip(b">") if quoting == "mboxrd" else line
    return b">" + line if bare.startswith(b"From ") else line


def _chunks(message: Message) -> Iterator[bytes]:
    for piece in message.pieces():
        if isinstance(piece, bytes):
            yield piece
        else:
            at = piece.start
            while at < piece.end:
                yield message.octets.slice(at, min(at + _CHUNK, piece.end))
                at += _CHUNK


# --- the file --------------------------------------------------------------------------------------------------------


def _gap(calls: Calls, fd: int, size: int) -> bytes:
    """What is missing before a From line: the end of the last line, and the empty line."""
    end = calls.pread(fd, 2, max(0, size - 2))
    if end in (b"", b"\n", b"\n\n"):
        return b""
    return b"\n" if end.endswith(b"\n") else b"\n\n"


def _write(calls: Calls, fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[calls.write(fd, view) :]


def _sync_name(calls: Calls, path: str) -> None:
    """fsync(2): a new file needs that of its directory as well."""
    try:
        sync(calls, os.path.dirname(path))
    except PermissionError:
        pass  # a spool directory that only lets us write to our file: fsync of that is all that we can do
