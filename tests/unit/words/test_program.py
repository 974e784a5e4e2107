"""Programs of the site that a Sieve script may run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.errors import RuleErrors, RuleFailed
from mdafilter.message import Octets
from mdafilter.texts import Template, Var
from mdafilter.words.program import Program, argument_fault, environment, failure, name_fault, newline, seconds
from mdafilter.world import Ran
from tests.support.bindir import REQUIRE, program, scene
from tests.support.script import compiled
from tests.support.sieve import said


@pytest.mark.parametrize("name", ["a", "a-b_c.sh", "A b", "ü"])
def test_names(name: str) -> None:
    assert name_fault(name) == ""


@pytest.mark.parametrize("name", ["", ".", "..", ".a", "/bin/sh", "a/b", "../a", "a\nb", "a\0", "a" * 129, "\u2028"])
def test_what_is_no_name(name: str) -> None:
    assert "is not the name of a program" in name_fault(name)


def test_arguments() -> None:
    assert argument_fault("") == argument_fault("-x\tü; rm $(x)") == argument_fault("a" * 1024) == ""
    assert all(argument_fault(f"a{c}") for c in "\r\n\0\x1b\x7f") and argument_fault("ä" * 513)


@pytest.mark.parametrize("word", ["pipe", "filter", "execute"])
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ('"../x"', "not the name"),
        ('""', "not the name"),
        ('"x" "a\r\nb"', "control characters"),
        (f'"x" "{"a" * 1025}"', "longer than"),
        ('"x" [' + ", ".join(['"a"'] * 17) + "]", "more than 16"),
        ("", "argument"),
        ('"x" "a" "b"', "argument"),
        ('["x", "y"]', "string"),
    ],
)
def test_mistakes(word: str, arguments: str, error: str) -> None:
    with pytest.raises(RuleErrors, match=error):
        compiled(f"{REQUIRE}{word} {arguments};")


@pytest.mark.parametrize("word", ["pipe", "filter", "execute"])
def test_each_needs_its_extension(word: str) -> None:
    with pytest.raises(RuleErrors, match=f"vnd.dovecot.{word}"):
        compiled(f'{word} "x";')
    compiled(f'require "vnd.dovecot.{word}"; {word} "x";')
    compiled(f'require "vnd.dovecot.{word}"; {word} "x" ["{"a" * 1024}", ""];')


def test_what_stands_in_variables_is_checked_when_it_is_known(tmp_path: Path) -> None:
    at = scene(tmp_path)
    program(tmp_path, "x", "true")
    at.set("v", "a\nb")
    with pytest.raises(RuleFailed, match="control characters"):
        Program("pipe", "x", (Template((Var("v"),)),)).command(at)
    at.set("v", "; rm *")
    assert Program("pipe", "x", ("a", Template((Var("v"),)))).command(at) == (f"{tmp_path}/x", "a", "; rm *")


def test_the_environment(tmp_path: Path) -> None:
    at = scene(tmp_path)
    at.world.items = {"host": "mx.example.net"}  # type: ignore[attr-defined]
    assert environment(at) == {
        "HOME": "/home/ann",
        "USER": "ann",
        "HOST": "mx.example.net",
        "SENDER": "s@example.org",
        "RECIPIENT": "r@example.net",
        "ORIG_RECIPIENT": "o@example.net",
    }


def test_settings(tmp_path: Path) -> None:
    assert newline(scene(tmp_path), "pipe") == b"\r\n"
    assert newline(scene(tmp_path, pipe_input_eol="lf"), "pipe") == b"\n"
    assert seconds(scene(tmp_path), "filter") == 10
    assert seconds(scene(tmp_path, filter_exec_timeout="0"), "filter") == limits.PROGRAM_SECONDS
    assert seconds(scene(tmp_path, filter_exec_timeout="1h"), "filter") == limits.PROGRAM_SECONDS


def test_it_is_asked_once(tmp_path: Path) -> None:
    """Each time that a rule wants it, but not again when all is decided anew."""
    program(tmp_path, "count", f"echo x >>{tmp_path}/count.log")
    at = scene(tmp_path)
    one = Program("execute", "count")
    for _ in range(2):
        at.turns.clear()  # the rules are run again
        for _ in range(2):
            one.run(at, one.command(at), at.message, "mark")
    assert (tmp_path / "count.log").read_text() == "x\n" * 2


def test_why_it_failed() -> None:
    nothing = Octets.of(b"")
    assert failure(Ran(0, nothing, "warning")) == ""
    assert failure(Ran(3, nothing, "no")) == "exit status 3: no"
    assert failure(Ran(None, nothing, "")) == "it did not end well"


def test_it_describes_itself_as_sieve() -> None:
    assert Program("pipe", "x", ("a", "b")).describe() == '"x" ["a", "b"]'
    assert Program("pipe", "x").describe() == '"x"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["vnd.dovecot.pipe"];\npipe "a/b";',
            'error 2:6 "a/b" is not the name of a program | it is that of a file in the folder of the site: no path, no dot in front',
        ),
        (
            'require ["vnd.dovecot.pipe"];\npipe ".a";',
            'error 2:6 ".a" is not the name of a program | it is that of a file in the folder of the site: no path, no dot in front',
        ),
        (
            'require ["vnd.dovecot.pipe"];\npipe "a" "b\x01";',
            'error 2:10 the argument "b\x01" has control characters in it | shorten it, or leave it out',
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]


def test_arguments_are_bounded() -> None:
    many = ", ".join(['"x"'] * (limits.PROGRAM_ARGUMENTS + 1))
    assert said(f'require "vnd.dovecot.pipe"; pipe "a" [{many}];') == [
        f"error 1:38 more than {limits.PROGRAM_ARGUMENTS} arguments | put several into one"
    ]
    assert said(f'require "vnd.dovecot.pipe"; pipe "a" "{"b" * (limits.PROGRAM_ARGUMENT + 1)}";') == [
        f"error 1:38 an argument is longer than {limits.PROGRAM_ARGUMENT} octets | shorten it, or leave it out"
    ]
