"""Recipes and assignments of a procmailrc, lowered to steps.

    :0 flags : lockfile          If
    * condition                    (all of the conditions)
    action                         Do, Stop: a recipe that delivers ends the file; a block { } does not

Each function takes one piece of a recipe's syntax; a procmail feature that is added is one more of them.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.lang.problems import Line
from mdafilter.lang.procmail.paths import NoFolder, Places
from mdafilter.matching import patterns
from mdafilter.plan import Branch, Do, If, Stop, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.discard import DiscardIt
from mdafilter.words.fileinto import FileInto
from mdafilter.words.grep import Grep
from mdafilter.words.keep import KeepIt
from mdafilter.words.logic import AllOf, Always, Not
from mdafilter.words.names import folder_fault
from mdafilter.words.pipe import PipeInto
from mdafilter.words.redirect import RedirectTo
from mdafilter.words.size import Size

if TYPE_CHECKING:
    from mdafilter.lang.problems import Problems
    from mdafilter.plan import Action, Block, Condition, Step

FLAGS = {
    "A": "chained recipes (A)",
    "a": "chained recipes (a)",
    "E": "else recipes (E)",
    "e": "error recipes (e)",
    "D": "distinguishing case (D)",
    "c": "carbon copies (c)",
    "w": "waiting for a program (w)",
    "W": "waiting for a program (W)",
    "i": "ignoring write errors (i)",
    "r": "raw mode (r)",
    "f": "filters (f)",
    "h": "feeding the header alone (h)",
    "b": "feeding the body alone (b)",
}
CONDITIONS = {
    "?": "conditions by a program's exit code (* ?)",
    "$": "variables in conditions (* $)",
    "!": "a condition that is negated twice (* ! !)",
}
AREAS = {"": "header", "H": "header", "B": "body", "HB": "both", "BH": "both"}
# What matters only to procmail itself: mdafilter logs by its own journal and keeps its privileges low anyway.
HARMLESS = frozenset(
    "DROPPRIVS PATH SHELL LOGFILE VERBOSE LOGABSTRACT LOG UMASK LINEBUF SENDMAIL SENDMAILFLAGS COMSAT "
    "LOCKEXT LOCKSLEEP LOCKTIMEOUT LOCKFILE TIMEOUT NORESRETRY SUSPEND".split()
)
FEATURES = {
    "INCLUDERC": "included files (INCLUDERC)",
    "SWITCHRC": "included files (SWITCHRC)",
    "TRAP": "programs at the end (TRAP)",
    "EXITCODE": "exit codes (EXITCODE)",
    "HOST": "ending the file by HOST",
    "ORGMAIL": "another mailbox (ORGMAIL)",
}


class Recipes:
    """The walk through the lines of a file."""

    def __init__(self, lines: list[Line], file: str, problems: Problems) -> None:
        self.lines = lines
        self.file = file
        self.problems = problems
        self.places = Places()
        self.next = 0

    def block(self, depth: int) -> Block:
        """All up to the end of the file, or at a depth up to the closing brace."""
        steps: list[Step] = []
        opened = self.lines[self.next - 1] if depth else None
        while self.next < len(self.lines):
            line = self._take()
            text = line.text.strip(" \t")
            if text.startswith("}"):
                if depth and text == "}":
                    return tuple(steps)
                self.problems.error(line, "this } closes nothing" if not depth else "nothing can follow a }")
            elif text.startswith(":"):
                steps += self._recipe(line, text, depth)
            else:
                self._assignment(line, text)
        if opened is not None:
            self.problems.error(opened, "this { is never closed")
        return tuple(steps)

    def _take(self) -> Line:
        self.next += 1
        return self.lines[self.next - 1]

    # --- recipes -------------------------------------------------------------------------------------------------

    def _recipe(self, line: Line, text: str, depth: int) -> Block:
        """:0 [flags] [ : [locallockfile] ], conditions, one action."""
        flags = self._flags(line, text)
        tests: list[Condition] = []
        while self.next < len(self.lines) and self.lines[self.next].text.lstrip(" \t").startswith("*"):
            test = self._condition(self._take(), flags)
            if test is not None:
                tests.append(test)
        if self.next >= len(self.lines):
            self.problems.error(line, "the recipe has no action")
            return ()
        then = self._action(self._take(), depth)
        test = tests[0] if len(tests) == 1 else AllOf(tuple(tests)) if tests else Always(True)
        return (If((Branch(test, then, self._where(line)),)),)

    def _flags(self, line: Line, text: str) -> str:
        """The flags H and B, which say what the conditions search."""
        head = text.partition("#")[0]
        if not head.startswith(":0"):
            self.problems.error(line, "a recipe begins with :0", "counting conditions (:1, :2) is not supported")
        flags, lock, _ = head[2:].partition(":")
        if lock:
            self.problems.warn(line, "the lock file is not used", "a Maildir needs none")
        for flag in flags:
            if flag in FLAGS:
                self._unsupported(line, FLAGS[flag])
            elif flag not in "HB \t":
                self.problems.error(line, f'there is no flag "{flag}"')
        return "".join(flag for flag in flags if flag in "HB")

    # --- conditions ----------------------------------------------------------------------------------------------

    def _condition(self, line: Line, flags: str) -> Condition | None:
        """* [!] [area ??] regexp, or * < size, * > size. None after an error."""
        text = line.text.lstrip(" \t")[1:].strip(" \t")
        if text.startswith("!"):
            inner = self._plain(line, text[1:].lstrip(" \t"), flags)
            return None if inner is None else Not(inner)
        return self._plain(line, text, flags)

    def _plain(self, line: Line, text: str, flags: str) -> Condition | None:
        if text.startswith(("<", ">")):
            return self._size(line, text)
        if feature := CONDITIONS.get(text[:1]) or ("weighted scoring (* w^x)" if is_weight(text) else ""):
            self._unsupported(line, feature)
            return None
        area, mark, rest = text.partition("??")
        if mark and area.strip(" \t").isidentifier():
            if area.strip(" \t") not in AREAS:
                self._unsupported(line, "conditions on variables (* NAME ??)")
                return None
            flags, text = area.strip(" \t"), rest.lstrip(" \t")
        return self._grep(line, text, AREAS.get(flags, "both"))

    def _size(self, line: Line, text: str) -> Size | None:
        digits = text[1:].strip(" \t")
        if not digits.isdecimal() or len(digits) > 18:
            self.problems.error(line, f'"{digits[:20]}" is not a number of octets')
            return None
        return Size(int(digits), text.startswith(">"))

    def _grep(self, line: Line, text: str, area: str) -> Grep | None:
        try:
            patterns.compile(text, ignore_case=True, syntax="procmail")
        except patterns.PatternError as error:
            start = line.text.rfind(text[:1]) if len(text) < 2 else line.text.find(text)
            self.problems.error(line, f"regular expression: {error.text}", at=max(start, 0) + error.offset)
            return None
        return Grep(area, text, "procmail")

    # --- actions -------------------------------------------------------------------------------------------------

    def _action(self, line: Line, depth: int) -> Block:
        text = line.text.strip(" \t")
        if text.startswith("{"):
            return self._nested(line, text, depth)
        where = self._where(line)
        if text.startswith("!"):
            actions: list[Action] = list(self._forward(line, text[1:].split()))
        elif text.startswith("|"):
            actions = self._pipe(line, text[1:].strip(" \t"))
        elif text.partition("=")[0].isidentifier() and "=|" in text.replace(" ", ""):
            self._unsupported(line, "a program's output in a variable (NAME=|)")
            return ()
        else:
            actions = self._deliver(line, text)
        return (*(Do(action, where) for action in actions), Stop("all", "", where)) if actions else ()

    def _nested(self, line: Line, text: str, depth: int) -> Block:
        if text.replace(" ", "").replace("\t", "") == "{}":
            return ()
        if text != "{":
            self.problems.error(line, "nothing can follow a {", "write what follows on lines of its own")
        if depth >= limits.SCRIPT_NESTING:
            self.problems.error(line, f"blocks are nested more than {limits.SCRIPT_NESTING} deep")
            self.next = len(self.lines)
            return ()
        return self.block(depth + 1)

    def _pipe(self, line: Line, command: str) -> list[Action]:
        if not command:
            self.problems.error(line, "there is no program after the |")
        elif "$" in command or "`" in command:
            self._unsupported(line, "variables and backquotes in the command line of a program")
        return [PipeInto(command)]

    def _forward(self, line: Line, addresses: list[str]) -> list[RedirectTo]:
        if not addresses:
            self.problems.error(line, "there is no address after the !")
        for address in addresses:
            if address.startswith("-"):
                self._unsupported(line, "options for sendmail (! -)")
            elif any(c in address for c in "$`\"'(){}|;&<>,"):
                self._unsupported(line, "variables and shell syntax in addresses")
        return [RedirectTo(address) for address in addresses]

    def _deliver(self, line: Line, text: str) -> list[Action]:
        if text == "/dev/null":
            return [DiscardIt()]
        if len(text.split()) > 1:
            self._unsupported(line, "several folders in one action")
            return []
        try:
            folder = self.places.folder(text)
        except NoFolder as error:
            self.problems.error(line, error.text, error.hint)
            return []
        if folder == "INBOX":
            return [KeepIt()]
        if fault := folder_fault(folder):
            self.problems.error(line, fault)
        return [FileInto(folder, create=True)]  # as procmail makes what is missing

    # --- assignments ---------------------------------------------------------------------------------------------

    def _assignment(self, line: Line, text: str) -> None:
        """NAME=value."""
        name, equals, value = text.partition("=")
        name, value = name.rstrip(" \t"), value.partition(" #")[0].strip(" \t").strip('"')
        if not equals or not name.isidentifier() or not name.isascii():
            self.problems.error(line, "neither a recipe nor an assignment", "a recipe begins with :0")
        elif name in ("MAILDIR", "DEFAULT"):
            try:
                self.places = self.places.replace(**{name.lower(): self.places.expanded(value)})
            except NoFolder as error:
                self.problems.error(line, error.text, error.hint)
        elif name in HARMLESS:
            self.problems.warn(line, f"{name} is without effect")
        else:
            self._unsupported(line, FEATURES.get(name, "variables of your own"))

    def _unsupported(self, line: Line, feature: str) -> None:
        indent = len(line.text) - len(line.text.lstrip(" \t"))
        self.problems.error(line, f"not supported yet: {feature}", at=indent)

    def _where(self, line: Line) -> Where:
        return Where(self.file, line.number)


def is_weight(text: str) -> bool:
    """Whether a condition begins with w^x, as in `* -1.5^0 regexp` (procmailsc(5))."""
    weight, caret, rest = text.partition("^")
    exponent = rest.split(None, 1)[0] if rest.split() else ""
    return bool(caret) and _is_number(weight) and _is_number(exponent)


def _is_number(text: str) -> bool:
    digits = text.lstrip("+-").replace(".", "", 1)
    return digits.isascii() and digits.isdecimal()
