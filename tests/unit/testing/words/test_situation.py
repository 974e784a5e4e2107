"""test_set."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.errors import RuleErrors
from tests.support.rehearsal import reason, rehearse

MESSAGE = 'test_set "message" text:\nFrom: ann@example.org\nTo: bob@example.net\nSubject: hello\n\nbody\n.\n;\n'


def test_a_message(tmp_path: Path) -> None:
    assert reason(tmp_path, MESSAGE + 'if not header "subject" "hello" { test_fail "subject"; }') is None
    assert reason(tmp_path, MESSAGE + 'if not body :contains "body" { test_fail "body"; }') is None


@pytest.mark.parametrize(("part", "address"), [("from", "ann@example.org"), ("to", "bob@example.net")])
def test_it_brings_the_envelope_of_its_header(tmp_path: Path, part: str, address: str) -> None:
    assert reason(tmp_path, f'{MESSAGE} if not envelope "{part}" "{address}" {{ test_fail "no"; }}') is None


@pytest.mark.parametrize("part", ["from", "to", "orig_to", "auth"])
def test_what_was_set_of_the_envelope_stays(tmp_path: Path, part: str) -> None:
    text = f'test_set "Envelope.{part}" "x@example.com"; {MESSAGE} if not envelope "{part}" "x@example.com" {{ test_fail "no"; }}'
    assert reason(tmp_path, text) is None


@pytest.mark.parametrize(("path", "address"), [("<ann@example.org>", "ann@example.org"), ("<>", ""), ("<a@b", "<a@b")])
def test_paths(tmp_path: Path, path: str, address: str) -> None:
    """RFC 5321, 4.1.2: Path = "<" [ A-d-l ":" ] Mailbox ">"."""
    text = f'test_set "envelope.from" "{path}"; if not envelope "from" "{address}" {{ test_fail "no"; }}'
    assert reason(tmp_path, text) is None


def test_null_sender_of_a_return_path(tmp_path: Path) -> None:
    text = 'test_set "message" text:\nReturn-Path: <>\nFrom: a@example.org\n\n.\n;\n'
    assert reason(tmp_path, text + 'if not envelope "from" "" { test_fail "no"; }') is None


@pytest.mark.parametrize("text", ["tomorrow", "", "2026-13-01T00:00:00Z"])
def test_what_is_no_date_fails_the_case(tmp_path: Path, text: str) -> None:
    said = reason(tmp_path, f'test_set "date" "{text}";')
    assert said is not None
    assert said == f'test_set "date": "{text}" is no date like 2026-12-24T18:00:00+01:00'


@pytest.mark.parametrize(
    "text", ["2026-12-24T18:00:00+01:00", "Thu, 24 Dec 2026 17:00:00 +0000", "2026-12-24T17:00:00Z"]
)
def test_dates(text: str) -> None:
    from mdafilter.testing.words.situation import seconds

    assert seconds(text) == 1798131600.0


def test_scorers(tmp_path: Path) -> None:
    text = 'test_set "score" "9"; if not spamtest "9" { test_fail "9"; } test_set "score" ""; if not spamtest "0" { test_fail "0"; }'
    assert reason(tmp_path, text) is None
    assert reason(tmp_path, 'test_set "virus" "Eicar"; if not virustest "5" { test_fail "5"; }') is None
    assert reason(tmp_path, 'test_set "score" "much";') == 'test_set "score": "much" is no number'


def test_other_names_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors) as raised:
        rehearse(tmp_path, 'test_set "envelope.cc" "x";')
    (problem,) = raised.value.problems
    assert problem.text == 'test_set knows no "envelope.cc"'
    assert problem.hint.startswith("it knows ")
