"""test_result_action, test_result_execute, test_result_reset, test_result_print."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.acts import Box, Discard, File, Keep, Pipe, Redirect, Reject, Send
from mdafilter.errors import RuleErrors
from mdafilter.testing.words.result import name_of
from tests.support.rehearsal import reason, rehearse


def test_names() -> None:
    acts = (Keep(), File("A"), Box("/a/"), Redirect("a@b.example"), Discard(), Reject("x"), Pipe(("x",)))
    assert [name_of(act) for act in acts] == ["keep", "store", "store", "redirect", "discard", "reject", "pipe"]
    assert name_of(Send("vacation", b"", ())) == "vacation"


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ('"store"', True),
        ('"redirect"', True),
        ('"keep"', False),
        (':index 1 "store"', True),
        (':index 2 "store"', False),
        (':index 3 "store"', False),
        (':matches :index 2 "re*"', True),
        (':comparator "i;octet" "STORE"', False),
        (':count "eq" :comparator "i;ascii-numeric" "2"', True),
        (':regex "^st"', True),
    ],
)
def test_action(tmp_path: Path, test: str, holds: bool) -> None:
    text = f'fileinto "A"; redirect "a@b.example"; fileinto "A"; if {"not " * holds}test_result_action {test} {{ test_fail "no"; }}'
    assert reason(tmp_path, text) is None


def test_the_implicit_keep_is_carried_out_and_is_no_action(tmp_path: Path) -> None:
    text = 'if test_result_action :matches "*" { test_fail "an action"; } if not test_result_execute { test_fail "x"; }'
    assert reason(tmp_path, text + 'test_message :folder "INBOX" 0;') is None


def test_reset(tmp_path: Path) -> None:
    text = 'redirect "a@b.example"; if not test_result_execute { test_fail "x"; } test_result_reset;'
    text += (
        'if test_result_action "redirect" { test_fail "an action"; } if test_message :smtp 0 { test_fail "a letter"; }'
    )
    assert reason(tmp_path, text) is None


def test_print(tmp_path: Path) -> None:
    report = rehearse(tmp_path, 'test "a" { fileinto "A"; test_result_print; } test "b" { test_result_print; }')
    assert [result.said for result in report.results] == [
        ("store: File(folder='A', flags=(), copy=False, create=False, letter=b'')",),
        ("nothing is decided: the implicit keep",),
    ]


def test_index_counts_from_one(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors, match=":index 0 is nothing"):
        rehearse(tmp_path, 'if test_result_action :index 0 "keep" { }')
