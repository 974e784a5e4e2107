"""Cases, and what goes wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter import limits
from tests.support.rehearsal import reasons, rehearse


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('error "given up";', "given up"),
        ('reject "x"; keep;', "contradicts the delivery"),
        ('redirect "${nothing}";', "not one address"),
        (
            'redirect "a@b.example"; redirect "b@b.example"; redirect "c@b.example"; redirect "d@b.example"; redirect "e@b.example";',
            "redirect actions",
        ),
    ],
)
def test_an_error_ends_its_case_alone(tmp_path: Path, body: str, said: str) -> None:
    first, second = reasons(tmp_path, f'test "a" {{ {body} test_fail "went on"; }} test "b" {{ }}')
    assert said in str(first)
    assert second is None


def test_each_case_begins_with_an_empty_result(tmp_path: Path) -> None:
    text = 'test "a" { fileinto "A"; } test "b" { if test_result_action "store" { test_fail "still there"; } }'
    assert reasons(tmp_path, text) == [None, None]


def test_commands_between_the_cases(tmp_path: Path) -> None:
    text = 'set "x" "1"; test "a" { if not string "${x}" "1" { test_fail "x"; } } set "x" "2"; test "b" { if not string "${x}" "2" { test_fail "x"; } }'
    assert reasons(tmp_path, text) == [None, None]


def test_stop_ends_the_file(tmp_path: Path) -> None:
    assert reasons(tmp_path, 'test "a" { } if true { stop; } test "b" { }') == [None]


def test_an_error_outside_is_a_failure_of_its_own(tmp_path: Path) -> None:
    report = rehearse(tmp_path, 'test "a" { }\nerror "gone";\ntest "b" { }')
    assert [(result.name, result.reason) for result in report.results] == [
        ("a", None),
        ("outside of all cases", "gone"),
    ]
    assert report.results[1].at.line == 3


def test_a_question_that_takes_for_ever_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MATCH_STEPS", 100)
    text = f'set "x" "{"ab" * 200}c"; test "a" {{ if string :matches "${{x}}" "*a?a?a?d*c" {{ }} }} test "b" {{ }}'
    first, second = reasons(tmp_path, text)
    assert first is not None
    assert second is None


def test_processor_time_is_of_each_case(tmp_path: Path) -> None:
    text = 'test_config_set "sieve_max_cpu_time" "0"; test_config_reload; test "a" { keep; } test_config_unset "sieve_max_cpu_time"; test_config_reload; test "b" { keep; }'
    assert rehearse(tmp_path, text).results[-1].reason is None


def test_a_loop_that_failed_leaves_no_part(tmp_path: Path) -> None:
    text = 'test "a" { foreverypart { error "x"; } } test "b" { if not header "subject" "A message" { test_fail "the part"; } }'
    assert reasons(tmp_path, text) == ["x", None]


def test_what_is_only_tried_is_found_however_deep() -> None:
    from mdafilter.testing.walk import attempts
    from tests.support.script import compiled

    script = """require ["vnd.dovecot.pipe", "mime", "foreverypart"];
pipe "needed";
pipe :try "first";
if true { pipe :try "second"; } else { foreverypart { pipe :try "third"; } }
"""
    assert [at.line for at in attempts(compiled(script).plan.steps)] == [3, 4, 4]
