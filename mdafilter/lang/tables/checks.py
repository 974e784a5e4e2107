"""Postfix' header_checks and body_checks -> plan (header_checks(5), regexp_table(5), pcre_table(5)).

    /pattern/flags ACTION text        the first entry that matches a line decides about that line
    !/pattern/flags ACTION text       ... that does not match
    if /pattern/flags                 the entries up to the endif are for lines that match (or with !, that do not);
    endif                             these can nest
    if mdafilter ?? test              ... for a message of which the test of Sieve holds (ours: lang/borrowed.py)
    # comment                         lines that begin with blanks go on with the line before

The file's name tells the patterns: `*.pcre` are Perl's, all others (`*.regexp`, `header_checks`) POSIX extended. It
tells the lines of the message, too (message/lines.py):

    mime_header_checks     MIME fields, and all fields of the parts
    nested_header_checks   the other fields of attached messages
    body_checks            all that is no header, the first 51200 octets of each part
    everything else        all fields; but those that one of the tables above is for, where the rules have one

Tables that follow each other in the list of rules are one pass through the message, as in cleanup(8): each line is
looked up in those that are for it. With other rules between them, they are one pass after the other.

Case is ignored. A flag toggles: i case, m (^ and $ stand at the lines of a folded field), x of regexp (POSIX basic);
s x A E U of pcre. Lines are searched as they came; with the setting `decoded`, header fields decoded as well. $1, ${1}
or $(1) in the text is a group of the pattern. What the actions do is in actions.py.

In:    the bytes of the table. Out: Compiled: one Scan.
Fails: RuleErrors with all errors of the file. What Postfix passes over with a warning is an error here: a line of the
       table that does nothing is a mistake that nobody sees. What Postfix takes, compiles, but for the patterns that
       matching/pcre.py names. Linear in the length; a message costs its lines times the entries, up to
       limits.TABLE_SECONDS.
Bugs:  of a regexp table, a group may hold something else where alternatives overlap (matching/patterns.py). A NUL in a
       message ends the line for Postfix and not here.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang import Compiled, borrowed
from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.tables import actions
from mdafilter.lang.tables.lines import logical_lines, split
from mdafilter.matching.patterns import PatternError
from mdafilter.plan import Branch, Entry, If, Plan, Scan
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.scan import Lines, Row, Table, characters, compiled
from mdafilter.words.strings import quoted

if TYPE_CHECKING:
    from mdafilter.lang.tables.lines import Parts
    from mdafilter.matching.patterns import Pattern

# what the file's name has in it    the lines that it is for
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("body_checks", ("body",)),
    ("mime_header_checks", ("mime",)),
    ("nested_header_checks", ("nested",)),
    ("", ("header", "mime", "nested")),
)
FLAGS = {"pcre": "imsxAEUX", "regexp": "imx"}


def compile(text: bytes, name: str) -> Compiled:
    """Compiles a table. Raises RuleErrors."""
    decoded = text.decode("utf-8", "surrogateescape")
    problems = Problems(name, decoded)
    if len(text) > limits.SCRIPT_OCTETS:
        hint = "divide it: the setting `rules` takes several"
        problems.error(Line(1, ""), f"the file is longer than {limits.SCRIPT_OCTETS} octets", hint)
        problems.done()
    base = name.rsplit("/", 1)[-1].lower()
    table = Entries(name, "pcre" if base.endswith(".pcre") else "regexp", problems)
    for line in logical_lines(decoded):
        table.add(line)
    table.end()
    kinds = next(kinds for part, kinds in KINDS if part in base)
    scan = Scan(Lines((Table(kinds, tuple(table.rows)),)), tuple(table.entries), Where(name, 1))
    return Compiled(Plan((*table.asked, scan), name), problems.done())


def _borrowed(line: Line) -> str | None:
    """The test of Sieve in `if mdafilter ?? test`; None for every other line."""
    word, text = line.text[:2], line.text[2:]
    return borrowed.borrowed(text) if word.lower() == "if" and text[:1] in (" ", "\t") else None


class Entries:
    """The lines of a table, one after the other."""

    def __init__(self, file: str, syntax: str, problems: Problems) -> None:
        self.file = file
        self.syntax = syntax
        self.problems = problems
        self.rows: list[Row] = []
        self.entries: list[Entry] = []
        self.asked: list[If] = []  # what is asked about the message before its lines are looked up
        self.open: list[tuple[int, Line]] = []  # the `if`s without their endif yet

    def add(self, line: Line) -> None:
        """One logical line."""
        if (test := _borrowed(line)) is not None:
            self._ask(line, test)
            return
        parts = split(line, self.problems)
        if parts is None:
            return
        if parts.word == "endif":
            self._close(line)
            return
        row, groups = self._row(line, parts)
        if parts.word == "if":
            self._open(line, row)
            return
        then = actions.block(line, parts.result, self.file, groups, self.problems)
        self.rows.append(row.replace(entry=len(self.entries)))
        what = f"{'not ' * row.negated}line has {quoted(row.pattern)}"  # as words/grep.py says it
        self.entries.append(Entry(then, Where(self.file, line.number), what))

    def end(self) -> None:
        """The end of the file."""
        for _, line in self.open[:1]:
            self.problems.error(line, "this if has no endif", "write endif on a line of its own")

    def _ask(self, line: Line, text: str) -> None:
        """An `if` about the message: it is asked once, before any line."""
        at = Where(self.file, line.number)
        test = borrowed.condition(line, text, self.problems)
        if test is not None:
            self.asked.append(If((Branch(test, (), at),)))
        self._open(line, Row("", self.syntax, at=at, asked=at))

    def _open(self, line: Line, row: Row) -> None:
        self.open.append((len(self.rows), line))
        self.rows.append(row)

    def _close(self, line: Line) -> None:
        if not self.open:
            self.problems.error(line, "there is no if before this endif", "remove it")
            return
        at, _ = self.open.pop()
        inside = len(self.rows) - at - 1
        if inside:
            self.rows[at] = self.rows[at].replace(skip=inside)
        else:
            del self.rows[at]  # nothing stands between the two

    def _row(self, line: Line, parts: Parts) -> tuple[Row, int]:
        """The row, and how many groups the text of its action may name: none where the pattern must not match."""
        toggled: dict[str, bool] = {}
        for flag in parts.flags:
            toggled[flag] = not toggled.get(flag, False)
        for flag in toggled:
            if flag not in FLAGS[self.syntax]:
                self.problems.error(line, f'there is no flag "{flag}" here', f"known are {FLAGS[self.syntax]}")
            elif flag == "X":
                self.problems.warn(line, "the flag X means nothing since PCRE2, as in Postfix", "remove it")
        on = {flag for flag, is_on in toggled.items() if is_on}
        syntax = "bre" if self.syntax == "regexp" and "x" in on else self.syntax
        options = "".join(sorted(on & set("sxAEU"))) if syntax == "pcre" else ""
        at = Where(self.file, line.number)
        row = Row(parts.pattern, syntax, "i" not in on, "m" in on, options, parts.negated, at=at)
        pattern = self._compiled(line, row)
        return row, pattern.groups if pattern and not parts.negated else 0

    def _compiled(self, line: Line, row: Row) -> Pattern | None:
        start = max(line.text.find(row.pattern), 0)
        try:
            pattern = compiled(row)
        except PatternError as error:
            place = start + characters(row.pattern, error.offset)
            hint = "a backslash takes the meaning of a sign away"
            self.problems.error(line, f"regular expression: {error.text}", hint, at=place)
            return None
        for text, offset in pattern.warnings:
            hint = "write a class like [[:digit:]], or the character itself" if self.syntax == "regexp" else ""
            self.problems.warn(line, text, hint, at=start + characters(row.pattern, offset))
        return pattern
