"""Compiles mdafilter-deliver.c while mdafilter is installed: the build hook of hatchling that pyproject.toml names.

bin/mdafilter-deliver-once is always the shell script, the delivery without a service. bin/mdafilter-deliver is the
native client, where a C compiler is there and works; else the same script again, and all is as it would be without
a service.

In:    CC, the compiler (a command; it may have options); MDAFILTER_NO_NATIVE=1 compiles nothing.
Out:   The wheel has the tag of this platform if there is a native program in it. Nothing stays in the checkout.
Fails: never. What the compilers said is on standard error (`pip install -v` shows it), and the script takes the place.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SOURCE = Path(__file__).with_name("mdafilter-deliver.c")
SCRIPT = Path(__file__).parents[2] / "cli" / "mdafilter-deliver-once"
NAME = "mdafilter-deliver"
FLAGS = ("-std=c11", "-O2", "-w", "-s")
SECONDS = 120  # for one compiler, and for the trial of what it made

# The compiler and how it links; the first that works is taken, and the ones that make the fastest start come first.
# A program that needs no libraries starts in two thirds of the time. On a virtual machine musl halves that again: glibc
# asks the CPU what it is (CPUID), which the host must answer. (musl-gcc leaves out the "static" of -static-pie.)
WAYS = (
    ("musl-gcc", "-static"),
    ("cc", "-static-pie"),
    ("gcc", "-static-pie"),
    ("clang", "-static-pie"),
    ("cc", ""),
    ("gcc", ""),
    ("clang", ""),
)


def ways(environ: Mapping[str, str]) -> Iterator[list[str]]:
    """The commands to try, in order, but for the names of the files."""
    if environ.get("MDAFILTER_NO_NATIVE", "") not in ("", "0"):
        return
    chosen = environ.get("CC", "").strip()
    for compiler, link in ((chosen, "-static-pie"), (chosen, "")) if chosen else WAYS:
        command = compiler.split()
        if shutil.which(command[0]):
            yield [*command, *FLAGS, *link.split()]


def compile(program: Path, environ: Mapping[str, str]) -> bool:
    """Makes the native program, by the first way that works; whether there was one."""
    for command in ways(environ):
        # In the folder of the source, so that no path of this machine gets into the program.
        call = [*command, "-o", str(program), SOURCE.name]
        try:
            done = run(call, dict(environ), SOURCE.parent)
            if done.returncode == 0 and works(program):
                program.chmod(0o755)
                return True
            said = done.stderr.decode(errors="replace").strip() or "the program that it made does not work"
        except (OSError, subprocess.SubprocessError) as failed:
            said = str(failed)
        note(f"{shlex.join(call)}: {said}")
    return False


def works(program: Path) -> bool:
    """Tries what was made: with no service and no script beside it, it says just that (4.3.5), and 75."""
    try:
        done = run([str(program)], {"MDAFILTER_SOCKET": f"{program}/none"}, program.parent)
    except PermissionError:
        return True  # nothing may be executed where temporary files are (noexec): nothing speaks against it
    return done.returncode == 75 and done.stdout.startswith(b"4.3.5 ")


def run(call: list[str], environ: dict[str, str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.run(
        call, env=environ, cwd=folder, stdin=nothing, capture_output=True, timeout=SECONDS, check=False
    )


def note(text: str) -> None:
    """For whoever installs with -v, and wonders."""
    print(f"mdafilter: {text}", file=sys.stderr)


class Client(BuildHookInterface[Any]):
    """Puts one of the two into the wheel, as a script."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="mdafilter-build.")
        program = Path(self.folder.name) / NAME
        if compile(program, os.environ):
            build_data["infer_tag"] = True
        else:
            note(f"{NAME} is the shell script: no C compiler, none that works, or none wanted")
            shutil.copy(SCRIPT, program)
        build_data["shared_scripts"][str(program)] = NAME

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self.folder.cleanup()
        compiled = Path(cache_from_source(__file__))  # by Python, when it loaded this file
        compiled.unlink(missing_ok=True)
        with suppress(OSError):  # there is something else in it
            compiled.parent.rmdir()
