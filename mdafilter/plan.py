"""What every rule language compiles to, and what a run of it looks at.

A Plan is a block of steps; there are eleven:

    If       asks the Conditions of its branches in turn, and goes on in the first that holds, or in `orelse`
    Do       lets an Action add its Acts to the decision
    Rewrite  changes the message for all that follows
    Set      assigns variables, flags or other state of the Scene
    Loop     a block once for each part (or other thing) of a Series
    Scan     looks each text of a Source up in a table, and goes on in the block of the entry that it finds
    Try      a block whose deliveries may fail: then the run is repeated, and passes it over (procmail)
    Clone    a copy of the message goes on in a block, and behind it; the message itself goes on behind it (procmail)
    Call     another plan as a block of its own (an included script), with its own `stop`
    Read     the rules of a file as if they stood here; which file may be known only when the rules run (procmail)
    Stop     ends the loop, the called plan, the file, or everything

Conditions, Actions, Changes, Assignments, Series, Sources and Files are the words of the languages: each is one file of
words/, and each can describe itself. The engine knows the steps, and neither a word nor a language. They are frozen
Values made of text, numbers, tuples and each other, so that a compiled plan can be kept (see compiled.py).

A run reads and changes a Scene and ends in a Decision (decision.py): a list of Acts, each with the rule that wanted it.
Nothing of that has happened yet; perform.py makes it happen, all or nothing.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.decision import LogTo
from mdafilter.errors import RuleFailed
from mdafilter.message import Piece, framed
from mdafilter.sieving import item, size
from mdafilter.texts import Var
from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    from mdafilter.acts import Act
    from mdafilter.decision import Answer, Decided, Remember
    from mdafilter.errors import ActFailed
    from mdafilter.message import Envelope, Message, Part
    from mdafilter.message.lines import Edit, Line
    from mdafilter.texts import Either, Text, Where
    from mdafilter.world import Finding, Ran, Scanned, Scored, Verdict, World


# --- the words, as the engine sees them ----------------------------------------------------------------------------


class Condition(Protocol):
    """A question about the Scene. Raises RuleStalled past its time, RuleFailed where the rule cannot be carried out."""

    def ask(self, scene: Scene) -> Answer: ...
    def describe(self) -> str: ...


class Action(Protocol):
    """A wish: what is to be done with the message."""

    def acts(self, scene: Scene) -> Sequence[Act]: ...
    def describe(self) -> str: ...


class Change(Protocol):
    """A new message from the message of the Scene (which it leaves as it is)."""

    def rewrite(self, scene: Scene) -> Message: ...
    def describe(self) -> str: ...


class Assignment(Protocol):
    """A change of the Scene's variables or flags."""

    def assign(self, scene: Scene) -> None: ...
    def describe(self) -> str: ...


class Series(Protocol):
    """What a Loop goes through; the part is put into `scene.part` while the body runs."""

    def each(self, scene: Scene) -> Iterable[Part]: ...
    def describe(self) -> str: ...


class Hit(Value):
    """What a Source found: which entry of the table, and the text, for people."""

    entry: int
    text: str


class Source(Protocol):
    """What a Scan goes through: texts, of which each may be replaced or left out (`scene.edits`)."""

    def hits(self, scene: Scene) -> Iterable[Hit]: ...
    def settled(self, scene: Scene) -> Message: ...
    def describe(self) -> str: ...


class File(Protocol):
    """What a Read reads; None where there is no such file."""

    def block(self, scene: Scene) -> Block | None: ...
    def describe(self) -> str: ...


# --- the steps -------------------------------------------------------------------------------------------------------


class Branch(Value):
    """One `if` or `elsif`: its question, and what follows when it holds."""

    test: Condition
    then: Block
    at: Where


class If(Value):
    """The first branch that holds is taken, else `orelse`. A chain of elsif is flat: it costs no nesting."""

    branches: tuple[Branch, ...]
    orelse: Block = ()


class Do(Value):
    action: Action
    at: Where


class Rewrite(Value):
    change: Change
    at: Where


class Set(Value):
    assignment: Assignment
    at: Where


class Loop(Value):
    series: Series
    body: Block
    label: str  # what a Stop("loop", label) names; "" is the innermost loop
    at: Where


class Entry(Value):
    """One line of a table: what follows for a text that it is the first one to match. `what` says so for people."""

    then: Block
    at: Where
    what: str = "matches"


class Scan(Value):
    """A table. What is decided within takes the message as it is after the last text (header_checks(5))."""

    source: Source
    entries: tuple[Entry, ...]
    at: Where


