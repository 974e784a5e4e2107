"""procmailrc -> plan (procmailrc(5)).

    octets --lines--> logical lines --recipes--> steps of plan.py
                                        flags        the line that begins with :0
                                        conditions   the lines that begins with *
                                        actions      mailboxes, ! addresses, | programs
                                        strings      quotes, $VARIABLES, `commands`

What is not known is an error that names it: a rule that would mean something else is worse than one that does not
compile.
actions.py lists where procmail loses a message and we do not.

In:    the bytes of the file. Out: Compiled. Fails: RuleErrors with all errors of the file. Linear in its length.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang import Compiled
from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.procmail.lines import logical_lines
from mdafilter.lang.procmail.recipes import Recipes, Shared
from mdafilter.plan import Do, Plan, Set, Stop, Try
from mdafilter.texts import Template, Var, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.assign import Preset
from mdafilter.words.store import StoreIn
from mdafilter.words.trap import Trap

if TYPE_CHECKING:
    from mdafilter.errors import Problem
    from mdafilter.lang import Library
    from mdafilter.plan import Block


def compile(text: bytes, name: str, library: Library | None = None) -> Compiled:
    """Compiles a procmailrc. Raises RuleErrors."""
    shared = Shared(library)
    decoded, steps, warnings = _steps(text, name, shared)
    start = Where(name, 1)
    if not shared.complete:
        shared.known_names |= {"DEFAULT", "TRAP"}  # another file may set them
    end = _last_resorts(Where(name, decoded.count("\n") + 1), shared.known_names)
    trap = (Try((Do(Trap(), start),), start.replace(column=2)),) if "TRAP" in shared.known_names else ()
    plan = Plan((Set(Preset(), start), *steps, *end), name, at_end=trap, copies=True, logs=True)
    return Compiled(plan, warnings, tuple(dict.fromkeys(shared.included)))


def included(text: bytes, name: str, library: Library | None = None) -> Plan:
    """The plan of a file that another one reads when it runs. Raises RuleErrors."""
    return Plan(_steps(text, name, Shared(library, complete=False))[1], name)


def _steps(text: bytes, name: str, shared: Shared) -> tuple[str, Block, tuple[Problem, ...]]:
    """The text, its steps, and warnings."""
    decoded = text.decode("utf-8", "surrogateescape")
    problems = Problems(name, decoded)
    if len(text) > limits.SCRIPT_OCTETS:
        hint = "divide it, and write INCLUDERC=FILE"
        problems.error(Line(1, ""), f"the file is longer than {limits.SCRIPT_OCTETS} octets", hint)
        problems.done()
    return decoded, Recipes(logical_lines(decoded), name, problems, shared).whole(), problems.done()


def _last_resorts(end: Where, assigned: set[str]) -> Block:
    """The end of the file: what nothing delivered goes where DEFAULT says, and where that fails, where ORGMAIL says.

    Without these it is the inbox, and behind them too: where procmail bounces, the message is tried again.
    """
    names = [name for name in ("DEFAULT", "ORGMAIL") if "DEFAULT" in assigned and name in assigned]
    places = [(Template((Var(name),)), end.replace(column=n)) for n, name in enumerate(names, 1)]
    return tuple(Try((Do(StoreIn(path), at), Stop("all", "", at)), at) for path, at in places)
