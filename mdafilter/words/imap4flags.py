"""setflag, addflag, removeflag, hasflag, :flags: the IMAP flags that a message is filed with (RFC 5232).

    setflag    [<variable: string>] <flags: string-list>
    addflag    [<variable: string>] <flags: string-list>
    removeflag [<variable: string>] <flags: string-list>
    hasflag    [MATCH-TYPE] [COMPARATOR] [<variables: string-list>] <flags: string-list>
    keep, fileinto  :flags <flags: string-list>

    if header :contains "X-Priority" "1" { addflag "\\\\Flagged"; }

Without a variable they work on the internal one, which keep, fileinto and the implicit keep take unless they have
`:flags` (section 5). A variable of the script holds its flags as one string, separated by blanks (section 3).

In a Maildir the system flags become the letters after ":2," in the file's name, and keywords the letters that Dovecot
has for them (targets/keywords.py); what has no letter any more is left out, as section 5 asks ("MUST ignore all flags
that it can't store permanently"), with a note.

Out:   flags are split at blanks, doubles (in any case) dropped; the first spelling stays. What is no flag, and
       \\Recent, which no client may set, is ignored (section 2).
Fails: RuleFailed for a name of a variable that is none, where the name itself has variables in it; otherwise that, and
       a variable in a script without "variables", is a compile error.
"""

from __future__ import annotations

from mdafilter.decision import Answer
from mdafilter.errors import RuleFailed
from mdafilter.values import TYPE_CHECKING, Value
from mdafilter.words.flags import normalised
from mdafilter.words.match import MATCH_TAGS, Match, match_of
from mdafilter.words.names import VARIABLE_HINT, variable_fault
from mdafilter.words.strings import listed, quoted
from mdafilter.words.syntax import Tag, Word

if TYPE_CHECKING:
    from mdafilter.plan import Scene
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Use


class Flagging(Value):
    """A change of a set of flags. `word` is setflag, addflag or removeflag; `variable` None is the internal one."""

    word: str
    flags: Texts
    variable: Text | None = None

    def assign(self, scene: Scene) -> None:
        name = None if self.variable is None else _variable(scene, self.variable)
        before = held(scene, name)
        given = normalised(scene.expand(text) for text in self.flags)
        match self.word:
            case "setflag":
                after = given
            case "addflag":
                after = normalised((*before, *given))
            case _:
                gone = {flag.lower() for flag in given}
                after = tuple(flag for flag in before if flag.lower() not in gone)
        if name is None:
            scene.flags = after
        else:
            scene.set(name, " ".join(after))

    def describe(self) -> str:
        name = "" if self.variable is None else f"{quoted(self.variable)} "
        return f"{self.word} {name}{listed(self.flags)}"


class HasFlag(Value):
    """Is one of the flags of the match among those of the variables? () are no variables: the internal one."""

    match: Match
    variables: Texts = ()

    def ask(self, scene: Scene) -> Answer:
        names = [_variable(scene, variable) for variable in self.variables] or (None,)
        flags = [flag for name in names for flag in held(scene, name)]
        return self._split(scene).test(scene, flags)

    def _split(self, scene: Scene) -> Match:
        """The match with one key for each flag: "A string containing a space-separated list of flag names is
        equivalent to a string list consisting of the flags" (section 2)."""
        keys = (word for key in self.match.keys for word in scene.expand(key).split())
        return self.match.replace(keys=tuple(keys))

    def describe(self) -> str:
        return f"hasflag {self.match.describe(listed(self.variables) if self.variables else '')}"


def held(scene: Scene, name: str | None) -> tuple[str, ...]:
    """The flags in the variable `name`, each once; None is the internal variable."""
    return scene.flags if name is None else normalised((scene.value(name),))


def _variable(scene: Scene, text: Text) -> str:
    name = scene.expand(text).lower()
    if fault := variable_fault(name):
        raise RuleFailed(fault)
    return name


def build_change(use: Use) -> Flagging:
    if use.given() == 1:
        return Flagging(use.name, use.texts(0))
    variable = use.text(0)
    _check(use, (variable,))
    return Flagging(use.name, use.texts(1), variable)


def build_hasflag(use: Use) -> HasFlag:
    if use.given() == 1:
        return HasFlag(match_of(use, 0))
    _check(use, use.texts(0))
    return HasFlag(match_of(use, 1), use.texts(0))


def _check(use: Use, variables: Texts) -> None:
    """Section 3 makes a variable without the extension a runtime error; said at once, it is easier to mend."""
    if not use.requires("variables"):
        hint = 'require "variables"; or leave it out, which means the internal variable'
        use.error('the name of a variable needs the extension "variables"', hint, argument=0)
    for name in variables:
        if not isinstance(name, str):
            continue  # known only when it runs
        if fault := variable_fault(name.lower()):
            use.error(fault, VARIABLE_HINT, argument=0)
        elif name.lower().startswith("global.") and not use.requires("include"):
            use.error('the namespace "global" needs the extension "include"', 'require "include";', argument=0)


REQUIRES = ("imap4flags",)

WORDS = (
    Word("setflag", "assignment", build_change, ("string", "strings"), optional=1, requires=REQUIRES),
    Word("addflag", "assignment", build_change, ("string", "strings"), optional=1, requires=REQUIRES),
    Word("removeflag", "assignment", build_change, ("string", "strings"), optional=1, requires=REQUIRES),
    Word("hasflag", "test", build_hasflag, ("strings", "strings"), optional=1, tags=MATCH_TAGS, requires=REQUIRES),
)
TAGS = (Tag(":flags", on=("keep", "fileinto", "vacation", "notify"), argument="strings", requires=REQUIRES),)
