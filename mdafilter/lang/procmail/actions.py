"""The action line of a recipe (procmailrc(5)): a mailbox, `! addresses`, `| program`, `NAME=| program`.

Where procmail loses a message, or part of it, we do not:

    - a program's exit status counts without flag w too: where it fails, the next recipe has the message
    - header or body alone (h, b) into a mailbox: the whole message is stored
    - header or body alone into a program: the message is kept in the inbox as well. So `formail -D` drops no
      duplicate: it remembers a message that is tried again later, and procmail loses that one
    - several mailboxes on one line: each gets the message, also behind an mbox file, where procmail skips the others.
      (Behind a folder, it makes a directory of a name that is not there; here that is an mbox file, as everywhere)

In: the line and the flags of the recipe. Out: the steps of the action; () after an error.
"""

from __future__ import annotations

from mdafilter.lang.procmail.strings import Reader, Unknown, command
from mdafilter.plan import Do, Rewrite, Set, Stop, Try
from mdafilter.texts import Template, Var, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.arguments import Gap
from mdafilter.words.assign import AssignOutput
from mdafilter.words.filter import FilterThrough
from mdafilter.words.forward import ForwardTo
from mdafilter.words.names import folder_fault
from mdafilter.words.pipe import PipeInto, RunBeside
from mdafilter.words.store import StoreIn

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems
    from mdafilter.lang.procmail.flags import Flags
    from mdafilter.lang.procmail.strings import Several
    from mdafilter.plan import Action, Block, Step
    from mdafilter.texts import Text
    from mdafilter.words.arguments import Part


WITH_W = "procmail makes that so with flag w only, and loses the message without; w says that it is known"
WITH_C = "c says that it is known"


