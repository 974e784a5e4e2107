"""Recipes and assignments."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject
from mdafilter.engine import run
from mdafilter.errors import ActFailed, RuleErrors
from mdafilter.lang import procmail
from mdafilter.plan import Condition, If, Scene
from mdafilter.texts import Where
from mdafilter.values import TYPE_CHECKING
from mdafilter.words.condition import Weighted
from mdafilter.words.grep import Grep
from mdafilter.words.logic import Not
from mdafilter.words.score import Score
from tests.support.procmail import SPAM, decide, said
from tests.support.scene import scene

if TYPE_CHECKING:
    from mdafilter.acts import Act

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
    assert isinstance(decided.act, Pipe)
    command = "cd -- '/home/ann/Mail' 2>/dev/null\numask 022\nsort > out"
    assert (decided.act.command, decided.act.seconds) == (("/bin/bash", "-c", command), 7.0)
    assert dict(decided.act.environ).items() >= {"A": "x", "MAILDIR": "Mail", "LOGNAME": "ann"}.items()


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
    at = Where("test.procmailrc", 1)
    failed = {at: ActFailed(at, "no such device")}
    decision = run([procmail.compile(rc.encode(), "test.procmailrc").plan], scene_of(SPAM, failed))
    assert [decided.act for decided in decision.decided] == [File("C", create=True)]


def scene_of(message: bytes, failed: dict[Where, ActFailed]) -> Scene:
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
        (":0\n|", "2:1 there is no program after the |"),
        (":0\n!", "2:1 there is no address after the !"),
        (":0\n.maildir/.a..b/", '2:1 the folder name "a..b" has an empty level in it'),
        (":0 f\nfolder/", "2:1 a filter (f) needs a | and a program"),
        (":0\n| echo\nA=x${=}", "3:4 not supported yet: this form of a variable (${...})"),
        ('A="x', '1:3 a " that is never closed'),
        ("A=${B%c}", "1:3 not supported yet: this form of a variable (${...})"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_it(text: str, problem: str) -> None:
    """A rule that would mean something else is worse than one that does not compile."""
    assert problems(text)[0] == problem


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (":0 Q\n/dev/null", '1:4 "Q" is passed over: there is no flag "Q"'),
        (":0\n* < 10k\n/dev/null", '2:7 "k" is passed over: a size is a number of octets'),
        (":0\n*  ^a(b\n/dev/null", "2:6 regular expression: a ( without a )"),
        (":0\n* ^a", "1:1 the recipe has no action"),
        (":0\n{\n:0\n/dev/null", "2:1 this { is never closed"),
        ("}", "1:1 this } closes nothing"),
        (":0 E\n/dev/null", "1:1 no recipe is before this one: with flag E it is always carried out"),
        (":0 A\n/dev/null", "1:1 no recipe is before this one: with flag A it is never carried out"),
        (":0\n{\n:0 E\n/dev/null\n}", "3:1 no recipe is before this one: with flag E it is never carried out"),
        (
            ":0\n{\n:0 A\n/dev/null\n}",
            "3:1 no recipe is before this one: with flag A it is carried out as the block is",
        ),
        ("A=x$(date)", "1:4 to procmail $( begins no command"),
        ("What is this", '1:1 this unsets a variable of the name "What"'),
        ("*** lists ***", "1:1 neither a recipe nor an assignment"),
        (":0\n:0\n/dev/null", "2:1 this is taken for a mailbox of the name :0"),
    ],
)
def test_what_procmail_passes_over_is_a_warning(text: str, warning: str) -> None:
    """A file of twenty years goes on to do what it did, with all that procmail's log says about it."""
    warnings = procmail.compile(text.encode(), "rc").warnings
    assert f"{warnings[0].line}:{warnings[0].column} {warnings[0].text}" == warning


