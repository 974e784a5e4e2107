"""One test file."""

from __future__ import annotations

from pathlib import Path

import pytest

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
