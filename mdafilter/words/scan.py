"""The lines of a message in a table of patterns: what Postfix' header_checks(5) and body_checks do. No word of Sieve.

For each line, from the first to the last, the rows are tried in their order; the first one that holds decides about
the line, and the next line is looked at. A row is an entry of the table, or an `if`, behind which the entries up to
its endif stand.

With the setting `decoded`, a header line that no entry matched as it came is looked up once more as people see it:
unfolded, encoded words decoded (RFC 2047), and the names of a file in it joined and decoded (RFC 2231).

In:    the kinds of lines (message/lines.py), the rows.
Out:   Hits. `scene.line` is the line, `scene.matched` its groups. `settled` is the message with all edits.
Fails: a pattern that takes more than limits.REGEX_SECONDS for one line is not tried on this message any more, and the
       notes say so. TryAgain where there is no room for an edited message.
"""

from __future__ import annotations

from mdafilter.errors import RuleFailed, RuleStalled, TryAgain
from mdafilter.matching import patterns
from mdafilter.message import lines
from mdafilter.plan import Hit
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mdafilter.message import Message
    from mdafilter.message.lines import Line
    from mdafilter.plan import Scene

DECODED = "vnd.mdafilter.decoded"  # the item of the environment that is the setting


class Row(Value):
    """A pattern. `skip` is 0 for an entry; else this is an `if`: so many rows are passed over where it is not held.

    With `asked`, the `if` is one about the message: it is passed over unless the branch of the plan at that place held.
    """

    pattern: str
    syntax: str  # of patterns.compile, as the next three
    ignore_case: bool = True
    newline: bool = False
    options: str = ""
    negated: bool = False
    skip: int = 0
    entry: int = 0  # which one of the Scan's entries
    at: Where = Where("", 0)
    asked: Where | None = None


class Lines(Value):
    """Lines of these kinds; implements plan.Source."""

    kinds: tuple[str, ...]
    rows: tuple[Row, ...]

    def hits(self, scene: Scene) -> Iterator[Hit]:
        """The lines that an entry matches."""
        if NO_MORE in scene.looked:
            return
        decoded = scene.world.environment(DECODED) == "yes"
        table = _Table(self.rows, scene)
        for line in lines.lines(scene.message, self.kinds):
            for text in _texts(line, decoded):
                entry = table.first(text)
                if entry >= 0:
                    scene.line = line
                    yield Hit(entry, clipped(text))
                    break

    def settled(self, scene: Scene) -> Message:
        """The message with the edits of its lines in force."""
        edits, scene.edits, scene.line = scene.edits, [], None
        try:
            return lines.edited(scene.message, edits)
        except OSError as failed:
            raise TryAgain(f"no room for an edited message: {failed.strerror}") from failed

    def describe(self) -> str:
        """The kinds of lines, and the patterns, as far as they fit."""
        shown = ", ".join(quoted(row.pattern) for row in self.rows if not row.skip)
        return clipped(f"{' '.join(self.kinds)} lines: the first that matches of {shown}")


class _Table:
    """The rows while they are tried."""

    def __init__(self, rows: tuple[Row, ...], scene: Scene) -> None:
        self.scene = scene
        self.rows = [(_compiled(row), row) for row in rows]
        held = scene.held
        self.dead = {n for n, row in enumerate(rows) if row.asked and row.asked not in held}  # and those that stalled
        self.at = 0

    def first(self, text: str) -> int:
        """The entry that decides about the text, or -1."""
        self.at = 0
        while True:
            try:
                with patterns.Budget() as budget:
                    return self._first(text, budget)
            except RuleStalled as stalled:
                self.dead.add(self.at)
                row = self.rows[self.at][1]
                self.scene.notes.append(f"{row.at}: {stalled}; the rule was skipped")
                self.at += 1 + row.skip

    def _first(self, text: str, budget: patterns.Budget) -> int:
        """As `first`, from the row at which we are."""
        rows, dead = self.rows, self.dead
        while self.at < len(rows):
            pattern, row = rows[self.at]
            if self.at in dead:
                self.at += 1 + row.skip
                continue
            found = pattern.search(text, budget)
            if (found is None) == row.negated:
                if not row.skip:
                    self.scene.matched = found or (text,)
                    return row.entry
                self.at += 1
            else:
                self.at += 1 + row.skip
        return -1


def _compiled(row: Row) -> patterns.Pattern:
    try:
        return patterns.compile(
            row.pattern,
            ignore_case=row.ignore_case,
            syntax=row.syntax,
            newline=row.newline,
            options=row.options,
        )
    except patterns.PatternError as error:  # the front end compiled it before; only a damaged plan comes here
        raise RuleFailed(f"the regular expression {quoted(row.pattern)}: {error.text}") from None


def _texts(line: Line, decoded: bool) -> Iterator[str]:
    """The line as it came, and then as people see it."""
    raw = line.text
    yield raw
    field = line.field
    if field is None or not decoded:
        return
    if (shown := f"{field.name}: {field.text}") != raw:
        yield shown
    if line.kind == "mime" and field.key in ("content-type", "content-disposition"):
        from mdafilter.message import Headers, names

        value = field.text.partition(";")[0].strip()
        parameter = "name" if field.key == "content-type" else "filename"
        for reading in names.readings(Headers((field,))):
            yield f'{field.name}: {value}; {parameter}="{reading.text}"'


class NoMore(Value):
    """No Scan looks at this message any more (PASS)."""

    def assign(self, scene: Scene) -> None:
        """Remembers it."""
        scene.looked[NO_MORE] = True

    def describe(self) -> str:
        return "no more tables of patterns"


NO_MORE = "no more tables of patterns"

WORDS = ()
