"""procmail's regular expressions."""

from __future__ import annotations

import pytest

from mdafilter.matching import patterns
from mdafilter.matching.patterns import PatternError

HEADER = "Received: from a by b\nFrom: Ann <ann@a.example>\nTo: bob@b.example\nSubject:  *****SPAM***** Buy now\n"


def search(pattern: str, text: str = HEADER) -> tuple[str, ...] | None:
    return patterns.compile(pattern, ignore_case=True, syntax="procmail").search(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "^Subject:.*\\*SPAM\\*",
        "^subject:.*buy NOW$",
        "^^Received:",
        "now$^^",
        "(^From|^To):.*b@b\\.example",
        "example>$To: ",
        "example$Subject:(.*$)*",
        "\\<bob\\>",
        "\\<from a",
        "[a-z]+@b",
        "^TO_bob@",
        "^TObob",
    ],
)
def test_found(pattern: str) -> None:
    assert search(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        "SPAM.*From",
        "^^From",
        "^SPAM",
        "\\<ob",
        "[^x]Subject",
        "^TO_ob@",
        "^TO_ann@",
        "^FROM_DAEMON",
        "^FROM_MAILER",
        "a{3}",
    ],
)
def test_not_found(pattern: str) -> None:
    """A dot and [^ ] match no newline; { is no interval."""
    assert search(pattern) is None


@pytest.mark.parametrize(
    "header",
    [
        "From: MAILER-DAEMON@a.example (Mail Delivery System)\n",
        "Precedence: bulk\n",
        "Sender: owner-list@a.example\n",
        "From: root@a.example\n",
        "To: Multiple recipients of list\n",
    ],
)
def test_daemons(header: str) -> None:
    """procmailrc(5): ^FROM_DAEMON "should catch mails coming from most daemons"."""
    assert search("^FROM_DAEMON", header) is not None


def test_mailers_are_fewer_than_daemons() -> None:
    assert search("^FROM_MAILER", "From: postmaster@a.example\n") is not None
    assert search("^FROM_MAILER", "Precedence: bulk\n") is None


def test_what_is_extracted() -> None:
    """procmailrc(5): what matches behind \\/ becomes MATCH; left of it the shortest match counts, right of it the longest."""
    assert search("^Subject: *\\/[^ ].*") == ("Subject:  *****SPAM***** Buy now", "*****SPAM***** Buy now")
    assert search("^Subject: *\\/.*") == ("Subject:  *****SPAM***** Buy now", "  *****SPAM***** Buy now")


def test_braces_stand_for_themselves() -> None:
    assert search("a{2}", "aa{2}") == ("a{2}",)


@pytest.mark.parametrize(
    ("pattern", "text", "offset"),
    [
        ("^TO_(", "a ( without a )", 4),
        ("(a\\/b)", "only once", 2),
        ("a\\", "backslash", 1),
        ("ab[c", "a [ without a ]", 2),
    ],
)
def test_mistakes_have_their_place(pattern: str, text: str, offset: int) -> None:
    """The place counts in what was written, not in what a macro became."""
    with pytest.raises(PatternError) as raised:
        search(pattern)
    assert text in raised.value.text
    assert raised.value.offset == offset