class Try(Value):
    """A block whose acts may turn out to be impossible. `Scene.failed` has the places of those that did."""

    body: Block
    at: Where


class Clone(Value):
    """From here on there are two: a copy goes through `body` and all that follows it, the message through that alone.

    Each has variables, a message and an implicit keep of its own.
    """

    body: Block
    at: Where


class Call(Value):
    """A plan within a plan. `once` ("" is no) skips it if a plan of that source was called before (RFC 6609, 3.2)."""

    plan: Plan
    once: str
    at: Where


class Read(Value):
    """The rules of a file. A Stop of the "file" ends them; `then` follows if it was there."""

    file: File
    then: Block
    at: Where


class Stop(Value):
    """Ends a loop ("loop"), the plan that was called ("plan"), the file that was read ("file"), or the run ("all")."""

    scope: str
    label: str
    at: Where


if TYPE_CHECKING:
    Step: TypeAlias = If | Do | Rewrite | Set | Loop | Scan | Try | Clone | Call | Read | Stop
    Block: TypeAlias = tuple[Step, ...]


class Plan(Value):
    """A compiled rule file. `source` names it for people; `globals_` are the names it shares with others (RFC 6609).

    `at_end` follows the steps, also where a Stop has ended them. `copies`: a Clone may stand in it or in a file that it
    reads; `logs`: it may write a log of the user's, with the trace.
    """

    steps: Block
    source: str = ""
    globals_: tuple[str, ...] = ()
    at_end: Block = ()
    copies: bool = False
    logs: bool = False


# --- what a rule looks at --------------------------------------------------------------------------------------------


