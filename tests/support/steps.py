"""Conditions, actions and sources that do what a test of the engine tells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.message import Field, Message, Part
from mdafilter.plan import Hit, Scene
from mdafilter.values import Value

if TYPE_CHECKING:
    from mdafilter.acts import Act


class Says(Value):
    """A condition that answers what it is told, or raises."""

    held: bool
    by: str = ""
    error: type[Exception] | None = None

    def ask(self, scene: Scene) -> Answer:
        if self.error:
            raise self.error("it happened")
        return Answer(self.held, (), self.by)

    def describe(self) -> str:
        return f"says {self.held}"


class Wants(Value):
    wanted: tuple[Act, ...]

    def acts(self, scene: Scene) -> Sequence[Act]:
        return self.wanted

    def describe(self) -> str:
        return "wants"


class Fails(Value):
    def acts(self, scene: Scene) -> Sequence[Act]:
        raise RuleFailed("no such address")

    def describe(self) -> str:
        return "fails"


class Adds(Value):
    name: str

    def rewrite(self, scene: Scene) -> Message:
        return scene.message.on_top(Field.make(self.name, "x", b"\n"))

    def describe(self) -> str:
        return "adds"


class Puts(Value):
    name: str
    value: str

    def assign(self, scene: Scene) -> None:
        scene.set(self.name, self.value)

    def describe(self) -> str:
        return "puts"


class Parts(Value):
    def each(self, scene: Scene) -> Sequence[Part]:
        return scene.message.parts

    def describe(self) -> str:
        return "parts"


class Texts(Value):
    """A source that finds what it is told."""

    found: tuple[Hit, ...]

    def hits(self, scene: Scene) -> Sequence[Hit]:
        return self.found

    def settled(self, scene: Scene) -> Message:
        return scene.message

    def describe(self) -> str:
        return "texts"
