"""The native client on a stage: compiled with every warning an error and with sanitizers, and a service to play for it.

The service is played by the test itself, line by line. The client runs as `nobody` where root runs the tests, since root
always goes to the one-shot. That is a script which says what it got, and ends with $ONCE.
"""

from __future__ import annotations

import array
import contextlib
import functools
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.house import PACKAGE

SOURCE = PACKAGE / "serve" / "client" / "mdafilter-deliver.c"
STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wwrite-strings", "-Werror")
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
NOBODY = 65534
SECONDS = 60.0  # for what must happen at once; a test that waits so long has failed
ONCE = """#!/bin/sh
printf 'once %s' "$#"
for argument; do printf ' [%s]' "$argument"; done
printf ' <%s> ' "$(cat)"
grep -E '^(Pid|SigIgn)' /proc/$$/status
exit "${ONCE:-0}"
"""


def compiler() -> str | None:
    """The first C compiler of this machine."""
    return next((found for name in ("gcc", "cc", "clang") if (found := shutil.which(name))), None)


@functools.cache
def sanitizers() -> tuple[str, ...]:
    """The flags for them, if this compiler has them."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "empty.c").write_text("int main(void) { return 0; }\n")
        command = [compiler() or "cc", *SANITIZERS, "empty.c", "-o", "empty"]
        return (
            SANITIZERS if subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0 else ()
        )


def build(program: Path, *more: str) -> None:
    """Compiles the client; AssertionError, with what the compiler said, for any warning."""
    command = [compiler() or "cc", *STRICT, *more, str(SOURCE), "-o", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    program.chmod(0o755)


class Connection:
    """The service's end of one connection."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(SECONDS)
        self.socket = connected
        self.message = -1

    def wait(self) -> None:
        """Until there is something to receive, or the end."""
        select.select([self.socket], [], [], SECONDS)

    def request(self) -> tuple[list[bytes], int]:
        """The fields of the first packet, and the descriptor of the message; none, and -1, if the client sent nothing."""
        number = array.array("i")
        packet, control, flags, _address = self.socket.recvmsg(70000, 1000)
        for level, kind, data in control:
            assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
            number.frombytes(data)
        assert flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) == 0
        if not packet:
            return [], -1
        assert len(number) == 1
        assert packet.endswith(b"\0")
        self.message = number[0]
        return packet[:-1].split(b"\0"), self.message

    def send(self, *packets: bytes) -> None:
        """Says this; a client that has gone already is none of our business."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for packet in packets:
                self.socket.send(packet)

    def rest(self) -> bytes:
        """What the client said at last, when it has hung up."""
        said = b""
        with contextlib.suppress(ConnectionResetError):
            while packet := self.socket.recv(100):
                said += packet
        return said

    def close(self) -> None:
        self.socket.close()
        if self.message >= 0:
            os.close(self.message)
            self.message = -1


class Service:
    """What listens, until the test closes it."""

    def __init__(self, listener: socket.socket) -> None:
        listener.settimeout(SECONDS)
        self.listener = listener
        self.connections: list[Connection] = []

    def accept(self) -> Connection:
        self.connections.append(Connection(self.listener.accept()[0]))
        return self.connections[-1]

    def close(self) -> None:
        for connection in self.connections:
            connection.close()


class Stage:
    """A folder that everybody can reach: the client, its one-shot, and sockets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "mdafilter-deliver"
        self.once = folder / "mdafilter-deliver-once"
        self.socket = folder / "socket"
        self.system = folder / "system"
        self.once.write_text(ONCE)
        self.once.chmod(0o755)
        self.build(self.program)

    def build(self, program: Path, *more: str) -> None:
        """As `build`, for this folder: no test meets the service of the machine."""
        flags = more or (*sanitizers(), f"-DPATIENCE={SECONDS:.0f}")
        build(program, f'-DSERVICE="{self.system}"', *flags)

    @contextlib.contextmanager
    def listening(self, place: Path | None = None, uid: int | None = None, backlog: int = 5) -> Iterator[Service]:
        """A listening socket; of another user, if so: SO_PEERCRED of unix(7) tells who called listen(2)."""
        place = place or self.socket
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(place))
            place.chmod(0o666)
            if uid is not None:
                os.seteuid(uid)
            try:
                listener.listen(backlog)
            finally:
                if uid is not None:
                    os.seteuid(0)
            service = Service(listener)
            try:
                yield service
            finally:
                service.close()
                place.unlink()

    def start(
        self,
        *arguments: str | bytes,
        environ: Mapping[bytes, bytes] | None = None,
        data: bytes = b"message",
        command: Sequence[str] = (),
        program: Path | None = None,
        output: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """The client, as an ordinary user, with a message in a pipe."""
        known = {b"PATH": os.fsencode(os.environ["PATH"]), b"MDAFILTER_SOCKET": os.fsencode(self.socket)}
        user: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        source, feed = os.pipe()
        os.write(feed, data)
        os.close(feed)
        try:
            return subprocess.Popen(
                [*command, str(program or self.program), *arguments],
                env={**known, **(environ or {})},
                stdin=source,
                stdout=output,
                stderr=subprocess.PIPE,
                cwd=self.folder,
                **user,
            )
        finally:
            os.close(source)

    def run(self, *arguments: str | bytes, **how: Any) -> tuple[int, bytes]:
        """Exit status and output of a client whose service needs nobody to play it."""
        return end(self.start(*arguments, **how))

    def play(
        self, service: Service, *packets: bytes, hang_up: bool = False, read: bool = True, program: Path | None = None
    ) -> tuple[int, bytes, bytes]:
        """A service that reads the request and says this; exit status, output, and what the client said at last."""
        client = self.start("-x", program=program)
        connection = service.accept()
        connection.wait()
        if read:
            connection.request()
        connection.send(*packets)
        if hang_up:
            connection.close()
        code, output = end(client)
        last = b"" if hang_up else connection.rest()
        connection.close()
        return code, output, last


def end(client: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Exit status and output; nothing may be on standard error, where sanitizers write."""
    try:
        output, errors = client.communicate(timeout=2 * SECONDS)
    except subprocess.TimeoutExpired:
        client.kill()
        raise
    assert errors == b"", errors.decode(errors="replace")
    return client.returncode, output or b""


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """The stage, where there is a C compiler (see `compiler`)."""
    folder = Path(tempfile.mkdtemp(prefix="mdafilter-client."))
    folder.chmod(0o755)
    try:
        yield Stage(folder)
    finally:
        shutil.rmtree(folder)


def ignored() -> int:
    """The signals that a program ignores here; of those that Python does, subprocess says that they are no business of
    others."""
    ours = re.search(r"SigIgn:\t(\w+)", Path("/proc/self/status").read_text())
    assert ours is not None
    return int(ours[1], 16) & ~sum(1 << (number - 1) for number in (signal.SIGPIPE, signal.SIGXFSZ))
