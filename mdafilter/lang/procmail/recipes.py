"""Recipes and assignments of a procmailrc, lowered to steps.

    :0 flags : lockfile          If; flags A, a and e are Ifs within the If of the recipe that they depend on, and E is
    * condition                  the next branch of the same If
    action                       Try, with a Stop: a recipe that delivers ends the file, and one that fails does not
    { recipes }                  the steps of the block, within the If
    NAME=value                   Set

INCLUDERC is read when the file is compiled, so its name must be known then; its recipes see and change our variables.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.procmail import conditions
from mdafilter.lang.procmail import flags as recipe_flags
from mdafilter.lang.procmail.actions import Actions
from mdafilter.lang.procmail.lines import logical_lines
from mdafilter.lang.procmail.strings import Reader, Spelled, Unknown
from mdafilter.plan import Branch, If, Set, Var, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.assign import Assign, AssignOutput, Unset
from mdafilter.words.failed import Failed
from mdafilter.words.logic import AllOf, Always, Not
from mdafilter.words.note import Note

if TYPE_CHECKING:
    from mdafilter.lang import Library
    from mdafilter.lang.procmail.flags import Flags
    from mdafilter.plan import Block, Condition, Step

# What matters only to procmail itself: mdafilter logs by its own journal and keeps its privileges low anyway.
HARMLESS = frozenset(
    "DROPPRIVS LOGFILE VERBOSE LOGABSTRACT UMASK LINEBUF SENDMAIL SENDMAILFLAGS COMSAT ORGMAIL MSGPREFIX SHELLFLAGS "
    "SHELLMETAS LOCKEXT LOCKSLEEP LOCKTIMEOUT LOCKFILE TIMEOUT NORESRETRY SUSPEND PROCMAIL_VERSION".split()
)
FEATURES = {
    "SWITCHRC": "another file in place of this one (SWITCHRC)",
    "TRAP": "programs at the end (TRAP)",
    "EXITCODE": "exit codes (EXITCODE)",
    "HOST": "ending the file by HOST",
    "SHIFT": "shifting the arguments (SHIFT)",
    "DELIVERED": "losing the message on purpose (DELIVERED)",
}


class _Built:
    """A recipe on its way to a Branch: what depends on it is added to `then`."""

    def __init__(self, test: Condition, then: Block, at: Where) -> None:
        self.test = test
        self.then: list[Step | list[_Built]] = list(then)
        self.at = at


class Shared:
    """What a file and the files that it includes have in common."""

    def __init__(self, library: Library | None) -> None:
        self.library = library
        self.known: dict[str, str] = {"HOME": "~", "MAILDIR": "~"}  # values that are known when the file is compiled
        self.included: list[str] = []
        self.commands = 0
        self.has_default = False


class Recipes:
    """The walk through the lines of a file."""

    def __init__(self, lines: list[Line], file: str, problems: Problems, shared: Shared, including: int = 0) -> None:
        self.lines = lines
        self.file = file
        self.problems = problems
        self.shared = shared
        self.including = including
        self.actions = Actions(file, problems)
        self.next = 0

    def block(self, depth: int) -> Block:
        """All up to the end of the file, or at a depth up to the closing brace."""
        steps: list[Step | list[_Built]] = []
        opened = self.lines[self.next - 1] if depth else None
        last: _Built | None = None  # the recipe that A and a depend on
        before: _Built | None = None  # the one that e depends on
        chain: list[_Built] | None = None  # the Ifs that E continues
        while self.next < len(self.lines):
            line = self._take()
            text = line.text.strip(" \t")
            if text.startswith("}"):
                if depth and text.partition("#")[0].strip(" \t") == "}":
                    return _lowered(steps)
                self.problems.error(line, "this } closes nothing" if not depth else "nothing can follow a }")
            elif not text.startswith(":"):
                steps += self._assignments(line)
            elif (flags := recipe_flags.parse(line, self.problems)) is None:
                self._recipe(line, recipe_flags.Flags(), depth)
            else:
                built = self._recipe(line, flags, depth)
                kind = flags.chained
                if kind and (last is None or (kind == "E" and chain is None)):
                    self.problems.error(line, f"there is no recipe that flag {kind} could depend on")
                elif kind == "E" and chain is not None:
                    chain.append(built)
                    last = before = built
                elif kind == "e" and before is not None:
                    built.test = _all(Failed(before.at), built.test)
                    before.then.append([built])
                    before, chain = built, None
                elif kind and last is not None:
                    if kind == "a":
                        built.test = _all(Not(Failed(last.at)), built.test)
                    last.then.append([built])
                    before, chain = built, None
                else:
                    chain = [built]
                    steps.append(chain)
                    last = before = built
        if opened is not None:
            self.problems.error(opened, "this { is never closed")
        return _lowered(steps)

    def _take(self) -> Line:
        self.next += 1
        return self.lines[self.next - 1]

    # --- recipes -------------------------------------------------------------------------------------------------

    def _recipe(self, line: Line, flags: Flags, depth: int) -> _Built:
        """:0 [flags] [ : [locallockfile] ], conditions, one action."""
        at = Where(self.file, line.number)
        tests: list[Condition] = []
        while self.next < len(self.lines) and self.lines[self.next].text.lstrip(" \t").startswith("*"):
            test = conditions.parse(self._take(), flags, self.problems)
            if test is not None:
                tests.append(test)
        if self.next >= len(self.lines):
            self.problems.error(line, "the recipe has no action")
            return _Built(Always(True), (), at)
        action = self._take()
        if action.text.lstrip(" \t").startswith("{"):
            then = self._nested(action, flags, depth)
        else:
            then = self.actions.parse(action, flags, at)
        return _Built(tests[0] if len(tests) == 1 else AllOf(tuple(tests)) if tests else Always(True), then, at)

    def _nested(self, line: Line, flags: Flags, depth: int) -> Block:
        """The steps of a block. What stands behind its { on the same line is a line of the block."""
        if flags.has("c"):
            self.problems.error(line, "not supported yet: a block for a copy of the message (c with { })")
        rest = line.text.strip(" \t")[1:].strip(" \t")
        if rest and not rest.startswith("#"):
            closes = rest.endswith("}") and (len(rest) == 1 or rest[-2] in " \t")
            inside = rest[:-1].rstrip(" \t") if closes else rest
            pieces = [Line(line.number, piece) for piece in ([inside] if inside else []) + (["}"] if closes else [])]
            self.lines[self.next : self.next] = pieces
        if depth >= limits.SCRIPT_NESTING:
            self.problems.error(line, f"blocks are nested more than {limits.SCRIPT_NESTING} deep")
            self.next = len(self.lines)
            return ()
        known = dict(self.shared.known)
        steps = self.block(depth + 1)
        self.shared.known = {k: v for k, v in self.shared.known.items() if known.get(k) == v}
        return steps

    # --- assignments ---------------------------------------------------------------------------------------------

    def _assignments(self, line: Line) -> list[Step]:
        """NAME=value [NAME=value ...] [# comment], or NAME alone, which unsets it."""
        steps: list[Step] = []
        text, at = line.text, 0
        while True:
            while text[at : at + 1] in (" ", "\t"):
                at += 1
            if at >= len(text) or text[at] == "#":
                return steps
            end = at
            while end < len(text) and text[end] not in "= \t":
                end += 1
            name = text[at:end]
            if not name.isidentifier() or not name.isascii():
                self.problems.error(line, "neither a recipe nor an assignment", "a recipe begins with :0", at=at)
                return steps
            after = end
            while text[after : after + 1] in (" ", "\t"):
                after += 1
            if text[after : after + 1] != "=":
                if after < len(text) and text[after] != "#":
                    self.problems.error(line, "neither a recipe nor an assignment", "a recipe begins with :0", at=at)
                    return steps
                steps.append(Set(Unset(name), Where(self.file, line.number)))
                self.shared.known.pop(name, None)
                at = after
                continue
            after += 1
            while text[after : after + 1] in (" ", "\t"):
                after += 1
            try:
                spelled = Reader(text, after, first=self.shared.commands).word()
            except Unknown as unknown:
                self.problems.error(line, f"not supported yet: {unknown.text}", at=unknown.at)
                return steps
            at = spelled.end
            steps += self._assign(line, name, spelled)

    def _assign(self, line: Line, name: str, spelled: Spelled) -> list[Step]:
        where = Where(self.file, line.number)
        self.shared.commands += len(spelled.commands)
        steps: list[Step] = [Set(AssignOutput(hidden, command), where) for hidden, command in spelled.commands]
        value = self._constant(spelled)
        if name == "INCLUDERC":
            return self._include(line, value)
        if feature := FEATURES.get(name):
            self.problems.error(line, f"not supported yet: {feature}", at=max(line.text.find(name), 0))
            return []
        if name == "LOG":
            return [*steps, Set(Note(spelled.text), where)]
        if name in HARMLESS:
            self.problems.warn(line, f"{name} is without effect")
        if name == "DEFAULT":
            self.shared.has_default = True
        self.shared.known.pop(name, None)
        if value is not None:
            self.shared.known[name] = value
        return [*steps, Set(Assign(name, spelled.text), where)]

    def _constant(self, spelled: Spelled) -> str | None:
        """The value, where it is known already; ~ is the home."""
        if isinstance(spelled.text, str):
            return spelled.text
        out = []
        for part in spelled.text.parts:
            known = (
                part if isinstance(part, str) else self.shared.known.get(part.name) if isinstance(part, Var) else None
            )
            if known is None:
                return None
            out.append(known)
        return "".join(out)

    def _include(self, line: Line, path: str | None) -> list[Step]:
        """The steps of another file; one that is not there is passed over, as procmail does."""
        at = max(line.text.find("INCLUDERC"), 0)
        if path is None:
            hint = "write its path with $HOME or $MAILDIR alone"
            self.problems.error(line, "not supported yet: INCLUDERC of a name that only a message tells", hint, at=at)
            return []
        if self.including >= limits.INCLUDE_DEPTH:
            self.problems.error(line, f"files are included deeper than {limits.INCLUDE_DEPTH}", at=at)
            return []
        if not path.startswith(("/", "~")):
            path = f"{self.shared.known.get('MAILDIR', '~')}/{path}"
        if not path.startswith(("/", "~")):
            path = f"~/{path}"
        found = self.shared.library.find("path", path) if self.shared.library else None
        if found is None:
            self.problems.warn(line, f"{path} is not there, or others may write to it: it is passed over", at=at)
            return []
        name, text = found
        decoded = text.decode("utf-8", "surrogateescape")
        problems = Problems(name, decoded)
        inner = Recipes(logical_lines(decoded), name, problems, self.shared, self.including + 1)
        steps = inner.block(0)
        self.problems.errors += problems.errors
        self.problems.warnings += problems.warnings
        self.shared.included.append(name)
        return list(steps)


def _all(first: Condition, second: Condition) -> Condition:
    if isinstance(second, Always):
        return first
    rest = second.tests if isinstance(second, AllOf) else (second,)
    return AllOf((first, *rest))


def _lowered(steps: list[Step | list[_Built]]) -> Block:
    """The steps, with what was built as Ifs. Blocks are lowered inside out, so this nests no deeper than they do."""
    return tuple(_chained(step) if isinstance(step, list) else step for step in steps)


def _chained(chain: list[_Built]) -> If:
    return If(tuple(Branch(built.test, _lowered(built.then), built.at) for built in chain))
