"""Variables of a procmailrc (procmailrc(5), "Environment variable assignments"). No word of Sieve.

Names keep their case, and what a value has past limits.LINE_OCTETS is cut off, as procmail does past LINEBUF, and
noted. What procmail presets comes from the World. A command between backquotes gets the message on its standard input,
and all line ends behind what it writes go; of `NAME=| command` just one goes.

In:    a name, and a text or a command line. Fails: RuleFailed past the number of variables.
"""

from __future__ import annotations

import os

from mdafilter import limits, shell
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.command import command_line
from mdafilter.words.names import in_maildir, lock_path
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text
    from mdafilter.words.command import Command


def put(scene: Scene, name: str, value: str) -> None:
    """Sets a variable; a NUL ends its value.

    procmail changes into MAILDIR, relative to where it is; where it cannot, it stays there.
    """
    value = value.partition("\0")[0]
    octets = value.encode("utf-8", "surrogateescape") if len(value) > limits.LINE_OCTETS // 4 else b""
    if len(octets) > limits.LINE_OCTETS:
        value = octets[: limits.LINE_OCTETS].decode("utf-8", "surrogateescape")
        scene.notes.append(f"the value of {name} was cut to {limits.LINE_OCTETS} octets")
    if name not in scene.variables and len(scene.variables) >= limits.VARIABLES:
        raise RuleFailed(f"more than {limits.VARIABLES} variables")
    if name == "MAILDIR":
        folder = os.path.join(shell.folder(scene.variables), value)
        if value and scene.world.has_directory(folder):
            scene.variables[shell.FOLDER] = folder
            scene.log = scene.log.replace(folder=in_maildir(scene))
        else:
            scene.notes.append(f"there is no directory {clipped(folder)}: MAILDIR stays as it was")
            value = "."
    scene.variables[name] = value


class Preset(Value):
    """The variables that are there before the first line."""

    def assign(self, scene: Scene) -> None:
        """Those of World.presets, if they have no value yet."""
        for name, value in scene.world.presets().items():
            if name not in scene.variables:
                put(scene, name, value)

    def describe(self) -> str:
        """Which they are."""
        return "the variables that are preset"


class Assign(Value):
    """The variable `name` becomes `value`."""

    name: str
    value: Text

    def assign(self, scene: Scene) -> None:
        """Sets it."""
        put(scene, self.name, scene.expand(self.value))

    def describe(self) -> str:
        """As it is spelled."""
        return f"{self.name}={quoted(self.value)}"


class Unset(Value):
    """The variable is no more."""

    name: str

    def assign(self, scene: Scene) -> None:
        """Removes it."""
        scene.variables.pop(self.name, None)

    def describe(self) -> str:
        """As it is meant."""
        return f"unset {self.name}"


class AssignOutput(Value):
    """The variable becomes what the command writes. `check`: an exit status other than 0 is a failure (failed.py), and
    the variable stays as it was.

    `newlines`: what it writes keeps its line ends, but for the last one. `raw`: what it reads has no empty line at its
    end.
    """

    name: str
    command: Command | Text
    area: str = "both"
    check: bool = False
    newlines: bool = False
    lock: Text = ""
    raw: bool = False

    def assign(self, scene: Scene) -> None:
        """Runs it."""
        lock = lock_path(scene, self.lock)
        ran = scene.run(command_line(scene, self.command), self.area, lock=lock, ended=not self.raw)
        if self.check:
            scene.failure = "" if ran.status == 0 else ran.says or f"exit status {ran.status}"
            if scene.failure:
                return
        output = ran.output.slice(0, min(len(ran.output), limits.LINE_OCTETS + 1))
        output = output.removesuffix(b"\n") if self.newlines else output.rstrip(b"\n")
        put(scene, self.name, output.decode("utf-8", "surrogateescape"))

    def describe(self) -> str:
        """Name and command line."""
        return f"{self.name} is what {quoted(str(self.command))} writes"


WORDS = ()
