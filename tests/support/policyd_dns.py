"""A private dnsmasq(8): the whole of the DNS for a test.

Records are its own options, "host-record=mail.example,192.0.2.1". A name that has none does not exist (NXDOMAIN).

    with dnsmasq("mx-host=example.org,mail.example.org,10", "txt-record=example.org,v=spf1 -all") as server:
        resolver = StubResolver([server.host])
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.daemons import free_port

PROGRAM = shutil.which("dnsmasq") or shutil.which("dnsmasq", path="/usr/sbin") or ""
SILENT = "192.0.2.53"  # nobody is there (RFC 5737)


def missing() -> str:
    """Why there can be no dnsmasq here; "" if it can."""
    return "" if PROGRAM else "dnsmasq is not installed (Debian: dnsmasq-base)"


@dataclass(frozen=True)
class Server:
    """Where it listens, and the file in which it writes down each question."""

    host: str
    log: Path

    def asked(self, name: str, kind: str) -> int:
        """How often this was asked."""
        return self.log.read_text(errors="replace").count(f"query[{kind}] {name} from")


@contextmanager
def dnsmasq(*records: str, ttl: int = 0, at: int = 0) -> Iterator[Server]:
    """Runs one; `ttl` of all its records that have none of their own, `at` its port."""
    at = at or free_port()
    with tempfile.TemporaryDirectory(prefix="dnsmasq-") as name:
        log = Path(name) / "log"
        configuration = Path(name) / "conf"
        lines = ["no-resolv", "no-hosts", "bind-interfaces", "listen-address=127.0.0.1", "local=/#/", "pid-file="]
        lines += [f"port={at}", f"local-ttl={ttl}", "user=root", "log-queries", "log-facility=-", "cache-size=0"]
        configuration.write_text("\n".join([*lines, *records]) + "\n")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [PROGRAM, "--keep-in-foreground", f"--conf-file={configuration}"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            try:
                _until_up(process, at, log)
                yield Server(f"127.0.0.1:{at}", log)
            finally:
                process.kill()  # it has nothing to write down, and may be stopped
                process.wait()


def _until_up(process: subprocess.Popen[bytes], at: int, log: Path) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", at), 1).close()
            return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"dnsmasq does not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)
