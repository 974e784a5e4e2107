"""One test file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdafilter.errors import RuleErrors
from mdafilter.settings import Settings
from mdafilter.testing.run import run
from tests.support.rehearsal import rehearse


def test_the_report(tmp_path: Path) -> None:
    report = rehearse(tmp_path, 'test "a" { }')
    assert report.file == str(tmp_path / "it.svtest")
    assert [result.name for result in report.results] == ["a"]
    assert report.seconds > 0


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors) as wrong:
        rehearse(tmp_path, "foo;\nbar;")
    assert [problem.line for problem in wrong.value.problems] == [2, 3]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(str(tmp_path / "none.svtest"))


def test_settings_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "a.svtest").write_text(
        'require ["vnd.dovecot.testsuite", "subaddress", "envelope"]; test_set "envelope.to" "a-b@c.example";'
        'test "x" { if not envelope :detail "to" "b" { test_fail "no"; } }'
    )
    assert run(str(tmp_path / "a.svtest"), Settings(recipient_delimiter="-")).results[0].reason is None
    assert run(str(tmp_path / "a.svtest")).results[0].reason == "no"


WORDS = st.sampled_from(
    (
        *('test "a" {', "}", "};", ";", 'test_fail "x";', 'test_set "message" "x: y";', 'test_set "date" "x";', "if"),
        *('test_script_compile "x"', "test_script_run", "test_result_execute", "{", "test_message :smtp 0", "not"),
        *('test_error :count "eq" "1"', 'test_result_action :index 1 "keep"', "test_result_reset;", "keep;", "stop;"),
        *('redirect "a@b.example";', 'reject "x";', 'fileinto "A";', 'test_config_set "sieve_max_actions" "x";'),
        *(
            'test_message :folder "INBOX" 0;',
            "foreverypart {",
            "anyof (",
            ")",
            ",",
            'set "a" "${a}b";',
            "test_config_reload;",
        ),
    )
)


@given(words=st.lists(WORDS, max_size=20))
def test_whatever_stands_in_a_test_file(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """It has mistakes, or comes to its end."""
    folder = tmp_path_factory.mktemp("any")
    try:
        report = rehearse(folder, " ".join(words))
    except RuleErrors:
        return
    assert len(report.results) <= len(words) + 1
