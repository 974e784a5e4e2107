"""Programs that rules ask: a message in on standard input, an exit status and what they write out.

procmail's `* ? command`, backquotes and filters come here. A command line goes to the shell (shell.py). It reads the
message from a file and writes into one, so neither can block the other, and a message of any size costs no memory. Both
files have no name: a kill leaves nothing behind.

In:    the command, what it reads, the variables that it finds in its environment beside ours, its working directory.
Out:   Ran. A program that cannot be started, or takes longer than it may, has the status None.
Fails: TryAgain where there is no room for the files, or others do not give up the lock file.
"""

from __future__ import annotations

import os
import time

from mdafilter import limits, shell
from mdafilter.errors import TryAgain
from mdafilter.files import CALLS
from mdafilter.lockfile import LockFile
from mdafilter.message import Held, Octets
from mdafilter.targets import program
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
    try:
        stdin, stdout = Held.nameless(), Held.nameless()
        given.write_to(stdin.fd)
        os.lseek(stdin.fd, 0, os.SEEK_SET)
    except OSError as failed:
        raise TryAgain(f"no room for what a program reads: {failed.strerror}") from failed
    whole = {**(os.environ if environ is None else environ), **shell.exported(variables)}
    argv = (shell.program(variables), "-c", shell.before(variables, folder) + command)
    with LockFile(CALLS, lock, time.monotonic() + limits.LOCK_SECONDS):
        ended = _ended(argv, stdin.fd, shell.seconds(variables), whole, stdout.fd)
    output = Octets.map(stdout)
    if len(output) <= limits.SPOOL_IN_MEMORY:
        output = Octets.of(output.slice(0, len(output)))
    return Ran(ended.status, output, ended.says)


def _ended(argv: tuple[str, ...], stdin: int, seconds: float, environ: dict[str, str], stdout: int) -> Ended:
    try:
        return program.run(CALLS, argv, stdin, seconds, environ, stdout)
    except TryAgain as failed:  # it cannot be started: the rule decides what that means for the message
        return Ended(None, failed.text)
