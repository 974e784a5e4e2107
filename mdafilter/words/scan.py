"""The lines of a message in tables of patterns: what Postfix' header_checks(5) and body_checks do. No word of Sieve.

For each line, from the first to the last, the rows are tried in their order; the first one that holds decides about
the line, and the next line is looked at. A row is an entry of the table, or an `if`, behind which the entries up to
its endif stand. Several tables are one pass: each line is looked up in those that have its kind, in their order, and a
kind that a table is for alone is not looked up in one that takes all headers (postconf(5), mime_header_checks).

Patterns and lines are compared octet by octet, as in Postfix: both have one character for each (ISO 8859-1).

With the setting `decoded`, a header line that no entry matched as it came is looked up once more as people see it:
unfolded, encoded words decoded (RFC 2047), and the names of a file in it joined and decoded (RFC 2231); as UTF-8.

In:    the tables: the kinds of lines (message/lines.py), the rows.
Out:   Hits. `scene.line` is the line, `scene.matched` its groups. `settled` is the message with all edits.
Fails: a pattern that takes more than limits.REGEX_SECONDS for one line is not tried on this message any more, and the
       notes say so. Past limits.TABLE_SECONDS for all lines the rest of them is not looked up, as if it were behind the
       limit of a body, and the notes say so too; what is decided stays. TryAgain where there is no room for an edited
       message.
"""

from __future__ import annotations

import time

from mdafilter import limits
from mdafilter.errors import RuleFailed, RuleStalled, TryAgain
from mdafilter.matching import patterns
from mdafilter.message import lines
from mdafilter.plan import Hit, If, Scan
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words import way
from mdafilter.words.strings import clipped, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mdafilter.message import Message
    from mdafilter.message.lines import Line
    from mdafilter.plan import Block, Entry, Plan, Scene, Step

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


class Table(Value):
    """The rows for lines of these kinds."""

    kinds: tuple[str, ...]
    rows: tuple[Row, ...]


class Lines(Value):
    """Lines, and the tables that they are looked up in; implements plan.Source."""

    tables: tuple[Table, ...]

    def hits(self, scene: Scene) -> Iterator[Hit]:
        """The lines that an entry matches."""
        if NO_MORE in scene.looked:
            return
        way.begin(scene)
        until = time.process_time() + limits.TABLE_SECONDS
        decoded = scene.world.environment(DECODED) == "yes"
        searches: dict[str, _Search] = {}
        for kind in lines.KINDS:
            if rows := tuple(row for table in self.tables if kind in table.kinds for row in table.rows):
                same = [one for one in searches.values() if one.rows == rows]
                searches[kind] = same[0] if same else _Search(rows, scene, until)
        for line in lines.lines(scene.message, searches) if searches else ():
            for text in _texts(line, decoded):
                entry = searches[line.kind].first(text)
                if entry >= 0:
                    scene.line = line
                    yield Hit(entry, clipped(_shown(text)))
                    break
            if time.process_time() > until:
                took = f"the tables took more than {limits.TABLE_SECONDS:g} s of processor time"
                scene.notes.append(f"{took}; what is behind {line.kind} {quoted(_shown(line.text))} was not looked up")
                return

    def settled(self, scene: Scene) -> Message:
        """The message with the edits of its lines in force."""
        edits, scene.edits, scene.line = scene.edits, [], None
        try:
            return lines.edited(scene.message, edits)
        except OSError as failed:
            raise TryAgain(f"no room for an edited message: {failed.strerror}") from failed

    def describe(self) -> str:
        """The kinds of lines, and the patterns, as far as they fit."""
        tables = (
            f"{' '.join(table.kinds)} lines: the first that matches of "
            + ", ".join(quoted(row.pattern) for row in table.rows if not row.skip)
            for table in self.tables
        )
        return clipped("; ".join(tables))


class _Search:
    """The rows while they are tried."""

    def __init__(self, rows: tuple[Row, ...], scene: Scene, until: float) -> None:
        self.rows = rows
        self.scene = scene
        self.until = until  # of the processor time of this process
        self.patterns = [_compiled(row) for row in rows]
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
                row = self.rows[self.at]
                self.scene.notes.append(f"{row.at}: {stalled}; the rule was skipped")
                self.at += 1 + row.skip
                if time.process_time() > self.until:
                    return -1

    def _first(self, text: str, budget: patterns.Budget) -> int:
        """As `first`, from the row at which we are."""
        rows, dead = self.rows, self.dead
        while self.at < len(rows):
            row = rows[self.at]
            if self.at in dead:
                self.at += 1 + row.skip
                continue
            found = self.patterns[self.at].search(text, budget)
            if (found is None) == row.negated:
                if not row.skip:
                    self.scene.matched = tuple(map(_shown, found or (text,)))
                    return row.entry
                self.at += 1
            else:
                self.at += 1 + row.skip
        return -1


