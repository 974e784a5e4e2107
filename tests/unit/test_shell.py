"""How a command line reaches the shell."""

from __future__ import annotations

import pytest

from mdafilter import limits, shell


@pytest.mark.parametrize(
    ("named", "taken"),
    [
        ("/bin/sh", "/bin/sh"),
        ("/bin/bash", "/bin/bash"),
        ("/bin/csh", "/bin/sh"),
        ("/no/sh", "/bin/sh"),
        ("", "/bin/sh"),
    ],
)
def test_a_shell_that_is_none_is_not_taken(named: str, taken: str) -> None:
    assert shell.program({"SHELL": named}) == taken
    assert shell.program({}) == "/bin/sh"


@pytest.mark.parametrize(
    ("mask", "line"),
    [("022", "umask 022\n"), ("0", "umask 0\n"), ("", ""), ("rwx", ""), ("8", ""), ("00077", ""), ("1;rm", "")],
)
def test_the_umask_is_octal(mask: str, line: str) -> None:
    """procmailrc(5): "Anything assigned to UMASK is taken as an octal number"."""
    assert shell.before({"UMASK": mask}, "") == line


def test_the_folder_is_one_word() -> None:
    assert shell.before({}, "/it's here") == "cd -- '/it'\\''s here' 2>/dev/null\n"


def test_what_can_be_no_variable_is_left_out() -> None:
    variables = {"A": "x y", "`1": "hidden", "B": "a\0b", "HOME": "/home/ann"}
    assert shell.exported(variables) == {"A": "x y", "HOME": "/home/ann"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("0", limits.DELIVERY_SECONDS),
        ("99999", limits.DELIVERY_SECONDS),
        ("", limits.PROGRAM_SECONDS),
        ("-1", limits.PROGRAM_SECONDS),
        ("1e9", limits.PROGRAM_SECONDS),
    ],
)
def test_the_time_that_a_command_may_take(text: str, seconds: float) -> None:
    """procmailrc(5), TIMEOUT: "If zero, then no timeout will be used"; ours ends with the delivery."""
    assert shell.seconds({"TIMEOUT": text}) == seconds


def test_what_a_pattern_of_procmail_finds_literally() -> None:
    """procmailrc(5): "$\\name will be substituted by the name variable, with all ... regexp magic characters disarmed"."""
    assert shell.disarmed("a.b[c]^") == r"()a\.b\[c]\^"
