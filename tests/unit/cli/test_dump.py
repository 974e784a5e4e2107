"""Compiled plans in words, and scripts as they were read."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.commandline import invoke

SIEVE = 'require "fileinto"; # c\nif header :contains "Subject" "x"\n{ fileinto text:\na\n.\n; }\n'


def write(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o644)
    return str(path)


def test_each_step_with_its_line(tmp_path: Path) -> None:
    sieve = write(tmp_path / "r.sieve", 'require "fileinto";\nif header "a" "b" { fileinto "Trash"; }\n')
    table = write(tmp_path / "header_checks", "/x/ DISCARD\n")
    done = invoke(tmp_path, "dump", sieve, table)
    assert done.exit_code == 0
    first, second = done.stdout.split("\n\n")
    assert first.split("\n") == [f'{sieve}:2  if header :is "a" "b"', f'{sieve}:2    fileinto "Trash"']
    assert second.startswith(f"{table}:1  header mime nested lines")
    found = json.loads(invoke(tmp_path, "dump", "--json", sieve).stdout)
    assert found == {sieve: first.split("\n")}


def test_a_script_as_it_was_read(tmp_path: Path) -> None:
    path = write(tmp_path / "r.sieve", SIEVE.replace("text:\na\n.\n", '"a\\"b"'))
    done = invoke(tmp_path, "dump", "--sieve", path)
    assert done.stdout == ('require "fileinto";\nif header :contains "Subject" "x" {\n    fileinto "a\\"b";\n}\n')
    again = write(tmp_path / "again.sieve", done.stdout)
    assert invoke(tmp_path, "dump", "--sieve", again).stdout == done.stdout
    recipe = write(tmp_path / "procmailrc", ":0\nbox\n")
    done = invoke(tmp_path, "dump", "--sieve", recipe)
    assert (done.exit_code, "is no Sieve script, and --sieve is for these" in done.stderr) == (2, True)


def test_errors_are_told_and_the_others_are_printed(tmp_path: Path) -> None:
    bad, good = write(tmp_path / "b.sieve", "oops;"), write(tmp_path / "g.sieve", "keep;")
    done = invoke(tmp_path, "dump", bad, str(tmp_path / "none.sieve"), good)
    assert done.exit_code == 1
    assert done.stdout == f"{good}:1  keep\n"
    assert done.stderr.startswith(f"{bad}:1:1: error: unknown command `oops`")
    assert "none.sieve:1:1: error: cannot be read: No such file or directory" in done.stderr
    assert invoke(tmp_path, "dump", bad).stdout == ""


def test_standard_input_and_the_configured_files(tmp_path: Path) -> None:
    assert invoke(tmp_path, "dump", "-l", "sieve", "-", data=b"keep;").stdout == "<stdin>:1  keep\n"
    config = write(tmp_path / "c.toml", "rules = []\n")
    own = write(tmp_path / ".mdafilter.sieve", "stop;")
    assert invoke(tmp_path, "dump", "-c", config).stdout == f"{own}:1  stop\n"
