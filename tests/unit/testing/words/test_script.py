"""test_script_compile, test_script_run, test_multiscript."""

from __future__ import annotations

from pathlib import Path

from tests.support.rehearsal import reason, reasons

KEEP, FILE = "keep;", 'require "fileinto"; fileinto "A";'
BROKEN = "if header { kep; }"


def count(number: int) -> str:
    return f'if not test_result_action :count "eq" :comparator "i;ascii-numeric" "{number}" {{ test_fail "not {number}"; }}'


def errors(number: int) -> str:
    return (
        f'if not test_error :count "eq" :comparator "i;ascii-numeric" "{number}" {{ test_fail "not {number} errors"; }}'
    )


def test_a_script_that_compiles_and_runs(tmp_path: Path) -> None:
    text = 'if not allof (test_script_compile "s.sieve", test_script_run) { test_fail "x"; }' + count(1) + errors(0)
    assert reason(tmp_path, text, s=FILE) is None


def test_one_that_does_not(tmp_path: Path) -> None:
    """Its errors, and the last line."""
    text = 'if test_script_compile "s.sieve" { test_fail "x"; }' + errors(3)
    text += 'if not test_error :index 3 "validation failed" { test_fail "the last"; }'
    assert reason(tmp_path, text, s=BROKEN) is None


def test_the_words_of_tests_are_not_for_scripts(tmp_path: Path) -> None:
    text = 'if test_script_compile "s.sieve" { test_fail "x"; }'
    assert reason(tmp_path, text, s='require "vnd.dovecot.testsuite"; test_result_reset;') is None


def test_a_second_run_takes_the_place_of_the_result_or_is_appended(tmp_path: Path) -> None:
    before = 'if not allof (test_script_compile "s.sieve", test_script_run) { test_fail "x"; }'
    again = 'if not test_script_compile "t.sieve" { test_fail "y"; }'
    assert reason(tmp_path, before + again + "if not test_script_run { }" + count(1), s=FILE, t=KEEP) is None
    appended = "if not test_script_run :append_result { }" + count(2)
    assert reason(tmp_path, before + again + appended, s=FILE, t=KEEP) is None


def test_a_script_that_fails_leaves_an_error_and_no_result(tmp_path: Path) -> None:
    text = 'if not test_script_compile "s.sieve" { test_fail "x"; } if test_script_run { test_fail "ran"; }'
    script = 'require ["ihave", "fileinto"]; fileinto "A"; error "gone";'
    assert reason(tmp_path, text + count(0) + errors(1), s=script) is None


def test_what_was_edited_in_a_script_is_not_the_message_at_hand(tmp_path: Path) -> None:
    text = 'if not allof (test_script_compile "s.sieve", test_script_run) { test_fail "x"; } if exists "x-new" { test_fail "edited"; }'
    text += 'if not test_result_execute { } test_message :folder "INBOX" 0; if not exists "x-new" { test_fail "not kept so"; }'
    assert reason(tmp_path, text, s='require "editheader"; addheader "X-New" "1";') is None


def test_no_script(tmp_path: Path) -> None:
    assert 'the script "none.sieve" cannot be read: No such file' in str(
        reason(tmp_path, 'if test_script_compile "none.sieve" { }')
    )
    assert reason(tmp_path, "if test_script_run { }") == "test_script_run: no script was compiled"


def test_of_several_the_next_runs_while_the_message_is_kept(tmp_path: Path) -> None:
    assert (
        reason(
            tmp_path,
            'if not test_multiscript ["k.sieve", "f.sieve", "k.sieve"] { test_fail "x"; }' + count(2),
            k=KEEP,
            f=FILE,
        )
        is None
    )
    assert (
        reason(tmp_path, 'if not test_multiscript ["f.sieve", "k.sieve"] { test_fail "x"; }' + count(1), k=KEEP, f=FILE)
        is None
    )
    assert (
        reason(tmp_path, 'if test_multiscript ["k.sieve", "b.sieve"] { test_fail "x"; }' + count(0), k=KEEP, b=BROKEN)
        is None
    )


def test_a_contradiction_between_scripts_is_passed_over(tmp_path: Path) -> None:
    """What an earlier script has decided stands."""
    text = 'if not test_multiscript ["k.sieve", "r.sieve"] { test_fail "x"; }' + count(1)
    assert reason(tmp_path, text, k=KEEP, r='require "reject"; reject "no";') is None


def test_a_procmailrc(tmp_path: Path) -> None:
    (tmp_path / "procmailrc").write_text(":0\n* ^Subject: A message\n/var/spool/list/\n")
    text = 'if not allof (test_script_compile "procmailrc", test_script_run) { test_fail "x"; }'
    assert reason(tmp_path, text + 'if not test_result_action "store" { test_fail "store"; }') is None


def test_copies_of_a_procmailrc(tmp_path: Path) -> None:
    (tmp_path / "procmailrc").write_text(":0 c\n{\n  :0\n  /var/spool/list/\n}\n")
    text = 'if not allof (test_script_compile "procmailrc", test_script_run) { test_fail "x"; }' + count(2)
    assert reason(tmp_path, text + 'if not test_result_action :index 1 "keep" { test_fail "keep"; }') is None


def test_includes(tmp_path: Path) -> None:
    for folder, name, script in (("included", "a", FILE), ("included-global", "b", KEEP)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.sieve").write_text(script)
    text = 'test "x" { include "a"; include :global "b";' + count(2) + "}"
    assert reasons(tmp_path, text) == [None]


def test_a_path_from_the_folder_of_the_test_file(tmp_path: Path) -> None:
    text = 'if not test_script_compile "${tst.path}/s.sieve" { test_fail "x"; }'
    assert reason(tmp_path, text, s=KEEP) is None
    assert (
        reason(
            tmp_path,
            'if test_script_compile "s.sieve" { test_fail "x"; }',
            s='require "variables"; set "a" "${tst.path}";',
        )
        is None
    )


def test_what_cannot_be_read_has_mistakes_of_grammar_alone(tmp_path: Path) -> None:
    text = 'if test_script_compile "s.sieve" { test_fail "x"; }' + errors(2)
    text += 'if not test_error :index 2 "parse failed" { test_fail "the last"; }'
    assert reason(tmp_path, text, s='if header :is "a" ["b" "c"] { keep 5; } kep;') is None
    assert reason(tmp_path, 'if test_script_compile "s.sieve" { }' + errors(2), s="keep\nkep;") is None
