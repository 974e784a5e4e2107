"""mdafilter test."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from mdafilter.cli.main import main

HEAD = 'require "vnd.dovecot.testsuite";\n'


def output_of(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["test", *arguments])


def test_all_passed(tmp_path: Path) -> None:
    (tmp_path / "a.svtest").write_text(HEAD + 'test "one" { }\n')
    result = output_of(str(tmp_path / "a.svtest"))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[2:] == ["ok 1 - one", "1..1", "1 passed, 0 failed"]


def test_some_failed(tmp_path: Path) -> None:
    (tmp_path / "a.svtest").write_text(HEAD + 'test "one" { }\ntest "two" { test_fail "no"; }\n')
    (tmp_path / "b.svtest").write_text(HEAD + 'test "three" { }\n')
    result = output_of(str(tmp_path))
    assert result.exit_code == 1
    assert f'  at: "{tmp_path}/a.svtest:3"' in result.stdout
    assert result.stdout.endswith("1..3\n2 passed, 1 failed\n")


def test_a_test_file_that_does_not_compile(tmp_path: Path) -> None:
    (tmp_path / "a.svtest").write_text(HEAD + 'tests "one" { }\n')
    (tmp_path / "b.svtest").write_text(HEAD + 'test "one" { }\n')
    result = output_of(str(tmp_path))
    assert result.exit_code == 2
    assert f"{tmp_path}/a.svtest:2:1: error: " in result.stderr
    assert "  | ^~~~~" in result.stderr
    assert "ok 1 - one" in result.stdout


def test_nothing_to_test(tmp_path: Path) -> None:
    assert output_of(str(tmp_path)).exit_code == 2
    assert output_of(str(tmp_path / "none")).exit_code == 2
    assert output_of().exit_code == 2
    (tmp_path / "rules.sieve").write_text("keep;\n")
    result = output_of(str(tmp_path / "rules.sieve"))  # the rules in the place of their tests: nothing was tested
    assert result.exit_code == 2
    assert f"Error: there is no test in {tmp_path}/rules.sieve: a test file is named *.svtest" in result.stderr


def test_junit(tmp_path: Path) -> None:
    (tmp_path / "a.svtest").write_text(HEAD + 'test "one" { }\n')
    assert output_of("--junit", str(tmp_path / "out.xml"), str(tmp_path)).exit_code == 0
    assert '<testcase name="one"' in (tmp_path / "out.xml").read_text()


def test_strict(tmp_path: Path) -> None:
    (tmp_path / "a.svtest").write_text(HEAD + 'test_config_set "mail_home" "/x"; test "one" { }\n')
    assert output_of(str(tmp_path)).exit_code == 0
    result = output_of("--strict", str(tmp_path))
    assert result.exit_code == 1
    assert "the setting mail_home means nothing here" in result.stderr


def test_settings_of_a_site(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('recipient_delimiter = "-"\n')
    (tmp_path / "a.svtest").write_text(
        'require ["vnd.dovecot.testsuite", "subaddress"]; test_set "message" text:\nFrom: a-b@c.example\n\n.\n;\n'
        'test "one" { if not address :detail "from" "b" { test_fail "no"; } }\n'
    )
    assert output_of(str(tmp_path / "a.svtest")).exit_code == 1
    assert output_of("-c", str(tmp_path / "c.toml"), str(tmp_path / "a.svtest")).exit_code == 0


def test_the_example_of_the_help_works(tmp_path: Path) -> None:
    text = output_of("--help").stdout
    lines = [line[2:] for line in text.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.lstrip().startswith("require"))
    end = next(i for i, line in enumerate(lines) if i > start and line.strip() == "}")
    example = [line.strip() for line in lines[start : end + 1]]
    (tmp_path / "rules.svtest").write_text("\n".join(example) + "\n")
    (tmp_path / "rules.sieve").write_text('require ["fileinto", "mailbox"];\nfileinto :create "Junk";\n')
    result = output_of(str(tmp_path / "rules.svtest"))
    assert result.exit_code == 0, result.output
