"""What /usr/bin/mdafilter starts: a report comes to the spool without click, all else to the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.house import ROOT

REPORTING = """\
import os, sys
from mdafilter.cli import start
real = os._exit
def ended(code):
    print(code, *sorted(sys.modules), file=sys.stderr)
    real(code)
os._exit = ended
sys.argv[1:] = ["train", "spam", "-s", sys.argv[1]]
start.main()
"""
HEAVY = {"click", "email", "argparse", "json", "logging", "subprocess", "sqlite3", "asyncio", "tomllib", "typing"}


def test_a_report_imports_nothing_heavy(tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{REPORTING}"]
    done = subprocess.run([*command, str(tmp_path)], input=b"Subject: x\n\n", capture_output=True, check=False)
    code, *modules = done.stderr.decode().split()
    assert code == "0"
    assert HEAVY & set(modules) == set()
    assert len(list(tmp_path.iterdir())) == 1


def test_all_else_is_the_command_line() -> None:
    for words, said in ((["--version"], "mdafilter"), (["train", "--help"], "undo"), (["train"], "status")):
        command = [sys.executable, "-m", "mdafilter.cli.start", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, stdin=subprocess.DEVNULL)
        assert said in done.stdout + done.stderr


def test_it_is_the_program_of_the_package() -> None:
    assert 'mdafilter = "mdafilter.cli.start:main"' in (ROOT / "pyproject.toml").read_text()
