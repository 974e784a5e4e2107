"""`:bytimerelative` and others of redirect (RFC 6009, RFC 2852)."""

from __future__ import annotations

import pytest

from mdafilter.acts import Keep, Redirect
from mdafilter.words.deliverby import date_fault
from tests.support.script import acts, decide
from tests.support.sieve import errors, said

HEAD = 'require ["redirect-deliverby", "variables"];\n'


@pytest.mark.parametrize(
    "tags",
    [
        ":bytimerelative 3600",
        ':bytimerelative 3600 :bymode "return"',
        ':bytimerelative 0 :bymode "Notify" :bytrace',
        ':bytimeabsolute "2026-12-24T18:00:00Z" :bymode "notify"',
    ],
)
def test_it_is_redirected_without_and_that_is_told(tags: str) -> None:
    decision = decide(f'{HEAD}redirect {tags} "a@b.test";')
    assert acts(decision) == [Redirect("a@b.test")]
    assert decision.notes == (f"redirect: the mail system cannot be asked for {tags} (RFC 2852)",)
    assert decision.trace[0].what == f'redirect {tags} "a@b.test"'


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        (':bytimerelative 1 :bytimeabsolute "2026-12-24T18:00:00Z"', "exclude each other"),
        (':bymode "notify"', "a time, which is missing"),
        (":bytrace", "a time, which is missing"),
        (':bytimerelative "1"', "must be followed by a number"),
        (':bytimerelative 1 :bymode "never"', ":bymode is"),
        (':bytimerelative 0 :bymode "return"', "within 0 seconds"),
        (':bytimeabsolute "tomorrow"', "is no date like"),
    ],
)
def test_what_is_wrong(tags: str, text: str) -> None:
    """RFC 2852 section 4: by-mode R goes with a time above 0 only."""
    (error,) = errors(f'require "redirect-deliverby"; redirect {tags} "a@b.test";')
    assert text in error


@pytest.mark.parametrize("tags", [':bytimeabsolute "${a}"', ':bytimerelative 1 :bymode "${a}"'])
def test_made_of_variables_it_keeps_the_message(tags: str) -> None:
    assert acts(decide(f'{HEAD}set "a" "x"; redirect {tags} "a@b.test";')) == [Keep()]


@pytest.mark.parametrize(
    "text",
    ["2026-12-24T18:00:00Z", "2026-12-24t18:00:00z", "2026-12-24T18:00:00.25+01:00", "2024-02-29T00:00:00-12:30"],
)
def test_a_date(text: str) -> None:
    """RFC 3339 section 5.8 has such examples."""
    assert date_fault(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-12-24",
        "2026-12-24T18:00:00",
        "2026-12-24 18:00:00Z",
        "2026-13-24T18:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-12-24T24:00:01Z",
        "2026-W52-4T18:00:00Z",
        "20261224T180000Z",
        "２０２６-12-24T18:00:00Z",
        "2026-12-24T18:00:00Z\0",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert date_fault(text) != ""


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            'require ["redirect-deliverby"];\nredirect :bymode "notify" "a@b.example";',
            "error 2:10 :bymode belongs to a time, which is missing | write :bytimerelative 3600",
        ),
        (
            'require ["redirect-deliverby"];\nredirect :bytrace "a@b.example";',
            "error 2:10 :bytrace belongs to a time, which is missing | write :bytimerelative 3600",
        ),
        (
            'require ["redirect-deliverby"];\nredirect :bytimeabsolute "tomorrow" "a@b.example";',
            'error 2:10 "tomorrow" is no date like "2026-12-24T18:00:00+01:00" | RFC 3339 section 5.6',
        ),
        (
            'require ["redirect-deliverby"];\nredirect :bytimerelative 60 :bymode "drop" "a@b.example";',
            'error 2:29 :bymode is "notify" or "return", not "drop" | RFC 2852 section 4',
        ),
        (
            'require ["redirect-deliverby"];\nredirect :bytimerelative 0 :bymode "return" "a@b.example";',
            'error 2:28 no message that is to come back (:bymode "return") is delivered within 0 seconds | RFC 2852 section 4',
        ),
        (
            'require ["redirect-deliverby"];\nredirect :bytimerelative 60 :bytimeabsolute "2026-12-24T18:00:00+01:00" "a@b.example";',
            "error 2:29 :bytimerelative and :bytimeabsolute exclude each other | remove one",
        ),
    ],
)
def test_what_is_said_with_its_place_and_what_to_do(script: str, expected: str) -> None:
    assert said(script) == [expected]
