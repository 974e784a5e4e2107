"""Any octets are a script that compiles or a list of errors, nothing else, and in time linear in the length."""

from __future__ import annotations

import marshal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mdafilter import compiled
from mdafilter.errors import RuleErrors
from mdafilter.lang import Compiled
from mdafilter.lang.sieve import compile
from mdafilter.lang.sieve.lexer import decode, tokens
from mdafilter.lang.sieve.printer import printed
from mdafilter.lang.sieve.strings import StringError, template
from mdafilter.lang.sieve.strings import decode as decode_characters
from mdafilter.texts import Where
from mdafilter.values import Value
from tests.support.clock import linear
from tests.support.lints import problems
from tests.support.sieve import errors
from tests.support.sievescripts import any_use, any_words, damaged, multi_line, quoted, soup, valid


def check(script: bytes) -> Compiled | None:
    """Compiles; what is reported has a place in the script, and what is made can be kept."""
    try:
        made = compile(script, "t.sieve")
    except RuleErrors as wrong:
        look_at(script, wrong)
        return None
    marshal.dumps(compiled.freeze(made.plan, {}))
    return made


def look_at(script: bytes, wrong: RuleErrors) -> None:
    """Each problem has a place in the script, and a text."""
    text = script.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode()
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    lines = text.split("\n")
    assert wrong.problems
    for problem in wrong.problems:
        assert 1 <= problem.line <= len(lines)
        assert problem.source == lines[problem.line - 1]
        assert 1 <= problem.column <= len(problem.source) + 1
        assert problem.text
        assert problem.show()


@given(st.binary())
@example(b"\xff\xfe")
@example(b'keep "\xed\xa0\x80";')
def test_any_octets(script: bytes) -> None:
    check(script)


@given(st.text())
def test_any_text(script: str) -> None:
    check(script.encode("utf-8", "surrogatepass"))


@given(soup)
def test_any_pieces_of_scripts(script: str) -> None:
    check(script.encode())


@given(damaged())
def test_any_script_with_mistakes(script: str) -> None:
    check(script.encode())


@given(any_words())
def test_any_words_with_any_arguments(script: str) -> None:
    check(script.encode())


@given(any_use())
def test_any_word_with_arguments_of_its_kinds(script: str) -> None:
    check(script.encode())


@given(valid())
def test_any_script_of_the_grammar_compiles(script: str) -> None:
    assert errors(script) == []
    assert check(script.encode()) is not None


@given(valid())
def test_the_kind_of_line_ends_changes_nothing(script: str) -> None:
    unix = script.replace("\r\n", "\n")
    assert compile(unix.encode(), "t").plan == compile(unix.replace("\n", "\r\n").encode(), "t").plan


@given(valid() | any_use() | any_words())
def test_a_script_and_its_print_compile_to_the_same_plan(script: str) -> None:
    made = check(script.encode())
    if made is None:
        return
    again = compile(printed(script.encode()).encode(), "t.sieve")
    assert without_places(again.plan) == without_places(made.plan)
    assert [warning.text for warning in again.warnings] == [warning.text for warning in made.warnings]


def without_places(value: object) -> object:
    """What a plan is made of, but for where it stands."""
    if isinstance(value, Where):
        return None
    if isinstance(value, tuple):
        return tuple(map(without_places, value))
    if isinstance(value, Value):
        return type(value), *(without_places(getattr(value, name)) for name in value._fields)
    return value


@given(valid() | any_use() | any_words())
def test_lints_take_every_script(script: str) -> None:
    if check(script.encode()) is not None:
        for problem in problems(script):
            assert 1 <= problem.column <= len(problem.source) + 1
            assert problem.text and problem.hint and problem.code


@given(st.text(st.characters(blacklist_characters="\r\0", blacklist_categories=["Cs"])))
def test_a_string_is_what_was_quoted(text: str) -> None:
    for script, value in ((quoted(text), text), (multi_line(text), text + "\n")):
        decoded, problems = decode(script.encode(), "t")
        found = tokens(decoded, problems)
        assert problems.errors == []
        assert [token.value for token in found[:-1]] == [value.replace("\n", "\r\n")]


@given(st.text(alphabet="${}hexunicode:40 aAfg1\\_"))
def test_dollars_in_strings(text: str) -> None:
    """RFC 5229 section 3: what is no reference stays; pieces and references together are the whole string."""
    try:
        found = template(text, lambda _capability: True)
    except StringError:
        return
    if isinstance(found, str):
        assert found == text
        return
    rest = text.lower()
    for part in found.parts:
        written = part if isinstance(part, str) else part.name
        skipped, _found, rest = rest.partition(written.lower())
        assert set(skipped) <= set("${}0")
    assert set(rest) <= {"}"}


@given(st.text(alphabet="${}hexunicode:40 afg"))
def test_encoded_characters_leave_the_rest(text: str) -> None:
    try:
        found = decode_characters(text)
    except StringError:
        return
    assert found == text or "${hex:" in text or "${unicode:" in text


PIECES = [
    "{", "(", "[", '"', "'", "`", "}", ";", "a ", "a;", "keep\n", ":", "/", "/*", "text:", "text:\n", "1", "stop;", "if true {} ",
    "if true { keep; } elsif not true { stop; } ", "elsif true {}", "else ", "if not ", "if anyof(", '["a",', '"\\a', '"a" ',
    'redirect "a@b.c";', '"x;\n', '"x"y;', "“", "é", "#", "\n", "# x\n", "${", "${hex:4 ", "header :contains ", ":is ",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_the_time_is_linear(piece: str) -> None:
    assert linear(check, piece.encode() * (40_000 // len(piece)))


@pytest.mark.parametrize("piece", ["${", "${hex:4 ", "${a}", "${unicode:40}", "\\\\", "a\n"], ids=repr)
def test_the_time_is_linear_in_strings(piece: str) -> None:
    before = b'require ["variables", "encoded-character", "fileinto"]; fileinto "'
    assert linear(lambda text: check(before + text + b'";'), piece.encode() * (40_000 // len(piece)))