def compiled(row: Row) -> patterns.Pattern:
    """The row's pattern. Raises PatternError; offsets of mistakes and warnings count octets."""
    return patterns.compile(
        _octets(row.pattern),
        ignore_case=row.ignore_case,
        syntax=row.syntax,
        newline=row.newline,
        options=row.options,
    )


def characters(pattern: str, octets: int) -> int:
    """How many characters of a pattern so many octets are."""
    return len(_shown(_octets(pattern)[:octets]))


def _compiled(row: Row) -> patterns.Pattern:
    try:
        return compiled(row)
    except patterns.PatternError as error:  # the front end compiled it before; only a damaged plan comes here
        raise RuleFailed(f"the regular expression {quoted(row.pattern)}: {error.text}") from None


def _shown(text: str) -> str:
    """Octets as text for everything else: UTF-8, and what is none as surrogates."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "surrogateescape")


def _octets(text: str) -> str:
    """Text as octets, as `_shown` takes them."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _texts(line: Line, decoded: bool) -> Iterator[str]:
    """The line as it came, and then as people see it."""
    yield line.text
    field = line.field
    if field is None or not decoded:
        return
    if (seen := _octets(f"{field.name}: {field.text}")) != line.text:
        yield seen
    if line.kind == "mime" and field.key in ("content-type", "content-disposition"):
        from mdafilter.message import Headers, names

        value = field.text.partition(";")[0].strip()
        parameter = "name" if field.key == "content-type" else "filename"
        for reading in names.readings(Headers((field,))):
            yield _octets(f'{field.name}: {value}; {parameter}="{reading.text}"')


class NoMore(Value):
    """No Scan looks at this message any more (PASS)."""

    def assign(self, scene: Scene) -> None:
        """Remembers it."""
        scene.looked[NO_MORE] = True

    def describe(self) -> str:
        return "no more tables of patterns"


NO_MORE = "no more tables of patterns"


# --- several tables --------------------------------------------------------------------------------------------------


def together(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """The plans of a list of rule files, with tables that stand side by side as one.

    What tables ask about the message is asked before the lines of the first one are looked up.
    """
    alone = {table.kinds[0] for plan in plans for table in _tables(plan) if len(table.kinds) == 1}
    found: list[Plan] = []
    for plan in plans:
        tables = _tables(plan)
        if not tables:
            found.append(plan)
            continue
        left = tuple(t.replace(kinds=tuple(k for k in t.kinds if len(t.kinds) == 1 or k not in alone)) for t in tables)
        plan = _plan(left, _scan(plan).entries, plan, plan.steps[:-1])
        if found and _tables(found[-1]):
            plan = _joined(found.pop(), plan)
        found.append(plan)
    return tuple(found)


def _joined(first: Plan, second: Plan) -> Plan:
    before, behind = _scan(first), _scan(second)
    count = len(before.entries)
    moved = tuple(
        table.replace(rows=tuple(row.replace(entry=row.entry + count) for row in table.rows))
        for table in _tables(second)
    )
    asked = first.steps[:-1] + second.steps[:-1]
    joined = _plan(_tables(first) + moved, before.entries + behind.entries, first, asked)
    return joined.replace(source=f"{first.source}, {second.source}")


def _plan(tables: tuple[Table, ...], entries: tuple[Entry, ...], plan: Plan, asked: Block) -> Plan:
    return plan.replace(steps=(*asked, _scan(plan).replace(source=Lines(tables), entries=entries)))


def _scan(plan: Plan) -> Scan:
    scan = plan.steps[-1]
    assert isinstance(scan, Scan)
    return scan


def _tables(plan: Plan) -> tuple[Table, ...]:
    """The tables of a plan that is nothing else but what they ask about the message; () of any other."""
    match plan.steps:
        case (*asked, Scan(source=Lines(tables=tables))) if all(_only_asks(step) for step in asked):
            return tables
    return ()


def _only_asks(step: Step) -> bool:
    return isinstance(step, If) and not step.orelse and not any(branch.then for branch in step.branches)


WORDS = ()
