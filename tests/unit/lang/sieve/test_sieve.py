"""Sieve from octets to a plan: the way through all files of lang/sieve, and the RFC's own examples."""

from __future__ import annotations

import pytest

from mdafilter.errors import RuleErrors
from mdafilter.lang.sieve import compile
from mdafilter.lang.sieve.vocabulary import Vocabulary
from mdafilter.plan import Do, If, Stop
from mdafilter.texts import Where
from tests.support.script import decide as decided
from tests.support.script import folders
from tests.support.sieve import errors


def test_a_script() -> None:
    found = compile(
        b'require "fileinto";\r\nif header :contains "subject" "x" { fileinto "Trash"; stop; }\r\n', "t.sieve"
    )
    (step,) = found.plan.steps
    assert isinstance(step, If)
    (branch,) = step.branches
    assert branch.test.describe() == 'header :contains "subject" "x"'
    assert branch.at == Where("t.sieve", 2, 1)
    filed, stop = branch.then
    assert isinstance(filed, Do)
    assert filed.action.describe() == 'fileinto "Trash"'
    assert stop == Stop("all", "", Where("t.sieve", 2, 55))
    assert found.warnings == ()


def test_it_runs() -> None:
    script = 'require "fileinto"; if header :contains "subject" "x" { fileinto "Trash"; stop; } fileinto "Other";'
    assert folders(decided(script, b"Subject: ax\n\n")) == ["Trash"]
    assert folders(decided(script, b"Subject: a\n\n")) == ["Other"]


def test_all_errors_come_at_once() -> None:
    script = """require ["fileinto", "regexp"];
if header :contain "subject" "x" {
    filinto "Trash"
    stop;
} else if true {
    keep "a";
}
"""
    assert errors(script) == [
        '1:22 unknown extension "regexp" | did you mean "regex"?',
        "2:11 unknown tag :contain on `header` | did you mean :contains?",
        "3:5 unknown command `filinto` | did you mean fileinto?",
        '3:20 `;` is missing after `"Trash"` | every command ends with `;`',
        "5:3 `else if` is written elsif | RFC 5228 section 3.1",
        "6:10 `keep` takes no arguments | written: keep;",
    ]


def test_how_an_error_looks() -> None:
    with pytest.raises(RuleErrors) as caught:
        compile(b'require "fileinto";\nfilinto "Trash";\n', "/home/u/.dovecot.sieve")
    assert caught.value.problems[0].show() == (
        "/home/u/.dovecot.sieve:2:1: error: unknown command `filinto`\n"
        '  | filinto "Trash";\n'
        "  | ^~~~~~~\n"
        "  = did you mean fileinto?"
    )


def test_the_extended_example_of_the_rfc() -> None:
    """RFC 5228 section 9, but for the header that is a comment there."""
    script = """
require ["fileinto"];
if header :is "Sender" "owner-ietf-mta-filters@imc.org"
        {
        fileinto "filter";
        }
elsif address :DOMAIN :is ["From", "To"] "example.com"
        {
        keep;
        }
elsif anyof (NOT address :all :contains
               ["To", "Cc", "Bcc"] "me@example.com",
             header :matches "subject"
               ["*make*money*fast*", "*university*dipl*mas*"])
        {
        fileinto "spam";
        }
else
        {
        fileinto "personal";
        }
"""
    assert errors(script) == []
    assert folders(decided(script, b"Sender: owner-ietf-mta-filters@imc.org\n\n")) == ["filter"]
    assert folders(decided(script, b"From: a@example.com\n\n")) == ["INBOX"]
    assert folders(decided(script, b"From: a@example.org\nTo: x@example.org\n\n")) == ["spam"]
    assert folders(decided(script, b"To: me@example.com\nSubject: hi\n\n")) == ["INBOX"]


def test_callers_can_bring_words() -> None:
    assert errors("keep;", vocabulary=Vocabulary([])) == [
        "1:1 unknown command `keep` | a command is a word like keep or if; is a quote or a ; missing before it?"
    ]
