"""One use of a word: what its `build` gets to ask (the Use of words/syntax.py).

Strings are read here (strings.py), at the moment when the word asks for them.
"""

from __future__ import annotations

from mdafilter.lang.sieve.lexer import Token
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.lang.sieve.arguments import Bound, Given
    from mdafilter.lang.sieve.parser import Command, List
    from mdafilter.lang.sieve.script import Script
    from mdafilter.plan import Block, Condition, Plan
    from mdafilter.texts import Text, Texts


class Usage:
    """A word with checked arguments, in one place of one script."""

    def __init__(
        self, script: Script, command: Command, bound: Bound, tests: tuple[Condition, ...] = (), block: Block = ()
    ) -> None:
        self.name = command.name.value
        self.at = script.where(command.name)
        self.tests = tests
        self.block = block
        self._script = script
        self._command = command
        self._bound = bound

    def given(self) -> int:
        return len(self._bound.positional)

    def text(self, index: int) -> Text:
        return self._script.texts(self._bound.positional[index])[0]

    def texts(self, index: int) -> Texts:
        return self._script.texts(self._bound.positional[index])

    def number(self, index: int) -> int:
        argument = self._bound.positional[index]
        assert isinstance(argument, Token)
        return argument.number

    def has(self, tag: str) -> bool:
        return self._tag(tag) is not None

    def group(self, group: str) -> str:
        return next((given.tag.name for given in self._bound.tags if given.tag.group == group), "")

    def tag_text(self, tag: str) -> Text | None:
        texts = self.tag_texts(tag)
        return texts[0] if texts else None

    def tag_texts(self, tag: str) -> Texts | None:
        """Of a tag that may be repeated: all its arguments."""
        found = [g.argument for g in self._bound.tags if g.tag.name == tag and g.argument is not None]
        return tuple(text for argument in found for text in self._script.texts(argument)) if found else None

    def tag_number(self, tag: str) -> int | None:
        given = self._tag(tag)
        return given.argument.number if given is not None and isinstance(given.argument, Token) else None

    def requires(self, capability: str) -> bool:
        return self._script.allows(capability)

    def asked(self, word: str) -> bool:
        return word in self._script.asked

    def error(self, text: str, hint: str = "", *, argument: int | None = None, tag: str = "") -> None:
        self._script.problems.error(self._place(argument, tag), text, hint)

    def warn(self, text: str, hint: str = "", *, argument: int | None = None, tag: str = "") -> None:
        self._script.problems.warn(self._place(argument, tag), text, hint)

    def include(self, location: str, name: str, *, optional: bool, once: bool = False) -> Plan | None:
        at = self._bound.positional[-1] if self._bound.positional else self._command.name
        return self._script.include(at, location, name, optional=optional, once=once or self.has(":once"))

    def share(self, names: Texts) -> None:
        self._script.share(self._command.name, names)

    def loop_label(self, name: str | None) -> str | None:
        return self._script.loop_label(name)

    def _tag(self, name: str) -> Given | None:
        return next((given for given in self._bound.tags if given.tag.name == name), None)

    def _place(self, argument: int | None, tag: str) -> Token | List:
        if tag and (given := self._tag(tag)) is not None:
            return given.at
        if argument is not None and argument < len(self._bound.positional):
            return self._bound.positional[argument]
        return self._command.name
