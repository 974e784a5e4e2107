"""include, return, global: one script within another (RFC 6609).

    include [:personal | :global] [:once] [:optional] <name: string>
    return
    global <names: string-list>

    include :global :optional "attachments";

An included script is compiled with the script that names it and runs in its place, with variables of its own
(section 3.4). `stop` in it ends everything, `return` only that script (section 3.3). Names that several scripts declare
`global` are one variable in all of them; "global.name" is another spelling of the same.

In:    the location says where the name is looked for: the user's own scripts (:personal, the default) or the site's.
Out:   include becomes a Call of the other script's plan, return a Stop, global nothing that runs.
Fails: when compiled, for a script that is missing (unless :optional), that includes itself (unless :once), or that has
       errors; for a name with variables in it; for `global` without the capability "variables" (section 3.4.1).
"""

from __future__ import annotations

from mdafilter.plan import Call, Stop
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.names import VARIABLE_HINT, variable_fault
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.words.syntax import Use

MOST_NAME = 512  # octets of a script's name (RFC 5804 section 1.6: at least 128 characters, 512 octets)


class Shared(Value):
    """The declaration of `names` as global. It binds when the script is compiled; nothing is left to do in a run."""

    names: tuple[str, ...]

    def assign(self, scene: Scene) -> None:
        """Nothing: Plan.globals_ tells the Scene which names are shared from the script's first line on."""

    def describe(self) -> str:
        return f"global {listed(self.names)}"


def build_include(use: Use) -> Call | None:
    name = use.text(0)
    if not isinstance(name, str) or not _is_script_name(name):
        hint = "a constant name without '/', control characters or variables (RFC 6609 section 3.2)"
        use.error(f"not the name of a script: {quoted(name)}", hint, argument=0)
        return None
    location = (use.group("location") or ":personal")[1:]
    plan = use.include(location, name, optional=use.has(":optional"))
    return None if plan is None else Call(plan, name if use.has(":once") else "", use.at)


def _is_script_name(name: str) -> bool:
    """RFC 5804 section 1.6 forbids control characters and line separators; we forbid what would leave the folder."""
    if not name or name in (".", "..") or len(name.encode("utf-8", "replace")) > MOST_NAME:
        return False
    return not any(c in "/\u2028\u2029" or c < " " or "\x7f" <= c <= "\x9f" for c in name)


def build_return(use: Use) -> Stop:
    return Stop("plan", "", use.at)


def build_global(use: Use) -> Shared:
    if not use.requires("variables"):
        use.error('`global` needs the extension "variables"', 'require "variables"; (RFC 6609 section 3.4.1)')
    names: list[str] = []
    for name in use.texts(0):
        if not isinstance(name, str):
            use.error("the name of a variable must be constant", "write it without ${...}", argument=0)
        elif "." in name:
            use.error(
                f"the name of a global variable has no namespace: {quoted(name)}",
                "write what stands behind the last dot",
                argument=0,
            )
        elif fault := variable_fault(name):
            use.error(fault, VARIABLE_HINT, argument=0)
        else:
            names.append(name.lower())
    use.share(tuple(names))
    return Shared(tuple(names))


LOCATION = tuple(Tag(name, group="location") for name in (":personal", ":global"))

WORDS = (
    Word(
        "include",
        "step",
        build_include,
        ("string",),
        tags=(*LOCATION, Tag(":once"), Tag(":optional")),
        requires=("include",),
    ),
    Word("return", "step", build_return, requires=("include",)),
    Word("global", "assignment", build_global, ("strings",), requires=("include",)),
)