@pytest.mark.parametrize(
    ("rc", "act"),
    [
        (":2\n^Subject\n* ^From\n.maildir/.Trash/", TRASH),
        (":2c\n^Subject\n^X-None\n/dev/null\n:0\n.maildir/.Trash/", TRASH),
        (":0\n{ A=b B2=c } C=d :0\n* A ?? b\n* B2 ?? c\n* C ?? d\n.maildir/.Trash/", TRASH),
        ('A="x\ny"\n:0\n* A ?? ^x$y$\n.maildir/.Trash/', TRASH),
        ("X=! Y='^X-None'\n:0\n* $ $X $Y\n.maildir/.Trash/", TRASH),
        (":0\n{\n:0 A\n.maildir/.Trash/\n}", TRASH),
        (":0\n{\n:0 E\n/dev/null\n}\n:0\n.maildir/.Trash/", TRASH),
        (":0\n{\n:0 e\n/dev/null\n:0\n.maildir/.Trash/", TRASH),
        (":0 E\n.maildir/.Trash/", TRASH),
        ("}\n^x y=z\nfoo bar\n:0 Q: c\n.maildir/.Trash/", TRASH),
        (":0\n* ^Subject: \\/.* (v|w)\n* $ MATCH ?? ^^$\\MATCH^^\n.maildir/.Trash/", TRASH),
        ("TO='a@b c@d'\n:0\n! $TO", Redirect("a@b")),
        ("A=`false`$?\n:0\n* A ?? ^^1^^\n.maildir/.Trash/", TRASH),
        (":0 c\nlists\n:0\n* LASTFOLDER ?? ^^lists^^\n.maildir/.Trash/", TRASH),
        ("A=$_.$#\n:0\n* A ?? ^^test\\.procmailrc\\.0^^\n.maildir/.Trash/", TRASH),
    ],
)
def test_old_and_odd_forms(rc: str, act: object) -> None:
    acts = [decided.act for decided in decide(rc).decided]
    assert act in acts


def test_a_long_chain_of_E_stays_small() -> None:
    """Each of the recipes knows of those before it, whatever stands between them."""
    chain = "".join(f":0 E\n* ^X-{n}\n/dev/null\nA{n}=b\n" for n in range(100))
    rc = f":0\n* ^X-None\n/dev/null\n{chain}:0 E\n.maildir/.Trash/\n"
    assert [decided.act for decided in decide(rc).decided] == [TRASH]
    taken = rc.replace("^X-50\n/dev/null", "^Subject\n{ }")
    assert [decided.act for decided in decide(taken).decided] == [Keep()]
    assert len(repr(procmail.compile(rc.encode(), "rc").plan)) < 2000 * 100


def first_test(rc: str) -> Condition:
    """What the first recipe asks."""
    step = procmail.compile(rc.encode(), "rc").plan.steps[1]
    assert isinstance(step, If)
    return step.branches[0].test


def test_a_recipe_with_weights_is_one_condition() -> None:
    """procmailsc(5): "the final score for that recipe must be positive for it to match"."""
    test = first_test(":0\n* -1^0\n* 2^1 B ?? a\n* ! b\nx\n")
    assert test == Score(
        (
            Weighted(-1.0, 0.0, Grep("header", "")),
            Weighted(2.0, 1.0, Grep("body", "a")),
            Not(Grep("header", "b")),
        )
    )
    assert test.describe() == 'allof (-1^0 header has "", 2^1 body has "a", not header has "b")'


def test_where_the_score_is_looked_at_each_recipe_leaves_one_behind() -> None:
    """procmailsc(5): "This variable is set every time just after procmail has parsed all conditions on a recipe"."""
    assert first_test(":0\n* a\nx\nA=$=\n") == Score((Grep("header", "a"),))
    assert first_test(":0\n* a\nx\n") == Grep("header", "a")


@pytest.mark.parametrize(
    ("rc", "act"),
    [
        (":0\n* ^X-None\nx\nHOST=stop\n:0\nx", Discard()),
        (":0\n{ HOST }\n:0\nx", Discard()),
        ("HOST=elsewhere\n:0\nx", Keep()),
        ("EXITCODE=67 HOST\n", Reject("user unknown", "5.1.1")),
        ("EXITCODE=77\n:0\n/dev/null", Reject("permission denied", "5.7.0")),
        ("EXITCODE=67 EXITCODE\n:0\n/dev/null", Discard()),
    ],
)
def test_where_the_rules_end(rc: str, act: Act) -> None:
    assert [decided.act for decided in decide(rc).decided] == [act]


def test_a_program_at_the_end() -> None:
    """It has what the variables are then, wherever the end is."""
    decision = decide("TRAP=x\n:0\n{ TRAP='echo $A' }\nA=2\n:0\nmbox\nTRAP=never\n")
    box, trap = (decided.act for decided in decision.decided)
    assert isinstance(box, Box)
    assert isinstance(trap, Pipe)
    assert trap.command[-1].endswith("echo $A")
    assert ("A", "2") in trap.environ
    assert [decided.act for decided in decide("TRAP=x\nTRAP\n").decided] == [Keep()]


