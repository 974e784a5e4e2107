"""Programs that rules ask: a message in on standard input, an exit status and what they write out.

procmail's `* ? command`, backquotes and filters come here. A command line goes to the shell (shell.py). It reads the
message from a file and writes into one, so neither can block the other, and a message of any size costs no memory. Both
files have no name: a kill leaves nothing behind.

The programs of vnd.dovecot.pipe, filter and execute are started without a shell (`execute`), and only those that the
site has put into its folder (`program`).

In:    the command, what it reads, the variables that it finds in its environment beside ours, its working directory.
Out:   Ran. A program that cannot be started, or takes longer than it may, has the status None.
Fails: TryAgain where there is no room for the files, or others do not give up the lock file. RuleFailed for a program
       that no rule may run.
"""

from __future__ import annotations

import os
import stat
import time

from mdafilter import limits, shell
from mdafilter.errors import RuleFailed, TryAgain
from mdafilter.files import CALLS
from mdafilter.lockfile import LockFile
from mdafilter.message import Held, Octets
from mdafilter.targets import program as targets
from mdafilter.targets.program import Ended
from mdafilter.values import TYPE_CHECKING
from mdafilter.world import Ran

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mdafilter.files import Pourable


def run(
    command: str,
    given: Pourable,
    variables: Mapping[str, str],
    folder: str,
    lock: str = "",
    environ: Mapping[str, str] | None = None,
) -> Ran:
    """Runs the command. `folder` is where it runs, if that exists; `lock` is a file that is there meanwhile.

    `environ` is the environment of the delivery, to which the variables are added; None is that of this process.
    """
    whole = {**(os.environ if environ is None else environ), **shell.exported(variables)}
    argv = (shell.program(variables), "-c", shell.before(variables, folder) + command)
    return _answered(argv, given, shell.seconds(variables), whole, lock)


def execute(command: tuple[str, ...], given: Pourable, environ: Mapping[str, str], seconds: float) -> Ran:
    """Runs a program with its arguments; what it writes is at most limits.ANSWER_OCTETS, or it has failed."""
    ran = _answered(command, given, seconds, environ, most=limits.ANSWER_OCTETS)
    if len(ran.output) > limits.ANSWER_OCTETS:
        return Ran(None, Octets.of(b""), f"it wrote more than {limits.ANSWER_OCTETS} octets")
    return ran


def program(folder: str, name: str) -> str:
    """The path of the program of this name. RuleFailed if it is not there, or is not the site's alone to change."""
    if not folder.startswith("/"):
        raise RuleFailed(f"the program {name} cannot be run: the site has no folder of programs")
    path = os.path.join(folder, name)
    try:
        modes = os.stat(folder).st_mode, os.stat(path).st_mode
    except (OSError, ValueError) as failed:  # ValueError: a NUL in the name
        why = getattr(failed, "strerror", str(failed))
        raise RuleFailed(f"the program {name} cannot be run: {why}") from None
    if not stat.S_ISREG(modes[1]) or not os.access(path, os.X_OK):
        raise RuleFailed(f"the program {name} cannot be run: it is not executable")
    if any(mode & stat.S_IWOTH for mode in modes):
        raise RuleFailed(f"the program {name} is not run: everybody can change it, or its folder")
    return path


def _answered(
    argv: tuple[str, ...], given: Pourable, seconds: float, environ: Mapping[str, str], lock: str = "", most: int = 0
) -> Ran:
    try:
        stdin, stdout = Held.nameless(), Held.nameless()
        given.write_to(stdin.fd)
        os.lseek(stdin.fd, 0, os.SEEK_SET)
    except OSError as failed:
        raise TryAgain(f"no room for what a program reads: {failed.strerror}") from failed
    with LockFile(CALLS, lock, time.monotonic() + limits.LOCK_SECONDS):
        ended = _ended(argv, stdin.fd, seconds, environ, stdout.fd, most)
    output = Octets.map(stdout)
    if len(output) <= limits.SPOOL_IN_MEMORY:
        output = Octets.of(output.slice(0, len(output)))
    return Ran(ended.status, output, ended.says)


def _ended(
    argv: tuple[str, ...], stdin: int, seconds: float, environ: Mapping[str, str], stdout: int, most: int
) -> Ended:
    try:
        return targets.run(CALLS, argv, stdin, seconds, environ, stdout, most)
    except TryAgain as failed:  # it cannot be started: the rule decides what that means for the message
        return Ended(None, failed.text)
