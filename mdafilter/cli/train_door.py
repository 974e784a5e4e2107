"""mdafilter train spam, and ham, without a path: the report on standard input into the spool. What the aliases run.

    spam: "|/usr/bin/mdafilter train spam"                                    aliases(5), .forward
    mdafilter-spam unix - n n - - pipe user=nobody argv=/usr/bin/mdafilter train spam -f ${sender} -r ${recipient}
        -e ${extension} --client-address=${client_address} --sasl-username=${sasl_username}        pipe(8), master.cf(5)

What the options do not say comes from Postfix' environment (local(8)). The site's configuration is read for the place
of the spool, and no user's. A report may be one of hundreds: nothing is imported that is not needed, and so no click.

Where no Python starts at all (a half upgraded installation) nothing of ours can answer: "|... train spam || exit 75" in
aliases has the shell do it.

Exit:  0 when the report is on the disk; 75 with `4.x.x text` on standard output for all else, a wrong command line too:
       Postfix keeps the report, and tries again. Never a bounce. A person at a terminal gets click's errors.
"""

from __future__ import annotations

import os
import stat

from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# short, long, name of the value, what it says
OPTIONS = (
    ("-f", "--sender", "ADDRESS", "Envelope sender."),
    ("-r", "--recipient", "ADDRESS", "Envelope recipient."),
    ("-e", "--extension", "USER", "Whom it is learned for: the address extension."),
    ("-a", "--client-address", "ADDRESS", "The client that the report came from."),
    ("-l", "--sasl-username", "NAME", "Who has logged in."),
    ("-s", "--spool", "FOLDER", "The spool, instead of the configured one."),
    ("-c", "--config", "FILE", "One more configuration file, read last."),
)
FROM_LINE = 8 * 1024  # a From line is looked for in so many octets
FIRST = 256 * 1024  # octets that are read before the file is made


def start(argv: Sequence[str]) -> None:
    """Takes the report and ends the process; returns where the command line is one for click: help, paths, mistakes."""
    try:
        given = options(argv[1:])
        if given is None and not _from_a_program(argv[1:]):
            return
        if given is None:
            _end(75, "4.3.5 mdafilter: unknown argument; see mdafilter train spam --help")
        else:
            take(argv[0], given)
    except BaseException as failed:  # whatever it is: there is no report, Postfix keeps the message
        _end(75, f"4.3.0 mdafilter: {type(failed).__name__}: {failed}")


def options(words: Sequence[str]) -> dict[str, str] | None:
    """The options by their names; None where there is anything else."""
    given: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, has_value, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:], word[2:])
        known = next((option for option in OPTIONS if name in option[:2]), None)
        if known is None or not (has_value or rest):
            return None
        given[known[1][2:].replace("-", "_")] = value if has_value else rest.pop(0)
    return given


def take(verdict: str, given: dict[str, str]) -> None:
    """Puts the message on standard input into the spool, and ends the process."""
    from mdafilter.errors import MdafilterError
    from mdafilter.train import Report, door

    os.umask(0o027)
    told = {name: value for name, value in given.items() if name not in ("spool", "config")}
    folder = ""
    try:
        folder = given.get("spool") or _spool(given.get("config", ""))
        first = _first()
        line = first[: first.find(b"\n", 0, FROM_LINE) + 1] if first.startswith(b"From ") else b""
        report = Report(verdict, "alias", door.facts(os.environ, told, line), first[len(line) :])
        door.write(folder, report, 0)
    except MdafilterError as failed:
        _end(75, f"4.3.5 mdafilter: {failed}")
    except OSError as failed:  # nothing is there, or it cannot be said that it stays (train/door.py)
        import errno

        full = failed.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        status = "4.3.1" if full else "4.3.0"
        _end(75, f"{status} mdafilter: the report cannot be put into {folder}: {failed.strerror}")
    _end(0)


def _spool(config: str) -> str:
    from mdafilter import settings

    return settings.load("", config, {}).train.spool


def _first() -> bytes:
    """The beginning of the input; all of it, where that is less."""
    got: list[bytes] = []
    size = FIRST
    while size and (chunk := os.read(0, size)):
        got.append(chunk)
        size -= len(chunk)
    return b"".join(got)


def _from_a_program(words: Sequence[str]) -> bool:
    """Whether Postfix, or the like, asks: it comes with a pipe, and must keep what is not taken."""
    return stat.S_ISFIFO(os.fstat(0).st_mode) and not any(os.path.lexists(word) for word in words)


def _end(code: int, text: str = "") -> None:
    """On standard output, where Postfix looks for the enhanced status code; then the process ends."""
    try:
        os.write(1, f"{text}\n".encode("utf-8", "replace") if text else b"")
    except OSError:
        pass  # nobody listens; the exit code says the same
    os._exit(code)
