"""Filters of a procmailrc."""

from __future__ import annotations

import pytest

from mdafilter.texts import Where
from mdafilter.words.failed import Failed
from mdafilter.words.filter import FilterThrough
from tests.support.mailboxes import written
from tests.support.scene import scene

AT = Where("rc", 7)
MESSAGE = b"Subject: x\nA: b\n\nbody\n"


def filtered(command: str, area: str = "both", check: bool = True, message: bytes = MESSAGE) -> tuple[bytes, bool]:
    """The message afterwards, and whether the filter failed."""
    made = scene(message)
    changed = FilterThrough(command, area, check, AT).rewrite(made)
    return written(changed), Failed().ask(made).held


@pytest.mark.parametrize(
    ("command", "area", "wanted"),
    [
        ("cat", "both", MESSAGE),
        ("sed s/x/y/", "both", b"Subject: y\nA: b\n\nbody\n"),
        ("tr a-z A-Z", "body", b"Subject: x\nA: b\n\nBODY\n"),
        ("sed s/body/none/\\;s/A:/B:/", "header", b"Subject: x\nB: b\n\nbody\n"),
        ("grep -v A:", "header", b"Subject: x\n\nbody\n"),
        ("echo From me; cat", "both", MESSAGE),
        ("cat; false", "both", MESSAGE),
    ],
)
def test_what_it_writes_takes_the_place(command: str, area: str, wanted: bytes) -> None:
    assert filtered(command, area, check=False) == (wanted, False)


@pytest.mark.parametrize("command", ["sed s/x/y/; false", "false", "/no/such/program", "kill -9 $$"])
def test_one_that_fails_changes_nothing(command: str) -> None:
    """procmailrc(5): "w: Wait for the filter or program to finish and check its exitcode"."""
    assert filtered(command) == (MESSAGE, True)


def test_an_empty_message_is_never_the_result_of_a_failure() -> None:
    assert filtered("false", check=False) == (MESSAGE, True)


def test_line_ends_stay() -> None:
    assert filtered("cat", "header", message=b"A: b\r\n\r\nx\r\n") == (b"A: b\r\n\r\nx\r\n", False)


@pytest.mark.parametrize("end", ["", "\\n"])
def test_a_header_without_an_end_gets_one(end: str) -> None:
    assert filtered(f"printf 'A: c{end}'", "header") == (b"A: c\n\nbody\n", False)


def test_what_stands_behind_the_end_of_a_header_is_body() -> None:
    """As with `cat -; echo X: y`, which writes below the empty line."""
    assert filtered("cat; echo X: y", "header") == (b"Subject: x\nA: b\n\nX: y\nbody\n", False)
    assert filtered("cat; echo", "header") == (MESSAGE, False)


def test_a_large_message_goes_through() -> None:
    large = b"A: b\n\n" + b"line\n" * 400_000
    assert filtered("cat", message=large) == (large, False)
    assert filtered("cat", "body", message=large) == (large, False)
