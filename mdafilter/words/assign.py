"""Variables of a procmailrc (procmailrc(5), "Environment variable assignments"). No word of Sieve.

Names keep their case, and values are no longer than those of Sieve (limits.VARIABLE_OCTETS). What procmail presets
comes from the World. A command between backquotes gets the message on its standard input; the line ends behind what
it writes go.

In:    a name, and a text or a command line. Fails: RuleFailed past the number of variables.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import lock_path
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text


class Preset(Value):
    """The variables that are there before the first line."""

    def assign(self, scene: Scene) -> None:
        """Those of World.presets, if they have no value yet."""
        for name, value in scene.world.presets().items():
            if name not in scene.variables:
                scene.set(name, value)

    def describe(self) -> str:
        """Which they are."""
        return "the variables that are preset"


class Assign(Value):
    """The variable `name` becomes `value`."""

    name: str
    value: Text

    def assign(self, scene: Scene) -> None:
        """Sets it."""
        scene.set(self.name, scene.expand(self.value))

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
    """The variable becomes what the command writes. `check`: an exit status other than 0 is a failure (failed.py)."""

    name: str
    command: Text
    area: str = "both"
    check: bool = False
    lock: Text = ""

    def assign(self, scene: Scene) -> None:
        """Runs it."""
        ran = scene.run(scene.expand(self.command), self.area, lock_path(scene, self.lock))
        output = ran.output.slice(0, limits.VARIABLE_OCTETS).rstrip(b"\n")
        scene.set(self.name, output.decode("utf-8", "surrogateescape"))
        if self.check:
            scene.failure = "" if ran.status == 0 else ran.says or f"exit status {ran.status}"

    def describe(self) -> str:
        """Name and command line."""
        return f"{self.name} is what {quoted(self.command)} writes"


WORDS = ()
