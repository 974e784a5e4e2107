"""A rule that opens archives, and something that is missing; a rule that looks something up, and its table."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdafilter.archives import program, seven
from mdafilter.cli import extras
from mdafilter.rulebook import Folders
from tests.support.script import compiled
from tests.support.sieve import line

REQUIRE = 'require ["vnd.mdafilter.attachment", "vnd.mdafilter.archive", "include"];\n'


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "FOLDERS", ())
    monkeypatch.setattr(seven, "PACKAGE", "no_such_package")


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
    assert [(p.line, p.severity) for p in found] == ([(3, "warning")] * 3 if warned else [])


def test_once_for_each_file() -> None:
    rule = 'if attachment "x" { keep; }\n'
    plan = compiled(
        f'{REQUIRE}include :global "a";\n{rule}{rule}',
        {("global", "a"): 'require "vnd.mdafilter.attachment";\n' + rule * 2},
    ).plan
    assert sorted({p.file for p in extras.warnings(plan)}) == ["global/a.sieve", "test.sieve"]
    assert len(extras.warnings(plan)) == 2 * 3


def test_what_is_said() -> None:
    until = "; until then such an attachment has the fact not-opened"
    assert [line(p) for p in extras.warnings(compiled(f'{REQUIRE}if attachment "x" {{ keep; }}').plan)] == [
        "2:1 7z archives will not be looked into, or only by bsdtar, which tells of no password:"
        " the package no_such_package is not installed"
        " | pip install '.[archives]' in the sources of mdafilter" + until,
        "2:1 what is packed in rar archives will be known by its name only: unar (or bsdtar) is not installed"
        " | apt-get install unar" + until,
        "2:1 cab, xar, lha, cpio and ar archives will not be looked into: bsdtar is not installed"
        " | apt-get install libarchive-tools" + until,
    ]


def test_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "TABLE", ())
    assert extras.warnings(compiled(f'{REQUIRE}if attachment "x" {{ keep; }}').plan) == ()


def tables(home: Path, script: str) -> list[str]:
    plan = compiled(f'require ["vnd.mdafilter.lookup", "variables"];\n{script}').plan
    found = extras.tables(plan, Folders((), (str(home),), str(home)))
    return [str(problem).removeprefix(f"{home}/") for _path, problems in found for problem in problems]


def test_what_is_wrong_in_a_table_that_a_rule_names(tmp_path: Path) -> None:
    (tmp_path / "access").write_text("a OK\n10.0.0.1/8 REJECT\na OK\n")
    assert tables(tmp_path, 'if anyof (true, not lookup "sender" "access") { stop; }') == [
        "access:2:1: error: 10.0.0.1/8 is an address in a network, and no network",
        'access:3:1: warning: "a" stands in line 1 already, and this line is never used',
    ]


def test_a_table_that_is_missing_is_a_warning_at_the_rule(tmp_path: Path) -> None:
    text = f"the table {tmp_path}/access cannot be read: No such file or directory"
    rule = 'if lookup "sender" "access" { stop; }\n'
    assert tables(tmp_path, rule * 2) == [f"test.sieve:{number}:1: warning: {text}" for number in (2, 3)]
    plan = compiled(f'require "vnd.mdafilter.lookup";\n{rule}').plan
    ((_path, problems),) = extras.tables(plan, Folders((), (str(tmp_path),), str(tmp_path)))
    assert [p.hint for p in problems] == ["as long as this is so, the message is kept where the rule is reached"]


def test_a_table_whose_name_has_variables_is_not_looked_for(tmp_path: Path) -> None:
    assert tables(tmp_path, 'set "a" "x"; if lookup "sender" "${a}" { stop; }') == []


def test_a_program_that_would_not_be_run(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("#!/bin/sh\n")
    (tmp_path / "there").chmod(0o755)
    script = """require ["vnd.dovecot.pipe", "vnd.dovecot.filter", "vnd.dovecot.execute", "variables", "copy"];
pipe :copy "there";
pipe :copy "gone";
pipe :copy :try "gone";
set "name" "gone"; keep;
filter "gone";
if execute "gone" { keep; }
"""
    found = list(extras.missing_programs(compiled(script).plan, {"pipe": str(tmp_path), "filter": str(tmp_path)}))
    why = "the program gone cannot be run: No such file or directory"
    assert [(p.line, p.text) for p in found] == [
        (3, why),
        (6, why),
        (7, "the program gone cannot be run: the site has no folder of programs"),
    ]
    assert found[2].hint == "[sieve] execute_bin_dir names the folder; as long as this is so, the message is kept"
    assert {(p.severity, p.code) for p in found} == {("warning", "missing-program")}
