"""Teaches by sa-learn(1) of SpamAssassin: one start of Perl for a batch of messages.

sa-learn prints a sum. What it did with each message is told by a plugin that it loads for us (taught.pm), with what its
database, bayes_seen, then says of the message: that is the proof, whatever Perl or its exit status say. sa-learn looks
there itself, so that a message that it gets a second time is "known" and counts nothing.

    sa-learn --spam --folders=/dev/fd/104 --max-size=0 --cf 'loadplugin Mdafilter::Taught /(where it is)/taught.pm'

The messages are files without a name (memfd_create(2)) that it inherits: none is left behind by a kill, and another
user's sa-learn can read them without anybody else being able to. Each has a field "Status:" on top, which the tokenizer
does not look at: a message may begin as a gzip file does, and sa-learn would unpack that.

In:    the command, and the Account that it runs as: its home has the database, unless SpamAssassin's configuration says
       otherwise. `held` are descriptors that it inherits: of a lock, which is so held as long as sa-learn runs, also if
       we are killed meanwhile. Of a message, the limits.SPAMD_SCAN_OCTETS that are scored, too.
Out:   Taught of each message. Where the plugin was not loaded (that user cannot read it), what follows from the sum.
Fails: never: what sa-learn writes to its standard error is why a message is "failed". A message at which it dies or
       hangs is one that failed; the others are given to it again, limits.TEACH_FAILURES times.
Bugs:  SpamAssassin writes its database (Berkeley DB) when sa-learn ends. A SIGKILL of sa-learn loses what it learned in
       that start, and is taken so; its lock file is then waited for until it is ten minutes old (LOCK_MAX_AGE of
       SpamAssassin). A SIGTERM by others can count one message twice. Cut power can leave that file unreadable.
       sa-learn takes messages with the same To, Date and body for one and the same.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from mdafilter import limits
from mdafilter.train.teachers import Counts, Taught
from mdafilter.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PLUGIN = Path(__file__).parent / "taught.pm"

_LINE = re.compile(rb"^mdafilter: (learn|forget) (\S+) ([sh-]) (\S+) (\S+)$", re.M)
_SUM = re.compile(rb"^(?:Learned|Forgot) tokens from (\d+) message\(s\) \((\d+) message\(s\) examined\)$", re.M)
_MAGIC = re.compile(rb"^\S+\s+\S+\s+(\d+)\s+\S+\s+non-token data: (nspam|nham)$", re.M)


class Account(Value):
    """Whom sa-learn runs as."""

    name: str
    uid: int
    gid: int
    home: str

    @classmethod
    def of(cls, name: str) -> Account | None:
        """The account of this name, if the system knows it."""
        import pwd

        try:
            entry = pwd.getpwnam(name)
        except (KeyError, ValueError):  # ValueError: a NUL in the name
            return None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


class Ended(Value):
    """How one start of it ended: the exit status (-N: by signal N; None: not started), what it wrote."""

    status: int | None
    out: bytes = b""
    says: str = ""


class SaLearn:
    """A Teacher, see teachers/__init__.py. `account` None is who we are."""

    def __init__(
        self,
        command: Sequence[str] = ("sa-learn",),
        account: Account | None = None,
        held: Sequence[int] = (),
        seconds: float = limits.TEACH_SECONDS,
    ) -> None:
        self.command = tuple(command)
        self.account = account
        self.held = tuple(held)
        self.seconds = seconds

    def learn(self, verdict: str, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        """Has them learned as "spam" or "ham"."""
        return self._all(verdict, items)

    def forget(self, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        """Has them forgotten, on whatever side they are."""
        return self._all("forget", items)

    def counts(self) -> Counts | None:
        """What `sa-learn --dump magic` says; None if it says nothing."""
        ended = self._run(["--dump", "magic"], (), self.seconds)
        found = {name: int(number) for number, name in _MAGIC.findall(ended.out)}
        return Counts(found[b"nspam"], found[b"nham"]) if len(found) == 2 and ended.status == 0 else None

    def _all(self, what: str, items: Sequence[tuple[str, bytes]]) -> dict[str, Taught]:
        done: dict[str, Taught] = {}
        for batch in _batches(items):
            self._batch(what, batch, done)
        return done

    def _batch(self, what: str, batch: list[tuple[str, bytes]], done: dict[str, Taught]) -> None:
        """Gives sa-learn the messages until it has said something of each, or failed too often."""
        left, failures = batch, 0
        while left:
            ended = self.start(what, [raw for _, raw in left])
            told = _told(what, ended, len(left))
            if ended.status is None or ended.status < 0:
                # Killed, it has written nothing (see Bugs): the one that it was at is to blame, the others come again.
                at = min(len(told), len(left) - 1)
                done[left[at][0]] = Taught("failed", ended.says)
                left = left[:at] + left[at + 1 :]
                failures += 1
            else:
                done.update((id, taught) for (id, _), taught in zip(left, told, strict=False))
                left = left[len(told) :]
                if left and not told:  # it died at the first that it was given
                    done[left[0][0]] = Taught("failed", ended.says or "sa-learn says nothing of it")
                    left = left[1:]
                failures += bool(ended.status) or not told
            if ended.status is None or failures >= limits.TEACH_FAILURES:
                done.update((id, Taught("failed", ended.says or "sa-learn failed too often")) for id, _ in left)
                return

    def start(self, what: str, messages: list[bytes]) -> Ended:
        """One start of sa-learn with these messages."""
        files: list[int] = []
        try:
            for raw in messages:
                files.append(_file(b"Status: RO\n" + raw[: limits.SPAMD_SCAN_OCTETS]))
            kind = "ham" if what == "ham" else "spam"  # says nothing where it is forgotten
            files.append(_file("".join(f"{kind}:file:/dev/fd/{fd}\n" for fd in files).encode()))
            arguments = [f"--{what}", f"--folders=/dev/fd/{files[-1]}", "--max-size=0"]
            plugin = ["--cf", f"loadplugin Mdafilter::Taught {PLUGIN}"]
            seconds = self.seconds + limits.TEACH_MESSAGE_SECONDS * len(messages)
            return self._run([*arguments, *plugin], files, seconds)
        except OSError as failed:  # no room, no more descriptors: the messages are where the caller has them
            return Ended(None, says=f"sa-learn was not started: {failed.strerror}")
        finally:
            for fd in files:
                os.close(fd)

    def _run(self, arguments: list[str], files: Iterable[int], seconds: float) -> Ended:
        """Runs it to its end, or for so many seconds."""
        account = self.account
        out, err = _file(b""), _file(b"")
        try:
            uid, gid, groups = _rights(account)
            running = subprocess.Popen(
                [*self.command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd="/",
                env=_environment(account),
                umask=0o077,
                start_new_session=True,
                pass_fds=(*files, *self.held),
                user=uid,
                group=gid,
                extra_groups=groups,
            )
            status, late = _until(running, seconds)
            says = _last_words(_content(err), status, f" after {seconds:g} seconds" if late else "")
            return Ended(status, _content(out), says)
        except (OSError, ValueError) as failed:
            # Not installed, or we may not become that user. The messages are where the caller has them.
            return Ended(
                None, says=f"{self.command[0]} cannot be started: {getattr(failed, 'strerror', None) or failed}"
            )
        finally:
            os.close(out)
            os.close(err)


def _batches(items: Sequence[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """The messages in their order, as many at a time as one start may have."""
    batch: list[tuple[str, bytes]] = []
    octets = 0
    for id, raw in items:
        size = min(len(raw), limits.SPAMD_SCAN_OCTETS)
        if batch and (len(batch) >= limits.TEACH_MESSAGES or octets + size > limits.TEACH_OCTETS):
            yield batch
            batch, octets = [], 0
        batch.append((id, raw))
        octets += size
    if batch:
        yield batch


# --- what it says --------------------------------------------------------------------------------------------------


def _told(what: str, ended: Ended, given: int) -> list[Taught]:
    """What it says of the first messages: of all of them, if it has come to its end."""
    told = []
    changing = False  # sides: the message has been forgotten, and its own line follows
    for done, *words in _LINE.findall(ended.out):
        if what == "forget" or done == b"learn":
            told.append(_taught(what, [word.decode() for word in words], changing, ended.says))
        changing = done == b"forget" and words[1] != b"-"
    if told:
        return told[:given]
    found = _SUM.search(ended.out)
    if found is None or ended.status or int(found[2]) != given:
        return []
    return [_by_the_sum(what, int(found[1]), given)] * given


def _taught(what: str, words: list[str], changing: bool, says: str) -> Taught:
    """What one line of the plugin means; `changing` says that it was on the other side."""
    seen, changed, spam, ham = words
    if seen != ("-" if what == "forget" else what[0]):
        return Taught("failed", says or f"sa-learn has it as {seen!r} in its database afterwards")
    after = Counts(int(spam), int(ham)) if spam.isdigit() and ham.isdigit() else None
    if changed == "-":
        return Taught("refused", "sa-learn did not know it") if what == "forget" else Taught("known", "", after, after)
    one = 1 if what == "forget" else -1  # back to what was before
    side, other = ((one, 0), (0, -one)) if changed == "s" else ((0, one), (-one, 0))
    before = after and after.plus(*side)
    if what == "forget":
        return Taught("forgotten", "", before, after)
    return (
        Taught("changed", "", before and before.plus(*other), after)
        if changing
        else Taught("learned", "", before, after)
    )


def _by_the_sum(what: str, sum: int, given: int) -> Taught:
    """What is known of each message where the plugin said nothing: sa-learn has had them all, and that went well."""
    done, already = ("forgotten", "refused") if what == "forget" else ("learned", "known")
    if sum in (0, given):
        return Taught(done if sum else already)
    return Taught(
        done, f"sa-learn says this of {sum} of {given} messages, not of which; it did nothing with the others"
    )


def _last_words(text: bytes, status: int | None, when: str) -> str:
    """The end of what it wrote to its standard error, in one line, and how it ended."""
    words = re.sub(r"[^ -~]+", " ", text[-4 * limits.PROGRAM_SAYS :].decode("ascii", "replace")).strip()
    how = f"sa-learn was ended by signal {-status}{when}" if status and status < 0 else f"sa-learn ended with {status}"
    if not status:
        return words[-limits.PROGRAM_SAYS :]
    return f"{how}: {words[-limits.PROGRAM_SAYS :]}" if words else how


# --- the process ---------------------------------------------------------------------------------------------------


def _rights(account: Account | None) -> tuple[int | None, int | None, list[int] | None]:
    """The rights that the child takes before sa-learn is started: the user's, with his groups and no other; or ours."""
    if account is None or account.uid == os.geteuid():
        return None, None, None
    return account.uid, account.gid, os.getgrouplist(account.name, account.gid)


