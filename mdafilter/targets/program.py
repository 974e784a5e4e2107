"""A message into the standard input of a program: what pipe and forward share.

The message is written into a draft in tmp/ of the inbox first, so that a full disk is met before anything has happened
that cannot be undone, and the program reads a file: it cannot block us, and we cannot break its pipe. When the program
has ended well, the draft is renamed to `...done.mdafilter`: a retry that meets that name does not start it again.

The program gets a process group of its own, umask 077, the environment of the delivery with SENDER, RECIPIENT and
EXTENSION, and a time limit: then SIGTERM, and SIGKILL two seconds later, for its whole group. What it writes is read,
and the beginning of it is shown when it fails.

Fails: TryAgain for a program that cannot be started, ends with another status than 0, or takes too long; OSError.
Bugs:  a SIGKILL while the program runs, or before the rename, makes the retry run it again; no program can be asked.
       It outlives us then, since it has a process group of its own.
"""

from __future__ import annotations

import os
import time

from mdafilter import limits
from mdafilter.errors import ProgramFailed
from mdafilter.files import SUFFIX, Draft, remove
from mdafilter.lockfile import LockFile
from mdafilter.targets.maildir import claim_in, has_body
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.files import Calls, Pourable
    from mdafilter.message import Envelope, Message
    from mdafilter.targets import Parcel

_GRACE = 2.0  # seconds from SIGTERM to SIGKILL
_TICK = 0.02  # seconds between looks at a program where the kernel has no pidfd_open(2)


class Ended(Value):
    """How a program ended: its exit status (128+N for signal N), None past its time, and what it wrote first."""

    status: int | None
    says: str = ""


class Manner(Value):
    """How a program is run: as acts.Pipe has it."""

    check: bool = True
    seconds: float = 0.0
    environ: tuple[tuple[str, str], ...] = ()
    lock: str = ""


AS_USUAL = Manner()


class ProgramRun:
    """A message on its way into one program; see targets.Staged. `path` names the program or address for people."""

    def __init__(
        self,
        parcel: Parcel,
        command: tuple[str, ...],
        message: Pourable,
        path: str,
        manner: Manner = AS_USUAL,
    ) -> None:
        self.manner = manner
        self.parcel = parcel
        self.command = command
        self.message = message
        self.path = path
        self.size = 0
        self.notes: tuple[str, ...] = ()
        self.mark = f"{parcel.mailbox.root}/tmp/{parcel.name}.done{SUFFIX}"
        self.already = _has_run(parcel.calls, self.mark, parcel.decided.message, message)
        self.ran = self.already
        self.draft: Draft | None = None if self.already else claim_in(parcel, parcel.mailbox.root, lambda _: False)

    @property
    def has_run(self) -> bool:
        return self.ran

    def write(self) -> None:
        assert self.draft is not None
        self.size = self.draft.write(self.message)

    def commit(self) -> None:
        assert self.draft is not None
        parcel = self.parcel
        seconds = min(self.manner.seconds or limits.PROGRAM_SECONDS, parcel.until - time.monotonic())
        stdin = parcel.calls.open(self.draft.path, os.O_RDONLY | os.O_CLOEXEC)
        until = min(parcel.until, time.monotonic() + limits.LOCK_SECONDS)
        environ = {**environment(parcel.envelope, parcel.mailbox.environ), **dict(self.manner.environ)}
        try:
            with LockFile(parcel.calls, self.manner.lock, until):
                ended = run(parcel.calls, self.command, stdin, seconds, environ)
        finally:
            parcel.calls.close(stdin)
        if ended.status != 0 and (self.manner.check or ended.status is None):
            how = f"took more than {seconds:.0f} s" if ended.status is None else f"ended with {ended.status}"
            raise ProgramFailed(f"{self.command[0]} {how}{': ' if ended.says else ''}{ended.says}", ended.status)
        self.ran = True
        try:
            parcel.calls.rename(self.draft.path, self.mark)
        except OSError as error:  # the program has the message: going on is right, a SIGKILL from here on doubles it
            self.notes = (f"no mark that {self.command[0]} has run: {error.strerror}",)

    def abort(self) -> bool:
        """A program that ran is not undone: its mark stays for the retry."""
        if self.draft is not None:
            remove(self.parcel.calls, self.draft.path)
            self.draft.close()
        return not self.ran or self.already

    @property
    def traces(self) -> tuple[str, ...]:
        return (*(() if self.draft is None else (self.draft.path,)), self.mark)

    def release(self) -> None:
        if self.draft is not None:
            self.draft.close()

    def forget(self) -> None:
        if self.draft is not None:  # it still has its name where the mark could not be made
            remove(self.parcel.calls, self.draft.path)
            self.draft.close()
        remove(self.parcel.calls, self.mark)


