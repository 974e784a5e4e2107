"""One script while it is compiled: what it required, what it shares, what it includes (RFC 5228 3.2, 5463, 6609).

lower.py walks through its commands, arguments.py and use.py ask what is allowed here. A Unit is what a script and all
that it includes have in common.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import RuleErrors
from mdafilter.lang.sieve import lexer, lower, parser, strings
from mdafilter.lang.sieve.lexer import Token
from mdafilter.lang.sieve.vocabulary import COMPANIONS, RIVALS, require_line
from mdafilter.plan import Plan
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING, Protocol, Value
from mdafilter.words import imapsieve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mdafilter.lang import Library
    from mdafilter.lang.sieve.arguments import Bound
    from mdafilter.lang.sieve.parser import Command, List
    from mdafilter.lang.sieve.problems import Problems
    from mdafilter.lang.sieve.vocabulary import Vocabulary
    from mdafilter.texts import Text, Texts
    from mdafilter.words.syntax import Word

# Capabilities that change how the script itself is read: `ihave` cannot bring them (RFC 5463 section 4).
GRAMMAR = frozenset({"encoded-character", "variables"})
READABLE = "look at its name, and who may read it"

# Capabilities that have no word: a script says by them what it is for (RFC 6785 section 2.1).
DECLARING = frozenset({imapsieve.CAPABILITY})


class Member(Value):
    """A script that was included: its plan (None: it has errors), how many scripts it is, how deep its blocks go."""

    plan: Plan | None
    weight: int
    height: int


class Observer(Protocol):
    """Somebody who is told what stands where while a script is compiled; a delivery has none."""

    def script(self, file: str, text: str, commands: Sequence[Command]) -> None:
        """A script was parsed."""
        ...

    def used(self, file: str, command: Command, bound: Bound, built: object) -> None:
        """A word was built into a node of the plan."""
        ...

    def lowered(self, plan: Plan) -> None:
        """All of a script was; what has errors is not in its plan."""
        ...


class Unit:
    """A script and all that it includes."""

    def __init__(self, vocabulary: Vocabulary, library: Library | None, observer: Observer | None = None) -> None:
        self.vocabulary = vocabulary
        self.library = library
        self.observer = observer
        self.reports: list[Problems] = []
        self.members: dict[str, Member] = {}  # by file name
        self.chain: list[str] = []  # the scripts that are being compiled, outermost first
        self.depth = 0  # blocks around the innermost of them
        self._found: dict[tuple[str, str], tuple[str, bytes] | None] = {}

    def find(self, location: str, name: str) -> tuple[str, bytes] | None:
        """File name and text of a script; each is looked for once."""
        if (location, name) not in self._found:
            self._found[location, name] = self.library.find(location, name) if self.library is not None else None
        return self._found[location, name]

    def compile(self, text: bytes, file: str) -> Member:
        """Compiles one script; its problems are in `reports`."""
        decoded, problems = lexer.decode(text[: limits.SCRIPT_OCTETS], file)
        self.reports.append(problems)
        if len(text) > limits.SCRIPT_OCTETS:
            problems.errors.clear()  # the cut may have made one
            hint = "divide it, and include the parts"
            problems.error(Token("bad", "", 0, 1, 1, 1), f"the file is longer than {limits.SCRIPT_OCTETS} octets", hint)
            return Member(None, 1, 0)
        commands = parser.parse(
            lexer.tokens(decoded, problems), problems, self.vocabulary.nests, self.vocabulary.is_test
        )
        if self.observer is not None:
            self.observer.script(file, decoded, commands)
        script = Script(self, file, problems)
        outer, self.depth = self.depth, self.depth + 1
        self.chain.append(file)
        steps = lower.Lowering(script).script(commands)
        self.chain.pop()
        self.depth = outer
        script.warn_unused()
        plan = Plan(steps, file, tuple(script.shared))
        if self.observer is not None:
            self.observer.lowered(plan)
        return Member(None if problems.errors else plan, script.weight, script.height)


class Script:
    """What is known of the script at the command that is being compiled."""

    def __init__(self, unit: Unit, file: str, problems: Problems) -> None:
        self.unit = unit
        self.file = file
        self.problems = problems
        self.vocabulary = unit.vocabulary
        self.shared: dict[str, None] = {}
        self.assigned: set[str] = set()  # variables that a `set` so far has set
        self.loops: list[str] = []  # labels of the loops around, outermost first
        self.weight = 1
        self.height = 0
        self.depth = 0
        self.asked: set[str] = set()  # words that were used so far
        self.unsupported: set[str] = set()  # required, but we do not have them: reported, so their words are not
        self.absent: set[str] = set()  # asked for by ihave, and we do not have them
        self.guess = False  # a require could not be read: nothing is said about what is not required
        self._own = 0  # of them, those that are not shared
        self._capabilities: dict[str, Token | List | None] = {}  # with the place of a require, for the warning
        self._used = {*DECLARING}

    # --- what is required --------------------------------------------------------------------------------------------

    def require(self, at: Token) -> None:
        """`require` of one capability."""
        name = at.value
        if self.vocabulary.supports(name):
            self._capabilities.setdefault(name, at)
            return
        if name in self.vocabulary.inapplicable:
            hint = "what answers a delivery has no place where there is none (RFC 6785 section 3.11)"
            self.problems.error(at, f'"{name}" cannot be used at an IMAP event', hint)
            self.unsupported.add(name)
            self._capabilities.setdefault(name, None)  # its words are no errors of their own
            return
        meant = self.vocabulary.meant_capability(name)
        hint = f'did you mean "{meant}"?' if meant else "mdafilter does not have it"
        self.problems.error(at, f'unknown extension "{name[:80]}"', hint, "unknown-require")
        self.unsupported.add(name)
        if meant:
            self._capabilities.setdefault(meant, None)

    def settle(self) -> None:
        """All that was required, as a whole: no more is coming."""
        required = {name: at for name, at in self._capabilities.items() if at is not None}
        for name in sorted(required.keys() & COMPANIONS):
            if (other := COMPANIONS[name]) not in required:
                self.lacks(required[name], f'"{name}" needs the extension "{other}"', (other,))
        for name in sorted(required.keys() & RIVALS):
            if RIVALS[name] in required:
                self.problems.error(
                    required[name], f'"{name}" does not go with "{RIVALS[name]}"', "require one of them"
                )

    def ihave(self, names: Iterable[str]) -> bool:
        """Whether we have all of these; they may then be used up to the end of the script (RFC 5463 section 4)."""
        lacking = {
            n for n in names if not self.vocabulary.supports(n) or (n in GRAMMAR and n not in self._capabilities)
        }
        if lacking:
            self.absent |= lacking
            return False
        for name in names:
            self._capabilities.setdefault(name, None)
        return True

    def word(self, name: str, *, test: bool) -> Word | None:
        """The Word of this name, as this script requires it."""
        return self.vocabulary.word(name, test=test, required=self._capabilities)

    def allows(self, capability: str) -> bool:
        """Whether the capability may be used here. That somebody asked counts as its use."""
        self._used.add(capability)
        return capability in self._capabilities

    def allows_any(self, capabilities: tuple[str, ...]) -> bool:
        allowed = [self.allows(capability) for capability in capabilities]  # all of them: each one counts as used
        return not capabilities or any(allowed)

    def lacks(self, at: Token | List, text: str, capabilities: tuple[str, ...]) -> None:
        """Something is used without its require: said once for each capability."""
        if not self.guess:
            self.problems.error(at, text, require_line(capabilities))
        self._capabilities.setdefault(capabilities[0], None)

    def warn_unused(self) -> None:
        if self.problems.errors:
            return  # what could not be compiled may be what uses it
        for name, at in self._capabilities.items():
            if at is not None and name not in self._used:
                self.problems.warn(at, f'"{name}" is required and never used', "remove it", "unused-require")
            if at is not None and name in imapsieve.INAPPLICABLE and imapsieve.CAPABILITY in self._capabilities:
                text = f'"{name}" cannot be used at an IMAP event, and this script says that it is for one'
                self.problems.warn(at, text, "there it does not run at all (RFC 6785 section 3.11)", "inapplicable")

    # --- places and strings ------------------------------------------------------------------------------------------

    def where(self, token: Token) -> Where:
        return Where(self.file, token.line, token.column)

    def texts(self, argument: Token | List) -> Texts:
        """The strings of an argument."""
        items = (argument,) if isinstance(argument, Token) else argument.items
        return tuple(map(self._text, items))

    def readable(self, arguments: Iterable[Token | List]) -> bool:
        """Whether all strings can be read; if not, that was reported and is enough."""
        before = len(self.problems.errors)
        for argument in arguments:
            self.texts(argument)
        return len(self.problems.errors) == before

    def _text(self, token: Token) -> Text:
        value = token.value
        if "${" not in value:
            return value
        try:
            if "encoded-character" in self._capabilities:
                decoded = strings.decode(value)
                self._used |= {"encoded-character"} if decoded != value else set()
                value = decoded
            if "variables" in self._capabilities:
                text = strings.template(value, self.allows)
                self._used |= {"variables"} if text != value else set()
                return text
        except strings.StringError as error:
            self.problems.error(token, error.text, error.hint)
        return value

    # --- loops, shared variables, other scripts ----------------------------------------------------------------------

    def loop_label(self, name: str | None) -> str | None:
        if name is None:
            return "" if self.loops else None
        return name if name in self.loops else None

    def assign(self, at: Token, name: str) -> None:
        """A `set` of a variable. How many a script may have of its own is known before it runs (RFC 5229 section 6)."""
        if name not in self.assigned:
            self.assigned.add(name)
            self._own += name not in self.shared and not name.startswith("global.")
            if self._own == limits.VARIABLES + 1:
                self.problems.error(at, f"more than {limits.VARIABLES} variables", "take one for several things")

    def share(self, at: Token | List, names: Texts) -> None:
        """RFC 6609 section 3.4.1. The word has checked that the names can be names."""
        for name in map(str.lower, map(str, names)):
            if name in self.assigned:
                hint = "move global before the first set (RFC 6609 section 3.4.1)"
                self.problems.error(at, f"the variable {name[:80]} is set before it is declared global", hint)
            self.shared[name] = None

    def include(self, at: Token | List, location: str, name: str, *, optional: bool, once: bool) -> Plan | None:
        """The plan of another script. None and an error: not there (unless optional), a cycle, too many; or its own."""
        try:
            found = self.unit.find(location, name)
        except OSError as failed:  # of a site's script: try again; of a user's: the inbox and a notice (rulebook.py)
            self.problems.error(at, f'the {location} script "{name[:80]}" cannot be read: {failed.strerror}', READABLE)
            return None
        except RuleErrors as wrong:
            what = f'the {location} script "{name[:80]}" cannot be read: {wrong.problems[0].text}'
            self.problems.error(at, what, READABLE)
            return None
        if found is None:
            if not optional:
                hint = "mark it :optional if it may be missing"
                self.problems.error(at, f'there is no {location} script "{name[:80]}"', hint)
            return None
        file, text = found
        if file in self.unit.chain:
            return self._again(at, file, once=once)
        if file not in self.unit.members and not self._too_deep(at, 0):
            outer, self.unit.depth = self.unit.depth, self.unit.depth + self.depth
            self.unit.members[file] = self.unit.compile(text, file)
            self.unit.depth = outer
        member = self.unit.members.get(file)
        if member is None or self._too_deep(at, member.height):
            return None
        self.weight += member.weight
        if self.weight - 1 > limits.INCLUDES:  # the script itself is none
            what = f"more than {limits.INCLUDES} scripts are included, counted each time"
            self.problems.error(at, what, "include :once a script that several of them include")
            return None
        self.height = max(self.height, self.depth + 1 + member.height)
        # A script with errors is reported under its own name; here it is as if it were empty.
        return member.plan or Plan((), file)

    def _again(self, at: Token | List, file: str, *, once: bool) -> Plan | None:
        """RFC 6609 section 3.2: recursion is an error; with ":once" the script is "considered previously included"."""
        if once:
            return Plan((), file)
        chain = " -> ".join([*self.unit.chain[self.unit.chain.index(file) :], file])
        self.problems.error(at, f"this includes itself: {chain}", "scripts must not include each other in a circle")
        return None

    def _too_deep(self, at: Token | List, height: int) -> bool:
        """All blocks together, through all scripts, stay within what the engine can nest."""
        deep = self.unit.depth + self.depth + height
        if len(self.unit.chain) > limits.INCLUDE_DEPTH or deep > 2 * limits.SCRIPT_NESTING:
            text = f"scripts are included deeper than {limits.INCLUDE_DEPTH}"
            if len(self.unit.chain) <= limits.INCLUDE_DEPTH:
                text = f"blocks and includes together are nested deeper than {2 * limits.SCRIPT_NESTING}"
            self.problems.error(at, text, "include them one after the other")
            return True
        return False