def _environment(account: Account | None) -> dict[str, str]:
    """Little: what Perl is told by others (PERL5OPT, PERL5LIB) is none of a mail's business."""
    known = {name: value for name in ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR") if (value := os.environ.get(name))}
    own = {} if account is None else {"HOME": account.home, "USER": account.name, "LOGNAME": account.name}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", **known, **own}


def _until(running: subprocess.Popen[bytes], seconds: float) -> tuple[int, bool]:
    """Its exit status, and whether it was ended because the time was over.

    By SIGKILL: at SIGTERM sa-learn saves the message that it is at, counted and not yet noted as seen, and so would
    count it once more the next time.
    """
    try:
        return running.wait(seconds), False
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
    return running.wait(), True


def _file(content: bytes) -> int:
    """A file without a name that has this content. Who has inherited it can open it anew by /dev/fd, as any user."""
    fd = os.memfd_create("mdafilter", 0)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
        os.lseek(fd, 0, os.SEEK_SET)
    except OSError:
        os.close(fd)
        raise
    return fd


def _content(fd: int) -> bytes:
    """What a program wrote into such a file: its end, if that is much."""
    size = os.fstat(fd).st_size
    most = 4 * limits.PROGRAM_OUTPUT
    return os.pread(fd, most, max(0, size - most))