def _has_run(calls: Calls, mark: str, message: Message, given: Pourable) -> bool:
    """Whether the program has had this message: its mark is the draft that the program read."""
    try:
        fd = calls.open(mark, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return given is not message or has_body(calls, fd, message)
    finally:
        calls.close(fd)


def environment(envelope: Envelope, environ: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of the delivery, with the envelope as Postfix names it (local(8))."""
    own = {"SENDER": envelope.sender, "RECIPIENT": envelope.recipient, "EXTENSION": envelope.extension}
    return {
        **(os.environ if environ is None else environ),
        **{name: value.replace("\0", "") for name, value in own.items()},
    }


# --- running ---------------------------------------------------------------------------------------------------------


def run(
    calls: Calls,
    command: tuple[str, ...],
    stdin: int,
    seconds: float,
    environ: Mapping[str, str],
    stdout: int | None = None,
    most: int = 0,
) -> Ended:
    """Runs the command (found by PATH) with `stdin` as its standard input, for at most that many seconds.

    What it writes is read, and the beginning shown; with `stdout` only what it writes to its standard error. `most` are
    the octets that any file may have which it writes (RLIMIT_FSIZE): past that it is killed. 0 is no bound.
    """
    from signal import SIGPIPE, SIGXFSZ  # what Python ignores, and programs expect to die of

    output, theirs = os.pipe2(os.O_CLOEXEC)
    try:
        try:
            duplicates = [
                (os.POSIX_SPAWN_DUP2, stdin, 0),
                (os.POSIX_SPAWN_DUP2, theirs if stdout is None else stdout, 1),
                (os.POSIX_SPAWN_DUP2, theirs, 2),
            ]
            defaults = (SIGPIPE, SIGXFSZ)
            pid = calls.spawn(
                command[0], command, environ, file_actions=duplicates, setpgroup=0, setsigmask=(), setsigdef=defaults
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
            raise ProgramFailed(f"{command[0]} cannot be started: {getattr(error, 'strerror', error)}", None) from None
        finally:
            os.close(theirs)
        try:
            if most:
                _bound(pid, most)
            return _watched(pid, output, seconds)
        except BaseException:
            _end(pid, 0.0)
            raise
    finally:
        os.close(output)


def _bound(pid: int, most: int) -> None:
    from resource import RLIMIT_FSIZE, prlimit

    try:
        prlimit(pid, RLIMIT_FSIZE, (most, most))
    except OSError:
        pass  # it has ended, or is another user's: what it has written is measured afterwards


def _watched(pid: int, output: int, seconds: float) -> Ended:
    """Reads what the program writes until it ends. Its children may hold the pipe open: its own end is what counts."""
    import select

    until = time.monotonic() + seconds
    poll = select.poll()
    poll.register(output, select.POLLIN)
    os.set_blocking(output, False)
    ended = _pidfd(pid)
    if ended >= 0:
        poll.register(ended, select.POLLIN)
    said = b""
    try:
        while (left := until - time.monotonic()) > 0:
            ready = poll.poll(1000 * (left if ended >= 0 else min(left, _TICK)))
            if any(fd == output for fd, _ in ready):
                data = _read(output)
                said = (said + data)[: limits.PROGRAM_SAYS]
                if data == b"":
                    poll.unregister(output)
            if (status := _reaped(pid)) is not None:
                said = (said + (_read(output) or b""))[: limits.PROGRAM_SAYS]
                return Ended(status, _line(said))
    finally:
        if ended >= 0:
            os.close(ended)
    _end(pid, _GRACE)
    return Ended(None, _line(said))


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return -1  # an old kernel: looked at every _TICK


def _read(fd: int) -> bytes:
    """Some of what can be read now; b"" at the end, or when there is nothing."""
    try:
        return os.read(fd, 65536)
    except BlockingIOError:
        return b""


def _reaped(pid: int) -> int | None:
    done, status = os.waitpid(pid, os.WNOHANG)
    if not done:
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _end(pid: int, grace: float) -> None:
    """Ends the program's process group, at first politely."""
    from signal import SIGKILL, SIGTERM

    for signal, wait in ((SIGTERM, grace), (SIGKILL, _GRACE)):
        try:
            os.killpg(pid, signal)
        except ProcessLookupError:
            pass  # it has just ended by itself; it is reaped below
        until = time.monotonic() + wait
        while _reaped(pid) is None:
            if time.monotonic() > until:
                break
            time.sleep(_TICK)
        else:
            return


def _line(said: bytes) -> str:
    """The first line of what was said, printable."""
    lines = said.decode("utf-8", "replace").split("\n")
    first = next((line for line in lines if line.strip()), "")
    return "".join(c if c.isprintable() else " " for c in first).strip()[:200]
