"""procmail's regular expressions. What is expected here is what procmail itself found."""

from __future__ import annotations

import pytest

from mdafilter.matching import egrep, patterns
from tests.support.clock import linear

HEADER = "Received: from a by b\nFrom: Ann <ann@a.example>\nTo: bob@b.example\nSubject:  *****SPAM***** Buy now\n"


def search(pattern: str, text: str = HEADER, *, ignore_case: bool = True) -> str | None:
    """What is found, without what stands around the area."""
    compiled = patterns.compile(pattern, ignore_case=ignore_case, syntax="procmail")
    found = compiled.find(egrep.area(text.encode("utf-8", "surrogateescape")))
    return None if found is None else egrep.shown(found[0])


def match(pattern: str, text: str = HEADER) -> str | None:
    """What becomes MATCH."""
    compiled = patterns.compile(pattern, ignore_case=True, syntax="procmail")
    found = compiled.find(egrep.area(text.encode("utf-8", "surrogateescape")))
    return None if found is None else egrep.extracted(found)


@pytest.mark.parametrize(
    "pattern",
    [
        "^Subject:.*\\*SPAM\\*",
        "^subject:.*buy NOW$",
        "^^Received:",
        "now$^^",
        "(^From|^To):.*b@b\\.example",
        "example>$To: ",
        "example>^To: ",
        "example$Subject:(.*$)*",
        "\\<bob\\>",
        "\\<from a",
        "[a-z]+@b",
        "^TO_bob@",
        "^TObob",
        "(nothing|^TO_bob)",
        "",
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
        "example>$^To: ",
        "\\<ob",
        "[^x]Subject",
        "^TO_ob@",
        "^TO_ann@",
        "^FROM_DAEMON",
        "^FROM_MAILER",
        "a{3}",
        "[[:alpha:]]@",
    ],
)
def test_not_found(pattern: str) -> None:
    """A dot and [^ ] match no newline, $ and ^ match just that; { is no interval, and there are no named classes."""
    assert search(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("^a", ["a", "a\n", "\na", "ab"]),
        ("^^a", ["a", "a\n", "ab"]),
        ("^^^a", ["\na"]),
        ("a$", ["a", "a\n", "\na"]),
        ("a$$", ["a\n"]),
        ("a^^", ["a", "\na"]),
        ("a$^^", ["a\n"]),
        ("(b|^^)a", ["a", "a\n", "ab"]),
        ("\\<a\\>", ["a", "a\n", "\na"]),
        ("^\\<a", ["\na"]),
        ("^^.*^^", ["", "a", "ab"]),
        ("^^$^^", ["\n"]),
        ("^*a", ["a", "a\n", "\na", "ab"]),
    ],
)
def test_newlines_and_edges(pattern: str, texts: list[str]) -> None:
    """procmailrc(5): "^ or $ Match a newline", of which one is before and one behind the area."""
    assert [text for text in ["", "a", "a\n", "\na", "\n", "ab"] if search(pattern, text) is not None] == texts


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("a+?b", ["a?b", "aa?b"]),
        ("a?+b", ["a+b", "+b"]),
        ("a**b", ["a*b", "*b"]),
        ("(a+)?b", ["b", "ab", "aab"]),
        ("(*b)", ["*b"]),
        ("(a|+)b", ["ab", "+b"]),
        ("(|a)*b", ["b", "ab", "aab"]),
        ("\\ab", ["ab"]),
        ("a.b", ["aab", "a+b", "a?b", "a*b"]),
    ],
)
def test_a_repetition_of_nothing_is_that_character(pattern: str, texts: list[str]) -> None:
    every = ["b", "ab", "aab", "a+b", "a?b", "a*b", "*b", "+b", "aa?b"]
    assert [text for text in every if search(f"^^{pattern}^^", text) is not None] == texts


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("[b-a]", "ab"),
        ("[a-c-e]", "abcde"),
        ("[-ac]", "-ac"),
        ("[ac-]", "-ac"),
        ("[]ac]", "]ac"),
        ("[a\\]", "\\a"),
        ("[^^]", "-\\]abcdefz[{"),
        ("[a-\\]", "\\a"),
        ("[[]", "["),
        ("[ac", "ac"),
        ("[^", "^-\\]abcdefz[{"),
        ("[", ""),
    ],
)
def test_sets(pattern: str, found: str) -> None:
    """A backslash in a set is itself; of a range that ends before it begins the ends count; the end closes a set."""
    assert {c for c in "^-\\]abcdefz[{" if search(pattern, c, ignore_case=False) is not None} == set(found)


