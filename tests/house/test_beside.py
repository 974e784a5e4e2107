"""Two processes run the tests (tests/support/beside.py), and what they say is what one would have said."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.house import ROOT

# The first takes `a` and the second `z`, and both are there before anything else happens; a process takes its next file
# before the last test of the one that it is at.
MEET = """\
import os, time
def test_meet():
    open({me!r}, "w").close()
    while not os.path.exists({other!r}): time.sleep(0.01)
{more}
def test_last(): pass
"""


def run(folder: Path, *options: str, a: str = "", z: str = "") -> tuple[int, str, str]:
    """The exit status, the output and its last line without the time, of both over two files of tests."""
    for me, other, more in (("a", "z", a), ("z", "a", z)):
        text = MEET.format(me=str(folder / me), other=str(folder / other), more=more)
        (folder / f"test_{me}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, f"--rootdir={folder}", "-p", "no:cacheprovider"]
    command += ["-p", "tests.support.beside", *options, str(folder)]
    env = {**os.environ, "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    output = done.stdout + done.stderr
    return done.returncode, output, re.sub(r" in [\d.]+s.*", "", output.splitlines()[-1]).strip("= ")


def test_all_pass(tmp_path: Path) -> None:
    code, output, last = run(tmp_path)
    assert (code, last) == (0, "4 passed"), output


@pytest.mark.parametrize("where", "az")
def test_what_fails_in_either_is_told(where: str, tmp_path: Path) -> None:
    bad = "def test_bad():\n    print('said before')\n    assert 1 == 2\n"
    code, output, last = run(tmp_path, **{where: bad})
    assert (code, last) == (1, "1 failed, 4 passed"), output
    assert re.search(rf"(?m)^FAILED \S*test_{where}\.py::test_bad - assert 1 == 2$", output)
    assert output.count("said before\n") == 1


def test_when_the_first_ends_early_the_second_ends(tmp_path: Path) -> None:
    many = "import pytest\n@pytest.mark.parametrize('number', range(6000))\ndef test_many(number): time.sleep(0.01)\n"
    code, output, last = run(tmp_path, "-x", a="def test_bad(): assert 1 == 2\n", z=many)
    assert (code, last) == (1, "1 failed, 1 passed"), output
    assert "stopping after 1 failures" in output


def test_a_second_process_that_is_killed_is_an_error(tmp_path: Path) -> None:
    code, output, last = run(tmp_path, z="def test_kill(): os.kill(os.getpid(), 9)\n")
    assert (code, last) == (1, "2 passed, 1 error"), output
    assert "it ended with -9 instead of 0, and 3 tests have no result" in output
    assert "test_z.py::test_kill\n" in output


def test_one_that_ends_badly_after_all_its_tests_is_an_error(tmp_path: Path) -> None:
    code, output, last = run(tmp_path, z="def test_end(): import atexit; atexit.register(os._exit, 7)\n")
    assert (code, last) == (1, "5 passed, 1 error"), output
    assert "it ended with 7 instead of 0" in output


def test_two_that_find_other_tests_are_an_error(tmp_path: Path) -> None:
    other = "@__import__('pytest').mark.parametrize('pid', [os.getpid()])\ndef test_other(pid): pass\n"
    (tmp_path / "z").touch()  # there is nobody to meet
    code, output, last = run(tmp_path, z=other)
    assert (code, last) == (1, "5 passed, 1 error"), output
    assert "two processes do not find the same tests here" in output


@pytest.mark.parametrize("options", [["-s"], ["-rP", "-p", "no:tests.support.beside"]], ids=" ".join)
def test_where_one_is_to_do_it_there_is_one(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "a").touch()  # there is nobody to meet
    (tmp_path / "z").touch()
    tell = "def test_tell(): print('process', os.getpid())\n"
    code, output, _ = run(tmp_path, *options, a=tell, z=tell)
    told = re.findall(r"process (\d+)", output)
    assert (code, len(told), len(set(told))) == (0, 2, 1), output
