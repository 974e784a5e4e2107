"""Quotes, variables and commands in strings. What is expected here is what procmail itself made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter import limits
from mdafilter.lang.procmail.strings import Reader, Unknown, command
from mdafilter.texts import Either, Template, Var
from mdafilter.words.arguments import Arguments, Choice, Gap, Unquoted
from mdafilter.words.command import Command
from tests.support.clock import linear
from tests.support.procmail import said


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("'single $A `b`'", "single $A `b`"),
        ('"two words"', "two words"),
        ("a'b c'd\"e f\"", "ab cde f"),
        (r"back\ slash\$", "back slash$"),
        (r'"in \"quotes\" \$A \x \#"', r'in "quotes" $A \x \#'),
        (r"\#a\#b", r"#a\#b"),
        ("a#b", "a#b"),
        ("a\\\nb", "ab"),
        ('"a\nb\\\nc"', "a\nbc"),
        ("'a\\\nb'", "a\\\nb"),
        ('""', ""),
        ("$A", Template((Var("A"),))),
        ('"$A"', Template((Var("A"),))),
        ("x${A}y", Template(("x", Var("A"), "y"))),
        ("${A:-b}", Template((Either("A", ":-", "b"),))),
        ("${A-$B}", Template((Either("A", "-", Template((Var("B"),))),))),
        ("${A:+b}", Template((Either("A", ":+", "b"),))),
        ("${A:-${B:-deep}}", Template((Either("A", ":-", Template((Either("B", ":-", "deep"),))),))),
        ('${A:-"q r"}', Template((Either("A", ":-", "q r"),))),
        ('"${A:-"q r" s}"', Template((Either("A", ":-", '"q r" s'),))),
        ("$1 ", Template((Var("$1"),))),
        ("$10", Template((Var("$1"), "0"))),
        ("${1}", Template((Var("$1"),))),
        ("${1:-x}", Template((Either("$1", ":-", "x"),))),
        (
            "$$.$?.$#.$-.$0",
            Template((Var("$$"), ".", Var("$?"), ".", Var("$#"), ".", Var("LASTFOLDER"), ".", Var("$0"))),
        ),
        ("$_x", "/home/ann/rcx"),
        (r"a$\A$\B", Template(("a", Var("\\A"), Var("\\B")))),
        ("cost$", "cost$"),
        ("$.$*$!$(", "$.$*$!$("),
        ("a$@b", "a@b"),
        ('a"$@"b', "ab"),
        ("{a}", "{a}"),
        ("~/x", "~/x"),
    ],
)
def test_a_word(text: str, wanted: object) -> None:
    spelled = Reader(text, file="/home/ann/rc").word()
    assert (spelled.text, spelled.commands, spelled.end) == (wanted, (), len(text.rstrip(" ")))


def test_a_word_ends_at_a_blank() -> None:
    assert [Reader(text).word().end for text in ("a b", "a\tb", "a\nb", "'a b'c d")] == [1, 1, 1, 6]


def test_commands_are_run_before() -> None:
    spelled = Reader("x`date;`y`who;`", first=3).word()
    assert spelled.commands == (("`3", Command("date;")), ("`4", Command("who;")))
    assert spelled.text == Template(("x", Var("`3"), "y", Var("`4")))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("`echo '$A' \\$A;`", "echo '$A' $A;"),
        ("`a \\\\b \\c \\`d\\`;`", "a \\b \\c `d`;"),
        ("`a \\\n b;`", "a  b;"),
        ('`a \\"b\\";`', 'a \\"b\\";'),
        ('"`a \\"b\\";`"', 'a "b";'),
        ('"`a;" b"', "a;"),
    ],
)
def test_backslashes_between_backquotes(text: str, wanted: str) -> None:
    """Within double quotes, one more of these is the end of a command that has none."""
    assert [str(what) for _, what in Reader(text).word().commands] == [wanted]


def test_the_rest_is_as_in_double_quotes() -> None:
    """procmailrc(5): "$ Evaluate the remainder according to sh(1) substitution rules inside double quotes"."""
    assert Reader(r"^a b\.$A'").rest().text == Template((r"^a b\.", Var("A"), "'"))
    assert Reader('a "b  $A" c').rest().text == Template(("a b  ", Var("A"), " c"))


def test_a_line_of_words() -> None:
    found = Reader("a $B 'c d' \"$E\"${F-g h} `i;` # j\nk").line()
    parts = ("a", Gap(), Unquoted("B"), Gap(), "c d", Gap(), "", Var("E"), "")
    rest = (Choice("F", "-", ("g", Gap(), "h"), False), Gap(), Unquoted("`0"))
    assert (found.words, found.commands, found.end) == (Arguments((*parts, *rest)), (("`0", Command("i;")),), 29)


def test_a_folder_ends_at_a_number_sign() -> None:
    assert Reader("a#b", folder=True).line().words == Arguments(("a",))
    assert Reader("a\\#b c#d", folder=True).line().words == Arguments(("a#b", Gap(), "c#d"))


@pytest.mark.parametrize(
    ("text", "what", "at"),
    [
        ("'a", "a ' that is never closed", 0),
        ('b"a', 'a " that is never closed', 1),
        ("`a", "a ` that is never closed", 0),
        ("x${A-", "a { that is never closed", 1),
        ("${A%b}", "this form of a variable", 0),
        ("${A:=b}", "this form of a variable", 0),
        ("${#A}", "this form of a variable", 0),
        ("${}", "this form of a variable", 0),
        ("${10}", "this form of a variable", 0),
        ("${A-b c}", "a blank in ${...}", 8),
        ("${A-" * (limits.SCRIPT_NESTING + 5), "variables in variables", 4 * limits.SCRIPT_NESTING),
    ],
)
def test_what_is_not_known(text: str, what: str, at: int) -> None:
    with pytest.raises(Unknown) as raised:
        Reader(text).word()
    assert what in raised.value.text
    assert raised.value.at == at


def test_where_it_ends_is_known_all_the_same() -> None:
    assert Reader("${A%b}c d").word_end() == 7
    assert Reader("a $= b\nc").line_end() == 6


@given(st.text(alphabet="aA$`'\"{}\\:-+# 1\t\n@=", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (Reader.word, Reader.rest, Reader.line):
        try:
            at = read(Reader(text)).end
        except Unknown as unknown:
            at = unknown.at
        assert 0 <= at <= len(text) + 1
    assert isinstance(command(text), Command)


@pytest.mark.parametrize("piece", ["$A", "a", "'a'", "`a`", "\\a", "${A}", "${A-", '"', "`", "$\\"])
def test_the_time_is_linear(piece: str) -> None:
    assert linear(lambda text: Reader(text).line_end(), piece * 20_000)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (
            "A=${B%%.*}",
            [
                "error 1:3 not supported yet: this form of a variable (${...}) | procmail has ${NAME}, ${NAME-text}, ${NAME:-text}, ${NAME+text} and ${NAME:+text}"
            ],
        ),
        ('A="', ['error 1:3 a " that is never closed | procmail takes all that follows for a part of it']),
        ("A=`", ["error 1:3 a ` that is never closed | procmail takes all that follows for a part of it"]),
        ("A=${B-c d}", ['error 1:11 a blank in ${...} that stands in no quotes | write "${...}"']),
        (
            "A=${B",
            [
                "error 1:3 not supported yet: this form of a variable (${...}) | procmail has ${NAME}, ${NAME-text}, ${NAME:-text}, ${NAME+text} and ${NAME:+text}"
            ],
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(rules: str, expected: list[str]) -> None:
    assert said(rules) == expected


def test_variables_in_variables_nest_only_so_deep() -> None:
    assert said("A=" + "${a-" * 40) == [
        f"error 1:{4 * limits.SCRIPT_NESTING + 3} variables in variables more than {limits.SCRIPT_NESTING} deep"
        " | give what is inside to a variable of its own"
    ]
