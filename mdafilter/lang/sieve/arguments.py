"""Checks the arguments of a command or test against its Word (RFC 5228 section 2.6).

Tags come first, each with its own argument, then the positional arguments, then tests, then a block. The first thing
that is wrong in the arguments of one command is reported, and nothing is built of that command.

In:    a Command of the parser, its Word, and the Script that knows what was required.
Out:   Bound, the arguments where the word looks for them; None if there was an error.
"""

from __future__ import annotations

from mdafilter.lang.sieve.lexer import Token
from mdafilter.lang.sieve.vocabulary import require_line
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.lang.sieve.parser import Command, List
    from mdafilter.lang.sieve.script import Script
    from mdafilter.words.syntax import Tag, Word

KINDS = {
    "string": "a string",
    "strings": "a string or a list of strings",
    "number": "a number",
    "test": "a test",
    "tests": "tests in parentheses",
}

SHOWN = {"string": "STRING", "strings": "STRINGS", "number": "NUMBER", "test": "TEST", "tests": "(TEST, TEST...)"}


class Given(Value):
    """A tag as it stands on a command, with the argument that follows it."""

    tag: Tag
    at: Token
    argument: Token | List | None = None


class Bound(Value):
    """The arguments of one use of a word, in order."""

    positional: tuple[Token | List, ...]
    tags: tuple[Given, ...] = ()

    def strings(self) -> tuple[Token | List, ...]:
        """All arguments that have strings in them, also those of tags."""
        given = (*(tag.argument for tag in self.tags if tag.argument is not None), *self.positional)
        return tuple(argument for argument in given if not isinstance(argument, Token) or argument.kind == "string")


def bind(command: Command, word: Word, script: Script) -> Bound | None:
    """The arguments, checked."""
    tags: list[Given] = []
    index = 0
    while index < len(command.arguments) and _is_tag(at := command.arguments[index]):
        assert isinstance(at, Token)
        given = _tag(command, index, at, word, script)
        if given is None or not _agrees(given, tags, script):
            return None
        tags.append(given)
        index += 1 if given.argument is None else 2
    positional = command.arguments[index:]
    if not (_check_positional(command, positional, word, script) and _check_tests(command, word, script)):
        return None
    return Bound(positional, tuple(tags))


def _is_tag(argument: Token | List) -> bool:
    return isinstance(argument, Token) and argument.kind == "tag"


def _tag(command: Command, index: int, at: Token, word: Word, script: Script) -> Given | None:
    tag = script.vocabulary.tag(at.value, word)
    if tag is None:
        if script.problems.full:
            return None
        script.problems.error(at, *_unknown_tag(at.value, word, script))
        return None
    if not script.allows_any(tag.requires):
        text = f'{tag.name} needs the extension "{tag.requires[0]}"'
        script.lacks(at, text, tag.requires)
        if not script.guess:
            return None
    if not tag.argument:
        return Given(tag, at)
    following = command.arguments[index + 1] if index + 1 < len(command.arguments) else None
    if following is None or not _fits(following, tag.argument):
        script.problems.error(
            at, f"{tag.name} must be followed by {KINDS[tag.argument]}", f"written: {tag.name} {SHOWN[tag.argument]}"
        )
        return None
    if tag.name == ":comparator" and isinstance(following, Token):
        script.allows(f"comparator-{following.value}")  # for the warning about what is required and not used
    return Given(tag, at, following)


def _unknown_tag(name: str, word: Word, script: Script) -> tuple[str, str]:
    places = script.vocabulary.tag_places(name)
    if places:
        return f"{name} cannot stand on `{word.name}`", f"it stands on {', '.join(places)}"
    meant = script.vocabulary.meant_tag(name, word)
    own = ", ".join(tag.name for tag in word.tags)
    hint = f"did you mean {meant}?" if meant else f"`{word.name}` knows {own}" if own else f"`{word.name}` knows none"
    return f"unknown tag {name} on `{word.name}`", hint


