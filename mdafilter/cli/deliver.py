"""mdafilter-deliver, and `mdafilter deliver`: one message on standard input into the mailbox.

Works as mailbox_command, from a .forward, from pipe(8) and by hand. What the options do not say comes from Postfix'
environment (local(8): SENDER, RECIPIENT, ORIGINAL_RECIPIENT, EXTENSION, USER, HOME ...) and the leading From line.
This module and all that it imports are the start-up cost of every one-shot delivery: no third-party package, and of
the standard library only what costs next to nothing. Options are parsed here for that reason.

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

from mdafilter import compiled, journal, limits, pipeline, rulebook, settings
from mdafilter.errors import SettingsError, TryAgain
from mdafilter.intake import receive
from mdafilter.message import Envelope
from mdafilter.outside import Outside
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.perform import Receipts

# short, long, name of the value ("" takes none), what it says
OPTIONS = (
    ("-f", "--sender", "ADDRESS", "envelope sender"),
    ("-r", "--recipient", "ADDRESS", "envelope recipient"),
    ("-e", "--extension", "TEXT", "address extension: the part after the recipient delimiter"),
    ("-u", "--user", "NAME", "deliver as this user; root must say one, and becomes that user"),
    ("-m", "--maildir", "PATH", "the mailbox; ~ %u %n %d %h are filled in: /var/mail/%d/%n"),
    ("-c", "--config", "FILE", "one more configuration file, read last"),
    ("-R", "--rules", "FILE", "these rules instead of the configured ones; repeatable, in order"),
    ("-n", "--dry-run", "", "tell what would be done and why; deliver nothing"),
    ("-h", "--help", "", "this help"),
)


class Arguments(Value):
    """The options as they were given; None was not given."""

    sender: str | None = None
    recipient: str | None = None
    extension: str | None = None
    user: str | None = None
    maildir: str | None = None
    config: str | None = None
    rules: tuple[str, ...] = ()
    dry_run: bool = False
    help: bool = False


def parse(argv: Sequence[str]) -> Arguments:
    """The arguments. TryAgain (4.3.5) for what is no option: the message waits until the command line is mended."""
    given: dict[str, str | bool | tuple[str, ...]] = {}
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        name, has_value, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        option = next((o for o in OPTIONS if name in o[:2]), None)
        if option is None or (has_value and not option[2]):
            raise TryAgain(f"unknown option {word!r}; see mdafilter deliver --help", "4.3.5")
        field = option[1][2:].replace("-", "_")
        if not option[2]:
            given[field] = True
            continue
        if not has_value:
            if not rest:
                raise TryAgain(f"option {word} needs a value: {option[2]}", "4.3.5")
            value = rest.pop(0)
        given[field] = (*given.get("rules", ()), value) if field == "rules" else value  # type: ignore[misc]
    return Arguments(**given)  # type: ignore[arg-type]


def usage() -> str:
    """The help text."""
    lines = ["Usage: mdafilter deliver [OPTIONS] <MESSAGE", "", "Delivers one message from standard input.", ""]
    lines += [f"  {short}, {(long + ' ' + value).strip():<22} {text}" for short, long, value, text in OPTIONS]
    lines += ["", "Example: mdafilter deliver -r me@example.org -R ~/.mdafilter.sieve --dry-run <message.eml", ""]
    return "\n".join(lines)


def prepare(
    arguments: Arguments, environ: dict[str, str], from_line: bytes = b"", *, keep: bool = False
) -> tuple[pipeline.Setup, Envelope]:
    """Settings, rules, mailbox and envelope of a delivery; with `keep` what was compiled is kept for the next one.

    TryAgain for a configuration that is wrong.
    """
    name, home = _who(arguments, environ)
    cache = compiled.folder(environ, home) if keep else ""
    envelope = Envelope.of(environ, arguments.sender, arguments.recipient, arguments.extension, from_line)
    if not envelope.user:
        envelope = envelope.replace(user=name)
    try:
        chosen = settings.load(home, arguments.config or "", environ, cache)
        where = _mailbox_address(envelope) or name
        template = arguments.maildir or chosen.maildir or _usual(home)
        mailbox = settings.expand(template, home=home, recipient=where)
        log = settings.expand(chosen.journal.path, home=home, recipient=where)
    except SettingsError as wrong:
        raise TryAgain(str(wrong), "4.3.5") from wrong
    if not log and home:
        log = journal.default_path(environ, home)
    book = rulebook.load(chosen, home, arguments.rules, cache)
    log_file = journal.Journal.of(chosen.journal, log)
    return pipeline.Setup(chosen, book, mailbox, home, log_file, settings.base(template, home=home)), envelope


def _who(arguments: Arguments, environ: dict[str, str]) -> tuple[str, str]:
    """The user's name and home. Root becomes the user that it named, for good; and delivers nothing as root."""
    import pwd

    if os.geteuid() == 0:
        return _become(arguments.user or "", environ)
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:  # virtual users may run under a number that has no name
        return arguments.user or environ.get("USER", ""), environ.get("HOME", "")
    return arguments.user or entry.pw_name, environ.get("HOME") or entry.pw_dir


