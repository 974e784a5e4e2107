"""A regular expression on the raw text of a message, as procmailrc asks for it.

No word of Sieve: nodes that lang/procmail builds. What is searched is the area:

    header   all header fields as one text, each on one line (procmailrc(5), flag H)
    body     the body as it stands (flag B), up to limits.GREP_OCTETS
    both     the header, then the body (flags HB)

What is longer than limits.REGEX_SUBJECT is searched in windows that overlap.

In:    octets as UTF-8 text; those that are none are kept apart. With `decoded`, fields have their encoded words
       decoded (RFC 2047), as Sieve sees them.
Out:   an Answer with the text that was found. Groups become the match values ${1} ... of the Scene.
Fails: RuleStalled past limits.REGEX_SECONDS for the whole question (patterns.py).
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.matching import patterns
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message import Message
    from mdafilter.plan import Scene
    from mdafilter.texts import Text

OVERLAP = 4096  # what is found across the end of a window, at most


class Grep(Value):
    """The question: is the pattern found in the area?

    `negated`: is it not found?
    """

    area: str  # "header", "body", "both"
    pattern: Text
    syntax: str  # "ere", "procmail", "pcre"
    ignore_case: bool = True
    decoded: bool = False
    negated: bool = False

    def ask(self, scene: Scene) -> Answer:
        """Searches one text of the area after the other until one has it."""
        if not isinstance(self.pattern, str):
            return self.replace(pattern=scene.expand(self.pattern)).ask(scene)
        budget = patterns.Budget()
        if self.negated:
            answer = self.replace(negated=False).ask(scene)
            return Answer(not answer.held, answer.saw, "" if answer.held else self.describe())
        with budget:
            for text in self._texts(scene.message):
                found = self._found(text, budget)
                if found is not None:
                    scene.matched = found[: limits.MATCH_VALUES]
                    if self.syntax == "procmail" and len(found) > 1:
                        scene.set("MATCH", found[1])
                    shown = clipped(found[0].strip())
                    return Answer(True, (shown,), shown)
        return Answer(False)

    def describe(self) -> str:
        """Area and pattern; the case only where it counts."""
        negated = "not " * self.negated
        case = "" if self.ignore_case else " in this case"
        return f"{negated}{self.area} has {quoted(self.pattern)}{case}"

    def _found(self, text: str, budget: patterns.Budget) -> tuple[str, ...] | None:
        assert isinstance(self.pattern, str)
        try:
            pattern = patterns.compile(self.pattern, ignore_case=self.ignore_case, syntax=self.syntax)
        except patterns.PatternError as error:  # the front end compiled it before; only a damaged plan comes here
            raise RuleFailed(f"the regular expression {quoted(self.pattern)}: {error.text}") from None
        return pattern.search(text, budget)

    def _texts(self, message: Message) -> Iterator[str]:
        match self.area:
            case "header":
                yield from windows(header_text(message, self.decoded))
            case "both":
                yield from windows(header_text(message, self.decoded))
                yield from body_texts(message)
            case _:
                yield from body_texts(message)


def header_text(message: Message, decoded: bool) -> str:
    """The header with each field on one line: a newline before a blank becomes a blank."""
    if decoded:
        return "".join(f"{field.name}: {field.text}\n" for field in message.headers)
    return _text(message.headers.raw()).replace("\n ", "  ").replace("\n\t", " \t")


def body_texts(message: Message) -> Iterator[str]:
    """The body in windows, read one after the other."""
    start, end = message.body, min(len(message.octets), message.body + limits.GREP_OCTETS)
    while True:
        text = _text(message.octets.slice(start, min(start + limits.REGEX_SUBJECT, end)))
        yield text if start == message.body else _whole_lines(text)
        if start + limits.REGEX_SUBJECT >= end:
            return
        start += limits.REGEX_SUBJECT - OVERLAP


def windows(text: str) -> Iterator[str]:
    """A text in windows that overlap, so that nothing short is cut in two."""
    yield text[: limits.REGEX_SUBJECT]
    step = limits.REGEX_SUBJECT - OVERLAP
    for start in range(step, len(text) - OVERLAP, step):
        yield _whole_lines(text[start : start + limits.REGEX_SUBJECT])


def _whole_lines(text: str) -> str:
    """A window in the middle from the first line that begins within the overlap: ^ must not stand within a line."""
    return text[text.find("\n", 0, OVERLAP) + 1 :]


def _text(octets: bytes) -> str:
    return octets.replace(b"\r\n", b"\n").decode("utf-8", "surrogateescape")


WORDS = ()
