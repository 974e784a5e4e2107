"""Servers that a spamd client meets: one that plays a script of faults, and the real spamd, private to a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mdafilter.scorers.spamd import Options
from mdafilter.world import Verdict
from tests.support.daemons import free_port

GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

HAM = (
    b"Received: from mail.example.org (mail.example.org [192.0.2.7]) by mx.example.net; Sat, 21 Nov 2026 10:00:00 +0000\n"
    b"From: Ann <ann@example.org>\nTo: alice@example.net\nSubject: minutes of Tuesday\n"
    b"Date: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=us-ascii\n\n"
    b"Dear Alice,\n\nthe minutes of the meeting on Tuesday are on the shelf in the library.\n\nAnn\n"
)
SPAM = HAM.replace(b"minutes of Tuesday", b"test\n folded") + GTUBE + b"\n"

# What a scripted server says of any message, and the verdict that this is.
SYMBOLS = b"SPAMD/1.1 0 EX_OK\r\nContent-length: 7\r\nSpam: True ; 15.2 / 5.0\r\n\r\nGTUBE,B"
VERDICT = Verdict(True, 15.2, 5.0, ("GTUBE", "B"))

SPAMD = "/usr/sbin/spamd"
USER = "debian-spamd"
TELL = ("--allow-tell",)


class Scripted:
    """A server in a thread. `play` gets each connection; what it received first is in `requests`."""

    def __init__(self, play: Callable[[socket.socket, Scripted], None], family: int, address: object) -> None:
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.bind(address)  # type: ignore[arg-type]
        self._socket.listen(8)
        self._play = play
        self.requests: list[bytes] = []
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def host(self) -> str:
        name = self._socket.getsockname()
        return f"unix:{name}" if isinstance(name, str) else f"127.0.0.1:{name[1]}"

    def _serve(self) -> None:
        self._socket.settimeout(0.05)
        while not self.stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(10)
                try:
                    self._play(connection, self)
                except OSError:
                    continue  # the client has gone, as some scripts want it to

    def stop(self) -> None:
        self.stopped.set()
        self._thread.join()
        self._socket.close()


def request(connection: socket.socket) -> bytes:
    """Reads one request whole: the head, and as much as its Content-length says."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    size = next((int(v) for k, _, v in (f.partition(b":") for f in head.split(b"\r\n")) if k == b"Content-length"), 0)
    while len(body) < size and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


def options(*hosts: str, **changes: object) -> Options:
    """Settings for a test: nothing is remembered of a host that failed, whose port another test may get."""
    plain = Options(enabled="on", hosts=hosts, timeout=10.0, retries=0, back_off=0.01, rest=0.0)
    return plain.replace(**changes)


@contextmanager
def scripted(play: Callable[[socket.socket, Scripted], None], path: str = "") -> Iterator[Scripted]:
    """A scripted server on a free port of 127.0.0.1, or on a UNIX socket."""
    server = Scripted(play, *((socket.AF_UNIX, path) if path else (socket.AF_INET, ("127.0.0.1", 0))))
    try:
        yield server
    finally:
        server.stop()


def answer(*pieces: bytes, pause: float = 0.0) -> Callable[[socket.socket, Scripted], None]:
    """A script: reads the request, then sends the pieces and closes."""

    def play(connection: socket.socket, server: Scripted) -> None:
        server.requests.append(request(connection))
        for piece in pieces:
            connection.sendall(piece)
            server.stopped.wait(pause)

    return play


def silent(connection: socket.socket, server: Scripted) -> None:
    """A script: reads the request, and says nothing until the test is over."""
    server.requests.append(request(connection))
    server.stopped.wait(20)


def closed_port() -> str:
    """A host of 127.0.0.1 on which nothing listens."""
    return f"127.0.0.1:{free_port()}"


# --- the real one --------------------------------------------------------------------------------------------------


def missing() -> str:
    """Why the real spamd cannot be run here; "" if it can."""
    if not os.access(SPAMD, os.X_OK):
        return f"{SPAMD} is not installed (Debian: spamd)"
    if os.geteuid() == 0:
        import pwd

        try:
            pwd.getpwnam(USER)
        except KeyError:
            return f"there is no user {USER} to run spamd as"
    return ""


@contextmanager
def real(
    *, tls: bool = False, unix: bool = False, configuration: str = "", again: str = ""
) -> Iterator[tuple[str, Path]]:
    """A private spamd with local rules only: the host that it listens on, as the settings spell it, and its folder.

    `again` is a host that an earlier one had.
    """
    with tempfile.TemporaryDirectory(prefix="spamd-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the daemon is another user
        address = again.removeprefix("tls:") or closed_port()
        command, host = _set_up(folder, address, tls=tls, unix=unix, configuration=configuration)
        with open(folder / "log", "wb") as log:
            daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                _until_up(daemon, folder / "log")
                yield host, folder
            finally:
                _end(daemon)


def magic(folder: Path) -> tuple[int, int]:
    """nspam and nham of the daemon's database, as `sa-learn --dump magic` counts them."""
    if not (folder / "state" / "bayes_toks").exists():
        return 0, 0
    command = ["/usr/bin/sa-learn", "-L", f"--siteconfigpath={folder}/site", "--dump", "magic"]
    user = {"user": USER} if os.geteuid() == 0 else {}
    said = subprocess.run(
        command, check=True, capture_output=True, cwd="/", env={"HOME": str(folder / "state")}, **user
    )  # type: ignore[call-overload]
    lines = {line.rpartition(b" ")[2]: line.split() for line in said.stdout.splitlines()}
    return int(lines[b"nspam"][2]), int(lines[b"nham"][2])


def _set_up(folder: Path, address: str, *, tls: bool, unix: bool, configuration: str) -> tuple[list[str], str]:
    site, state = folder / "site", folder / "state"
    shutil.copytree("/etc/spamassassin", site, ignore=shutil.ignore_patterns("sa-update*", "local.cf"))
    state.mkdir()
    (site / "local.cf").write_text(
        f"use_bayes 1\nbayes_auto_learn 0\nbayes_path {state}/bayes\nskip_rbl_checks 1\ndns_available no\n"
        f"report_safe 0\n{configuration}\n"
    )
    command = [SPAMD, "-L", "-x", *TELL, "-m", "1", "-s", "stderr", "-r", f"{state}/pid"]
    command += [f"--siteconfigpath={site}", f"--helper-home-dir={state}"]
    if os.geteuid() == 0:
        shutil.chown(state, USER, USER)
        command += ["-u", USER]
    if unix:
        host = f"unix:{state}/socket"
        command += [f"--socketpath={state}/socket", "--socketmode=0666"]
    else:
        host = f"{'tls:' if tls else ''}{address}"
        command += ["-i", f"{'ssl:' if tls else ''}{address}", "-A", "127.0.0.1"]
    if tls:
        certificate(folder)
        command += ["--ssl", f"--server-key={folder}/key.pem", f"--server-cert={folder}/cert.pem"]
    return command, host


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()  # spamd ends its children
    try:
        daemon.wait(10)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def certificate(folder: Path) -> None:
    """A key and a certificate for 127.0.0.1 that it has signed itself: key.pem, cert.pem."""
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    (folder / "key.pem").chmod(0o644)  # for the daemon's user; the key is good for nothing else


def _until_up(daemon: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while b"server started" not in log.read_bytes():
        if daemon.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"spamd does not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