def _become(name: str, environ: dict[str, str]) -> tuple[str, str]:
    """Root gives up its rights for those of the user. TryAgain where that is root again, or nobody known."""
    import pwd

    if not name:
        raise TryAgain("will not deliver as root; say -u USER, or see default_privs in postconf(5)", "4.3.5")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise TryAgain(f"there is no user {name!r}", "4.3.5") from None
    if entry.pw_uid == 0:
        raise TryAgain("will not deliver as root", "4.3.5")
    try:
        os.initgroups(entry.pw_name, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    except OSError as failed:
        raise TryAgain(f"cannot become {name!r}: {failed.strerror}", "4.3.5") from failed
    environ["HOME"] = entry.pw_dir
    return entry.pw_name, entry.pw_dir


def _mailbox_address(envelope: Envelope) -> str:
    """The recipient without the extension that Postfix says it has: user+detail has the mailbox of user."""
    if not envelope.extension:
        return envelope.recipient
    _local, at, domain = envelope.recipient.rpartition("@")
    return f"{envelope.user_part}{at}{domain}"


def _usual(home: str) -> str:
    """~/Maildir, or ~/.maildir where that exists and the other does not."""
    if not home:
        raise SettingsError("there is no home and no maildir is configured: say -m, or maildir = in the configuration")
    old = os.path.join(home, ".maildir")
    new = os.path.join(home, "Maildir")
    return old if os.path.isdir(old) and not os.path.isdir(new) else new


def main(argv: Sequence[str]) -> None:
    """Delivers and ends the process."""
    os.umask(0o077)
    try:
        arguments = parse(argv)
        if arguments.help:
            _say(usage())
            os._exit(0 if os.isatty(0) else 75)
        _watch()
        if arguments.dry_run:
            _dry_run(arguments)
        receipts = deliver(arguments, dict(os.environ))
    except TryAgain as failed:
        _say(f"{failed.status} mdafilter: {failed.text}\n")
        os._exit(75)
    except BaseException as failed:  # a defect of ours: nothing is half done (perform undoes), Postfix tries again
        _say(f"4.3.0 mdafilter: {type(failed).__name__}: {failed}\n")
        os._exit(75)
    if receipts.reply:
        _say(f"{receipts.reply}\n")
    _end(receipts)


def deliver(arguments: Arguments, environ: dict[str, str]) -> Receipts:
    """The delivery itself. TryAgain if it cannot be done now."""
    home = environ.get("HOME", "")
    if os.geteuid() == 0:
        _who(arguments, environ)  # before a single octet of the message is read
        home = environ["HOME"]
    received = receive(0, [p for p in (arguments.maildir or "", os.path.join(home, "Maildir"), home) if p])
    setup, envelope = prepare(arguments, environ, received.from_line, keep=True)
    world = Outside(setup.settings, envelope, setup.mailbox, home=setup.home)
    return pipeline.deliver(received.octets, envelope, setup, world)


def _dry_run(arguments: Arguments) -> None:
    """Prints the decision and its reasons, and ends the process: with 75 when it was no hand that asked."""
    from mdafilter.cli.trace import render
    from mdafilter.message import Message

    environ = dict(os.environ)
    received = receive(0, ())
    setup, envelope = prepare(arguments, environ, received.from_line)
    world = Outside(setup.settings, envelope, setup.mailbox, running=False, home=setup.home)
    _say(render(pipeline.decide(Message.parse(received.octets), envelope, setup, world)) + "\n")
    os._exit(0 if _by_hand() else 75)


def _by_hand() -> bool:
    """Whether a person asked: Postfix comes through the door with a pipe, and must keep what is not delivered."""
    return "MDAFILTER_DOOR" not in os.environ or os.isatty(0) or stat.S_ISREG(os.fstat(0).st_mode)


def _watch() -> None:
    """Ends a delivery that hangs well before Postfix' command_time_limit would bounce it."""
    import _signal  # type: ignore[import-not-found]

    def late(_number: int, _frame: object) -> None:
        raise TryAgain(f"took longer than {limits.DELIVERY_SECONDS:g} s", "4.4.2")

    _signal.signal(_signal.SIGALRM, late)
    _signal.setitimer(_signal.ITIMER_REAL, limits.DELIVERY_SECONDS)


def _end(receipts: Receipts) -> None:
    """Answers and ends. Behind mdafilter-deliver the traces go only when the shell has taken the answer (see there)."""
    door = os.environ.get("MDAFILTER_DOOR", "")
    if receipts.exit_code == 0 and door == str(os.getppid()):
        receipts.release()
        if _answered(int(door)):
            receipts.forget()
    else:
        receipts.forget()
    os._exit(receipts.exit_code)


def _answered(door: int) -> bool:
    """Tells the shell that all is done; whether it went with that answer. Killed, it leaves the traces to a retry.

    What kills its process group before it has gone kills us as well, with the traces in their place. It goes within
    microseconds, so we look for that without sleeping: a kill that comes after the answer should find us tidied up.
    """
    import _signal

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