def test_all_errors_come_at_once() -> None:
    rc = ":0 Q\n* ?\nMaildir/.a..b/\n}\nA=x${=}\n"
    assert [p.split()[0] for p in problems(rc)] == ["2:4", "3:1", "5:4"]


@pytest.mark.parametrize(
    "text",
    [
        *("A=${B%%.*}", 'A="', "A='", "A=`", "A=${B", "A=${B-", "A=${B-c d}"),
        *(":0\n|", ":0\n!", ":0 f\nx", ":0\n* ?\nx", ":0\nx/.a..b/", ":0\n* $ ${A\nx"),
    ],
)
def test_errors_say_what_to_do(text: str) -> None:
    with pytest.raises(RuleErrors) as caught:
        procmail.compile(text.encode(), "rc")
    assert all(problem.hint for problem in caught.value.problems)


def test_blocks_are_nested_only_so_deep() -> None:
    deep = ":0\n{\n" * (limits.SCRIPT_NESTING + 10)
    assert said(deep)[0] == (
        f"error {2 * limits.SCRIPT_NESTING + 2}:1 blocks are nested deeper than {limits.SCRIPT_NESTING}"
        " | put what is inside into a file of its own, and write INCLUDERC=FILE"
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SENDMAIL", "mail is forwarded by the program of the setting sendmail; commands find $SENDMAIL"),
        ("SENDMAILFLAGS", "mail is forwarded with -i and the sender"),
        ("UMASK", "commands have this umask; mailboxes are for their owner alone"),
        ("MSGPREFIX", "files in a folder are called msg."),
        ("SHELLMETAS", "every command goes to the shell"),
        ("SHELLFLAGS", "every command goes to the shell with -c"),
        ("LOCKFILE", "mailboxes are locked as they need it"),
        ("SUSPEND", "Postfix tries again where something is lacking"),
        ("DELIVERED", "a message that cannot be delivered is tried again, and not lost"),
    ],
)
def test_what_matters_only_to_procmail_is_passed_over_with_a_warning(name: str, hint: str) -> None:
    assert said(f"{name}=yes\n") == [f"warning 1:1 {name} is without effect on mdafilter | {hint}"]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("}", ["warning 1:1 this } closes nothing | procmail passes over it"]),
        (":0\n{\n", ["warning 2:1 this { is never closed | all that follows depends on its conditions"]),
        (":0\n* ^a", ["warning 1:1 the recipe has no action | the file ends before it, so the recipe does nothing"]),
        (":0:\n{ A=b }", ["warning 2:1 a lock file of a block is not used | give it to the program that needs it"]),
        (
            "A=$(date)",
            [
                "warning 1:3 to procmail $( begins no command | a command stands between backquotes, as in `date`; expr(1) calculates"
            ],
        ),
        ("comment\n", ['warning 1:1 this unsets a variable of the name "comment" | a comment begins with #']),
        (
            "EXITCODE=77",
            [
                "warning 1:1 EXITCODE counts only for a message that is delivered nowhere | where /dev/null or HOST ends the rules, 75 tries again, and another one refuses; that is a bounce"
            ],
        ),
        (
            "HOST=other",
            [
                "warning 1:1 on a host of another name the message is kept in the inbox | procmail loses it; a HOST behind the first recipe discards it here, too"
            ],
        ),
        (
            ":0 A\nx",
            [
                "warning 1:1 no recipe is before this one: with flag A it is never carried out | it depends on a recipe before it in the same block"
            ],
        ),
        (
            ":0 e\nx",
            [
                "warning 1:1 no recipe is before this one: with flag e it is never carried out | it depends on a recipe before it in the same block"
            ],
        ),
        (
            ":0 E\nx",
            [
                "warning 1:1 no recipe is before this one: with flag E it is always carried out | it depends on a recipe before it in the same block"
            ],
        ),
        (
            ":0\n{\n:0 E\nx\n}",
            [
                "warning 3:1 no recipe is before this one: with flag E it is never carried out | it depends on a recipe before it in the same block"
            ],
        ),
        (
            ":0\n{\n:0 A\nx\n}",
            [
                "warning 3:1 no recipe is before this one: with flag A it is carried out as the block is | it depends on a recipe before it in the same block"
            ],
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(rules: str, expected: list[str]) -> None:
    assert said(rules) == expected


def test_what_is_neither_is_passed_over() -> None:
    hint = "procmail passes over it; a recipe begins with :0, a comment with #"
    assert said("*** lists ***") == [f"warning 1:1 neither a recipe nor an assignment | {hint}"]
