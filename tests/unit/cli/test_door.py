"""The shell script mdafilter-deliver-once, with a Python in its place that misbehaves, and the handshake at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter.cli import door
from tests.support.house import ROOT

SCRIPT = ROOT / "mdafilter" / "cli" / "mdafilter-deliver-once"


@pytest.fixture
def bin(tmp_path: Path) -> Path:
    """A bin folder with the script and the Python of the tests."""
    folder = tmp_path / "a b" / "bin"
    folder.mkdir(parents=True)
    shutil.copy(SCRIPT, folder)
    (folder / "python").symlink_to(os.path.realpath(sys.executable))
    return folder


def agent(bin: Path, code: str) -> None:
    """Puts this code in the place of door.py."""
    place = bin.parent / "lib" / "python3.11" / "site-packages" / "mdafilter" / "cli"
    place.mkdir(parents=True, exist_ok=True)
    (place / "door.py").write_text(f"import os, sys, signal, time\n{code}\n")


def run(bin: Path, *argv: str, name: str = "mdafilter-deliver-once") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([bin / name, *argv], input=b"the message", capture_output=True, check=False)


@pytest.mark.parametrize(("code", "seen"), [(0, 0), (67, 67), (77, 77), (75, 75), (1, 75), (64, 75), (127, 75)])
def test_only_delivered_refused_and_try_again_come_through(bin: Path, code: int, seen: int) -> None:
    agent(bin, f"os._exit({code})")
    assert run(bin).returncode == seen


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGXFSZ])
def test_death_by_a_signal_is_try_again(bin: Path, number: int) -> None:
    agent(bin, f"signal.signal({number}, signal.SIG_DFL) if {number} != 9 else 0\nos.kill(os.getpid(), {number})")
    done = run(bin)
    assert (done.returncode, done.stdout[:6]) == (75, b"4.3.0 ")


def test_the_message_the_arguments_and_the_output_go_through(bin: Path) -> None:
    agent(bin, "print(sys.argv[1:], sys.stdin.read())")
    done = run(bin, "-r", "a b", "", "$x")
    assert (done.returncode, done.stdout) == (0, b"['-r', 'a b', '', '$x'] the message\n")


def test_python_is_isolated_and_without_site(bin: Path) -> None:
    agent(bin, "print(sys.flags.isolated, sys.flags.no_site)")
    assert run(bin).stdout == b"1 1\n"


def test_a_missing_python_is_try_again(bin: Path) -> None:
    (bin / "python").unlink()
    done = run(bin)
    assert (done.returncode, done.stdout[:6]) == (75, b"4.3.5 ")


def test_a_python_that_cannot_start_is_try_again(bin: Path) -> None:
    (bin / "python").unlink()
    (bin / "python").write_bytes(b"\x7fELF and nothing more")
    (bin / "python").chmod(0o755)
    assert run(bin).returncode == 75


def test_the_script_works_through_a_link_through_sh_and_under_its_other_name(bin: Path, tmp_path: Path) -> None:
    """Where there is no C compiler it is installed as mdafilter-deliver, too."""
    agent(bin, "os._exit(77)")
    (tmp_path / "link").symlink_to(bin / SCRIPT.name)
    shutil.copy(SCRIPT, bin / "mdafilter-deliver")
    assert run(tmp_path, name="link").returncode == 77
    assert run(bin, name="mdafilter-deliver").returncode == 77
    assert subprocess.run(["sh", SCRIPT.name], cwd=bin, check=False).returncode == 77


ANSWER = """
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
os.kill(int(os.environ["MDAFILTER_DOOR"]), signal.SIGUSR1)
got = signal.sigtimedwait([signal.SIGUSR2], 10)
open({log!r}, "w").write(str(got is not None))
time.sleep({rest})
os._exit(3)
"""


def test_the_door_answers_and_goes_without_waiting_for_the_agent(bin: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    agent(bin, ANSWER.format(log=str(log), rest=0.3))
    assert run(bin).returncode == 0
    assert log.read_text() == "True"


def test_a_killed_door_does_not_answer(bin: Path, tmp_path: Path) -> None:
    """Then the agent leaves the traces, by which the retry sees that all was done."""
    log = tmp_path / "log"
    code = "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(0.05)\n"
    code += "open({log!r}, 'w').write(str(os.getppid() == int(os.environ['MDAFILTER_DOOR'])))"
    agent(bin, code.format(log=str(log)))
    assert run(bin).returncode == -signal.SIGKILL
    assert log.read_text() == "False"


def test_start_ends_with_75_whatever_happens() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from mdafilter.cli import door; "
        "sys.modules['mdafilter.cli.deliver'] = None; door.start()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (75, b"4.3.0 mdafilter cannot start: ModuleNotFoundError\n")
    assert door.start.__doc__
