"""Programs of the site that a Sieve script may run: what pipe, filter and execute have in common.

    <program-name: string> [<arguments: string-list>]

The name is that of a file in the folder that the site has for the word ([sieve] pipe_bin_dir and its like): no path, no
dot in front. It gets the arguments as they are, without a shell; in its environment HOME, USER, HOST, SENDER, RECIPIENT
and ORIG_RECIPIENT beside that of the delivery; and the message with the line ends of [sieve] pipe_input_eol.

A question is put to a program once: it is not run again where all is decided anew.

Fails: an error when compiled, or RuleFailed for what is in variables: arguments that are too many, too long, or have
       control characters (a tab is none) in them. An error for a name that is none, or not constant. RuleFailed for a
       program that is not there; as a test, filter and execute do not hold then, and the notes say why.
"""

from __future__ import annotations

from mdafilter import limits, sieving
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped, listed, quoted

if TYPE_CHECKING:
    from mdafilter.files import Pourable
    from mdafilter.plan import Scene
    from mdafilter.texts import Texts
    from mdafilter.words.syntax import Use
    from mdafilter.world import Ran


class Program(Value):
    """A program and its arguments, of the kind "pipe", "filter" or "execute"."""

    kind: str
    name: str
    arguments: Texts = ()

    def command(self, scene: Scene) -> tuple[str, ...]:
        """The path and the arguments. RuleFailed if it may not be run, or not so."""
        arguments = tuple(scene.expand(argument) for argument in self.arguments)
        if wrong := next(filter(None, map(argument_fault, arguments)), ""):
            raise RuleFailed(f"{self.kind}: {wrong}")
        return (scene.world.program(self.kind, self.name), *arguments)

    def lacking(self, scene: Scene) -> str:
        """Why there is no such program; "" where there is one. For the tests, which do not hold without it."""
        try:
            scene.world.program(self.kind, self.name)
        except RuleFailed as failed:
            scene.notes.append(f"{self.kind}: {failed}")  # nothing is done to the message: the script goes on with it
            return str(failed)
        return ""

    def run(self, scene: Scene, command: tuple[str, ...], given: Pourable, mark: object) -> Ran:
        """What it answers to what it is given, which `mark` tells from anything else."""
        environ = environment(scene)
        key = (self.kind, command, mark, tuple(environ.items()))
        turn = scene.turns[key] = scene.turns.get(key, 0) + 1
        if (*key, turn) not in scene.ran:
            scene.ran[(*key, turn)] = scene.world.execute(command, given, environ, seconds(scene, self.kind))
        return scene.ran[(*key, turn)]

    def describe(self) -> str:
        """As Sieve spells it."""
        return quoted(self.name) + (f" {listed(self.arguments)}" if self.arguments else "")


def failure(ran: Ran) -> str:
    """Why it has failed; "" if it has not."""
    if ran.status == 0:
        return ""
    says = f": {ran.says}" if ran.says else ""
    return clipped(f"it did not end well{says}" if ran.status is None else f"exit status {ran.status}{says}")


def environment(scene: Scene) -> dict[str, str]:
    """What the program finds in its environment beside that of the delivery."""
    own, envelope = scene.world.presets(), scene.envelope
    found = {
        "HOME": own.get("HOME", ""),
        "USER": own.get("LOGNAME", ""),
        "HOST": scene.world.environment("host") or "",
        "SENDER": envelope.sender,
        "RECIPIENT": envelope.recipient,
        "ORIG_RECIPIENT": envelope.original_recipient,
    }
    return {name: value.replace("\0", "") for name, value in found.items()}


def seconds(scene: Scene, kind: str) -> float:
    """What the site lets a program of this kind take, which is no more than any program may."""
    wanted = sieving.period(scene.world.option(f"{kind}_exec_timeout")) or limits.PROGRAM_SECONDS
    return min(float(wanted), limits.PROGRAM_SECONDS)


def newline(scene: Scene, kind: str) -> bytes:
    """The line ends that a program of this kind gets."""
    return b"\n" if scene.world.option(f"{kind}_input_eol") == "lf" else b"\r\n"


def name_fault(name: str) -> str:
    """A file of a folder, and nothing that a shell or a terminal would take for something else."""
    if not name or len(name) > limits.PROGRAM_NAME or name.startswith(".") or "/" in name or not name.isprintable():
        return f"{quoted(name)} is not the name of a program"
    return ""


def argument_fault(argument: str) -> str:
    """At most limits.PROGRAM_ARGUMENT octets, none of them a control character."""
    if len(argument.encode("utf-8", "surrogateescape")) > limits.PROGRAM_ARGUMENT:
        return f"an argument is longer than {limits.PROGRAM_ARGUMENT} octets"
    if any((c < " " and c != "\t") or c == "\x7f" for c in argument):
        return f"the argument {quoted(argument)} has control characters in it"
    return ""


def program_of(use: Use) -> Program:
    """The program of a command or test, whose constant parts are looked at now."""
    name, arguments = use.text(0), use.texts(1) if use.given() > 1 else ()
    if not isinstance(name, str):
        use.error("the name of a program must be constant", "arguments may have variables in them", argument=0)
    elif wrong := name_fault(name):
        use.error(wrong, "it is that of a file in the folder of the site: no path, no dot in front", argument=0)
    if len(arguments) > limits.PROGRAM_ARGUMENTS:
        use.error(f"more than {limits.PROGRAM_ARGUMENTS} arguments", "put several into one", argument=1)
    for argument in arguments:
        if isinstance(argument, str) and (wrong := argument_fault(argument)):
            use.error(wrong, "shorten it, or leave it out", argument=1)
    return Program(use.name.lower(), str(name), arguments)


ARGUMENTS = ("string", "strings")
