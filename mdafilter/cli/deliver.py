"""mdafilter-deliver, and `mdafilter deliver`: one message on standard input into the mailbox.

Works as mailbox_command, from a .forward, from pipe(8) and by hand. What the options do not say comes from Postfix'
environment (local(8): SENDER, RECIPIENT, ORIGINAL_RECIPIENT, EXTENSION, USER, HOME ...) and the leading From line.
This module and all that it imports are the start-up cost of every one-shot delivery: no third-party package, and of
the standard library only what costs next to nothing.

Exit:  0 delivered (or discarded by a rule); 77 a rule refused it, with `5.7.1 text` on standard output, which Postfix
       gives to the sender (or a full mailbox, with `5.2.2 text`, where over_quota says so); 75 everything else, with
       `4.x.x text`. Nothing unforeseen ends in another code.
       -h prints this help and ends with 0 only on a terminal: as a delivery, no message may be lost for it.
"""

from __future__ import annotations

import os
import stat
import sys
import time

from mdafilter import pipeline
from mdafilter.alarm import Alarm
from mdafilter.arguments import parse, usage
from mdafilter.delivery import deliver, prepare
from mdafilter.errors import TryAgain
from mdafilter.intake import receive
from mdafilter.outside import Outside
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.arguments import Arguments
    from mdafilter.receipts import Receipts


def main(argv: Sequence[str]) -> None:
    """Delivers and ends the process."""
    os.umask(0o077)
    door = _door()
    try:
        arguments = parse(argv)
        if arguments.help:
            _say(usage())
            os._exit(0 if os.isatty(0) else 75)
        with Alarm():
            if arguments.dry_run:
                _dry_run(arguments)
            receipts = deliver(arguments, dict(os.environ), 0, wanted=lambda: door in (0, os.getppid()))
    except TryAgain as failed:
        _say(f"{failed.status} mdafilter: {failed.text}\n")
        os._exit(75)
    except BaseException as failed:  # a defect of ours: nothing is half done (perform undoes), Postfix tries again
        _say(f"4.3.0 mdafilter: {type(failed).__name__}: {failed}\n")
        os._exit(75)
    if receipts.reply:
        _say(f"{receipts.reply}\n")
    _end(receipts, door)


def _dry_run(arguments: Arguments) -> None:
    """Prints the decision and its reasons, and ends the process: with 75 when it was no hand that asked."""
    from mdafilter.cli.trace import render
    from mdafilter.message import Message

    environ = dict(os.environ)
    received = receive(0, ())
    setup, envelope = prepare(arguments, environ, received.from_line)
    world = Outside(setup.settings, envelope, setup.mailbox, running=False, home=setup.home, environ=environ)
    _say(render(pipeline.decide(Message.parse(received.octets), envelope, setup, world)) + "\n")
    os._exit(0 if _by_hand() else 75)


def _by_hand() -> bool:
    """Whether a person asked: Postfix comes through the door with a pipe, and must keep what is not delivered."""
    return "MDAFILTER_DOOR" not in os.environ or os.isatty(0) or stat.S_ISREG(os.fstat(0).st_mode)


def _door() -> int:
    """The shell of mdafilter-deliver-once that waits for us, or has been killed meanwhile; 0 where there is none."""
    said = os.environ.get("MDAFILTER_DOOR", "")
    door = int(said) if said.isascii() and said.isdigit() else 0
    if door and door != os.getppid():
        try:
            os.kill(door, 0)
            return 0  # a program of a rule of a delivery behind it has started us
        except PermissionError:
            return 0
        except OSError:
            pass  # it is no more: whoever hears of that tries again, and we must have done all or nothing
    return door


def _end(receipts: Receipts, door: int) -> None:
    """Answers and ends. Behind mdafilter-deliver-once the traces go only when its shell has taken the answer."""
    if receipts.exit_code == 0 and door:
        receipts.release()
        if os.getppid() == door and (not _hears(door) or _answered(door)):
            receipts.forget()
    else:
        receipts.forget()
    os._exit(receipts.exit_code)


def _hears(door: int) -> bool:
    """Whether it may be told. Root's shell may not, once we are another user (-u); then our exit status has to do."""
    try:
        os.kill(door, 0)
    except PermissionError:
        return False
    return True


def _answered(door: int) -> bool:
    """Tells the shell that all is done; whether it went with that answer. Killed, it leaves the traces to a retry.

    What kills its process group before it has gone kills us as well, with the traces in their place. It goes within
    microseconds, so we look for that without sleeping: a kill that comes after the answer should find us tidied up.
    """
    import _signal  # type: ignore[import-not-found]

    _signal.pthread_sigmask(_signal.SIG_BLOCK, {_signal.SIGUSR2})
    os.kill(door, _signal.SIGUSR1)
    heard = False
    until = time.monotonic() + 10
    while os.getppid() == door:
        if time.monotonic() > until:
            return False
        if heard:
            os.sched_yield()
        else:
            heard = _signal.sigtimedwait({_signal.SIGUSR2}, 0.005) is not None
    return heard or _signal.SIGUSR2 in _signal.sigpending()


def _say(text: str) -> None:
    """On standard output, where Postfix looks for the enhanced status code; a closed one is no failure."""
    try:
        os.write(1, text.encode("utf-8", "replace"))
    except OSError:
        return  # nobody listens; the exit code says the same


if __name__ == "__main__":
    main(sys.argv[1:])
