"""What a run of the rules found out and decided: the answers, the trace, and the Decision that perform.py carries out.

The names that people read stand beside each act: the rule that wanted it, at file:line, and what had matched.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Protocol, Value

if TYPE_CHECKING:
    from mdafilter.acts import Act
    from mdafilter.message import Message
    from mdafilter.policy import Policy
    from mdafilter.texts import Where
    from mdafilter.world import Verdict


class Described(Protocol):
    """A word of a plan; what it says of itself is put into words only for somebody who reads it."""

    def describe(self) -> str: ...


def spelled(what: str | Described) -> str:
    """The text, or the word as text."""
    return what if isinstance(what, str) else what.describe()


class Within(Value):
    """What a test saw that asked another one: that test, and whether it held."""

    test: Described
    held: bool

    def __str__(self) -> str:
        return f"{'yes' if self.held else 'no'}: {self.test.describe()}"


class Answer(Value):
    """A Condition's answer: whether it holds, what it looked at (for explain), and what matched (for the journal)."""

    held: bool
    saw: tuple[str | Within, ...] = ()
    by: str = ""


class Asked(Value):
    """One line of the trace: a step that was reached. `answer` is None for a step that is no question."""

    at: Where
    step: str | Described
    answer: Answer | None = None
    depth: int = 0

    @property
    def what(self) -> str:
        """The step, for people."""
        return spelled(self.step)


class Decided(Value):
    """One Act, the message as it was when it was decided, the rule that wanted it, and what had matched.

    `tried` is the Try that it stands in: what is to be passed over if the act turns out to be impossible.
    """

    act: Act
    message: Message
    at: Where | None = None  # None: no rule, the implicit keep
    why: str = ""
    tried: Where | None = None


class Remember(Value):
    """That something was met, until a time (seconds since the epoch): written when the message is where it belongs."""

    kind: str  # "duplicate", "vacation"
    key: str
    until: float


class LogTo(Value):
    """A file of the user's into which each delivery is logged as well, as his rules want it (procmailrc(5)).

    `abstract` is "yes" (of the last delivery), "all" or "no"; `verbose` is the trace, too. What lies in `folder`
    is named without it.
    """

    path: str = ""
    abstract: str = "yes"
    verbose: bool = False
    folder: str = ""


class Decision(Value):
    """All that is to be done with one message, in the order in which it was decided. `notes` are for the journal.

    `log`, if it has a path, is a log file of the user's, and `logged` what the rules themselves write into it.
    `policy` is what the policy daemon had found of the message, if it says so; `remember` is what is to be remembered.
    """

    decided: tuple[Decided, ...]
    verdict: Verdict | None = None
    trace: tuple[Asked, ...] = ()
    notes: tuple[str, ...] = ()
    log: LogTo = LogTo()
    logged: tuple[str, ...] = ()
    policy: Policy | None = None
    remember: tuple[Remember, ...] = ()
