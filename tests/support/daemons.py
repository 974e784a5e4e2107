"""Daemons in the foreground, each on a free port of 127.0.0.1; and a real spamd, with its state in a folder that a test gives it."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    """One on which nothing listens, by TCP or UDP, below those that the kernel gives away (ip(7), ip_local_port_range):
    until a daemon listens there, nobody gets it for a connection."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)  # random.random() is the same in each process, thanks to hypothesis
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            try:
                stream.bind(("127.0.0.1", port))
                datagram.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@contextmanager
def running(argv: Sequence[str], port: int, log: Path, seconds: float = 60) -> Iterator[None]:
    """A foreground daemon, from when its port answers until the end of the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
    try:
        end = time.monotonic() + seconds
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(
                    f"{argv[0]} does not answer on port {port}:\n{log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def why_no_spamd() -> str:
    """The reason why there can be no spamd here, or ""."""
    return "" if Path("/usr/sbin/spamd").exists() else "spamd is not installed"


@contextmanager
def spamd(folder: Path, settings: str = "") -> Iterator[int]:
    """spamd with the rules of the machine, local tests only, learning allowed; its port."""
    site, state = folder / "site", folder / "state"
    shutil.copytree("/etc/spamassassin", site, ignore=shutil.ignore_patterns("sa-update*", "local.cf"))
    state.mkdir()
    (site / "local.cf").write_text(
        f"use_bayes 1\nbayes_auto_learn 0\nbayes_path {state}/bayes\nskip_rbl_checks 1\ndns_available no\n{settings}\n"
    )
    owner = "debian-spamd" if "debian-spamd" in {e.pw_name for e in pwd.getpwall()} else "nobody"
    os.chown(state, pwd.getpwnam(owner).pw_uid, -1)
    for path in (folder, site, state):
        path.chmod(0o755)
    port = free_port()
    argv = ["/usr/sbin/spamd", "-L", "--allow-tell", "-i", "127.0.0.1", "-A", "127.0.0.1", "-p", str(port), "-u", owner]
    argv += ["-x", "-m", "2", "--min-spare=1", f"--siteconfigpath={site}", f"--helper-home-dir={state}", "-s", "stderr"]
    with running([*argv, "-r", str(folder / "spamd.pid")], port, folder / "spamd.log"):
        yield port
