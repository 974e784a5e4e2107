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

from mdafilter.lang.procmail.strings import Spelled, Unknown, words
from mdafilter.plan import Do, Rewrite, Set, Stop, Try
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.assign import AssignOutput
from mdafilter.words.filter import FilterThrough
from mdafilter.words.names import folder_fault
from mdafilter.words.pipe import PipeInto
from mdafilter.words.redirect import RedirectTo
from mdafilter.words.store import StoreIn

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems
    from mdafilter.lang.procmail.flags import Flags
    from mdafilter.plan import Action, Block, Step


class Actions:
    """The actions of one file. `recipe` is the place by which a failure is known."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file = file
        self.problems = problems

    def parse(self, line: Line, flags: Flags, recipe: Where) -> Block:
        """Any action but a block."""
        text = line.text.strip(" \t")
        where = Where(self.file, line.number)
        name, equals, rest = text.partition("=")
        if equals and name.isidentifier() and rest.lstrip(" \t").startswith("|"):
            command = rest.lstrip(" \t")[1:].strip(" \t")
            return (Set(AssignOutput(name, command, flags.fed, flags.has("w") or flags.has("W")), where),)
        if flags.has("f"):
            return self._filter(line, text, flags, recipe)
        try:
            if text.startswith("|"):
                actions: list[Action] = self._pipe(line, text[1:].strip(" \t"), flags)
                before: list[Step] = []
            elif text.startswith("!"):
                actions, before = self._forward(line, text[1:], flags)
            else:
                actions, before = self._store(line, text, flags)
        except Unknown as unknown:
            self.problems.error(line, f"not supported yet: {unknown.text}", at=_indent(line) + unknown.at)
            return ()
        steps: list[Step] = [*before, *(Do(action, where) for action in actions)]
        if not actions:
            return ()
        if not flags.has("c"):
            steps.append(Stop("all", "", where))
        return (Try(tuple(steps), recipe),)

    def _filter(self, line: Line, text: str, flags: Flags, recipe: Where) -> Block:
        if not text.startswith("|") or not text[1:].strip(" \t"):
            self.problems.error(line, "a filter (f) needs a | and a program")
            return ()
        check = flags.has("w") or flags.has("W")
        return (Rewrite(FilterThrough(text[1:].strip(" \t"), flags.fed, check, recipe), recipe),)

    def _pipe(self, line: Line, command: str, flags: Flags) -> list[Action]:
        if not command:
            self.problems.error(line, "there is no program after the |")
        if flags.fed != "both" and not flags.has("c"):
            hint = "formail -D remembers what is tried again later" if "formail" in command else ""
            self.problems.warn(line, f"only the {flags.fed} is fed: the message is kept in the inbox as well", hint)
        return [PipeInto(command, flags.has("c") or flags.fed != "both", flags.fed, not flags.has("i"), exported=True)]

    def _forward(self, line: Line, text: str, flags: Flags) -> tuple[list[Action], list[Step]]:
        addresses = words(text)
        if not addresses:
            self.problems.error(line, "there is no address after the !")
        for address in addresses:
            if isinstance(address.text, str) and address.text.startswith("-"):
                self.problems.error(line, "not supported yet: options for sendmail (! -)", at=_indent(line))
            elif isinstance(address.text, str) and any(c in address.text for c in "\"'(){}|;&<>,"):
                self.problems.error(line, "not supported yet: shell syntax in addresses", at=_indent(line))
        return [RedirectTo(a.text, flags.has("c")) for a in addresses], self.outputs(line, addresses)

    def _store(self, line: Line, text: str, flags: Flags) -> tuple[list[Action], list[Step]]:
        paths = words(text)
        for path in paths:
            if isinstance(path.text, str) and (fault := _fault(path.text)):
                self.problems.error(line, fault)
        if flags.fed != "both":
            self.problems.warn(line, "the whole message is stored, not its header or body alone")
        return [StoreIn(path.text, flags.has("c")) for path in paths], self.outputs(line, paths)

    def outputs(self, line: Line, spelled: list[Spelled]) -> list[Step]:
        """The steps that run what stands between backquotes."""
        where = Where(self.file, line.number)
        return [Set(AssignOutput(name, command), where) for one in spelled for name, command in one.commands]


def _fault(path: str) -> str:
    """What is wrong with the folder's name, if it is one of a Maildir."""
    last = path.rstrip("/").rpartition("/")[2]
    return folder_fault(last[1:]) or "" if path.endswith("/") and last.startswith(".") and len(last) > 1 else ""


def _indent(line: Line) -> int:
    return len(line.text) - len(line.text.lstrip(" \t"))
