"""How a word tells the Sieve front end what it looks like, and what it gets when it is used.

Each file of words/ has a tuple WORDS of Word, and may have a tuple TAGS of Tag for words of other files (`:copy`
stands on fileinto and redirect). lang/sieve checks every use of a word against these specifications (RFC 5228 section
2.6), so that `build` is called with arguments of the right kinds and has only to look at what is special to the word.

A word is built into a node of plan.py by its kind:

    test        a Condition                  action      an Action (becomes Do)
    change      a Change (becomes Rewrite)   assignment  an Assignment (becomes Set)
    step        a Step of plan.py itself (foreverypart, break, include, return)

Kinds of arguments: "string", "strings" (a string or a list of them), "number", "test", "tests".
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mdafilter.plan import Block, Condition, Plan
    from mdafilter.texts import Text, Texts, Where


class Tag(Value):
    """A tagged argument (RFC 5228 section 2.6.2)."""

    name: str  # with the colon, lower case: ":copy"
    on: tuple[str, ...] = ()  # the words it may stand on, where it is not in the word's own `tags`
    argument: str = ""  # kind of the argument that follows it; "" is none
    requires: tuple[str, ...] = ()  # capabilities, any one of which allows the tag; () needs none
    group: str = ""  # of the tags of one group only one may stand on a command ("match-type")
    repeatable: bool = False


class Word(Value):
    """A command or test of Sieve."""

    name: str  # lower case
    kind: str  # "test", "action", "change", "assignment", "step"
    build: Callable[[Use], Any]
    arguments: tuple[str, ...] = ()  # positional, in order
    optional: int = 0  # how many of the leading positional arguments may be missing (RFC 5232: setflag)
    optional_last: int = 0  # how many of the trailing ones may be missing (RFC 5293: deleteheader)
    tags: tuple[Tag, ...] = ()
    requires: tuple[str, ...] = ()  # capabilities, any one of which allows the word
    block: bool = False  # whether a { block } follows
    loop: bool = False  # whether `break` may stand in the block


class Use(Protocol):
    """One use of a word in a script, checked against its Word: what `build` gets. Implemented by lang/sieve."""

    name: str
    at: Where
    tests: tuple[Condition, ...]
    block: Block

    def given(self) -> int:
        """How many positional arguments there are (tests not counted)."""
        ...

    def text(self, index: int) -> Text: ...
    def texts(self, index: int) -> Texts: ...
    def number(self, index: int) -> int: ...

    def has(self, tag: str) -> bool: ...
    def group(self, group: str) -> str:
        """The tag of this group that stands on the command, with its colon; "" if none does."""
        ...

    def tag_text(self, tag: str) -> Text | None: ...
    def tag_texts(self, tag: str) -> Texts | None: ...
    def tag_number(self, tag: str) -> int | None: ...

    def requires(self, capability: str) -> bool:
        """Whether the script has required this capability so far."""
        ...

    def asked(self, word: str) -> bool:
        """Whether the script has used this word so far."""
        ...

    def error(self, text: str, hint: str = "", *, argument: int | None = None, tag: str = "") -> None:
        """Reports a mistake at the command, at one of its arguments or tags; compiling goes on to find more."""
        ...

    def warn(self, text: str, hint: str = "", *, argument: int | None = None, tag: str = "") -> None: ...

    def include(self, location: str, name: str, *, optional: bool) -> Plan | None:
        """Compiles another script ("personal" or "global"); None (and an error, unless optional) if there is none."""
        ...

    def share(self, names: Texts) -> None:
        """Declares variables of this script global (RFC 6609 section 3.4)."""
        ...

    def loop_label(self, name: str | None) -> str | None:
        """For `break`: the label of the loop that it leaves (None: the innermost); None if there is no such loop."""
        ...
