"""The errors of a script as test_error sees them: as many as Pigeonhole counts, each where it has it.

What is wrong is found by the front end (lang/sieve), which tells a person each mistake once and with a hint. A test
file that was written for Pigeonhole counts other things: where the grammar is not in order, its parser's complaints
and nothing else (grammar.py); else, for each command and test in the order of the script,

    its name              a word or tag that nobody knows, or that was not required: the first time only
    its arguments         the first that is wrong: tags, then their number, then their kinds, then what the word says
    its tests, its block  that are missing, or too many

and one line more, which says that the script is no good. What is in the block of an unknown word does not count. Where
nothing is wrong in a script, the first that is wrong of those it includes counts, and a line for each on the way there.

In:    the text, and the Problems of the front end. Out: the texts of the errors, in order.
Fails: never.
"""

from __future__ import annotations

from mdafilter.lang.sieve import lexer
from mdafilter.lang.sieve.vocabulary import Vocabulary
from mdafilter.testing import grammar
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.match import COMPARATORS
from mdafilter.words.syntax import Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.errors import Problem
    from mdafilter.lang import Library
    from mdafilter.testing.grammar import Node, Token
    from mdafilter.words.syntax import Tag, Use

NO_GOOD, UNREAD, NOT_MADE = "validation failed", "parse failed", "code generation failed"
KINDS = {"string": "a string", "strings": "a string list", "number": "a number", "tag": "a tag"}
# what RFC 5228 calls the arguments
ROLES = {
    "header": ("header names", "key list"),
    "address": ("header list", "key list"),
    "envelope": ("envelope part", "key list"),
    "exists": ("header names",),
    "size": ("limit",),
    "redirect": ("address",),
}


def _nothing(use: Use) -> None:
    """The commands below are built by lang/sieve/lower.py."""


CONTROL = {
    "if": Word("if", "step", _nothing, ("test",), block=True),
    "elsif": Word("elsif", "step", _nothing, ("test",), block=True),
    "else": Word("else", "step", _nothing, block=True),
    "require": Word("require", "step", _nothing, ("strings",)),
    "stop": Word("stop", "step", _nothing),
}


def errors(text: bytes, problems: Sequence[Problem], file: str, library: Library | None = None) -> list[str]:
    """What test_error sees of a script that does not compile."""
    found = _errors(text, problems, file, library, set())
    return found or [*(problem.text for problem in problems), NO_GOOD]


def _errors(text: bytes, problems: Sequence[Problem], file: str, library: Library | None, seen: set[str]) -> list[str]:
    """Of one script; where nothing is wrong in it, of the first that it includes and something is wrong in."""
    seen.add(file)
    decoded, read = lexer.decode(text, file)
    script = grammar.read(decoded)
    if read.errors or script.faults:
        return [*(problem.text for problem in read.errors), *script.faults, UNREAD]
    walk = _Walk([problem for problem in problems if problem.file == file], decoded)
    walk.commands(script.commands, top=True)
    if walk.told:
        return [*walk.told, NO_GOOD]
    for location, name in walk.includes:
        found = library.find(location, name) if library is not None else None
        if found is not None and found[0] not in seen:
            wrong = _errors(found[1], problems, found[0], library, seen)
            if wrong:
                return [*wrong[:-1], f"the included script '{name}' is no good", NOT_MADE]
    return []