def _agrees(given: Given, others: list[Given], script: Script) -> bool:
    """Section 2.6: "It is an error ... to use conflicting arguments or to use a tagged or optional argument more"."""
    for other in others:
        if other.tag.name == given.tag.name and not given.tag.repeatable:
            script.problems.error(given.at, f"{given.tag.name} stands here twice", "remove one")
            return False
        if given.tag.group and other.tag.group == given.tag.group and other.tag.name != given.tag.name:
            script.problems.error(given.at, f"{other.tag.name} and {given.tag.name} exclude each other", "remove one")
            return False
    return True


def _fits(argument: Token | List, kind: str) -> bool:
    if isinstance(argument, Token):
        return argument.kind == ("string" if kind == "strings" else kind)
    return kind == "strings"


def _check_positional(command: Command, given: tuple[Token | List, ...], word: Word, script: Script) -> bool:
    for argument in given:
        if isinstance(argument, Token) and argument.kind == "tag":
            hint = f"tags come first (RFC 5228 section 2.6.2): {usage(word)}"
            script.problems.error(argument, f"{argument.value} must stand before the other arguments", hint)
            return False
    kinds = [kind for kind in word.arguments if kind not in ("test", "tests")]
    missing, least = len(kinds) - len(given), len(kinds) - word.optional - word.optional_last
    if not least <= len(given) <= len(kinds):
        wanted = f"{len(kinds)}" if least == len(kinds) else f"{least} to {len(kinds)}"
        plural = "" if kinds and wanted == "1" else "s"
        text = f"`{word.name}` takes {wanted} argument{plural}" if kinds else f"`{word.name}` takes no arguments"
        text += f", {len(given)} {'is' if len(given) == 1 else 'are'} given" if kinds else ""
        script.problems.error(given[len(kinds)] if len(given) > len(kinds) else command.name, text, usage(word))
        return False
    first = min(missing, word.optional)
    for number, (argument, kind) in enumerate(zip(given, kinds[first:], strict=False), 1):
        if not _fits(argument, kind):
            found = KINDS[argument.kind] if isinstance(argument, Token) else "a list of strings"
            text = f"argument {number} of `{word.name}` must be {KINDS[kind]}, not {found}"
            script.problems.error(argument, text, usage(word))
            return False
    return True


def _check_tests(command: Command, word: Word, script: Script) -> bool:
    """Section 5.2: allof takes a test list; section 5.8: not takes one test."""
    kind = next((kind for kind in word.arguments if kind in ("test", "tests")), "")
    name = command.name
    if not kind and (command.tests or command.listed):
        at = command.tests[0].name if command.tests else name
        script.problems.error(at, f"`{word.name}` takes no tests", usage(word))
    elif kind and not command.tests:
        script.problems.error(name, f"`{word.name}` needs {KINDS[kind]}", usage(word))
    elif kind == "tests" and not command.listed:
        script.problems.error(name, f"the tests of `{word.name}` stand in parentheses", usage(word))
    elif kind == "test" and command.listed:
        script.problems.error(name, f"`{word.name}` takes one test, without parentheses", usage(word))
    else:
        return True
    return False


def usage(word: Word) -> str:
    """How the word is written."""
    pieces = [word.name, *["[TAGS]" for _ in word.tags[:1]]]
    last = len(word.arguments) - word.optional_last
    pieces += [SHOWN[k] if word.optional <= i < last else f"[{SHOWN[k]}]" for i, k in enumerate(word.arguments)]
    end = " { ... }" if word.block else "" if word.kind == "test" else ";"
    return "written: " + " ".join(pieces) + end


def needs(name: str, requires: tuple[str, ...]) -> tuple[str, str]:
    """Text and hint for a word without its require."""
    return f'`{name}` needs the extension "{requires[0]}"', require_line(requires)
