"""GET /metrics over HTTP, for Prometheus: a process of its own, beside the broker and with no rights.

HTTP is http.server's. The figures are asked of the broker (status.ASK), at most once in a second whoever asks us how
often, and come back as one packet. Each connection has a thread; there are at most THREADS, each for at most SECONDS:
the oldest makes room for the next. So a client that is slow, or not one of HTTP, keeps nothing from anybody else, and
whatever happens here, no delivery waits for it.

In:    a listening socket, and the control socket: figures, or "drain".
Out:   200 with the metrics; 404 for any other path, 503 where the broker does not answer.
Fails: at the end of the control socket, or at "drain", the process ends; the broker starts another one if it should.
"""

from __future__ import annotations

import http.server
import os
import socket
import socketserver
import threading
import time

from mdafilter import VERSION
from mdafilter.serve import exposition, status
from mdafilter.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

THREADS = 16  # and as many that are about to end
SECONDS = 5.0  # in which a client has asked and taken its answer
FRESH = 1.0  # for so long the same figures are told
PATIENCE = 2.0  # in which the broker answers
PACKET = 64 * 1024


def run(listening: socket.socket, control: socket.socket) -> None:
    """The life of the process."""
    os.nice(10)  # deliveries come first
    figures = Figures(control)
    threading.Thread(target=Server(listening, figures).serve_forever, daemon=True).start()
    while (packet := control.recv(PACKET)) not in (b"", b"d"):
        figures.tell(packet)


class Figures:
    """The figures, as new as FRESH asks for."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.told = b""
        self.when = -FRESH
        self.asked = -PATIENCE
        self.news = threading.Condition()

    def tell(self, packet: bytes) -> None:
        """The broker has answered."""
        with self.news:
            self.told, self.when = packet, time.monotonic()
            self.news.notify_all()

    def ask(self) -> bytes:
        """The figures; TimeoutError, or another OSError, where the broker does not answer."""
        with self.news:
            now = time.monotonic()
            if now - self.when >= FRESH:
                if now - self.asked >= PATIENCE or self.asked <= self.when:
                    self.control.send(status.ASK, socket.MSG_DONTWAIT)
                    self.asked = now
                if not self.news.wait_for(lambda: self.when >= self.asked, PATIENCE):
                    raise TimeoutError("the service does not answer")
            return self.told


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Of connections to a socket that listens already."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, figures: Figures) -> None:
        super().__init__(("", 0), Request, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.figures = figures
        self.open: dict[socket.socket, float] = {}
        self.lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """A connection gets its thread, perhaps instead of another one."""
        if threading.active_count() > 2 * THREADS:
            request.close()
            return
        with self.lock:
            if len(self.open) >= THREADS:
                oldest = next(iter(self.open))
                del self.open[oldest]
                _hang_up(oldest)
            self.open[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Every half second: who has had all the time that there is hears the end."""
        with self.lock:
            for connection, since in self.open.items():
                if time.monotonic() - since >= SECONDS:
                    _hang_up(connection)

    def close_request(self, request: Any) -> None:
        """A thread has done."""
        with self.lock:
            self.open.pop(request, None)
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is nothing to talk about."""


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has gone already


class Request(http.server.BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    server_version = f"mdafilter/{VERSION}"
    sys_version = ""
    timeout = SECONDS

    def do_GET(self) -> None:
        """The one page that there is."""
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404, explain="The metrics are at /metrics")
            return
        try:
            told = self.server.figures.ask()
        except OSError as failed:
            self.send_error(503, explain=str(failed))
            return
        page = exposition.text(status.read(told)).encode()
        self.send_response(200)
        self.send_header("Content-Type", exposition.TYPE)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        """Who asks is nothing to write down."""
