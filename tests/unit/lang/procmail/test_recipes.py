"""Recipes and assignments."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.lang import procmail
from mdafilter.lang.procmail.conditions import is_weight
from mdafilter.plan import If, Scene
from mdafilter.texts import Where
from tests.support.procmail import SPAM, decide
from tests.support.scene import scene

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
        (":0\n{\n  :0\n  * ^Subject\n  .maildir/.Trash/\n}", TRASH),
        (":0\n* ^X-None\n{\n  :0\n  .maildir/.Trash/\n}", Keep()),
        (":0\n* ^Subject\n{ A=.maildir/.Trash/ }\n:0\n$A", TRASH),
        (":0\n* ^Subject\n{ A=x\n}\n:0 E\n/dev/null\n:0\n* A ?? x\n.maildir/.Trash/", TRASH),
        (":0\n* ^X-None\n/dev/null\n:0 E\n* ^Nothing\n/dev/null\n:0 E\n.maildir/.Trash/", TRASH),
        (":0\n* ^X-None\n{ }\n:0 A\n/dev/null\n:0\n.maildir/.Trash/", TRASH),
        (":0 D\n* ^subject\n/dev/null\n:0 D\n* ^Subject\n.maildir/.Trash/", TRASH),
        (":0\n* ! ! ^Subject\n.maildir/.Trash/", TRASH),
        (":0\n* ? grep -q viagra\n.maildir/.Trash/", TRASH),
        (":0\n* ! ? grep -q nowhere\n.maildir/.Trash/", TRASH),
        ("A=bject\n:0\n* $ ^Su$A:\n.maildir/.Trash/", TRASH),
        ("A=`echo Trash`\n:0\n.maildir/.$A/", TRASH),
        (":0\n* ^Subject: \\/[*]+\n{ A=$MATCH }\n:0\n* A ?? ^\\*+$\n.maildir/.Trash/", TRASH),
        (":0 fw\n| sed s/viagra/tea/\n:0\n* ^Subject.*tea\n.maildir/.Trash/", TRASH),
        (":0 fw\n| false\n:0 e\n.maildir/.Trash/", TRASH),
        (":0 fw\n| cat\n:0 a\n.maildir/.Trash/", TRASH),
        (":0:\nmbox", Box("/home/ann/mbox")),
        (":0\nMail/lists/.", Box("/home/ann/Mail/lists/.")),
        ("MAILDIR=Mail\n:0\nlists/", Box("/home/ann/Mail/lists/")),
        ("MAILDIR=$HOME/Mail # here\n:0\n.Trash/", Box("/home/ann/Mail/.Trash/")),
        ("A=ann@example.org\n:0\n! $A", Redirect("ann@example.org")),
        (":0\n* ^Subject\n{ }\n:0\n.maildir/.Trash/", TRASH),
        ("MAILDIR=$HOME\n:0\n.maildir/.Trash/", TRASH),
    ],
)
def test_what_a_recipe_does(recipe: str, act: object) -> None:
    assert [decided.act for decided in decide(recipe).decided] == [act]


def test_a_program_runs_in_MAILDIR_with_the_variables() -> None:
    (decided,) = decide("SHELL=/bin/bash\nTIMEOUT=7\nUMASK=022\nA=x\nMAILDIR=Mail\n:0\n| sort > out\n").decided
    lines = [
        f"export {pair}" for pair in ("A='x'", "MAILDIR='Mail'", "SHELL='/bin/bash'", "TIMEOUT='7'", "UMASK='022'")
    ]
    command = "\n".join([*lines, "cd -- '/home/ann/Mail' 2>/dev/null", "umask 022", "sort > out"])
    assert decided.act == Pipe(("/bin/bash", "-c", command), seconds=7.0)


def test_a_recipe_that_delivers_is_the_last() -> None:
    """procmailrc(5): a delivering recipe that matches ends the file."""
    decision = decide(":0\n.maildir/.A/\n:0\n.maildir/.B/\n")
    assert [decided.act for decided in decision.decided] == [File("A", create=True)]
    assert [str(decided.at) for decided in decision.decided] == ["test.procmailrc:2"]


def test_several_addresses() -> None:
    decision = decide(":0\n! a@b.example c@d.example\n")
    assert [decided.act for decided in decision.decided] == [Redirect("a@b.example"), Redirect("c@d.example")]


def test_copies_go_on() -> None:
    decision = decide(":0 c\n.maildir/.A/\n:0 wc\n| cat\n:0\n.maildir/.B/\n")
    copied, piped, last = (decided.act for decided in decision.decided)
    assert copied == File("A", create=True, copy=True)
    assert isinstance(piped, Pipe) and piped.copy
    assert last == File("B", create=True)


@pytest.mark.parametrize(
    ("rc", "folders"),
    [
        (":0 c\n* ^Subject\nA/\n:0 A\n* ^X-None\nB/\n:0 E\nC/\n", "A C"),
        (":0 c\n* ^X-None\nA/\n:0 A\nB/\n:0 E\nC/\n", "C"),
        (":0\n* ^X-None\nA/\nX=Y\n:0 E\n$X/\n", "Y"),
        (":0 c\n* ^Subject\nA/\n:0 E\nB/\n:0 E\nC/\n:0 A\nD/\n:0\nE/\n", "A E"),
        (":0\n* ^X-None\nA/\n:0 Ec\nB/\n:0 E\nC/\n:0 A\nD/\n:0 Ec\nE/\n:0\nF/\n", "B E F"),
        (":0 c\n* ^Subject\nA/\n:0 Ac\nB/\n:0 A\nC/\n", "A B C"),
    ],
)
def test_recipes_that_depend_on_others(rc: str, folders: str) -> None:
    """As procmail takes A and E: the one asks the last recipe without A or a, the other all since the last without E."""
    decided = decide(f"MAILDIR=$HOME/x\n{rc}").decided
    assert [one.act.path.split("/")[-2] for one in decided if isinstance(one.act, Box)] == folders.split()


def test_adjacent_recipes_with_E_are_branches_of_one_if() -> None:
    plan = procmail.compile(b":0\n* ^A\nx\n:0 E\n* ^B\ny\n:0 E\nz\n", "rc").plan
    assert [len(step.branches) for step in plan.steps if isinstance(step, If)] == [3]


def test_a_block_for_a_copy() -> None:
    """procmailrc(5), flag c: a clone goes through the block and on behind it, with variables of its own."""
    rc = "A=out\n:0 c\n{\n  A=in\n  :0\n  * ^X-None\n  .maildir/.B/\n}\n:0\n.maildir/.$A/\n"
    assert [decided.act for decided in decide(rc).decided] == [File("out", create=True), File("in", create=True)]


def test_what_is_fed_to_a_program_alone_does_not_cost_the_message() -> None:
    decision = decide(":0 hw\n| formail -D 8192 cache\n")
    piped, kept = (decided.act for decided in decision.decided)
    assert isinstance(piped, Pipe) and (piped.copy, piped.area) == (True, "header")
    assert kept == Keep()


def test_a_place_that_failed_is_passed_over() -> None:
    """procmailrc(5): "If the delivery fails ... the next recipe"."""
    rc = ":0\n.maildir/.A/\n:0 e\n.maildir/.C/\n"
    failed = {Where("test.procmailrc", 1): "no such device"}
    decision = run([procmail.compile(rc.encode(), "test.procmailrc").plan], scene_of(SPAM, failed))
    assert [decided.act for decided in decision.decided] == [File("C", create=True)]


def test_included_files_share_variables() -> None:
    class Shelf:
        def find(self, location: str, name: str) -> tuple[str, bytes] | None:
            return (name, b"A=.maildir/.Trash/\n") if (location, name) == ("path", "~/rc/inc") else None

    rc = b"MAILDIR=$HOME/rc\nINCLUDERC=inc\nINCLUDERC=none\n:0\n$A\n"
    compiled = procmail.compile(rc, "rc", Shelf())
    assert compiled.included == ("~/rc/inc",)
    assert [w.text for w in compiled.warnings][-1].startswith("~/rc/none is not there")
    assert [d.act for d in run([compiled.plan], scene_of(SPAM, {})).decided] == [Box("/home/ann/rc/.maildir/.Trash/")]


def scene_of(message: bytes, failed: dict[Where, str]) -> Scene:
    made = scene(message)
    made.failed = failed
    return made


def problems(text: str) -> list[str]:
    with pytest.raises(RuleErrors) as raised:
        procmail.compile(text.encode(), "rc")
    return [f"{problem.line}:{problem.column} {problem.text}" for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (":0 Q\n/dev/null", '1:1 there is no flag "Q"'),
        (":1\n^a\n/dev/null", "1:1 a recipe begins with :0"),
        (":0\n|", "2:1 there is no program after the |"),
        (":0\n* -1.5^0 x\n/dev/null", "2:3 not supported yet: weighted scoring (* w^x)"),
        (":0\n* < 10k\n/dev/null", '2:3 "10k" is not a number of octets'),
        (":0\n*  ^a(b\n/dev/null", "2:6 regular expression: a ( without a )"),
        (":0\n! -oi a@b", "2:1 not supported yet: options for sendmail (! -)"),
        (":0\n!", "2:1 there is no address after the !"),
        (":0\n.maildir/.a..b/", '2:1 the folder name "a..b" has an empty level in it'),
        (":0\n* ^a", "1:1 the recipe has no action"),
        (":0\n{\n:0\n/dev/null", "2:1 this { is never closed"),
        ("}", "1:1 this } closes nothing"),
        (":0 E\n/dev/null", "1:1 there is no recipe that flag E could depend on"),
        (":0 A\n/dev/null", "1:1 there is no recipe that flag A could depend on"),
        (":0 f\nfolder/", "2:1 a filter (f) needs a | and a program"),
        (":0\n! $OWNER (me)", "2:1 not supported yet: shell syntax in addresses"),
        (":0\n| echo\nA=$$", "3:3 not supported yet: the process number ($$)"),
        ("A=b SWITCHRC=x", "1:5 not supported yet: another file in place of this one (SWITCHRC)"),
        ("TRAP=x", "1:1 not supported yet: programs at the end (TRAP)"),
        ("INCLUDERC=$X", "1:1 not supported yet: INCLUDERC of a name that only a message tells"),
        ('A="x', '1:5 not supported yet: a " that is never closed'),
        ("what is this", "1:1 neither a recipe nor an assignment"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_it(text: str, problem: str) -> None:
    """A rule that would mean something else is worse than one that does not compile."""
    assert problems(text)[0] == problem


def test_all_errors_come_at_once() -> None:
    assert [p.split()[0] for p in problems(":0 Q\n* ^(\nMaildir/.a..b/\n}\nA=$$\n")] == [
        "1:1",
        "2:4",
        "3:1",
        "4:1",
        "5:3",
    ]


def test_blocks_are_nested_only_so_deep() -> None:
    deep = ":0\n{\n" * (limits.SCRIPT_NESTING + 10)
    assert any("nested more than" in problem for problem in problems(deep))


@pytest.mark.parametrize("name", ["UMASK", "LOCKFILE", "SENDMAIL"])
def test_what_matters_only_to_procmail_is_passed_over_with_a_warning(name: str) -> None:
    compiled = procmail.compile(f"{name}=yes\n".encode(), "rc")
    assert [problem.text for problem in compiled.warnings] == [f"{name} is without effect on mdafilter"]


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
