"""Lines of rule files."""

from __future__ import annotations

from pathlib import Path

from mdafilter.lint.sources import Sources
from mdafilter.texts import Where


def test_the_line_of_a_place(tmp_path: Path) -> None:
    path = tmp_path / "r.sieve"
    path.write_bytes(b"\xef\xbb\xbfkeep;\r\nstop\xff;\n")
    sources = Sources()
    assert sources.line(Where(str(path), 1)) == "keep;"
    assert sources.line(Where(str(path), 2)) == "stop�;"
    assert sources.line(Where(str(path), 9)) == ""
    assert sources.line(Where("<stdin>", 1)) == ""
    assert sources.line(Where("a\0b", 1)) == ""
    sources.give("<stdin>", b"a\nb")
    assert sources.line(Where("<stdin>", 2)) == "b"


def test_a_shipped_file_is_found_by_its_short_name() -> None:
    assert Sources().line(Where("rules/default.sieve", 1)) != ""


def test_a_recipe_has_its_conditions_beside_it() -> None:
    sources = Sources()
    sources.give("a.rc", b":0 c\n* ^Subject:.*x\\\n  more\n* y\nbox\n\nA=b\n")
    assert sources.rule(Where("a.rc", 1)) == [":0 c", "* ^Subject:.*x\\", "  more", "* y"]
    assert sources.rule(Where("a.rc", 7)) == ["A=b"]
    assert sources.rule(Where("a.rc", 6)) == []


def test_an_if_of_sieve_has_all_lines_of_its_test() -> None:
    sources = Sources()
    sources.give("a.sieve", b"keep;\n  if anyof (true,\n      false)\n  {\n keep;\n}\n")
    assert sources.rule(Where("a.sieve", 2, 3)) == ["  if anyof (true,", "      false)", "  {"]
    assert sources.rule(Where("a.sieve", 1)) == ["keep;"]
    sources.give("header_checks", b"if /a/\n\n/b/ OK\n")
    assert sources.rule(Where("header_checks", 1)) == ["if /a/"]


def test_a_text_is_looked_for_near_its_rule() -> None:
    sources = Sources()
    sources.give("a.rc", b":0\n* x\n* (a+)+$\n" + b"\n" * 100 + b"far\n")
    assert sources.find(Where("a.rc", 1), "(a+)+$") == Where("a.rc", 3, 3)
    assert sources.find(Where("a.rc", 1), "far") == Where("a.rc", 1)
