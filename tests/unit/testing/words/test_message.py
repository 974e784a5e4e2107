"""test_message."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.errors import RuleErrors
from tests.support.rehearsal import reason, rehearse
from tests.support.sieve import line

SENT = 'redirect "carl@example.com"; if not test_result_execute { test_fail "x"; }'
FILED = 'fileinto :create :flags "\\\\Seen" "A.B"; if not test_result_execute { test_fail "x"; }'


def test_what_was_sent_comes_with_its_envelope(tmp_path: Path) -> None:
    text = SENT + 'test_message :smtp 0; if not envelope "to" "carl@example.com" { test_fail "to"; }'
    assert reason(tmp_path, text) is None


@pytest.mark.parametrize("tag", [":folder", ":mailbox"])
def test_what_was_filed_comes_with_its_flags(tmp_path: Path, tag: str) -> None:
    text = (
        FILED
        + f'if not test_message {tag} "A/B" 0 {{ test_fail "none"; }} if not hasflag "\\\\seen" {{ test_fail "flags"; }}'
    )
    assert reason(tmp_path, text) is None


@pytest.mark.parametrize("what", [":smtp 1", ':folder "A.B" 1', ':folder "None" 0', ':folder "a..b" 0'])
def test_as_a_test_and_as_a_command(tmp_path: Path, what: str) -> None:
    assert reason(tmp_path, f'{SENT} if test_message {what} {{ test_fail "there is one"; }}') is None
    said = f"test_message: no message of number {what[-1]} {'was sent' if what[1] == 's' else f'is in {what[8:-2]}'}"
    assert reason(tmp_path, f"{SENT} test_message {what};") == said


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("test_message 0;", "test_message needs :smtp, or :folder and a mailbox | write: test_message :smtp 0"),
        ('test_message :smtp :folder "A" 0;', ":smtp and :folder exclude each other"),
        ("test_message :smtp;", "`test_message` takes 1 argument, 0 are given"),
    ],
)
def test_mistakes(tmp_path: Path, wrong: str, text: str) -> None:
    with pytest.raises(RuleErrors) as raised:
        rehearse(tmp_path, wrong)
    assert text in line(raised.value.problems[0])
