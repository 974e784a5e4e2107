"""Recipes and assignments."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleErrors
from mdafilter.lang import procmail
from mdafilter.lang.procmail.recipes import is_weight
from mdafilter.plan import Discard, File, Keep, Pipe, Redirect
from tests.support.procmail import decide

TRASH = File("Trash", create=True)


@pytest.mark.parametrize(
    ("recipe", "act"),
    [
        (":0\n* ^Subject:.*\\*SPAM\\*\n.maildir/.Trash/\n", TRASH),
        (":0:\n* ^subject: .*spam\n.maildir/.Trash/", TRASH),
        (":0 H: lock # comment\n*^Subject\n.maildir/.Trash/", TRASH),
        (":0 B\n* ^Subject\n.maildir/.Trash/", Keep()),
        (":0 B\n* ^buy now\n.maildir/.Trash/", TRASH),
        (":0 HB\n* ^buy now\n* ^Subject\n.maildir/.Trash/", TRASH),
        (":0\n* B ?? ^buy now\n.maildir/.Trash/", TRASH),
        (":0B\n* H ?? ^Subject\n.maildir/.Trash/", TRASH),
        (":0\n* ! ^X-None\n* !^X-Other\n.maildir/.Trash/", TRASH),
        (":0\n* ! ^Subject\n.maildir/.Trash/", Keep()),
        (":0\n* > 10\n* < 100000\n* ! > 100000\n.maildir/.Trash/", TRASH),
        (":0\n* > 100000\n.maildir/.Trash/", Keep()),
        (":0\n/dev/null", Discard()),
        (":0\n$DEFAULT", Keep()),
        (":0\n! ann@example.org", Redirect("ann@example.org")),
        (":0\n! root", Redirect("root")),
        (":0\n| sort > out", Pipe(("/bin/sh", "-c", "sort > out"))),
        (":0\n{\n  :0\n  * ^Subject\n  .maildir/.Trash/\n}", TRASH),
        (":0\n* ^X-None\n{\n  :0\n  .maildir/.Trash/\n}", Keep()),
        (":0\n* ^Subject\n{ }\n:0\n.maildir/.Trash/", TRASH),
        ("MAILDIR=$HOME/mail # here\n:0\n.Trash/", TRASH),
        ('DEFAULT="$HOME/mail/"\n:0\nmail/.Trash/', TRASH),
        ("MAILDIR=$HOME\n:0\n.maildir/.Trash/", TRASH),
    ],
)
def test_what_a_recipe_does(recipe: str, act: object) -> None:
    assert [decided.act for decided in decide(recipe).decided] == [act]


def test_a_recipe_that_delivers_is_the_last() -> None:
    """procmailrc(5): a delivering recipe that matches ends the file."""
    decision = decide(":0\n.maildir/.A/\n:0\n.maildir/.B/\n")
    assert [decided.act for decided in decision.decided] == [File("A", create=True)]
    assert [str(decided.at) for decided in decision.decided] == ["test.procmailrc:2"]


def test_several_addresses() -> None:
    decision = decide(":0\n! a@b.example c@d.example\n")
    assert [decided.act for decided in decision.decided] == [Redirect("a@b.example"), Redirect("c@d.example")]


def problems(text: str) -> list[str]:
    with pytest.raises(RuleErrors) as raised:
        procmail.compile(text.encode(), "rc")
    return [f"{problem.line}:{problem.column} {problem.text}" for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (":0 c\n.maildir/.A/", "1:1 not supported yet: carbon copies (c)"),
        (":0 fw\n| x", "1:1 not supported yet: filters (f)"),
        (":0 D\n/dev/null", "1:1 not supported yet: distinguishing case (D)"),
        (":0 Q\n/dev/null", '1:1 there is no flag "Q"'),
        (":1\n^a\n/dev/null", "1:1 a recipe begins with :0"),
        (":0\n| vacation $X", "2:1 not supported yet: variables and backquotes in the command line of a program"),
        (":0\n|", "2:1 there is no program after the |"),
        (":0\nX=| date", "2:1 not supported yet: a program's output in a variable (NAME=|)"),
        (":0\n* ? test -f x\n/dev/null", "2:1 not supported yet: conditions by a program's exit code (* ?)"),
        (":0\n* $ ^$A\n/dev/null", "2:1 not supported yet: variables in conditions (* $)"),
        (":0\n* -1.5^0 x\n/dev/null", "2:1 not supported yet: weighted scoring (* w^x)"),
        (":0\n* A ?? x\n/dev/null", "2:1 not supported yet: conditions on variables (* NAME ??)"),
        (":0\n* ! ! x\n/dev/null", "2:1 not supported yet: a condition that is negated twice (* ! !)"),
        (":0\n* < 10k\n/dev/null", '2:1 "10k" is not a number of octets'),
        (":0\n*  ^a(b\n/dev/null", "2:6 regular expression: a ( without a )"),
        (":0\n! $OWNER", "2:1 not supported yet: variables and shell syntax in addresses"),
        (":0\n! -oi a@b", "2:1 not supported yet: options for sendmail (! -)"),
        (":0\n!", "2:1 there is no address after the !"),
        (":0\nspam", "2:1 mbox files are not supported"),
        (":0\n.maildir/.A/ .maildir/.B/", "2:1 not supported yet: several folders in one action"),
        (":0\n.maildir/.a..b/", '2:1 the folder name "a..b" has an empty level in it'),
        (":0\n* ^a", "1:1 the recipe has no action"),
        (":0\n{\n:0\n/dev/null", "2:1 this { is never closed"),
        (":0\n{ :0\n/dev/null\n}", "2:1 nothing can follow a {"),
        ("}", "1:1 this } closes nothing"),
        ("INCLUDERC=x", "1:1 not supported yet: included files (INCLUDERC)"),
        ("A=b", "1:1 not supported yet: variables of your own"),
        ("what is this", "1:1 neither a recipe nor an assignment"),
        ("MAILDIR=$X/y", "1:1 variables in paths are not supported: $X/y"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_it(text: str, problem: str) -> None:
    """A rule that would mean something else is worse than one that does not compile."""
    assert problems(text)[0] == problem


def test_all_errors_come_at_once() -> None:
    assert [p.split()[0] for p in problems(":0 c\n* ^(\nspam\n}\nA=b\n")] == ["1:1", "2:4", "3:1", "4:1", "5:1"]


def test_blocks_are_nested_only_so_deep() -> None:
    deep = ":0\n{\n" * (limits.SCRIPT_NESTING + 10)
    assert any("nested more than" in problem for problem in problems(deep))


@pytest.mark.parametrize("name", ["DROPPRIVS", "PATH", "SHELL", "LOGFILE", "VERBOSE"])
def test_what_matters_only_to_procmail_is_passed_over_with_a_warning(name: str) -> None:
    compiled = procmail.compile(f"{name}=yes\n".encode(), "rc")
    assert [problem.text for problem in compiled.warnings] == [f"{name} is without effect"]


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("1^1 a", True),
        ("-100^0", True),
        ("2.5^.5 a", True),
        ("^a", False),
        ("a^b", False),
        ("^^a", False),
        ("1^a", False),
    ],
)
def test_weights(text: str, weight: bool) -> None:
    assert is_weight(text) is weight
