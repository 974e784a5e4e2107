"""execute (vnd.dovecot.execute)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.acts import Keep
from mdafilter.engine import run
from mdafilter.errors import RuleErrors
from mdafilter.texts import Template, Var
from mdafilter.words.execute import Execute
from mdafilter.words.program import Program
from tests.support.bindir import MAIL, REQUIRE, decided, program, scene
from tests.support.script import acts, compiled, delivered, folders
from tests.support.sieve import said


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    program(tmp_path, "cat", "cat")
    program(tmp_path, "args", 'printf "%s|" "$@"')
    program(tmp_path, "env", 'echo "$HOME $USER $SENDER $RECIPIENT $ORIG_RECIPIENT"')
    program(tmp_path, "fail", "echo out; echo why >&2; exit 7")
    program(tmp_path, "hang", "sleep 60")
    program(tmp_path, "long", "head -c 100000 /dev/zero | tr '\\0' x")
    program(tmp_path, "bad", "printf 'a\\377b'")
    return tmp_path


def value(bin_dir: Path, script: str, **options: str) -> str:
    at = scene(bin_dir, MAIL, **options)
    run([compiled(REQUIRE + script).plan], at)
    return at.value("x")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('execute :output "x" "cat";', ""),
        ('execute :input "in\r\nput" :output "x" "cat";', "in\r\nput"),
        ('set "y" "grün"; execute :output "x" :input "${y}" "cat";', "grün"),
        ('execute :pipe :output "x" "cat";', MAIL.decode().replace("\n", "\r\n")),
        ('execute :output "X" "args" ["a b", "", "$(c)", "ü"];', "a b||$(c)|ü|"),
        ('execute :output "x" "env";', "/home/ann ann s@example.org r@example.net o@example.net\n"),
        ('set "x" "old"; execute :output "x" "fail";', "old"),
        ('set "x" "old"; execute "args" "a";', "old"),
        ('execute :output "x" "bad";', "a\ufffdb"),
        ('execute :output "x" "long";', "x" * limits.VARIABLE_OCTETS),
    ],
)
def test_what_it_writes_is_the_value(bin_dir: Path, script: str, expected: str) -> None:
    assert value(bin_dir, script) == expected


def test_line_ends_as_the_site_wants_them(bin_dir: Path) -> None:
    assert value(bin_dir, 'execute :pipe :output "x" "cat";', execute_input_eol="lf") == MAIL.decode()
    assert value(bin_dir, 'execute :input "a\r\nb" :output "x" "cat";', execute_input_eol="lf") == "a\nb"


def test_it_reads_the_message_as_it_is_then(bin_dir: Path) -> None:
    assert value(bin_dir, 'addheader "X" "1"; execute :pipe :output "x" "cat";').startswith("X: 1\r\nFrom:")


def test_as_a_test_it_holds_where_it_ended_with_0(bin_dir: Path) -> None:
    script = (
        'if execute :output "f" "args" "a" {{ fileinto "${{f}}"; }} if {} {{ fileinto "no"; }} else {{ fileinto "b"; }}'
    )
    for wrong in ('execute "fail"', 'execute "hang"', 'not execute "cat"'):
        decision = decided(bin_dir, script.format(wrong), execute_exec_timeout="1s")
        assert folders(decision) == ["a|", "b"] and delivered(decision) == MAIL


def test_a_failure_is_noted_and_the_rules_go_on(bin_dir: Path) -> None:
    decision = decided(bin_dir, 'execute "fail"; fileinto "a";')
    assert folders(decision) == ["a"] and decision.notes == ("execute fail: exit status 7: why",)


def test_a_program_that_is_not_there_keeps_the_message(bin_dir: Path) -> None:
    decision = decided(bin_dir, 'fileinto "a"; execute "none";')
    assert acts(decision) == [Keep()] and "No such file" in decision.notes[0]


def test_a_test_for_a_program_that_is_not_there_does_not_hold(bin_dir: Path) -> None:
    """As in Pigeonhole, whose word it is."""
    decision = decided(bin_dir, 'if execute "none" { discard; } else { fileinto "a"; }')
    assert folders(decision) == ["a"] and "No such file" in decision.notes[0]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ('execute :pipe :input "x" "cat";', "exclude each other"),
        ('execute :output "1" "cat";', "match variable"),
        ('execute :output "${x}" "cat";', "constant"),
        ("execute :input;", "input"),
    ],
)
def test_mistakes(script: str, error: str) -> None:
    with pytest.raises(RuleErrors, match=error):
        compiled(REQUIRE + script)


def test_output_needs_variables() -> None:
    with pytest.raises(RuleErrors, match=':output needs the extension "variables"'):
        compiled('require "vnd.dovecot.execute"; execute :output "x" "cat";')


def test_it_describes_itself_as_sieve() -> None:
    one = Program("execute", "x")
    assert Execute(one, Template((Var("d"),)), False, "v").describe() == 'execute :input "${d}" :output "v" "x"'
    assert Execute(one, pipe=True).describe() == 'execute :pipe "x"'


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["vnd.dovecot.execute"];\nexecute :output "a" "x";',
            'error 2:9 :output needs the extension "variables" | require "variables";',
        ),
        (
            'require ["vnd.dovecot.execute", "variables"];\nexecute "${x}";',
            "error 2:9 the name of a program must be constant | arguments may have variables in them",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