class _Walk:
    """The walk through a script. `told` is what was wrong so far."""

    def __init__(self, problems: Sequence[Problem], text: str) -> None:
        starts = [0]
        for line in text.split("\n"):
            starts.append(starts[-1] + len(line) + 1)
        self.problems = [(starts[problem.line - 1] + problem.column - 1, problem.text) for problem in problems]
        self.vocabulary = Vocabulary()
        self.required: set[str] = set()
        self.unknown: set[str] = set()
        self.told: list[str] = []
        self.includes: list[tuple[str, str]] = []  # where, and the name

    def once(self, name: str, text: str) -> None:
        """What nobody knows is told the first time that it is met."""
        if name not in self.unknown:
            self.unknown.add(name)
            self.told.append(f"{text} (told once)")

    # --- commands and tests ------------------------------------------------------------------------------------------

    def commands(self, nodes: Sequence[Node], *, top: bool = False) -> None:
        before, decided = "require", False
        for node in nodes:
            chained, misplaced = node.name in ("elsif", "else"), ""
            if node.name == "require" and not (top and before in ("require", "")):
                misplaced = "require commands stand at the beginning of the file"
            elif chained and before not in ("if", "elsif"):
                misplaced = f"the {node.name} command must follow an if or elsif command"
            decided = self.one(node, "command", misplaced, reached=not (chained and decided)) is True
            word = self.word(node, "command")  # what is no command, nothing can stand behind
            before = "" if word is None or word.kind == "test" else node.name

    def one(self, node: Node, kind: str, misplaced: str = "", *, reached: bool = True) -> bool | None:
        """A command or a test, and all that is in it. Returns the answer of a test where that is known already.

        What a command holds for is that of its test; behind a branch that always holds nobody looks into the others.
        """
        word = self.word(node, kind)
        if word is None:
            self.once(node.name, f"unknown {kind} '{node.name}'")
            return None
        is_ = "test" if word.kind == "test" else "command"
        if is_ != kind:
            self.told.append(f"the {is_} '{node.name}' is used as a {kind}")
            return None
        name, wrong = f"{node.name} {kind}", len(self.told)
        good = self.arguments(node, word, name)
        nests = self.tests(node, word, name)
        if good and len(self.told) == wrong:
            self.block(node, word, name)
        if good and len(self.told) == wrong:
            self.told += [misplaced] if misplaced else self.meaning(node)
        if not reached:
            return True
        holds = self.nested(node) if nests else {"true": True, "false": False}.get(node.name)
        holds = holds if len(self.told) == wrong else None
        if word.block and holds is not False:
            self.commands(node.block or ())
        return holds

    def nested(self, node: Node) -> bool | None:
        """The tests of a test or command, up to the one that decides."""
        decisive = {"anyof": True, "allof": False}.get(node.name)
        found: list[bool | None] = []
        for test in node.tests:
            found.append(self.one(test, "test"))
            if found[-1] is not None and found[-1] is decisive:
                return decisive
        if None in found:
            return None
        if decisive is None:
            return found[0] is not (node.name == "not")
        return not decisive

    def word(self, node: Node, kind: str) -> Word | None:
        """The word of this name, by what was required."""
        word = CONTROL.get(node.name) or self.vocabulary.word(node.name, test=kind == "test", required=self.required)
        return word if word is not None and self.allowed(word.requires) else None

    def allowed(self, capabilities: Sequence[str]) -> bool:
        return not capabilities or not self.required.isdisjoint(capabilities)

    def tests(self, node: Node, word: Word, name: str) -> bool:
        """Whether there are tests in it, as it should be; whether they are as many as the word takes is told."""
        wanted = next((kind for kind in word.arguments if kind in ("test", "tests")), "")
        given = "a list of tests" if node.listed else "a single test" if node.tests else "none"
        if wanted and given != {"test": "a single test", "tests": "a list of tests"}[wanted]:
            needed = "one sub-test" if wanted == "test" else "a list of sub-tests"
            self.told.append(f"the {name} requires {needed}, not {given}")
        if wanted:
            return bool(node.tests)
        if node.tests:
            first = node.tests[0].name
            known = self.vocabulary.word(first, test=True, required=self.required)
            if node.listed or (known is not None and known.kind == "test" and self.allowed(known.requires)):
                self.told.append(f"the {name} takes no tests, but some are specified")
            elif self.tag(f":{first}", word) is not None:
                self.told.append(f"missing colon ':' before ':{first}' tag in {name}")
            else:
                self.told.append(f"missing semicolon ';' after {name}")
        return False

    def block(self, node: Node, word: Word, name: str) -> None:
        if word.block and node.block is None:
            self.told.append(f"the {name} requires a block, and it is missing")
        if node.block is not None and not word.block:
            self.told.append(f"the {name} takes no block, but one is specified")

    def meaning(self, node: Node) -> list[str]:
        """What the front end says of a word that is used as it is written: the first of it; of a require each."""
        if node.name in ("require", "ihave"):
            self.required.update(name.strip('"') for given in node.arguments for name in given.text.split("\n"))
        if node.name == "include":
            words = [given.text.lower() for given in node.arguments]
            self.includes.append(("global" if ":global" in words else "personal", node.arguments[-1].text[1:-1]))
        if node.name == "require":
            return [text for start, text in self.problems if node.behind < start < node.end]
        return [text for start, text in self.problems if node.start <= start < node.end and node.name not in CONTROL][
            :1
        ]

    # --- arguments ---------------------------------------------------------------------------------------------------

    def tag(self, name: str, word: Word) -> Tag | None:
        """The tag that may stand on the word, by what was required."""
        tag = self.vocabulary.tag(name, word)
        return tag if tag is not None and self.allowed(tag.requires) else None

    def compares(self, name: str) -> bool:
        """Whether there is such a comparator, by what was required."""
        known = COMPARATORS.get(name.lower())
        return known is not None and (not known.required or f"comparator-{name.lower()}" in self.required)

    def arguments(self, node: Node, word: Word, name: str) -> bool:
        """Whether they are good; the first thing that is wrong in them is told."""
        tags: list[Tag] = []
        positional: list[Token] = []
        at = 0
        while at < len(node.arguments):
            argument = node.arguments[at]
            at += 1
            if argument.kind != "tag":
                positional.append(argument)
                continue
            tag = self.tag(argument.text.lower(), word)
            if tag is None:
                self.once(
                    f"{word.name} {argument.text.lower()}", f"unknown tagged argument '{argument.text}' for the {name}"
                )
                return False
            if positional:
                self.told.append(f"unexpected tagged argument '{argument.text}' behind the others of the {name}")
                return False
            if other := next((other for other in tags if _excludes(tag, other)), None):
                what = f"duplicate {tag.group.upper() or tag.name} argument ({tag.name}) for the {name}"
                self.told.append(f"{what}: {other.name} and {tag.name} exclude each other")
                return False
            tags.append(tag)
            if tag.argument:
                following = node.arguments[at].kind if at < len(node.arguments) else "nothing"
                if not _fits(following, tag.argument):
                    wanted, found = KINDS[tag.argument], KINDS.get(following, following)
                    self.told.append(f"the {tag.name} tag for the {name} requires {wanted}, but {found} was found")
                    return False
                if tag.name == ":comparator" and not self.compares(node.arguments[at].text[1:-1]):
                    self.told.append(f"unknown comparator '{node.arguments[at].text[1:-1]}'")
                    return False
                at += 1
        return self.positional(positional, word, name)

    def positional(self, given: Sequence[Token], word: Word, name: str) -> bool:
        kinds = [kind for kind in word.arguments if kind not in ("test", "tests")]
        least = len(kinds) - word.optional - word.optional_last
        if not least <= len(given) <= len(kinds):
            found = f"{len(given)} {'is' if len(given) == 1 else 'are'}"
            self.told.append(f"the {name} requires {least} positional arguments, but {found} specified")
            return False
        first = min(len(kinds) - len(given), word.optional)
        for number, (argument, kind) in enumerate(zip(given, kinds[first:], strict=False)):
            if not _fits(argument.kind, kind):
                role = f" ({ROLES[word.name][number]})" if word.name in ROLES else ""
                text = f"the {name} expects {KINDS[kind]} as argument {number + 1}{role}"
                self.told.append(f"{text}, but {KINDS[argument.kind]} was found")
                return False
        return True


def _excludes(one: Tag, other: Tag) -> bool:
    same = one.name == other.name and not one.repeatable
    return same or (bool(one.group) and one.group == other.group and one.name != other.name)


def _fits(found: str, wanted: str) -> bool:
    return found == wanted or (found == "string" and wanted == "strings")
