"""procmailrc -> plan (procmailrc(5)).

    octets --lines--> logical lines --recipes--> steps of plan.py        paths: the folder that an action names

Of procmail this knows so far:

    :0 [HB] [: [lockfile]]      a recipe; a lock file is not needed for Maildirs, and a warning says so
    * [!] [H ??|B ??|HB ??] regexp,  * < size,  * > size
    a Maildir folder,  ! addresses,  | program,  /dev/null,  $DEFAULT,  { recipes }
    MAILDIR=, DEFAULT=          the places that folders are named from; assignments that matter only to procmail itself
                                are passed over with a warning

Everything else is an error that names the feature: a rule that would mean something else is worse than one that does
not compile. Further features are functions here that lower to nodes of words/.

In:    the bytes of the file. Out: Compiled. Fails: RuleErrors with all errors of the file. Linear in its length.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang import Compiled
from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.procmail.lines import logical_lines
from mdafilter.lang.procmail.recipes import Recipes
from mdafilter.plan import Plan
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from mdafilter.lang import Library


def compile(text: bytes, name: str, library: Library | None = None) -> Compiled:
    """Compiles a procmailrc. Raises RuleErrors."""
    decoded = text.decode("utf-8", "surrogateescape")
    problems = Problems(name, decoded)
    if len(text) > limits.SCRIPT_OCTETS:
        problems.error(Line(1, ""), f"the file is longer than {limits.SCRIPT_OCTETS} octets")
        problems.done()
    recipes = Recipes(logical_lines(decoded), name, problems)
    steps = recipes.block(0)
    return Compiled(Plan(steps, name), problems.done())
