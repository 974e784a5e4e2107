"""An installation that is broken, or half upgraded, or starved: through real Postfix the message is deferred, never bounced.

Then the installation is mended and Postfix tries again: the message is there, once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.installation import copy, package
from tests.support.postfix import Postfix, messages

MESSAGE = b"From: a@example.org\nSubject: Do not lose me\n\nbody\n"


def python_removed(folder: Path) -> None:
    """The interpreter is gone, as in the middle of an upgrade of Debian."""
    for program in (folder / "bin").glob("python*"):
        program.unlink()


def python_is_no_program(folder: Path) -> None:
    python_removed(folder)
    (folder / "bin" / "python").write_bytes(b"\x7fELF and nothing more")
    (folder / "bin" / "python").chmod(0o755)


def package_removed(folder: Path) -> None:
    shutil.rmtree(package(folder))


def door_removed(folder: Path) -> None:
    (package(folder) / "cli" / "door.py").unlink()


def module_missing(folder: Path) -> None:
    (package(folder) / "plan.py").unlink()


def syntax_error(folder: Path) -> None:
    (package(folder) / "engine.py").write_text("def run(:\n")


def syntax_error_in_the_door(folder: Path) -> None:
    (package(folder) / "cli" / "door.py").write_text("import (\n")


def unreadable_package(folder: Path) -> None:
    """The umask of whoever upgraded it was 077."""
    package(folder).chmod(0o700)


def rules_removed(folder: Path) -> None:
    shutil.rmtree(package(folder) / "rules")


def script_in_place_of_python(folder: Path, text: str) -> None:
    python_removed(folder)
    (folder / "bin" / "python").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "bin" / "python").chmod(0o755)


def killed(folder: Path) -> None:
    """The agent dies by a signal: by the out-of-memory killer, say."""
    script_in_place_of_python(folder, "kill -KILL $$")


def door_killed(folder: Path) -> None:
    """The shell around it is killed, too."""
    script_in_place_of_python(folder, "kill -KILL $PPID; kill -KILL $$")


def segfault(folder: Path) -> None:
    script_in_place_of_python(folder, "kill -SEGV $$")


def other_exit_code(folder: Path) -> None:
    """A code that Postfix would take for "no such user"."""
    script_in_place_of_python(folder, "cat >/dev/null; exit 64")


def traceback(folder: Path) -> None:
    script_in_place_of_python(folder, "echo Traceback; exit 1")


def limited(folder: Path, limit: str) -> None:
    """The door inherits a limit from whoever starts it."""
    door = folder / "bin" / "mdafilter-deliver"
    real = folder / "bin" / "real"
    real.mkdir()
    for program in (folder / "bin").glob("mdafilter-deliver*"):
        program.rename(real / program.name)
    for program in (folder / "bin").glob("python*"):
        (real / program.name).symlink_to(program)
    (folder / "bin" / "lib").symlink_to(folder / "lib")
    door.write_text(f"#!/bin/sh\nulimit {limit}\nexec {real}/mdafilter-deliver\n")
    door.chmod(0o755)


def too_little_memory(folder: Path) -> None:
    """Less than Python needs to start."""
    limited(folder, "-v 9000")


def files_of_no_size(folder: Path) -> None:
    """What mailbox_size_limit is to the agent: a write fails with EFBIG, or SIGXFSZ kills it."""
    limited(folder, "-f 0")


DAMAGE: dict[str, Callable[[Path], None]] = {
    f.__name__.replace("_", "-"): f
    for f in (
        python_removed, python_is_no_program, package_removed, door_removed, module_missing, syntax_error, segfault,
        syntax_error_in_the_door, unreadable_package, rules_removed, killed, door_killed, other_exit_code, traceback,
        too_little_memory, files_of_no_size,
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def running(stage: Postfix, installation: Path) -> Postfix:
    """A user and a damaged installation for each way to break it."""
    lines = []
    for name, damage in DAMAGE.items():
        stage.user(name)
        damage(copy(installation, stage.top / "installed" / name))
        lines.append(f"{name} {stage.top}/installed/{name}/bin/mdafilter-deliver\n")
    (stage.top / "etc" / "commands").write_text("".join(lines))
    stage.user("limited")
    stage.add_main("mailbox_command_maps = texthash:/etc/postfix/commands\nmailbox_size_limit = 0")
    stage.start()
    return stage


@pytest.mark.parametrize("name", DAMAGE)
def test_a_broken_installation_defers_and_delivers_once_it_is_mended(
    running: Postfix, installation: Path, name: str
) -> None:
    queue_id = running.send(name, MESSAGE)
    fate = running.fate(queue_id)
    assert (fate.status, fate.dsn[:2]) == ("deferred", "4."), fate
    folder, maildir = running.top / "installed" / name, running.top / "home" / name / "Maildir"
    assert messages(maildir) == {}
    shutil.rmtree(folder)
    copy(installation, folder)
    fate = running.retry(queue_id)
    assert fate.status == "sent", fate
    assert {f: len(files) for f, files in messages(maildir).items()} == {"": 1}


@pytest.mark.parametrize("kib", range(8_000, 60_000, 2_000))
def test_however_little_memory_there_is_it_is_try_again_or_delivered(
    running: Postfix, installation: Path, kib: int
) -> None:
    """Somewhere in between Python starts and cannot import, or imports and cannot deliver."""
    maildir = running.top / "home" / "limited" / "Maildir"
    before = sum(map(len, messages(maildir).values()))
    done = running.run_as(
        "limited", "sh", "-c", f"ulimit -v {kib}; exec {installation}/bin/mdafilter-deliver", data=MESSAGE
    )
    assert done.returncode in (0, 75), done
    assert sum(map(len, messages(maildir).values())) == before + (done.returncode == 0)
