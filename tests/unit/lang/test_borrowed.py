"""Words of Sieve in other languages."""

from __future__ import annotations

import pytest

from mdafilter.acts import Discard, Keep
from mdafilter.cli import outline
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.lang import procmail
from mdafilter.lang.borrowed import borrowed
from tests.support.procmail import decide
from tests.support.scene import StillWorld, scene


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("mdafilter ?? true", "true"),
        ("mdafilter??true", "true"),
        ("mdafilter ??", ""),
        ("MDAFILTER ?? true", None),
        ("mdafilters ?? true", None),
        ("/mdafilter/ ?? true", None),
    ],
)
def test_what_is_borrowed(text: str, test: str | None) -> None:
    assert borrowed(text) == test


def test_a_condition_of_a_recipe() -> None:
    rc = ':0\n* ^Subject\n* ! mdafilter ?? header :contains "to" "nobody"\n/dev/null\n'
    assert [decided.act for decided in decide(rc).decided] == [Discard()]
    assert [decided.act for decided in decide(rc.replace("* !", "*")).decided] == [Keep()]


def test_a_relative_table_is_beside_the_file_that_borrows() -> None:
    rc = ':0\n* mdafilter ?? lookup "sender" "access"\n/dev/null\n'
    world = StillWorld(tables={"access": "example.org REJECT\n"})
    plan = procmail.compile(rc.encode(), "test.procmailrc").plan
    assert [decided.act for decided in run([plan], scene(world=world)).decided] == [Discard()]
    assert outline.render(plan).count('lookup "sender" "access"') == 1


def test_mistakes_have_their_place() -> None:
    with pytest.raises(RuleErrors) as raised:
        procmail.compile(b':0\n*  mdafilter ??  heder :is "a" "b"\n/dev/null\n', "rc")
    (problem,) = raised.value.problems
    assert (problem.line, problem.column) == (2, 18)
    assert "heder" in problem.text


def test_warnings_have_their_place() -> None:
    (warning,) = procmail.compile(b':0\n* mdafilter ?? exists "a:b"\n/dev/null\n', "rc").warnings
    assert (warning.line, warning.column) == (2, 23)
