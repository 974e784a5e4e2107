"""test_config_set, test_config_unset, test_config_reload."""

from __future__ import annotations

from pathlib import Path

from tests.support.rehearsal import reason, rehearse

SET = 'test_config_set "sieve_environment/vnd.x" "y";'
ASK = 'if not environment "vnd.x" "y" { test_fail "no"; }'


def test_it_counts_from_the_reload_on(tmp_path: Path) -> None:
    assert reason(tmp_path, SET + ASK) == "no"
    assert reason(tmp_path, SET + "test_config_reload;" + ASK) is None
    assert reason(tmp_path, SET + 'test_config_reload :extension "environment";' + ASK) is None


def test_unset(tmp_path: Path) -> None:
    text = SET + 'test_config_reload; test_config_unset "sieve_environment/vnd.x"; test_config_reload;' + ASK
    assert reason(tmp_path, text) == "no"


def test_what_means_nothing_is_told(tmp_path: Path) -> None:
    assert rehearse(tmp_path, SET + 'test_config_set "mail_location" "x";').unknown == ("mail_location",)