class Actions:
    """The actions of one file. `recipe` is the place by which a failure is known."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file = file
        self.problems = problems
        self.told: set[str] = set()
        self.stored: dict[str, int] = {}  # the mailboxes that got a copy, and the line

    def _once(self, line: Line, text: str, hint: str) -> None:
        """A warning about something that many recipes have: at the first one."""
        if text not in self.told:
            self.told.add(text)
            self.problems.warn(line, text, hint)

    def parse(self, line: Line, flags: Flags, recipe: Where) -> Block:
        """Any action but a block."""
        text = line.text.strip(" \t")
        where = Where(self.file, line.number)
        if match := _captured(text):
            name, program = match
            if not name.isidentifier():
                what = f"a blank before the = : {name.strip()} does not get what the program writes"
                self.problems.warn(line, what, f"write {name.strip()}=|")
                name = "`"  # procmail sets a variable without a name
            check, lock = flags.has("w") or flags.has("W"), self._lock(line, flags, program)
            output = AssignOutput(name, command(program, 0, self.file), flags.fed, check, True, lock, flags.has("r"))
            return (Set(output, where),)
        if flags.has("f"):
            return self._filter(line, text, flags, recipe)
        before: list[Step] = []
        if text.startswith("|") and flags.has("c") and flags.has("i") and (program := text[1:].strip(" \t")):
            lock, check = self._lock(line, flags, program), flags.has("w") or flags.has("W")
            beside = RunBeside(command(program, 0, self.file), flags.fed, check, flags.has("r"), lock)
            return (Set(beside, recipe),)
        if text.startswith("|"):
            action: Action | None = self._pipe(line, text[1:].strip(" \t"), flags)
        else:
            try:
                forward = text.startswith("!")
                words = Reader(text, int(forward), file=self.file, folder=not forward).line()
            except Unknown as unknown:
                self.problems.error(line, unknown.text, unknown.hint, at=unknown.at)
                return ()
            before = [Set(AssignOutput(name, program), where) for name, program in words.commands]
            action = self._forward(line, words, flags) if forward else self._store(line, words, flags)
            if flags.lock:
                hint = "mailboxes are locked as they need it"
                self.problems.warn(line, f"the lock file {flags.lock} is not used", hint)
        if action is None:
            return ()
        steps: list[Step] = [*before, Do(action, where)]
        if not flags.has("c"):
            steps.append(Stop("all", "", where))
        return (Try(tuple(steps), recipe),)

    def _filter(self, line: Line, text: str, flags: Flags, recipe: Where) -> Block:
        if not text.startswith("|") or not text[1:].strip(" \t"):
            self.problems.error(line, "a filter (f) needs a | and a program", "without f the message is delivered")
            return ()
        check = flags.has("w") or flags.has("W")
        if not check:
            self._once(line, "a filter that fails and writes nothing leaves the message as it was", WITH_W)
        program = text[1:].strip(" \t")
        lock = self._lock(line, flags, program)
        return (Rewrite(FilterThrough(command(program, 0, self.file), flags.fed, check, recipe, lock), recipe),)

    def _pipe(self, line: Line, program: str, flags: Flags) -> Action | None:
        if not program:
            hint = "procmail prints the message, which no delivery can"
            self.problems.error(line, "there is no program after the |", hint, at=line.text.find("|"))
            return None
        if flags.fed != "both" and not flags.has("c"):
            hint = "formail -D remembers what is tried again later" if "formail" in program else WITH_C
            self.problems.warn(line, f"only the {flags.fed} is fed: the message is kept in the inbox as well", hint)
        copy = flags.has("c") or flags.fed != "both"
        if not (flags.has("w") or flags.has("W") or flags.has("i")):
            self._once(line, "a program that fails leaves the message to the next recipe", WITH_W)
        what, lock = command(program, 0, self.file), self._lock(line, flags, program)
        return PipeInto(what, copy, flags.fed, not flags.has("i"), exported=True, raw=flags.has("r"), lock=lock)

    def _lock(self, line: Line, flags: Flags, program: str) -> Text:
        """The lock file of a program: as it is spelled, or "the filename following the first '>>'" and $LOCKEXT."""
        if flags.lock is None:
            return ""
        spelled = flags.lock or _appended(program)
        if not spelled:
            hint = "write it behind the second colon, as in :0w: my.lock"
            self.problems.warn(line, "there is no >> in the line, so this program has no lock file", hint)
            return ""
        try:
            found = Reader(spelled, file=self.file).word()
        except Unknown as unknown:
            self.problems.error(line, f"the lock file {spelled}: {unknown.text}", unknown.hint)
            return ""
        if found.commands:
            what = f"not supported yet: a command in the name of a lock file, {spelled}"
            self.problems.error(line, what, "assign its output to a variable before, and name that")
        if flags.lock:
            return found.text
        return Template((*(found.text.parts if isinstance(found.text, Template) else (found.text,)), Var("LOCKEXT")))

    def _forward(self, line: Line, found: Several, flags: Flags) -> Action | None:
        if not found.words.parts:
            hint = "as in ! ann@example.org"
            self.problems.error(line, "there is no address after the !", hint, at=line.text.find("!"))
            return None
        if flags.fed != "both" and not flags.has("c"):
            hint = WITH_C
            self.problems.warn(line, f"only the {flags.fed} is sent: the message is kept in the inbox as well", hint)
        return ForwardTo(found.words, flags.has("c") or flags.fed != "both", flags.fed, not flags.has("i"))

    def _store(self, line: Line, found: Several, flags: Flags) -> Action:
        """Into a mailbox, or into several folders."""
        parts = found.words.parts
        paths = [part for part in parts if isinstance(part, str)] if _are_constant(parts) else []
        if paths and not paths[0].endswith(("/", "/.")) and len(paths) > 1:
            hint = "several mailboxes on one line must be folders: a/ b/"
            self.problems.warn(line, f"unless {paths[0]} is a directory, what stands behind it is passed over", hint)
        for path in paths:
            if fault := _fault(path):
                self.problems.error(line, fault, "a folder of a Maildir is .a/ or .a.b/")
            if path in self.stored and path != "/dev/null":
                hint = f"it may have had a copy by line {self.stored[path]}"
                self._once(line, "a mailbox that several recipes name gets the message once", hint)
            if flags.has("c"):
                self.stored.setdefault(path, line.number)
            if hint := _unlikely(path):
                self.problems.warn(line, f"this is taken for a mailbox of the name {path}", hint)
        if flags.fed != "both":
            self.problems.warn(line, "the whole message is stored, not its header or body alone", "leave out h or b")
        return StoreIn(paths[0] if len(paths) == 1 else found.words, flags.has("c"))


def _captured(text: str) -> tuple[str, str] | None:
    """Name and program of `NAME=| program`."""
    name, equals, rest = text.partition("=")
    program = rest.lstrip(" \t")
    if equals and name.strip(" \t").isidentifier() and name.isascii() and program.startswith("|"):
        return name, program[1:].strip(" \t")
    return None


def _appended(program: str) -> str:
    """The file that a command line appends to; "" is none."""
    behind = program.partition(">>")[2].lstrip(" \t")
    return behind[: Reader(behind).word_end()].rstrip(";)|&")


def _unlikely(path: str) -> str:
    """What else is meant by a mailbox of such a name; "" where one may have it."""
    if path[:1] in ("{", "}"):
        return "a { or } stands alone, or with blanks around it"
    if path[:1] in ("*", "^"):
        return "a condition begins with *, and stands before the action"
    if path[:1] in (":", "|") or ("=" in path and path.partition("=")[0].isidentifier()):
        return "an action line is missing before it, or it belongs to the line above"
    return ""


def _are_constant(parts: tuple[Part, ...]) -> bool:
    return all(isinstance(part, str | Gap) for part in parts)


def _fault(path: str) -> str:
    """What is wrong with the folder's name, if it is one of a Maildir."""
    last = path.rstrip("/").rpartition("/")[2]
    return folder_fault(last[1:]) or "" if path.endswith("/") and last.startswith(".") and len(last) > 1 else ""
