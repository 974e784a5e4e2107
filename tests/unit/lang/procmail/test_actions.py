"""Action lines; what each does is tested with the recipes."""

from __future__ import annotations

import pytest

from mdafilter.lang.problems import Line, Problems
from mdafilter.lang.procmail.actions import Actions
from mdafilter.lang.procmail.flags import Flags
from mdafilter.plan import Do, Rewrite, Set, Stop, Try
from mdafilter.texts import Where
from mdafilter.words.assign import AssignOutput
from mdafilter.words.filter import FilterThrough
from mdafilter.words.pipe import PipeInto
from mdafilter.words.redirect import RedirectTo
from mdafilter.words.store import StoreIn

RECIPE, HERE = Where("rc", 1), Where("rc", 2)
STOP = Stop("all", "", HERE)


def steps(text: str, flags: str = "") -> tuple[object, list[str]]:
    problems = Problems("rc", f":0\n{text}")
    found = Actions("rc", problems).parse(Line(2, text), Flags(flags), RECIPE)
    assert problems.errors == []
    return found, [warning.text for warning in problems.warnings]


@pytest.mark.parametrize(
    ("text", "flags", "wanted"),
    [
        ("lists/", "", Try((Do(StoreIn("lists/"), HERE), STOP), RECIPE)),
        ("a/ b/.", "", Try((Do(StoreIn("a/"), HERE), Do(StoreIn("b/."), HERE), STOP), RECIPE)),
        ("a b", "c", Try((Do(StoreIn("a", True), HERE), Do(StoreIn("b", True), HERE)), RECIPE)),
        ("! a@b.example", "", Try((Do(RedirectTo("a@b.example"), HERE), STOP), RECIPE)),
        ("| cat >x", "w", Try((Do(PipeInto("cat >x", exported=True), HERE), STOP), RECIPE)),
        ("| cat", "i", Try((Do(PipeInto("cat", check=False, exported=True), HERE), STOP), RECIPE)),
        ("| sed x", "fw", Rewrite(FilterThrough("sed x", "both", True, RECIPE), RECIPE)),
        ("| sed x", "fb", Rewrite(FilterThrough("sed x", "body", False, RECIPE), RECIPE)),
        ("A=| date", "h", Set(AssignOutput("A", "date", "header"), HERE)),
    ],
)
def test_actions(text: str, flags: str, wanted: object) -> None:
    assert steps(text, flags) == ((wanted,), [])


def test_where_procmail_loses_something_a_warning_says_that_we_do_not() -> None:
    assert steps("| formail -D 8192 x", "hW")[1] == ["only the header is fed: the message is kept in the inbox as well"]
    assert steps("folder/", "b")[1] == ["the whole message is stored, not its header or body alone"]
