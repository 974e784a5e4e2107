"""A rule that opens archives, and a package that is missing."""

from __future__ import annotations

import pytest

from mdafilter.cli import extras
from tests.support.script import compiled

REQUIRE = 'require ["vnd.mdafilter.attachment", "vnd.mdafilter.archive", "include"];\n'


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "missing", lambda: ["py7zr", "rarfile"])


@pytest.mark.parametrize(
    ("test", "warned"),
    [
        ('attachment :extension "exe"', True),
        ('not attachment :inside "x"', True),
        ('anyof (true, archive "encrypted")', True),
        ('attachment :kind "executable"', True),
        ('attachment :outside :extension "exe"', False),
        ('attachment :type "application/zip"', False),
        ('header "Subject" "x"', False),
    ],
)
def test_who_is_warned(test: str, warned: bool) -> None:
    plan = compiled(f"{REQUIRE}keep;\nif {test} {{ discard; }}").plan
    found = extras.warnings(plan)
    assert [(p.line, p.severity) for p in found] == ([(3, "warning")] if warned else [])


def test_once_for_each_file() -> None:
    rule = 'if attachment "x" { keep; }\n'
    plan = compiled(
        f'{REQUIRE}include :global "a";\n{rule}{rule}',
        {("global", "a"): 'require "vnd.mdafilter.attachment";\n' + rule * 2},
    ).plan
    assert sorted(p.file for p in extras.warnings(plan)) == ["global/a.sieve", "test.sieve"]


def test_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "missing", list)
    assert extras.warnings(compiled(f'{REQUIRE}if attachment "x" {{ keep; }}').plan) == ()
