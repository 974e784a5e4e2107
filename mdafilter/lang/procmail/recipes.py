"""Recipes and assignments of a procmailrc, lowered to steps.

    :0 flags : lockfile          If; flags A, a and e ask whether the recipe that they depend on held, E is the next
    * condition                  branch of the If before it
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
from mdafilter.plan import Branch, Clone, If, Set
from mdafilter.texts import Var, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.assign import Assign, AssignOutput, Unset
from mdafilter.words.failed import Failed, Succeeded
from mdafilter.words.held import Held
from mdafilter.words.logfile import LogAbstract, LogInto, LogText, LogTrace
from mdafilter.words.logic import AllOf, Always, Not

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.lang import Library
    from mdafilter.lang.procmail.flags import Flags
    from mdafilter.plan import Assignment, Block, Condition, Step
    from mdafilter.texts import Text

# What procmail does otherwise with them, and what we do; DROPPRIVS, COMSAT and LINEBUF are not here, since what they
# ask for is always so, or nobody can see it.
WITHOUT_EFFECT = {
    "SENDMAIL": "mail is forwarded by the program of the setting sendmail; commands find $SENDMAIL",
    "SENDMAILFLAGS": "mail is forwarded with -i and the sender",
    "UMASK": "commands have this umask; mailboxes are for their owner alone",
    "MSGPREFIX": "files in a folder are called msg.",
    "SHELLMETAS": "every command goes to the shell",
    "SHELLFLAGS": "every command goes to the shell with -c",
    **dict.fromkeys(("LOCKFILE", "LOCKEXT", "LOCKSLEEP", "LOCKTIMEOUT"), "mailboxes are locked as they need it"),
    **dict.fromkeys(("NORESRETRY", "SUSPEND"), "Postfix tries again where something is lacking"),
}
LOGGING: dict[str, Callable[[Text], Assignment]] = {
    "LOGFILE": LogInto,
    "LOGABSTRACT": LogAbstract,
    "VERBOSE": LogTrace,
}
FEATURES = {
    "SWITCHRC": "another file in place of this one (SWITCHRC)",
    "TRAP": "programs at the end (TRAP)",
    "EXITCODE": "exit codes (EXITCODE)",
    "HOST": "ending the file by HOST",
    "SHIFT": "shifting the arguments (SHIFT)",
    "DELIVERED": "losing the message on purpose (DELIVERED)",
}


class _Chain:
    """What the flags of a recipe depend on: the recipes before it in the same block (procmail keeps three truths)."""

    def __init__(self) -> None:
        self.last: Where | None = None  # of A and a: the last recipe without these flags
        self.before: Where | None = None  # of e: the recipe before this one
        self.others: list[Where] = []  # of E: none of these may have held
        self.step: If | None = None  # the If of the last one of them

    def tests(self, flags: Flags, line: Line, problems: Problems) -> list[Condition]:
        """The conditions that the flags add."""
        found: list[Condition] = []
        if (kind := flags.chained) and self.before is None:
            problems.error(line, f"there is no recipe that flag {kind} could depend on")
            return []
        if flags.has("E"):
            found += [Not(Held(other)) for other in self.others]
        if flags.has("e") and self.before is not None:
            found += [Held(self.before), Failed()]
        if (flags.has("A") or flags.has("a")) and self.last is not None:
            found.append(Held(self.last))
        if flags.has("a"):
            found.append(Not(Failed()))
        return found

    def add(self, flags: Flags, at: Where, step: If) -> None:
        """Notes a recipe for those behind it."""
        self.before = at
        if not (flags.has("A") or flags.has("a")):
            self.last = at
        self.others = [*self.others, at] if flags.has("E") else [at]
        self.step = step


class Shared:
    """What a file and the files that it includes have in common."""

    def __init__(self, library: Library | None) -> None:
        self.library = library
        self.known: dict[str, str] = {"HOME": "~", "MAILDIR": "~"}  # values that are known when the file is compiled
        self.included: list[str] = []
        self.commands = 0
        self.known_names: set[str] = set()  # of all variables that the files assign


class Recipes:
    """The walk through the lines of a file."""

    def __init__(self, lines: list[Line], file: str, problems: Problems, shared: Shared, including: int = 0) -> None:
        self.lines = lines
        self.file = file
        self.problems = problems
        self.shared = shared
        self.including = including
        self.actions = Actions(file, problems)
        self.asks_failures = any(map(_asks_failures, lines))
        self.next = 0

    def block(self, depth: int) -> Block:
        """All up to the end of the file, or at a depth up to the closing brace."""
        steps: list[Step] = []
        opened = self.lines[self.next - 1] if depth else None
        chain = _Chain()
        while self.next < len(self.lines):
            line = self._take()
            text = line.text.strip(" \t")
            if text.startswith("}"):
                if depth and text.partition("#")[0].strip(" \t") == "}":
                    return tuple(steps)
                self.problems.error(line, "this } closes nothing" if not depth else "nothing can follow a }")
            elif not text.startswith(":"):
                steps += self._assignments(line)
            else:
                flags = recipe_flags.parse(line, self.problems) or recipe_flags.Flags()
                self._recipe(line, flags, depth, steps, chain)
        if opened is not None:
            self.problems.error(opened, "this { is never closed")
        return tuple(steps)

    def _take(self) -> Line:
        self.next += 1
        return self.lines[self.next - 1]

    # --- recipes -------------------------------------------------------------------------------------------------

    def _recipe(self, line: Line, flags: Flags, depth: int, steps: list[Step], chain: _Chain) -> None:
        """:0 [flags] [ : [locallockfile] ], conditions, one action."""
        at = Where(self.file, line.number)
        tests: list[Condition] = []
        while self.next < len(self.lines) and self.lines[self.next].text.lstrip(" \t").startswith("*"):
            test = conditions.parse(self._take(), flags, self.problems)
            if test is not None:
                tests.append(test)
        if self.next >= len(self.lines):
            self.problems.error(line, "the recipe has no action")
            return
        action = self._take()
        if action.text.lstrip(" \t").startswith("{"):
            entered = (Set(Succeeded(), at),) if self.asks_failures else ()
            then: Block = (*entered, *self._nested(action, flags, depth))
        else:
            then = self.actions.parse(action, flags, at)
        if flags.chained == "E" and chain.step is not None and steps[-1:] == [chain.step]:
            steps.pop()
            step = If((*chain.step.branches, Branch(_all(tests), then, at)))  # nothing between: an `elsif`
        else:
            step = If((Branch(_all([*chain.tests(flags, line, self.problems), *tests]), then, at),))
        steps.append(step)
        chain.add(flags, at, step)

    def _nested(self, line: Line, flags: Flags, depth: int) -> Block:
        """The steps of a block. What stands behind its { on the same line is a line of the block."""
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
        return (Clone(steps, Where(self.file, line.number)),) if flags.has("c") else steps

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
            return [*steps, Set(LogText(spelled.text), where)]
        if assignment := LOGGING.get(name):
            steps.append(Set(assignment(spelled.text), where))
        if hint := WITHOUT_EFFECT.get(name):
            self.problems.warn(line, f"{name} is without effect on mdafilter", hint)
        self.shared.known_names.add(name)
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


def _asks_failures(line: Line) -> bool:
    """Whether this begins a recipe with flag a or e."""
    text = line.text.strip(" \t")
    return text.startswith(":0") and not {"a", "e"}.isdisjoint(text.partition("#")[0][2:].partition(":")[0])


def _all(tests: list[Condition]) -> Condition:
    return tests[0] if len(tests) == 1 else AllOf(tuple(tests)) if tests else Always(True)
