"""The actions of a table of patterns as steps (header_checks(5), ACTIONS). Names are known in any case.

    REJECT text       refuse the message; a code like 5.7.1 may stand before the text, or 4.7.1: refuse it for now
    DISCARD text      drop it
    HOLD text         into the folder of the setting `quarantine`, and nowhere else: the hold queue of a mailbox
    FILTER where      the same: Postfix has long chosen the way of the message when we see it
    REDIRECT address  to this address and not here; nothing more of this message is looked up
    BCC address       a copy to this address
    PREPEND text      this line before the line;  REPLACE text: in its place
    IGNORE, STRIP     without the line; STRIP says so
    WARN, INFO text   a line for the journal
    DUNNO, OK         nothing; entries further down do not see the line
    PASS text         nothing more of this message is looked up, in this or another table

A REJECT is a bounce here, since Postfix has accepted the message: where the admin can, it belongs into Postfix. REJECT
and DISCARD end all rules and take back what the tables had decided (words/way.py). PASS and REDIRECT end the lines; of
REDIRECT the manual says something else, but cleanup(8) does this. With all others the next line is looked at. Then,
while the message is kept, the next rules run. More than limits.REDIRECTS addresses are a failure.

In:    what stands behind the pattern. Out: a block. Fails: an error for everything that is not known.
"""

from __future__ import annotations

from mdafilter.lang.tables.lines import cut, template
from mdafilter.plan import Do, Set, Stop
from mdafilter.texts import Template, Var, Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.discard import DiscardIt
from mdafilter.words.edit import EditLine, label_fault
from mdafilter.words.fileinto import FileInto
from mdafilter.words.names import ADDRESS_HINT, address_fault
from mdafilter.words.note import Note
from mdafilter.words.redirect import RedirectTo
from mdafilter.words.reject import Refusal
from mdafilter.words.scan import NoMore
from mdafilter.words.way import Choose, Chosen

if TYPE_CHECKING:
    from mdafilter.lang.problems import Line, Problems
    from mdafilter.plan import Action, Block
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
HINTS = {"REDIRECT": ADDRESS_HINT, "BCC": ADDRESS_HINT, "REJECT": "written: REJECT 5.7.1 TEXT"}


def block(line: Line, result: str, file: str, groups: int, problems: Problems) -> Block:
    """What a line does; () after an error too. `groups` is how many groups of the pattern its text may name."""
    where = Where(file, line.number)
    name, rest = cut(result)
    action = name.upper()
    text, wrong = template(rest, groups)
    at = len(line.text) - len(result)
    if not action:
        hint = f"known are {', '.join(ACTIONS)}"
        problems.error(line, "there is no action after the pattern", hint, at=len(line.text))
    elif action not in ACTIONS:
        problems.error(line, f'there is no action "{name[:40]}"', f"known are {', '.join(ACTIONS)}", at=at)
    elif action in NEEDED and not text:
        problems.error(line, f"{action} needs a text", f"written: {action} TEXT", at=len(line.text))
    elif wrong:
        problems.error(line, wrong, "groups are what stands in parentheses, from $1 on", at=at)
    elif fault := _fault(action, text, file):
        problems.error(line, fault, HINTS.get(action, "written: NAME: TEXT"), at=at)
    else:
        if action == "REJECT" and _status(text)[0].startswith("4"):
            hint = "HOLD keeps the message in quarantine"
            problems.warn(line, "Postfix tries this message again and again, and returns it in the end", hint, at=at)
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
            return (*_way(action, refusal, where), Stop("all", "", where))
        case "DISCARD":
            return (*_way(action, DiscardIt(), where), Stop("all", "", where))
        case "HOLD" | "FILTER":
            return _way(action, QUARANTINE, where)
        case "BCC":
            return _way(action, RedirectTo(text, copy=True), where)
        case "REDIRECT":
            return (*_way(action, RedirectTo(text), where), *_no_more(where))
        case "PREPEND":
            return (Set(EditLine(text, keep=True), where),)
        case "REPLACE":
            return (Set(EditLine(text), where),)
        case "IGNORE" | "STRIP":
            return (Set(EditLine(None), where),)
        case "PASS":
            return _no_more(where)
    return ()


def _no_more(where: Where) -> Block:
    return (Set(NoMore(), where), Stop("plan", "", where))


def _way(name: str, action: Action, where: Where) -> Block:
    return (Set(Choose(name), where), Do(Chosen(name, action), where))


def _fault(action: str, text: Text, file: str) -> str:
    match action:
        case "REDIRECT" | "BCC" if isinstance(text, str):
            return address_fault(text)
        case "PREPEND" | "REPLACE" if "body_checks" not in file.rsplit("/", 1)[-1]:
            head = text if isinstance(text, str) else text.parts[0]
            return label_fault(head) if isinstance(head, str) and (head == text or " " in head) else ""
        case "REJECT" if _status(text)[0].startswith("2"):
            return "a refusal has a code like 5.7.1 or 4.7.1"
    return ""


def _status(text: Text) -> tuple[str, Text]:
    """ "When no code is specified at the beginning of optional text..., Postfix inserts ... "5.7.1"." """
    head = text if isinstance(text, str) else text.parts[0]
    if not isinstance(head, str):
        return "5.7.1", text
    code, rest = cut(head)
    numbers = code.split(".")
    if len(numbers) != 3 or numbers[0] not in ("2", "4", "5") or not all(map(_is_number, numbers)):
        return "5.7.1", text
    return code, rest if isinstance(text, str) else Template((rest, *text.parts[1:]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 4
