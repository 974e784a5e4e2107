"""Postfix' header_checks -> plan (header_checks(5), regexp_table(5), pcre_table(5)).

    /pattern/flags ACTION text        the first line that matches a header field decides about that field
    !/pattern/flags ACTION text       ... that does not match
    # comment                         lines that begin with blanks go on with the line before

The file's name tells the patterns: `*.pcre` are Perl's, all others (`*.regexp`, `header_checks`) POSIX extended. Case
is ignored; the flag i lets it count, m lets ^ and $ stand at the lines of a folded field. Fields are searched as they
came, not decoded. $1, ${1} or $(1) in the text is a group of the pattern.

Of the actions this knows REJECT, DISCARD, REDIRECT, WARN, INFO and DUNNO. Postfix refuses while the message comes in;
here a REJECT is a bounce, so a table is better left to Postfix where that is possible. All else (if ... endif, FILTER,
PREPEND, REPLACE, body_checks ...) is an error that names it.

In:    the bytes of the table. Out: Compiled. Fails: RuleErrors with all errors of the file. Linear in its length.

Known bugs: Postfix goes through the fields in their order and stops at the first that a line refuses or discards; here
the first such line of the table wins, whichever field it matches.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang import Compiled
from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.tables.lines import logical_lines, split, template
from mdafilter.matching import patterns
from mdafilter.plan import Branch, Do, If, Plan, Set, Stop, Template, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.discard import DiscardIt
from mdafilter.words.grep import Grep
from mdafilter.words.names import address_fault
from mdafilter.words.note import Note
from mdafilter.words.redirect import RedirectTo
from mdafilter.words.reject import Refusal

if TYPE_CHECKING:
    from mdafilter.lang import Library
    from mdafilter.plan import Block, Step, Text

ELSEWHERE = ("body_checks", "mime_header_checks", "nested_header_checks")  # tables that look at something else
OTHER_ACTIONS = frozenset("BCC FILTER HOLD IGNORE PASS PREPEND REPLACE STRIP OK SHARED".split())


def compile(text: bytes, name: str, library: Library | None = None) -> Compiled:
    """Compiles a table. Raises RuleErrors."""
    decoded = text.decode("utf-8", "surrogateescape")
    problems = Problems(name, decoded)
    base = name.rsplit("/", 1)[-1]
    if len(text) > limits.SCRIPT_OCTETS:
        problems.error(Line(1, ""), f"the table is longer than {limits.SCRIPT_OCTETS} octets")
    elif feature := next((table for table in ELSEWHERE if table in base), ""):
        problems.error(Line(1, ""), f"not supported yet: {feature}", "only tables for header_checks are")
    problems.done()
    table = Table(name, "pcre" if base.endswith(".pcre") else "ere", problems)
    for line in logical_lines(decoded):
        table.add(line)
    return Compiled(Plan(tuple(table.steps), name), problems.done())


class Table:
    """The lines of a table, one after the other."""

    def __init__(self, file: str, syntax: str, problems: Problems) -> None:
        self.file = file
        self.syntax = syntax
        self.problems = problems
        self.steps: list[Step] = []
        self.before: tuple[Grep, ...] = ()  # of the lines above that leave a field alone

    def add(self, line: Line) -> None:
        """One logical line."""
        parts = split(line, self.problems)
        if parts is None:
            return
        test = self._test(line, parts.pattern, parts.flags, parts.negated)
        action, _, text = parts.result.partition(" ")
        then = self._action(line, action.upper(), template(text.strip(" \t")))
        if test is None or then is None:
            return
        if then:
            self.steps.append(If((Branch(test.replace(unless=self.before), then, self._where(line)),)))
        if not isinstance(then[-1] if then else None, Stop):
            self.before += (test,)
            if len(self.before) > limits.TABLE_EXCEPTIONS:
                self.before = ()
                self.problems.error(line, f"more than {limits.TABLE_EXCEPTIONS} lines with DUNNO, WARN or INFO")

    def _test(self, line: Line, pattern: str, flags: str, negated: bool) -> Grep | None:
        for flag in flags:
            if flag not in "im":
                self.problems.error(line, f'not supported yet: the flag "{flag}"')
        ignore_case, newline = flags.count("i") % 2 == 0, flags.count("m") % 2 == 1  # each one toggles
        try:
            patterns.compile(pattern, ignore_case=ignore_case, syntax=self.syntax, newline=newline)
        except patterns.PatternError as error:
            start = line.text.find(pattern)
            self.problems.error(line, f"regular expression: {error.text}", at=max(start, 0) + error.offset)
            return None
        return Grep("field", pattern, self.syntax, ignore_case, negated=negated, newline=newline)

    def _action(self, line: Line, action: str, text: Text) -> Block | None:
        """What the line does: () for nothing, None after an error."""
        where = self._where(line)
        stop = Stop("all", "", where)
        match action:
            case "DUNNO":
                return ()
            case "WARN" | "INFO":
                return (Set(Note(with_place(where, text or action.lower())), where),)
            case "REJECT":
                return (Do(Refusal(text or "message content rejected"), where), stop)
            case "DISCARD":
                return (Do(DiscardIt(), where), stop)
            case "REDIRECT":
                if isinstance(text, str) and (fault := address_fault(text)):
                    self.problems.error(line, fault, at=line.text.upper().find("REDIRECT"))
                return (Do(RedirectTo(text), where), stop)
            case _ if action in OTHER_ACTIONS:
                self.problems.error(line, f"not supported yet: {action}", at=line.text.upper().rfind(action))
            case "":
                self.problems.error(line, "there is no action after the pattern", at=len(line.text))
            case _:
                self.problems.error(line, f'there is no action "{action[:40]}"', at=line.text.upper().rfind(action))
        return None

    def _where(self, line: Line) -> Where:
        return Where(self.file, line.number)


def with_place(where: Where, text: Text) -> Text:
    """The text of a note behind the place of the line that made it."""
    place = f"{where}: "
    return place + text if isinstance(text, str) else Template((place, *text.parts))
