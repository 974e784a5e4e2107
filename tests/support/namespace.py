"""A mount and pid namespace of its own: /etc/passwd, /etc/postfix and the like can be put over without being touched.

One process (`python -m tests.support.namespace`, pid 1 inside) mounts what it is told, says "ready" and from then on only
reaps orphans. Commands enter by nsenter(1). When the holder ends, the kernel ends all that is inside.

Needs root, unshare(1), nsenter(1) and the right to make namespaces; `why_not` says what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.house import ROOT

NOBODY = "65534"


def why_not() -> str:
    """The reason why no namespace can be made here, or ""."""
    if os.geteuid() != 0:
        return "namespaces need root"
    for program in ("unshare", "nsenter", "mount"):
        if not shutil.which(program):
            return f"{program} is not installed"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True, check=False
    )
    return f"namespaces are not allowed here: {tried.stderr.strip()}" if tried.returncode else ""


def accounts(path: str = "/etc/passwd") -> str:
    """The lines of passwd(5), or group(5), that are no people's: what is done for all users is done for none of this
    machine."""
    lines = Path(path).read_text().splitlines(keepends=True)
    numbers = [(line.split(":")[2:3] or ["none"])[0] for line in lines]
    return "".join(
        line for line, n in zip(lines, numbers, strict=True) if n.isdigit() and (int(n) < 1000 or n == NOBODY)
    )


class Namespace:
    """A running namespace. `over` maps a path to the file or folder that is seen in its place."""

    def __init__(self, over: Mapping[str, Path]) -> None:
        pairs = [text for path, source in over.items() for text in (str(source), path)]
        unshare = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "--propagation", "private"]
        inside = [sys.executable, "-m", "tests.support.namespace", *pairs]
        self.holder = subprocess.Popen(
            [*unshare, *inside], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.holder.stdout is not None
        answer = self.holder.stdout.readline()
        assert answer == "ready\n", f"the namespace did not come up: {answer!r}"
        children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text().split()
        self.first = int(children[0])

    def command(self, *argv: str) -> list[str]:
        """The command line that runs argv inside."""
        return ["nsenter", f"--target={self.first}", "--mount", "--pid", "--", *argv]

    def run(self, *argv: str, data: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(self.command(*argv), input=data, capture_output=True, check=False, cwd="/")
        if check and done.returncode:
            raise AssertionError(f"{argv}: {done.returncode}: {(done.stdout + done.stderr).decode(errors='replace')}")
        return done

    def close(self) -> None:
        """Ends everything inside."""
        assert self.holder.stdin is not None
        self.holder.stdin.close()
        try:
            self.holder.wait(10)
        except subprocess.TimeoutExpired:
            self.holder.kill()
            self.holder.wait()
        if self.holder.stdout is not None:
            self.holder.stdout.close()


def hold(pairs: list[str]) -> None:
    """Inside: mounts, then reaps until standard input ends. An orphan left as a zombie would look alive to others."""
    for source, target in zip(pairs[::2], pairs[1::2], strict=True):
        subprocess.run(["mount", "--bind", source, target], check=True)
    print("ready", flush=True)
    watcher = os.fork()
    if watcher == 0:
        sys.stdin.read()
        os._exit(0)
    while os.wait()[0] != watcher:
        pass


if __name__ == "__main__":
    hold(sys.argv[1:])
