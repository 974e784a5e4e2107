"""Action lines; what each does is tested with the recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mdafilter.lang import procmail
from mdafilter.lang.problems import Problems
from mdafilter.lang.procmail.actions import Actions
from mdafilter.lang.procmail.flags import Flags
from mdafilter.lang.procmail.lines import logical_lines
from mdafilter.lang.procmail.strings import Reader, command
from mdafilter.plan import Do, Rewrite, Set, Stop, Try
from mdafilter.texts import Template, Var, Where
from mdafilter.words.arguments import Arguments
from mdafilter.words.assign import AssignOutput
from mdafilter.words.command import Command
from mdafilter.words.filter import FilterThrough
from mdafilter.words.forward import ForwardTo
from mdafilter.words.pipe import PipeInto, RunBeside
from mdafilter.words.store import StoreIn
from tests.support.procmail import said

if TYPE_CHECKING:
    from mdafilter.plan import Block
    from mdafilter.texts import Text

RECIPE, HERE = Where("rc", 1), Where("rc", 2)
STOP = Stop("all", "", HERE)


def steps(text: str, flags: str = "", lock: str | None = None) -> tuple[Block, list[str]]:
    """The steps of an action, and what is said about it."""
    problems = Problems("rc", f":0\n{text}")
    (_first, line) = logical_lines(f":0\n{text}")
    found = Actions("rc", problems).parse(line, Flags(flags, lock), RECIPE)
    return found, [f"{p.line}:{p.column} {p.severity}: {p.text}" for p in problems.errors + problems.warnings]


def words(text: str) -> Arguments:
    return Reader(text).line().words


@pytest.mark.parametrize(
    ("text", "flags", "wanted"),
    [
        ("lists/", "", Try((Do(StoreIn("lists/"), HERE), STOP), RECIPE)),
        ('"a b" # c', "", Try((Do(StoreIn("a b"), HERE), STOP), RECIPE)),
        ("a/ b/.", "", Try((Do(StoreIn(words("a/ b/.")), HERE), STOP), RECIPE)),
        ("$X", "c", Try((Do(StoreIn(words("$X"), True), HERE),), RECIPE)),
        ('"$X"', "", Try((Do(StoreIn(words('"$X"')), HERE), STOP), RECIPE)),
        ("! a@b.example $X", "", Try((Do(ForwardTo(words("a@b.example $X")), HERE), STOP), RECIPE)),
        ("!a@b", "hci", Try((Do(ForwardTo(words("a@b"), True, "header", False), HERE),), RECIPE)),
        ("| cat >x", "w", Try((Do(PipeInto(Command("cat >x"), exported=True), HERE), STOP), RECIPE)),
        ("|cat", "i", Try((Do(PipeInto(command("cat"), check=False, exported=True), HERE), STOP), RECIPE)),
        ("|cat", "ci", Set(RunBeside(command("cat")), RECIPE)),
        ("| cat;", "Wchir", Set(RunBeside(Command("cat;"), "header", True, True), RECIPE)),
        ("| cat", "rW", Try((Do(PipeInto(command("cat"), exported=True, raw=True), HERE), STOP), RECIPE)),
        ("| sed 'x;y'", "fw", Rewrite(FilterThrough(Command("sed 'x;y'"), "both", True, RECIPE), RECIPE)),
        ("| sed x", "fbW", Rewrite(FilterThrough(command("sed x"), "body", True, RECIPE), RECIPE)),
        ("A=| date", "h", Set(AssignOutput("A", command("date"), "header", False, True), HERE)),
        ("=spam", "", Try((Do(StoreIn("=spam"), HERE), STOP), RECIPE)),
        ("A= | date;", "w", Set(AssignOutput("A", Command("date;"), "both", True, True), HERE)),
    ],
)
def test_actions(text: str, flags: str, wanted: object) -> None:
    assert steps(text, flags) == ((wanted,), [])


@pytest.mark.parametrize(
    ("text", "lock", "wanted"),
    [
        ("| cat", "x.lock", "x.lock"),
        ("| cat", "$A.lock", Template((Var("A"), ".lock"))),
        ("| cat >>x", "", Template(("x", Var("LOCKEXT")))),
        ("| (gzip >> $A/x.gz; true)", "", Template((Var("A"), "/x.gz", Var("LOCKEXT")))),
    ],
)
def test_the_lock_file_of_a_program(text: str, lock: str, wanted: Text) -> None:
    """procmailrc(5): "the filename following the first '>>'" and $LOCKEXT, if none is named."""
    (found,), said = steps(text, "w", lock)
    assert isinstance(found, Try) and isinstance(found.body[0], Do) and isinstance(found.body[0].action, PipeInto)
    assert (found.body[0].action.lock, said) == (wanted, [])
    assert steps(text, "fw", lock)[0] == (
        Rewrite(FilterThrough(found.body[0].action.command, "both", True, RECIPE, wanted), RECIPE),
    )


@pytest.mark.parametrize(
    ("text", "lock", "said"),
    [
        ("| cat", "", "warning: there is no >> in the line, so this program has no lock file"),
        ("| cat", '"x', 'error: the lock file "x: a " that is never closed'),
        ("| cat", "`x`", "error: not supported yet: a command in the name of a lock file, `x`"),
        ("lists/", "x.lock", "warning: the lock file x.lock is not used"),
        ("! a@b.example", "x.lock", "warning: the lock file x.lock is not used"),
    ],
)
def test_what_is_said_of_lock_files(text: str, lock: str, said: str) -> None:
    assert steps(text, "w", lock)[1] == [f"2:1 {said}"]


def test_what_procmail_would_do_otherwise_is_told_once() -> None:
    rc = b":0\n| a\n:0\n| b\n:0 f\n| c\n:0 f\n| d\n:0 w\n| e\n:0 i\n| f\n:0 c\nx\n:0\nx\n:0\ny\n:0\ny\n"
    told = [(problem.line, problem.text) for problem in procmail.compile(rc, "rc").warnings]
    assert told == [
        (2, "a program that fails leaves the message to the next recipe"),
        (6, "a filter that fails and writes nothing leaves the message as it was"),
        (16, "a mailbox that several recipes name gets the message once"),
    ]


def test_a_blank_before_the_sign_of_a_variable() -> None:
    """procmail runs the program, and sets a variable without a name."""
    found, said = steps("A =| date")
    assert found == (Set(AssignOutput("`", command("date"), "both", False, True), HERE),)
    assert said == ["2:1 warning: a blank before the = : A does not get what the program writes"]


def test_a_mailbox_is_locked_anyway() -> None:
    assert steps("box", "", "") == steps("box")


def test_what_stands_between_backquotes_runs_before() -> None:
    store = Do(StoreIn(words("`date;`/")), HERE)
    first = Set(AssignOutput("`0", Command("date;")), HERE)
    assert steps("`date;`/") == ((Try((first, store, STOP), RECIPE),), [])


@pytest.mark.parametrize(
    ("text", "flags", "said"),
    [
        ("| formail -D 8192 x", "hW", "2:1 warning: only the header is fed: the message is kept in the inbox as well"),
        ("! a@b", "b", "2:1 warning: only the body is sent: the message is kept in the inbox as well"),
        ("folder/", "b", "2:1 warning: the whole message is stored, not its header or body alone"),
        ("a b", "", "2:1 warning: unless a is a directory, what stands behind it is passed over"),
        ("{a}", "", "2:1 warning: this is taken for a mailbox of the name {a}"),
        ("^From:.*x", "", "2:1 warning: this is taken for a mailbox of the name ^From:.*x"),
        ("A=x", "", "2:1 warning: this is taken for a mailbox of the name A=x"),
        ("|", "", "2:1 error: there is no program after the |"),
        ("  ! # a", "", "2:3 error: there is no address after the !"),
        ("folder/", "f", "2:1 error: a filter (f) needs a | and a program"),
        ("Maildir/.a..b/", "", '2:1 error: the folder name "a..b" has an empty level in it'),
        ('a/ "b', "", '2:4 error: a " that is never closed'),
        ("a${A", "", "2:2 error: not supported yet: this form of a variable (${...})"),
    ],
)
def test_what_is_said(text: str, flags: str, said: str) -> None:
    """Where procmail loses something, a warning says that we do not."""
    assert steps(text, flags)[1] == [said]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (":0\n|", ["error 2:1 there is no program after the | | procmail prints the message, which no delivery can"]),
        (
            ":0 h\n| formail -D 8192 ids",
            [
                "warning 2:1 only the header is fed: the message is kept in the inbox as well | formail -D remembers what is tried again later",
                "warning 2:1 a program that fails leaves the message to the next recipe | procmail makes that so with flag w only, and loses the message without; w says that it is known",
            ],
        ),
        (
            ":0 w:\n| cat",
            [
                "warning 2:1 there is no >> in the line, so this program has no lock file | write it behind the second colon, as in :0w: my.lock"
            ],
        ),
        (":0\n!", ["error 2:1 there is no address after the ! | as in ! ann@example.org"]),
        (
            ":0 h\n! ann@example.org",
            ["warning 2:1 only the header is sent: the message is kept in the inbox as well | c says that it is known"],
        ),
        (
            ":0\na b/",
            [
                "warning 2:1 unless a is a directory, what stands behind it is passed over | several mailboxes on one line must be folders: a/ b/"
            ],
        ),
        (
            ":0\n.maildir/.a..b/",
            ['error 2:1 the folder name "a..b" has an empty level in it | a folder of a Maildir is .a/ or .a.b/'],
        ),
        (
            ":0 c\nx/\n:0\nx/",
            [
                "warning 4:1 a mailbox that several recipes name gets the message once | it may have had a copy by line 2"
            ],
        ),
        (
            ":0\n}x",
            [
                "warning 2:1 this is taken for a mailbox of the name }x | a { or } stands alone, or with blanks around it"
            ],
        ),
        (
            ":0\n^Subject: x",
            [
                "warning 2:1 unless ^Subject: is a directory, what stands behind it is passed over | several mailboxes on one line must be folders: a/ b/",
                "warning 2:1 this is taken for a mailbox of the name ^Subject: | a condition begins with *, and stands before the action",
            ],
        ),
        (
            ":0\n:0",
            [
                "warning 2:1 this is taken for a mailbox of the name :0 | an action line is missing before it, or it belongs to the line above"
            ],
        ),
        (
            ":0\nA=b",
            [
                "warning 2:1 this is taken for a mailbox of the name A=b | an action line is missing before it, or it belongs to the line above"
            ],
        ),
        (":0 h\nx", ["warning 2:1 the whole message is stored, not its header or body alone | leave out h or b"]),
        (":0: x\n* ? true\nx/", ["warning 3:1 the lock file x is not used | mailboxes are locked as they need it"]),
        (":0 f\nx", ["error 2:1 a filter (f) needs a | and a program | without f the message is delivered"]),
        (
            ":0: `date`\n| cat",
            [
                "error 2:1 not supported yet: a command in the name of a lock file, `date` | assign its output to a variable before, and name that",
                "warning 2:1 a program that fails leaves the message to the next recipe | procmail makes that so with flag w only, and loses the message without; w says that it is known",
            ],
        ),
        (":0\nA =| date", ["warning 2:1 a blank before the = : A does not get what the program writes | write A=|"]),
        (
            ":0 h\n| cat >> x",
            [
                "warning 2:1 only the header is fed: the message is kept in the inbox as well | c says that it is known",
                "warning 2:1 a program that fails leaves the message to the next recipe | procmail makes that so with flag w only, and loses the message without; w says that it is known",
            ],
        ),
        (":0 fw\n|", ["error 2:1 a filter (f) needs a | and a program | without f the message is delivered"]),
        (
            ':0 w: "x\n| cat',
            ["warning 1:1 the recipe has no action | the file ends before it, so the recipe does nothing"],
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(rules: str, expected: list[str]) -> None:
    assert said(rules) == expected
