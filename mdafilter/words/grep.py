"""A regular expression on the raw text of a message, as procmailrc and Postfix' header_checks ask for it.

No word of Sieve: nodes that lang/procmail and lang/tables build. What is searched is the area:

    header   all header fields as one text, each on one line (procmailrc(5), flag H)
    body     the body as it stands (flag B), up to limits.GREP_OCTETS
    both     the header, then the body (flags HB)
    field    each header field by itself, folded as it is (header_checks(5): one string, with the
             newlines in it)

What is longer than limits.REGEX_SUBJECT is searched in windows that overlap.

In:    octets as UTF-8 text; those that are none are kept apart. With `decoded`, fields have their encoded words
       decoded (RFC 2047), as Sieve sees them.
Out:   an Answer with the text that was found. Groups become the match values ${1} ... of the Scene.
Fails: RuleStalled past limits.REGEX_SECONDS for the whole question (patterns.py).
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.matching import patterns
from mdafilter.plan import Answer
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message import Field, Message
    from mdafilter.plan import Scene, Text

OVERLAP = 4096  # what is found across the end of a window, at most


class Grep(Value):
    """The question: is the pattern found in the area?

    `negated`: is it not found? Of fields: is there one in which it is not found, as header_checks asks.
    `newline`: ^ and $ stand at lines too, where the syntax leaves that open (patterns.compile). `unless`: a text in
    which one of these is found does not count: of the lines of a table the first one decides about a field.
    """

    area: str  # "header", "body", "both", "field"
    pattern: Text
    syntax: str  # "ere", "procmail", "pcre"
    ignore_case: bool = True
    decoded: bool = False
    negated: bool = False
    newline: bool = False
    unless: tuple[Grep, ...] = ()

    def ask(self, scene: Scene) -> Answer:
        """Searches one text of the area after the other until one has it."""
        if not isinstance(self.pattern, str):
            return self.replace(pattern=scene.expand(self.pattern)).ask(scene)
        budget = patterns.Budget()
        if self.negated and self.area != "field":
            answer = self.replace(negated=False).ask(scene)
            return Answer(not answer.held, answer.saw, "" if answer.held else self.describe())
        with budget:
            for text in self._texts(scene.message):
                found = self._found(text, budget)
                if found is not None and all(other._found(text, budget) is None for other in self.unless):
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
        return f"{negated}{self.area} has {self.syntax} {quoted(self.pattern)}{case}"

    def _found(self, text: str, budget: patterns.Budget) -> tuple[str, ...] | None:
        """The match, or where it is negated the whole text without one; None where the text does not count."""
        assert isinstance(self.pattern, str)
        try:
            pattern = patterns.compile(
                self.pattern, ignore_case=self.ignore_case, syntax=self.syntax, newline=self.newline
            )
        except patterns.PatternError as error:  # the front end compiled it before; only a damaged plan comes here
            raise RuleFailed(f"the regular expression {quoted(self.pattern)}: {error.text}") from None
        found = pattern.search(text, budget)
        if self.negated:
            return (text,) if found is None else None
        return found

    def _texts(self, message: Message) -> Iterator[str]:
        match self.area:
            case "field":
                yield from (folded(field, self.decoded) for field in message.headers)
            case "header":
                yield from windows(header_text(message, self.decoded))
            case "both":
                yield from windows(header_text(message, self.decoded))
                yield from body_texts(message)
            case _:
                yield from body_texts(message)


def folded(field: Field, decoded: bool) -> str:
    """One field without its last line end; lines end with a newline alone."""
    if decoded:
        return f"{field.name}: {field.text}"
    return _text(field.raw).rstrip("\n")


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
