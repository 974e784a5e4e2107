"""The grammar of RFC 5228 section 8.2, and: one mistake gives one error, and the next mistake is still found."""

from __future__ import annotations

import pytest

from mdafilter import limits
from mdafilter.lang.sieve.lexer import Token, decode, tokens
from mdafilter.lang.sieve.parser import Command, List, parse
from tests.support.sieve import line

NESTING = ("if", "elsif", "not", "allof", "anyof")


def parsed(script: str) -> tuple[tuple[Command, ...], list[str]]:
    text, problems = decode(script.encode(), "t.sieve")
    commands = parse(tokens(text, problems), problems, NESTING.__contains__)
    return commands, [line(problem) for problem in problems.listed()]


def shape(command: Command) -> str:
    """A command as text, so that a tree can be compared at a glance."""
    pieces = [command.name.value]
    for argument in command.arguments:
        items = (argument,) if isinstance(argument, Token) else argument.items
        text = ",".join(item.value for item in items)
        pieces.append(f"[{text}]" if isinstance(argument, List) else text)
    if command.listed:
        pieces.append(f"({', '.join(map(shape, command.tests))})")
    else:
        pieces += map(shape, command.tests)
    if command.block is not None:
        pieces.append(f"{{{' '.join(shape(c) + ';' for c in command.block)}}}")
    return ("!" if command.broken else "") + " ".join(pieces)


def good(script: str) -> list[str]:
    commands, errors = parsed(script)
    assert errors == []
    return [shape(command) for command in commands]


def wrong(script: str) -> list[str]:
    return parsed(script)[1]


@pytest.mark.parametrize(
    ("script", "shapes"),
    [
        ("", []),
        ("# nothing\n", []),
        ("keep; stop;", ["keep", "stop"]),
        ('fileinto "a" ;', ["fileinto a"]),
        ('x :a 1 ["b", "c"] "d";', ["x :a 1 [b,c] d"]),
        ('if header ["a"] "b" { keep; stop; }', ["if header [a] b {keep; stop;}"]),
        ("if true {} elsif not false {} else {}", ["if true {}", "elsif not false {}", "else {}"]),
        ("if anyof (true, allof (false), not true) {}", ["if anyof (true, allof (false), not true) {}"]),
        ("if not not true { if true { stop; } }", ["if not not true {if true {stop;};}"]),
        ("foo { bar; }", ["foo {bar;}"]),
    ],
)
def test_grammar(script: str, shapes: list[str]) -> None:
    assert good(script) == shapes


OPEN = "the `(` is in line 1, column 10"


@pytest.mark.parametrize(
    ("script", "errors"),
    [
        # a missing `;` is reported where it is missing: behind the token before
        ("keep\nstop;", ["1:5 `;` is missing after `keep` | every command ends with `;`"]),
        ("keep", ["1:5 `;` is missing after `keep` | every command ends with `;`"]),
        ("if true { keep }", ["1:15 `;` is missing after `keep` | every command ends with `;`"]),
        ('redirect "a@b" # x\nif true {}', ['1:15 `;` is missing after `"a@b"` | every command ends with `;`']),
        ("x text:\na\n.\nstop;", ['3:2 `;` is missing after `"a"` | every command ends with `;`, or a string on the lines'
                                  " before has no closing quote"]),
        ("keep stop discard;", ["1:5 `;` is missing after `keep` | every command ends with `;`",
                                "1:10 `;` is missing after `stop` | every command ends with `;`"]),
        # braces
        ("keep; } stop;", ["1:7 this `}` closes no block | remove it, or look for a `{` that is missing"]),
        ("if true {\n if true { keep; }\nstop;", ["1:9 this block is never closed | a `}` is missing"]),
        ("if true { if true { if true {", ["1:29 this block is never closed | a `}` is missing"]),
        ("if true\n keep;\n}\nstop;", ["1:8 the block of `if` is missing | write { ... } behind the test"]),
        ("if true {} else keep; }", ["1:16 the block of `else` is missing | write { ... }"]),
        ("{ keep; }", ["1:1 a command is expected here, not `{` | blocks belong to if, elsif and else"]),
        # semicolons
        ("keep;; stop;", ["1:6 this `;` ends no command | one `;` ends a command"]),
        (";;;;", ["1:1 this `;` ends no command | one `;` ends a command"]),
        ("if true {};", ["1:11 this `;` ends no command | no `;` stands behind a block"]),
        # tests
        ("if anyof (true, false { stop; }", [f"1:22 `)` is missing | {OPEN}"]),
        ("if anyof (true false) { stop; }", [f"1:15 `,` is missing between tests | {OPEN}"]),
        ("if anyof () {}", ["1:11 a test is expected here, not `)` | a test begins with its name, like header or not"]),
        ('if anyof ("a") {}', ["1:11 a test is expected here, not a string | a test begins with its name, like header or"
                               " not"]),
        ("if anyof (true,) {}", ["1:16 a test is expected here, not `)` | a test begins with its name, like header or"
                                 " not"]),
        ("if anyof (", ["1:11 a test is expected here, not the end of the script | a test begins with its name, like"
                        " header or not"]),
        ("if true) {}", ["1:8 this `)` closes nothing | remove it, or write the `(` before"]),
        ("if true, false {}", ["1:8 this `,` stands in no list | several strings are written [\"a\", \"b\"], several tests"
                               " (a, b)"]),
        # string lists
        ('x ["a" "b"];', ['1:7 `,` is missing between strings | strings of a list are written ["a", "b"]']),
        ('x ["a", ];', ["1:7 a string is missing after this `,` | remove the `,`"]),
        ('x ["a";', ["1:7 `]` is missing | the `[` is in line 1, column 3"]),
        ('x ["a", 5];', ["1:9 a string is expected here, not a number | only strings stand in the `[` of line 1, column"
                         " 3"]),
        ('x ["a", :is];', ["1:9 a string is expected here, not the tag :is | only strings stand in the `[` of line 1,"
                           " column 3"]),
        ("x [y];", ["1:4 a string is expected here, not `y` | only strings stand in the `[` of line 1, column 3"]),
        ('x "a"];', ["1:6 this `]` closes nothing | remove it, or write the `[` before"]),
        # what begins no command, and what ends none
        ('"a"; keep;', ["1:1 a command is expected here, not a string | a command begins with its name"]),
        ("5 { keep }", ["1:1 a command is expected here, not a number | a command begins with its name",
                        "1:9 `;` is missing after `keep` | every command ends with `;`"]),
        (":is; (a);", ["1:1 a command is expected here, not a tag | a command begins with its name",
                       "1:6 a command is expected here, not `(` | a command begins with its name"]),
        ('if anyof (true) "x" {}', ["1:17 the block of `if` is expected here, not a string | write { ... } behind the"
                                    " test"]),
        ('x (true) "y";', ["1:10 the end of `x` is expected here, not a string | arguments stand before tests"]),
        # the lexer's errors bring no others
        ("keep %;", ["1:6 `%` cannot stand here | strings stand in \", comments behind # or in /* */"]),
        ("% keep;", ["1:1 `%` cannot stand here | strings stand in \", comments behind # or in /* */"]),
        ("if anyof (true %) {}", ["1:16 `%` cannot stand here | strings stand in \", comments behind # or in /* */"]),
        ('x ["a" %];', ["1:8 `%` cannot stand here | strings stand in \", comments behind # or in /* */"]),
        ('x [% "a"];', ["1:4 `%` cannot stand here | strings stand in \", comments behind # or in /* */"]),
        ("if anyof (%) {}", ["1:11 `%` cannot stand here | strings stand in \", comments behind # or in /* */"]),
        ('if true { keep "a', ['1:16 this string is never closed | a string ends with "']),
        ("if true { keep /*", ["1:16 this comment is never closed | it ends with */"]),
    ],
)  # fmt: skip
def test_one_mistake_is_one_error(script: str, errors: list[str]) -> None:
    assert wrong(script) == errors