class Scene:
    """All that a word may look at or change while the rules run on one message.

    message    the message as the rules so far have left it
    envelope   sender and recipient; never changes
    part       the MIME part of the innermost loop (foreverypart), or None
    line       the text that a Scan is at, or None; `edits` are what shall take the place of such texts
    matched    ${0}, ${1} ... of the last match that held (RFC 5229 section 3.2)
    flags      the internal flags variable (RFC 5232)
    variables  of the plan that runs; `shared` are those that plans declare global (RFC 6609)
    failed     what could not be done in an earlier run, by its place, and why
    failure    why the last Try, or the last filter, could not be done; "" if it could
    held       the places of the branches that held, when asked last; `remember` is for when the message is delivered
    notes      lines for the journal; `logged` are texts for the user's own log file, which `log` names
    facts      items of the environment that are about this message: what the policy daemon found (policy.py)
    ran        what programs answered, of earlier runs too: none is run again for the same question; `turns` counts
    """

    def __init__(
        self,
        message: Message,
        envelope: Envelope,
        world: World,
        failed: Mapping[Where, ActFailed] | None = None,
        ran: dict[tuple[object, ...], Ran] | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message
        self.envelope = envelope
        self.world = world
        self.failed = dict(failed or {})
        self.failure = ""
        self.held: set[Where] = set()
        self.facts = facts or {}
        self.ran = {} if ran is None else ran
        self.turns: dict[tuple[object, ...], int] = {}
        self.part: Part | None = None
        self.line: Line | None = None
        self.edits: list[Edit] = []
        self.matched: tuple[str, ...] = ()
        self.flags: tuple[str, ...] = ()
        self.variables: dict[str, str] = {}
        self.shared: dict[str, str] = {}
        self.globals: frozenset[str] = frozenset()
        self.remember: list[Remember] = []
        self.notes: list[str] = []
        self.log = LogTo()
        self.logged: list[str] = []
        self.decided: list[Decided] = []
        self.looked: dict[object, object] = {}  # what words have found out about the message, each for itself
        self._verdict: Verdict | None = None
        self._scored = False
        self._scanned: Scanned | None = None
        self._scores: dict[tuple[int, bytes, bytes], Scored] = {}  # what the scorer said, by the message's mark

    def expand(self, text: Text) -> str:
        """The text with its variables filled in; unknown ones are empty. RuleFailed past the string limit."""
        if isinstance(text, str):
            return text
        out = "".join(p if isinstance(p, str) else self._part(p) for p in text.parts)
        if len(out) > limits.STRING_OCTETS:
            raise RuleFailed(f"a string with variables is longer than {limits.STRING_OCTETS} characters")
        return out

    def _part(self, part: Var | Either) -> str:
        value = self.value(part.name)
        if isinstance(part, Var):
            return value
        there = bool(value) if part.sign.startswith(":") else part.name in self.variables
        return self.expand(part.text) if there == part.sign.endswith("+") else value

    def value(self, name: str) -> str:
        """The value of a variable or match value; "" where there is none."""
        if name.isdigit():
            number = int(name)
            return self.matched[number] if number < len(self.matched) else ""
        if "." in name:  # a namespace (RFC 5229 section 3): envelope.from, global.x, env.host
            return self._in_namespace(*name.split(".", 1))
        if name.startswith("\\"):  # procmailrc(5): $\NAME
            from mdafilter import shell  # Sieve has no such variables

            return shell.disarmed(self.value(name[1:]))
        return (self.shared if name in self.globals else self.variables).get(name, "")

    def _in_namespace(self, space: str, name: str) -> str:
        if space == "envelope":
            return {"from": self.envelope.sender, "to": self.envelope.recipient}.get(name, "")
        if space == "env":  # the name of a variable has no hyphen
            return self.environment(name) or self.environment(name.replace("_", "-")) or ""
        return self.shared.get(name, "") if space == "global" else ""

    def environment(self, name: str) -> str | None:
        """An item of the environment (RFC 5183), of this message or of the World."""
        if name.startswith("vnd.dovecot."):
            return item(name[12:], self.envelope.user or self.envelope.recipient, self.world.option)
        return self.facts[name] if name in self.facts else self.world.environment(name)

    def set(self, name: str, value: str) -> None:
        """Assigns a variable; what is too long is cut (RFC 5229 section 6). RuleFailed past the number of variables."""
        most = size(self.world.option("variables_max_variable_size"))
        if name.startswith("global."):
            where, name = self.shared, name[7:]
        else:
            where = self.shared if name in self.globals else self.variables
        if name not in where and len(where) >= limits.VARIABLES:
            raise RuleFailed(f"more than {limits.VARIABLES} variables")
        where[name] = value[: limits.VARIABLE_CHARACTERS if most is None else most]

    def saved(self) -> dict[str, object]:
        """All that the rules may change, as it is now; for `restore`."""
        return {name: _copied(getattr(self, name)) for name in _CHANGING}

    def restore(self, saved: Mapping[str, object]) -> None:
        """Makes everything as it was; what programs and the scorer answered is still known."""
        for name, value in saved.items():
            setattr(self, name, _copied(value))

    def run(self, command: str, area: str, before: bytes | None = None, lock: str = "", *, ended: bool = False) -> Ran:
        """What a command of the shell answers to the message, or to a part of it (message.Piece).

        `before` is what it reads before that; the From line, unless a rule says otherwise. `ended`: and an empty line
        at the end. It is run each time that a rule wants it, but not again when the rules are run again. Meanwhile the
        file `lock` is there.
        """
        key = (command, area, before, ended, self.message.mark, tuple(sorted(self.variables.items())))
        turn = self.turns[key] = self.turns.get(key, 0) + 1
        if (*key, turn) not in self.ran:
            if before is None:
                before = b"" if area == "body" else self.envelope.postmark(self.message.newline)
            given = framed(self.message, area, before) if ended else Piece(self.message, area, before)
            self.ran[(*key, turn)] = self.world.run(command, given, self.variables, lock)
        ran = self.ran[(*key, turn)]
        self.variables["$?"] = str(NOT_RUN if ran.status is None else ran.status)
        return ran

    def verdict(self) -> Verdict | None:
        """The scorer's verdict: asked for once; the message is the marked one from here on. None: no answer."""
        if not self._scored:
            self._scored = True
            mark = self.message.mark
            if mark not in self._scores:
                self._scores[mark] = self.world.score(self.message)
            scored = self._scores[mark]
            self.message, self._verdict = scored.message, scored.verdict
            if scored.note:
                self.notes.append(scored.note)
        return self._verdict

    def finding(self) -> Finding | None:
        """The virus scanner's finding: asked for once. None: the message was not scanned."""
        if self._scanned is None:
            self._scanned = self.world.scan(self.message)
            if self._scanned.note:
                self.notes.append(self._scanned.note)
        return self._scanned.finding

    def verdict_so_far(self) -> Verdict | None:
        """The verdict if a rule asked for it; does not ask."""
        return self._verdict


NOT_RUN = 127  # what a shell says of a program that it cannot start

# the attributes of a Scene that `saved` saves
_CHANGING = (
    *("message", "part", "line", "edits", "matched", "flags", "variables", "shared", "globals", "turns"),
    *("failure", "held", "remember", "notes", "log", "logged", "decided", "looked", "_verdict", "_scored"),
)


def _copied(value: object) -> object:
    return value.copy() if isinstance(value, list | dict | set) else value
