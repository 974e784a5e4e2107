"""The LMTP door: it is being built."""

import socket

from mdafilter.values import Value


class Options(Value):
    max_size: int = 0
    spool: str = "/var/tmp"
    recipient_delimiter: str = "+"
    virtual: int | None = None
    table: str = ""
    own: int | None = None


def run(listeners: list[socket.socket], control: socket.socket, options: Options) -> None: ...
