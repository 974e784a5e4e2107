"""The actions of a table of patterns as steps (header_checks(5), ACTIONS). Names are known in any case.

    REJECT text       refuse the message; a code like 5.7.1 may stand before the text
    DISCARD text      drop it
    HOLD text         into the folder of the setting `quarantine`, and nowhere else: the hold queue of a mailbox
    FILTER where      the same: Postfix has long chosen the way of the message when we see it
    REDIRECT address  to this address and not here; the last one counts
    BCC address       a copy to this address
    PREPEND text      this line before the line;  REPLACE text: in its place
    IGNORE, STRIP     without the line; STRIP says so
    WARN, INFO text   a line for the journal
    DUNNO, OK         nothing; entries further down do not see the line
    PASS text         nothing more of this message is looked up, in this or another table

A REJECT is a bounce here, since Postfix has accepted the message: where the admin can, it belongs into Postfix. REJECT
and DISCARD end all rules and take back what the table had decided; with all others the next line is looked at, and
then, while the message is kept, the next rules run.

In:    what stands behind the pattern. Out: a block. Fails: an error for everything that is not known.
"""

from __future__ import annotations

from mdafilter.lang.tables.lines import template
from mdafilter.plan import Do, Set, Stop
from mdafilter.texts import Template, Var, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.discard import DiscardIt
from mdafilter.words.edit import EditLine, label_fault
from mdafilter.words.fileinto import FileInto
from mdafilter.words.forget import Forget
from mdafilter.words.names import address_fault
from mdafilter.words.note import Note
from mdafilter.words.redirect import RedirectTo
from mdafilter.words.reject import Refusal
from mdafilter.words.scan import NoMore

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems
    from mdafilter.plan import Block
    from mdafilter.texts import Text

QUARANTINE = FileInto(Template((Var("env.vnd.mdafilter.quarantine"),)), create=True)

# action    what the journal notes where the action has no text ("" is nothing); None: its text is no note
ACTIONS = {
    "REJECT": None,
    "DISCARD": "",
    "HOLD": "",
    "FILTER": None,
    "REDIRECT": None,
    "BCC": None,
    "PREPEND": None,
    "REPLACE": None,
    "IGNORE": None,
    "STRIP": "a line is left out",
    "WARN": "warning",
    "INFO": "info",
    "DUNNO": None,
    "OK": None,
    "PASS": "passed",
}
NEEDED = ("REDIRECT", "BCC", "PREPEND", "REPLACE")


def block(line: Line, result: str, file: str, groups: int, problems: Problems) -> Block:
    """What a line does; () after an error too. `groups` is how many groups of the pattern its text may name."""
    where = Where(file, line.number)
    name, _, rest = result.replace("\t", " ").partition(" ")
    action, text = name.upper(), template(rest.strip(" "))
    at = len(line.text) - len(result)
    if not action:
        problems.error(line, "there is no action after the pattern", at=len(line.text))
    elif action not in ACTIONS:
        problems.error(line, f'there is no action "{name[:40]}"', f"known are {', '.join(ACTIONS)}", at=at)
    elif action in NEEDED and not text:
        problems.error(line, f"{action} needs a text", at=len(line.text))
    elif wrong := _group_fault(text, groups) or _fault(action, text, file):
        problems.error(line, wrong, at=at)
    else:
        return (*_note(action, text, where), *_steps(action, text, where))
    return ()


def _note(action: str, text: Text, where: Where) -> Block:
    """The line of the journal."""
    default = ACTIONS[action]
    said = text or default
    if default is None or not said:
        return ()
    place = f"{where}: "
    return (Set(Note(place + said if isinstance(said, str) else Template((place, *said.parts))), where),)


def _steps(action: str, text: Text, where: Where) -> Block:
    match action:
        case "REJECT":
            status, reason = _status(text)
            refusal = Refusal(reason or "message content rejected", status=status)
            return (Set(Forget(where.file), where), Do(refusal, where), Stop("all", "", where))
        case "DISCARD":
            return (Set(Forget(where.file), where), Do(DiscardIt(), where), Stop("all", "", where))
        case "HOLD" | "FILTER":
            return (Do(QUARANTINE, where),)
        case "REDIRECT":
            return (Set(Forget(where.file, redirects=True), where), Do(RedirectTo(text), where))
        case "BCC":
            return (Do(RedirectTo(text, copy=True), where),)
        case "PREPEND":
            return (Set(EditLine(text, keep=True), where),)
        case "REPLACE":
            return (Set(EditLine(text), where),)
        case "IGNORE" | "STRIP":
            return (Set(EditLine(""), where),)
        case "PASS":
            return (Set(NoMore(), where), Stop("plan", "", where))
    return ()


def _group_fault(text: Text, groups: int) -> str:
    """A group that the pattern has not: Postfix skips such a line with a warning."""
    if isinstance(text, str):
        return ""
    wrong = [part.name for part in text.parts if isinstance(part, Var) and int(part.name) > groups]
    return f"${wrong[0]} in the text, but the pattern has {groups or 'no'} groups" if wrong else ""


def _fault(action: str, text: Text, file: str) -> str:
    match action:
        case "REDIRECT" | "BCC" if isinstance(text, str):
            return address_fault(text)
        case "PREPEND" | "REPLACE" if "body_checks" not in file.rsplit("/", 1)[-1]:
            head = text if isinstance(text, str) else text.parts[0]
            return label_fault(head) if isinstance(head, str) and (head == text or " " in head) else ""
        case "REJECT" if _status(text)[0].startswith("4"):
            return "a refusal for now (4.x.x) is not possible behind the queue: HOLD keeps the message in quarantine"
    return ""


def _status(text: Text) -> tuple[str, Text]:
    """ "When no code is specified at the beginning of optional text..., Postfix inserts ... "5.7.1"." """
    head = text if isinstance(text, str) else text.parts[0]
    if not isinstance(head, str):
        return "5.7.1", text
    code, _, rest = head.partition(" ")
    numbers = code.split(".")
    if len(numbers) != 3 or numbers[0] not in ("4", "5") or not all(n.isdecimal() and len(n) < 4 for n in numbers):
        return "5.7.1", text
    return code, rest if isinstance(text, str) else Template((rest, *text.parts[1:]))
