"""procmailrc -> plan."""

from __future__ import annotations

from mdafilter import limits
from mdafilter.acts import Box, Discard, File, Keep
from mdafilter.engine import run
from mdafilter.errors import ActFailed
from mdafilter.lang import procmail
from mdafilter.plan import Branch, Do, If, Plan, Set, Stop, Try
from mdafilter.texts import Where
from mdafilter.words.assign import Preset
from mdafilter.words.grep import Grep
from mdafilter.words.store import StoreIn
from tests.support.clock import linear
from tests.support.procmail import decide, said
from tests.support.scene import scene

RECIPE = b":0\n* ^Subject:.*\\*SPAM\\*\n.maildir/.Trash/\n"


def test_a_recipe_is_made_of_the_nodes_of_every_language() -> None:
    recipe, where = Where("rc", 1), Where("rc", 3)
    test = Grep("header", "^Subject:.*\\*SPAM\\*")
    then = (Try((Do(StoreIn(".maildir/.Trash/"), where), Stop("all", "", where)), recipe),)
    steps = (Set(Preset(), recipe), If((Branch(test, then, recipe),)))
    assert procmail.compile(RECIPE, "rc").plan == Plan(steps, "rc", copies=True, logs=True)


def test_the_decision_says_what_matched_and_where() -> None:
    (decided,) = decide(RECIPE.decode()).decided
    assert decided.act == File("Trash", create=True)
    assert (str(decided.at), decided.why) == ("test.procmailrc:3", "Subject: *****SPAM*")


def test_an_empty_file_keeps() -> None:
    assert [decided.act for decided in decide("").decided] == [Keep()]


def test_the_end_of_the_file_is_where_default_says() -> None:
    """procmailrc(5): "If no rules match ... the mail will be delivered to the default mailbox"."""
    assert [decided.act for decided in decide("DEFAULT=other/\n").decided] == [Box("/home/ann/other/")]


def test_orgmail_is_the_last_resort() -> None:
    """procmailrc(5), ORGMAIL: "If ... the mail could not be delivered, then this mailbox will be the last resort"."""
    rc = b"DEFAULT=a/\nORGMAIL=b/\n"
    made = scene()
    assert [d.act for d in run([procmail.compile(rc, "rc").plan], made).decided] == [Box("/home/ann/a/")]
    made = scene()
    made.failed[Where("rc", 3)] = ActFailed(Where("rc", 3), "no such folder")
    assert [d.act for d in run([procmail.compile(rc, "rc").plan], made).decided] == [Box("/home/ann/b/")]
    assert [d.act for d in decide("ORGMAIL=b/\n").decided] == [Keep()]


def test_octets_that_are_no_text_are_compiled() -> None:
    plan = procmail.compile(b"# \xff\n:0\n* \xe4\xff\n/dev/null", "rc").plan
    assert [d.act for d in run([plan], scene(b"Subject: \xe4\xff\n\n")).decided] == [Discard()]
    assert [d.act for d in run([plan], scene(b"Subject: \xff\xe4\n\n")).decided] == [Keep()]


def test_a_long_file_is_refused() -> None:
    assert said("#" * (limits.SCRIPT_OCTETS + 1)) == [
        f"error 1:1 the file is longer than {limits.SCRIPT_OCTETS} octets | divide it, and write INCLUDERC=FILE"
    ]


def test_the_time_is_linear() -> None:
    recipe = b":0\n* ^a\n/dev/null\n"
    assert linear(lambda flags: procmail.compile(recipe * len(flags), "rc"), b"x" * 5000)
