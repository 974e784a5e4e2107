"""Programs that a procmailrc names."""

from __future__ import annotations

import pytest

from mdafilter.lang.procmail.strings import command
from mdafilter.texts import Template, Var
from mdafilter.words.command import Command, command_line, output
from tests.support.scene import scene

MESSAGE = b"Subject: x\n\nbody\n"


def line(text: str, **variables: str) -> str:
    made = scene(MESSAGE)
    made.variables.update(variables)
    return command(text, file="/home/ann/rc").text(made)


@pytest.mark.parametrize("text", ["cat >$X", "echo $(a);b", "test $X", "a | b", "ls *", "[ -n a ]", " test a = b"])
def test_signs_of_the_shell_send_it_there(text: str) -> None:
    """procmailrc(5), SHELLMETAS; and `test` is known to the shell alone."""
    assert line(text) == text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("formail -I 'X-A: b'", "exec formail -I 'X-A: b'"),
        ("exit 1", "exec exit 1"),
        ("(a) $(b)", "exec '(a)' '$(b)'"),
        ('a $X "$X" b\\ c', "exec a 1 2 '1 2' 'b c'"),
        ('a `echo b c` "`echo d e`"', "exec a b c 'd e'"),
        ("a $_ $\\Y", "exec a /home/ann/rc '()a\\.b'"),
        ("a # b", "exec a"),
        ("it\\'s", "exec 'it'\\''s'"),
        ("", "exec ''"),
    ],
)
def test_without_them_it_is_divided_here(text: str, wanted: str) -> None:
    assert line(text, X="1 2", Y="a.b") == wanted


def test_quotes_that_are_not_closed_are_left_to_the_shell() -> None:
    assert command('a "b') == Command('a "b')


def test_what_it_writes_has_no_line_ends_behind_it() -> None:
    assert output(scene(MESSAGE), Command("sed -n 's/Subject: //p'; echo; echo")) == "x"


def test_other_languages_have_texts() -> None:
    made = scene(MESSAGE)
    made.set("A", "b")
    assert command_line(made, Template(("a ", Var("A")))) == "a b"
    assert command_line(made, Command("a;b")) == "a;b"
    assert str(Command("a b")) == "a b"