@pytest.mark.parametrize(
    ("pattern", "warning", "offset"),
    [
        ("^TO_(a", "a ( without a )", 4),
        ("ab[c", "a [ without a ]", 2),
        ("ann)no such thing", "a ) without a (: what follows it is without effect", 3),
    ],
)
def test_what_is_not_closed_is_a_warning(pattern: str, warning: str, offset: int) -> None:
    """The place counts in what was written, not in what a macro became."""
    assert patterns.compile(pattern, ignore_case=True, syntax="procmail").warnings == ((warning, offset),)


def test_a_bracket_too_many_ends_the_pattern() -> None:
    assert search("ann)no such thing") == "Ann"
    assert search("(ann|bob") == "Ann"


@pytest.mark.parametrize("pattern", ["a\\", "\\"])
def test_nothing_is_found_where_a_backslash_has_nothing_behind_it(pattern: str) -> None:
    assert search(pattern, "a\\") is None


@pytest.mark.parametrize(
    "header",
    [
        "From: MAILER-DAEMON@a.example (Mail Delivery System)\n",
        "Precedence: bulk\n",
        "Sender: owner-list@a.example\n",
        "From: root@a.example\n",
        "To: Multiple recipients of list\n",
        "From MAILER-DAEMON  Mon Jan  1 00:00:00 2024\n",
    ],
)
def test_daemons(header: str) -> None:
    """procmailrc(5): ^FROM_DAEMON "should catch mails coming from most daemons"."""
    assert search("^FROM_DAEMON", header) is not None


def test_mailers_are_fewer_than_daemons() -> None:
    assert search("^FROM_MAILER", "From: postmaster@a.example\n") is not None
    assert search("^FROM_MAILER", "Precedence: bulk\n") is None


def test_macros_keep_their_case() -> None:
    assert search("^to_bob") is None


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^Subject: *\\/[^ ].*", HEADER, "*****SPAM***** Buy now"),
        ("^Subject: *\\/.*", HEADER, "  *****SPAM***** Buy now"),
        ("^Subject:.*\\[\\/[^]]+", "Subject: a [dev] [x]\n", "dev"),
        ("a\\/$", "ab\na\n", "\n"),
        ("b\\/$", "ab", ""),
        ("x\\/$a.*", "x\na b", "\na b"),
        ("X-\\/A\\/: a*", "X-A: aaa", ": aaa"),
        ("(X-\\/A)", "X-A: aaa", "A"),
        ("(\\/X-A|\\/Sub)", "Sub", "Sub"),
        ("\\/(foo|foobar)", "foobar", "foobar"),
        ("\\/a*", "aa", ""),
        ("b|\\/a", "b", None),
        ("b", "b", None),
    ],
)
def test_what_is_extracted(pattern: str, text: str, found: str | None) -> None:
    """procmailrc(5): what matches behind \\/ becomes MATCH; left of it the shortest match counts, right of it the longest."""
    assert match(pattern, text) == found


def test_octets_count() -> None:
    """A letter of two octets is two characters to procmail, and a pattern may end between them."""
    assert search("^X: ..$", "X: ä\n") is not None
    assert search("^X: .$", "X: ä\n") is None
    assert search("^X: [ä]", "X: ü\n") is not None  # the first octets of both are the same
    assert match("^X: \\/.*", "X: äé \udce4\n") == "äé \udce4"


def test_the_time_is_linear() -> None:
    assert linear(lambda text: patterns.compile(text + "x" * 9, ignore_case=True, syntax="procmail"), "(a|b)[c" * 400)
