"""Recipes and assignments of a procmailrc, lowered to steps.

    :0 flags : lockfile          If; flags A, a and e ask whether the recipe that they depend on held, E is the next
    * condition                  branch of the If before it
    action                       Try, with a Stop: a recipe that delivers ends the file, and one that fails does not
    { recipes }                  the steps of the block, within the If
    NAME=value                   Set

Where procmail writes "Skipped" into its log and goes on, so do we, with a warning of `mdafilter check`.

INCLUDERC and SWITCHRC are told by rcfiles.py.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.procmail import conditions, rcfiles
from mdafilter.lang.procmail import flags as recipe_flags
from mdafilter.lang.procmail.actions import Actions
from mdafilter.lang.procmail.rcfiles import HOME
from mdafilter.lang.procmail.strings import Reader, Spelled, Unknown
from mdafilter.plan import Branch, Clone, Do, If, Read, Set, Stop
from mdafilter.texts import Var, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.assign import Assign, AssignOutput, Unset
from mdafilter.words.condition import Evaluated, Weighted
from mdafilter.words.failed import Failed, Succeeded
from mdafilter.words.held import Held
from mdafilter.words.host import GoNowhere, OtherHost
from mdafilter.words.logfile import LogAbstract, LogInto, LogText, LogTrace
from mdafilter.words.logic import AllOf, Always, AnyOf, Not
from mdafilter.words.rcfile import ThisFile
from mdafilter.words.score import Score
from mdafilter.words.shift import Shift

if TYPE_CHECKING:
    from collections.abc import Callable

    from mdafilter.lang import Library
    from mdafilter.lang.procmail.flags import Flags
    from mdafilter.plan import Assignment, Block, Condition, Step
    from mdafilter.texts import Either, Text

# What procmail does otherwise with them, and what we do; DROPPRIVS, COMSAT and LINEBUF are not here, since what they
# ask for is always so, or nobody can see it.
WITHOUT_EFFECT = {
    "SENDMAIL": "mail is forwarded by the program of the setting sendmail; commands find $SENDMAIL",
    "SENDMAILFLAGS": "mail is forwarded with -i and the sender",
    "UMASK": "commands have this umask; mailboxes are for their owner alone",
    "MSGPREFIX": "files in a folder are called msg.",
    "SHELLMETAS": "every command goes to the shell",
    "SHELLFLAGS": "every command goes to the shell with -c",
    **dict.fromkeys(("LOCKFILE", "LOCKSLEEP", "LOCKTIMEOUT"), "mailboxes are locked as they need it"),
    **dict.fromkeys(("NORESRETRY", "SUSPEND"), "Postfix tries again where something is lacking"),
    "DELIVERED": "a message that cannot be delivered is tried again, and not lost",
}
LOGGING: dict[str, Callable[[Text], Assignment]] = {
    "LOGFILE": LogInto,
    "LOGABSTRACT": LogAbstract,
    "VERBOSE": LogTrace,
}

# Variables that are there without an assignment, so that ${NAME-text} is not known to be the text.
SET_BY_OTHERS = frozenset(
    "DEFAULT HOST LASTFOLDER LINEBUF LOCKEXT LOGNAME MATCH MSGPREFIX ORGMAIL PATH PROCMAIL_VERSION SENDMAIL "
    "SENDMAILFLAGS SHELL SHELLFLAGS SHELLMETAS USER".split()
)
ELSIFS = 32  # recipes with E that become branches of one If


class _Chain:
    """What the flags of a recipe depend on: the recipes before it in the same block (procmail keeps three truths)."""

    def __init__(self, inner: bool) -> None:
        self.inner = inner  # in a block: to procmail its { is a recipe that held
        self.last: Where | None = None  # of A and a: the last recipe without these flags
        self.before: Where | None = None  # of e: the recipe before this one
        self.others: list[Where] = []  # of E: none of these may have held
        self.step: If | None = None  # the If of the last one of them

    def tests(self, flags: Flags, line: Line, problems: Problems) -> list[Condition]:
        """The conditions that the flags add, but for what `passed` asks."""
        found: list[Condition] = []
        if (kind := flags.chained) and self.before is None:
            ever = "carried out as the block is" if self.inner else "never carried out"
            if kind == "E":
                ever = "never carried out" if self.inner else "always carried out"
            hint = "it depends on a recipe before it in the same block"
            problems.warn(line, f"no recipe is before this one: with flag {kind} it is {ever}", hint)
        if flags.has("E") and self.before is None and self.inner:
            found.append(Always(False))
        if flags.has("e"):
            found += [self._held(self.before), Failed()]
        if flags.has("A") or flags.has("a"):
            found.append(self._held(self.last))
        if flags.has("a"):
            found.append(Not(Failed()))
        return found

    def _held(self, at: Where | None) -> Condition:
        return Always(self.inner) if at is None else Held(at)

    def passed(self, flags: Flags, at: Where) -> list[Branch]:
        """The branch that is taken where flag E forbids the recipe."""
        if not (flags.has("E") and self.others):
            return []
        held = tuple(Held(other) for other in self.others)
        return [Branch(held[0] if len(held) == 1 else AnyOf(held), (), at)]

    def add(self, flags: Flags, at: Where, step: If, passed: list[Branch]) -> None:
        """Notes a recipe for those behind it."""
        self.before = at
        if not (flags.has("A") or flags.has("a")):
            self.last = at
        merged = flags.has("E") and not passed
        self.others = [*(self.others if merged else [branch.at for branch in passed]), at]
        self.step = step


class Shared:
    """What a file and the files that it includes have in common."""

    def __init__(self, library: Library | None, *, complete: bool = True) -> None:
        self.library = library
        self.complete = complete  # whether all variables are those that these files assign
        # values that are known when the file is compiled
        self.known: dict[str, str] = {"HOME": HOME, "MAILDIR": HOME} if complete else {}
        self.included: list[str] = []
        self.commands = 0
        self.recipes = 0 if complete else 1  # so far
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
        self.asks_score = any(map(_asks_score, lines))
        self.next = 0
        self.ends = False  # whether a SWITCHRC may end the file

    def block(self, depth: int) -> Block:
        """All up to the end of the file, or at a depth up to the closing brace."""
        steps: list[Step] = []
        opened = self.lines[self.next - 1] if depth else None
        chain = _Chain(depth > 0)
        while self.next < len(self.lines):
            line = self._take()
            text = line.text.strip(" \t")
            if text == "}":
                if depth:
                    return tuple(steps)
                self.problems.warn(line, "this } closes nothing", "procmail passes over it")
            elif not text.startswith(":"):
                steps += self._assignment(line)
            else:
                self._recipe(line, recipe_flags.parse(line, self.problems), depth, steps, chain)
        if opened is not None:
            self.problems.warn(opened, "this { is never closed", "all that follows depends on its conditions")
        return tuple(steps)

    def _take(self) -> Line:
        self.next += 1
        return self.lines[self.next - 1]

    # --- recipes -------------------------------------------------------------------------------------------------

    def _recipe(self, line: Line, flags: Flags, depth: int, steps: list[Step], chain: _Chain) -> None:
        """:0 [flags] [ : [locallockfile] ], conditions, one action."""
        self.shared.recipes += 1
        at = Where(self.file, line.number)
        tests: list[Condition] = []
        while self.next < len(self.lines) and self.lines[self.next].text.lstrip(" \t").startswith("*"):
            test = conditions.parse(self._take(), flags, self.problems)
            if test is not None:
                tests.append(test)
        if self.next >= len(self.lines):
            hint = "the file ends before it, so the recipe does nothing"
            self.problems.warn(line, "the recipe has no action", hint)
            return
        action = self._take()
        if action.text.strip(" \t") == "{":
            entered = (Set(Succeeded(), at),) if self.asks_failures else ()
            then: Block = (*entered, *self._nested(action, flags, depth))
        else:
            then = self.actions.parse(action, flags, at)
        passed: list[Branch] = []
        if flags.chained == "E" and chain.step is not None and steps[-1] is chain.step and len(chain.others) < ELSIFS:
            steps.pop()
            step = If((*chain.step.branches, Branch(self._all(tests), then, at)))  # nothing between: an `elsif`
        else:
            passed = chain.passed(flags, at.replace(column=2))
            own = Branch(self._all([*chain.tests(flags, line, self.problems), *tests]), then, at)
            step = If((*passed, own))
        steps.append(step)
        chain.add(flags, at, step, passed)

    def _nested(self, line: Line, flags: Flags, depth: int) -> Block:
        """The steps of a block."""
        if flags.lock is not None:
            self.problems.warn(line, "a lock file of a block is not used", "give it to the program that needs it")
        if depth >= limits.SCRIPT_NESTING:
            hint = "put what is inside into a file of its own, and write INCLUDERC=FILE"
            self.problems.error(line, f"blocks are nested deeper than {limits.SCRIPT_NESTING}", hint)
            self.next = len(self.lines)
            return ()
        known = dict(self.shared.known)
        steps = self.block(depth + 1)
        self.shared.known = {k: v for k, v in self.shared.known.items() if known.get(k) == v}
        return (Clone(steps, Where(self.file, line.number)),) if flags.has("c") else steps

    def _all(self, tests: list[Condition]) -> Condition:
        """All conditions of a recipe as one. Where $= is looked at, each recipe leaves one behind."""
        if self.asks_score or any(map(_weighs, tests)):
            return Score(tuple(tests))
        return tests[0] if len(tests) == 1 else AllOf(tuple(tests)) if tests else Always(True)

    # --- assignments ---------------------------------------------------------------------------------------------

    def _assignment(self, line: Line) -> list[Step]:
        """NAME=value, or NAME alone, which unsets it. What is neither is passed over, as procmail does."""
        before, equals, _value = line.text.partition("=")
        name = before.strip(" \t")
        if not name.isidentifier() or not name.isascii():
            hint = "procmail passes over it; a recipe begins with :0, a comment with #"
            self.problems.warn(line, "neither a recipe nor an assignment", hint)
            return []
        if not equals:
            self.shared.known.pop(name, None)
            self._look_at(line, name)
            where = Where(self.file, line.number)
            if name == "SWITCHRC":
                return rcfiles.end(self, where)
            return [Set(Unset(name), where), *(self._host(line, where) if name == "HOST" else ())]
        at = len(before) + 1
        while line.text[at : at + 1] in (" ", "\t") or line.text.startswith("\\\n", at):
            at += 2 if line.text[at] == "\\" else 1
        try:
            reader = Reader(line.text, at, first=self.shared.commands, file=self.file)
            spelled = reader.word()
        except Unknown as unknown:
            self.problems.error(line, unknown.text, unknown.hint, at=unknown.at)
            return []
        if reader.parenthesis >= 0:
            hint = "a command stands between backquotes, as in `date`; expr(1) calculates"
            self.problems.warn(line, "to procmail $( begins no command", hint, at=reader.parenthesis)
        return self._assign(line, name, spelled)

    def _look_at(self, line: Line, name: str) -> None:
        """Warns of words that are rather meant for a comment: each would unset a variable."""
        if name not in self.shared.known_names and not name.isupper():
            self.problems.warn(line, f'this unsets a variable of the name "{name}"', "a comment begins with #")

    def _assign(self, line: Line, name: str, spelled: Spelled) -> list[Step]:
        where = Where(self.file, line.number)
        self.shared.commands += len(spelled.commands)
        steps: list[Step] = [Set(AssignOutput(hidden, command), where) for hidden, command in spelled.commands]
        value = self._constant(spelled.text)
        if name in ("INCLUDERC", "SWITCHRC"):
            return [*steps, *rcfiles.read(self, line, name, spelled.text, value)]
        if name == "LOG":
            return [*steps, Set(LogText(spelled.text), where)]
        if assignment := LOGGING.get(name):
            steps.append(Set(assignment(spelled.text), where))
        if name == "EXITCODE":
            what = "where /dev/null or HOST ends the rules, 75 tries again, and another one refuses; that is a bounce"
            self.problems.warn(line, "EXITCODE counts only for a message that is delivered nowhere", what)
        if hint := WITHOUT_EFFECT.get(name):
            self.problems.warn(line, f"{name} is without effect on mdafilter", hint)
        self.shared.known_names.add(name)
        self.shared.known.pop(name, None)
        if value is not None:
            self.shared.known[name] = value
        steps.append(Set(Assign(name, spelled.text), where))
        if name == "SHIFT":
            steps.append(Set(Shift(spelled.text), where))
        return [*steps, *(self._host(line, where) if name == "HOST" else ())]

    def _host(self, line: Line, where: Where) -> list[Step]:
        """The end of the rules, where HOST is another one."""
        guard = not self.shared.recipes
        if guard:
            hint = "procmail loses it; a HOST behind the first recipe discards it here, too"
            self.problems.warn(line, "on a host of another name the message is kept in the inbox", hint)
        stop = Stop("all", "", where)
        return [If((Branch(OtherHost(), (Do(GoNowhere(guard), where), stop), where.replace(column=3)),))]

    def _constant(self, text: Text) -> str | None:
        """The value, where it is known already."""
        if isinstance(text, str):
            return text
        known = [part if isinstance(part, str) else self._known(part) for part in text.parts]
        return None if None in known else "".join(map(str, known))

    def _known(self, part: Var | Either) -> str | None:
        value = self.shared.known.get(part.name)
        if isinstance(part, Var):
            return value
        name = part.name
        if value is None and not (self.shared.complete and self._is_unset(name)):
            return None
        there = bool(value) if part.sign.startswith(":") else value is not None
        return self._constant(part.text) if there == part.sign.endswith("+") else value or ""

    def _is_unset(self, name: str) -> bool:
        return name.isidentifier() and name not in self.shared.known_names and name not in SET_BY_OTHERS

    def whole(self) -> Block:
        """The steps of the whole file."""
        steps = self.block(0)
        return (Read(ThisFile(self.file, steps), (), Where(self.file, 1)),) if self.ends else steps


def _asks_score(line: Line) -> bool:
    """Whether this line may have $= in it."""
    return "$=" in line.text


def _asks_failures(line: Line) -> bool:
    """Whether this begins a recipe with flag a or e."""
    text = line.text.strip(" \t")
    return text.startswith(":") and not {"a", "e"}.isdisjoint(text.partition("#")[0][1:].partition(":")[0])


def _weighs(test: Condition) -> bool:
    """Whether the condition has a weight, or may turn out to have one."""
    return isinstance(test, Weighted | Evaluated) or (isinstance(test, Not) and _weighs(test.test))
