"""The options of mdafilter-deliver, for whoever delivers: the one-shot, and the workers of the resident service.

They are parsed here, and not by click, since every delivery pays for what it imports.

In:    the words of a command line, without the name of the program.
Out:   Arguments; the help text.
Fails: TryAgain (4.3.5) for what is no option: the message waits until the command line is mended.
"""

from __future__ import annotations

from mdafilter.errors import TryAgain
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

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
