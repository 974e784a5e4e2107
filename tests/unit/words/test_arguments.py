"""Words that are made when a rule runs. What is expected here is what procmail itself made of them."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.errors import RuleFailed
from mdafilter.lang.procmail.strings import Reader
from mdafilter.texts import Var
from mdafilter.words.arguments import Arguments, Gap, Unquoted
from tests.support.scene import scene

VARIABLES = {"X": " a  b ", "Y": "c d", "E": "", "STAR": "*", "$1": "ext", "$#": "1"}


def words(text: str, variables: dict[str, str] = VARIABLES) -> tuple[str, ...]:
    made = scene()
    made.variables.update(variables)
    return Reader(text).line().words.expand(made)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$X$Y x$X x$X$Y", "a b c d x a b x a b c d"),
        ("${N:-$Y} ${N:-a b} $E$E ${E}", "c d a b"),
        ("a $E b", "a b"),
        ("$STAR", "*"),
        ("${Y:+e f}${E:+g}", "e f"),
        ("$N", ""),
        ("a# #b", "a#"),
    ],
)
def test_what_stands_outside_of_quotes_is_divided(text: str, wanted: str) -> None:
    assert words(text) == tuple(wanted.split())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('"$X"$Y', (" a  b c", "d")),
        ('${N:-"$Y"} "${N:-a  b}" ${N:-\'x  y\'}', ("c d", "a  b", "x  y")),
        ('\'\' "" "$E"', ("", "", "")),
        ("a\\ b \"c d\"'e f'", ("a b", "c de f")),
        ("x\n y", ("x",)),
        ("a\\\n  b", ("a", "b")),
    ],
)
def test_what_stands_in_quotes_is_not(text: str, wanted: tuple[str, ...]) -> None:
    assert words(text) == wanted


def test_all_arguments() -> None:
    """procmailrc(5): \""$@" (the quotes are required) will expand to the specified arguments"."""
    assert words('a "$@" b') == ("a", "ext", "b")
    assert words('a "x$@y" b') == ("a", "xexty", "b")
    assert words('a "$@" b', {"$#": "0"}) == ("a", "", "b")
    assert words("$@") == ("@",)


def test_a_limit() -> None:
    made = scene()
    made.variables["X"] = "a" * 30_000
    with pytest.raises(RuleFailed, match=f"a string with variables is longer than {limits.STRING_OCTETS} characters"):
        Arguments((Var("X"),) * (limits.STRING_OCTETS // 30_000 + 1)).expand(made)


def test_it_describes_itself() -> None:
    assert str(Arguments(("a", Gap(), Unquoted("X"), Gap(), Var("Y")))) == "a ${X} ${Y}"
    assert str(Reader('${X:-a b} "$@"').line().words) == '${X:-a b} "$@"'