def test_the_next_mistake_is_found_as_well() -> None:
    script = 'keep\nif true { stop }\nx ["a" "b"];\n} y;;\nif anyof (true { z }\n'
    assert [text.split()[0] for text in wrong(script)] == ["1:5", "2:15", "3:7", "4:1", "4:5", "5:15", "5:19"]


def test_what_is_broken_keeps_its_block() -> None:
    commands, _errors = parsed('if anyof ("a") { keep; }')
    assert [shape(command) for command in commands] == ["!if {keep;}"]


def test_an_empty_list_is_an_error() -> None:
    """RFC 5228 section 8.2: string-list = "[" string *("," string) "]" / string"""
    assert wrong("x []; y;") == ["1:3 a list of strings cannot be empty | RFC 5228 section 8.2: at least one string"]


@pytest.mark.parametrize(("opening", "closing"), [("if true {", "}"), ("if anyof (true) {", "}")])
def test_blocks_nest_as_deep_as_the_limit(opening: str, closing: str) -> None:
    """RFC 5228 section 2.10.7: "Implementations MUST support fifteen levels of nested blocks." """
    deep = limits.SCRIPT_NESTING
    assert wrong(opening * deep + closing * deep) == []
    errors = wrong(opening * (deep + 1) + "keep" + closing * (deep + 1))
    assert [text.partition(" ")[2] for text in errors] == [
        f"blocks are nested deeper than {deep} | put what is inside into a script of its own, and include it"
    ]


@pytest.mark.parametrize(("opening", "closing"), [("not ", ""), ("anyof (", ")")])
def test_tests_nest_as_deep_as_the_limit(opening: str, closing: str) -> None:
    """RFC 5228 section 2.10.7: "Implementations MUST support fifteen levels of nested test lists." """
    deep = limits.SCRIPT_NESTING
    assert wrong("if " + opening * deep + "true" + closing * deep + " {}") == []
    errors = wrong("if " + opening * (deep + 1) + "true" + closing * (deep + 1) + " {}")
    assert [text.partition(" ")[2] for text in errors] == [
        f"tests are nested deeper than {deep} | write several ifs, each within the other"
    ]


@pytest.mark.parametrize("piece", ["{", "(", "[", "if {", "if true {", "if anyof (", "not ", "}", ")", "a ", "if not "])
def test_a_hundred_thousand_of_anything_are_errors(piece: str) -> None:
    errors = wrong(piece * 100_000)
    assert 1 <= len(errors) <= limits.SCRIPT_ERRORS + 1


def test_a_test_behind_a_command_belongs_to_it() -> None:
    """No command begins with `true`: it is no `;` that is missing."""
    text, problems = decode(b"discard true; keep; if header true { keep; }", "t.sieve")
    commands = parse(tokens(text, problems), problems, NESTING.__contains__, ("true", "header").__contains__)
    assert problems.listed() == []
    assert [shape(command) for command in commands] == ["discard true", "keep", "if header true {keep;}"]
