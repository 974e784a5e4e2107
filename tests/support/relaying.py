"""An SMTP server on loopback that says yes or no to a recipient by a function, and keeps all that it was told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Relaying:
    answer: Callable[[str], str]
    extensions: tuple[str, ...] = ()
    port: int = 0
    said: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:

            def reply(line: str) -> None:
                stream.write(f"{line}\r\n".encode())
                stream.flush()

            reply("220 mail.example.org ESMTP")
            for octets in stream:
                line = octets.decode().strip()
                self.said.append(line)
                verb = line.upper()
                if verb.startswith("EHLO"):
                    reply("250-mail.example.org")
                    for more in self.extensions:
                        reply(f"250-{more}")
                    reply("250 PIPELINING")
                elif verb.startswith("RCPT"):
                    if not (said := self.answer(line)):
                        return
                    reply(said)
                else:
                    reply({"XCLIENT": "220 Ok", "QUIT": "221 Bye"}.get(verb.split(" ")[0], "250 Ok"))
                if verb == "QUIT":
                    return


@contextmanager
def relaying(answer: Callable[[str], str], *extensions: str) -> Iterator[Relaying]:
    """Until the end of the block. `answer` is asked with the command; "" hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Relaying(answer, extensions, listening.getsockname()[1])

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return  # closed
                threading.Thread(target=made.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield made
        listening.shutdown(socket.SHUT_RDWR)
