"""procmailrc -> plan."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleErrors
from mdafilter.lang import procmail
from mdafilter.plan import Branch, Do, File, If, Plan, Stop, Where
from mdafilter.words.fileinto import FileInto
from mdafilter.words.grep import Grep
from tests.support.clock import linear
from tests.support.procmail import decide

RECIPE = b":0\n* ^Subject:.*\\*SPAM\\*\n.maildir/.Trash/\n"


def test_a_recipe_is_made_of_the_nodes_of_every_language() -> None:
    where = Where("rc", 3)
    test = Grep("header", "^Subject:.*\\*SPAM\\*", "procmail")
    then = (Do(FileInto("Trash", create=True), where), Stop("all", "", where))
    assert procmail.compile(RECIPE, "rc").plan == Plan((If((Branch(test, then, Where("rc", 1)),)),), "rc")


def test_the_decision_says_what_matched_and_where() -> None:
    (decided,) = decide(RECIPE.decode()).decided
    assert decided.act == File("Trash", create=True)
    assert (str(decided.at), decided.why) == ("test.procmailrc:3", "Subject: *****SPAM*")


def test_an_empty_file_keeps() -> None:
    assert procmail.compile(b"", "rc").plan == Plan((), "rc")


def test_octets_that_are_no_text_are_compiled() -> None:
    procmail.compile(b"# \xff\n:0\n* \xe4\xff\n/dev/null", "rc")


def test_a_long_file_is_refused() -> None:
    with pytest.raises(RuleErrors, match="longer than"):
        procmail.compile(b"#" * (limits.SCRIPT_OCTETS + 1), "rc")


def test_the_time_is_linear() -> None:
    recipe = b":0\n* ^a\n/dev/null\n"
    assert linear(lambda flags: procmail.compile(recipe * len(flags), "rc"), b"x" * 5000)
