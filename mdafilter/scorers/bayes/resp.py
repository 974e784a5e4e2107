"""What Redis and Valkey speak: commands as arrays of strings, replies of RESP2 (redis.io, "Redis serialization").

    line = Line.open("redis://127.0.0.1:6379/0", 5.0)
    line.ask("HGET", "key", "field")       b"value", None where there is none
    line.ask_all([("MULTI",), ...])        one round trip for all

In:    redis://[USER:PASSWORD@]HOST[:PORT][/DB], redis+unix:/SOCKET
Out:   bytes, int, None, lists of these.
Fails: CountsError for a server that is not there, is late, refuses a command or does not speak it.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.scorers.bayes.store import CountsError
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    Reply = bytes | int | None | list["Reply"]
    Word = str | bytes | int

PORT = 6379


class Place(Value):
    """Where a server is. `socket` is the path of a socket; "" is host and port."""

    socket: str = ""
    host: str = ""
    port: int = PORT
    database: int = 0
    user: str = ""
    password: str = ""


def place(url: str) -> Place:
    """The place that a URL names. ValueError, with what is wrong."""
    from urllib.parse import unquote, urlsplit

    if url.startswith("redis+unix:/"):
        return Place(socket=url.removeprefix("redis+unix:"))
    parts = urlsplit(url)
    if parts.scheme != "redis" or not parts.hostname:
        raise ValueError("is redis://[USER:PASSWORD@]HOST[:PORT][/DB] or redis+unix:/SOCKET")
    database = parts.path.strip("/") or "0"
    if not (database.isascii() and database.isdigit() and len(database) < 6):
        raise ValueError("ends in the number of a database")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Place("", parts.hostname, parts.port or PORT, int(database), user, password)


class Line:
    """A connection."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        self._file = made.makefile("rb")

    @classmethod
    def open(cls, url: str, timeout: float) -> Line:
        """Connects, says who we are, and chooses the database."""
        import socket

        where = place(url)
        made = socket.socket(socket.AF_UNIX) if where.socket else None
        try:
            if made is None:
                made = socket.create_connection((where.host, where.port), timeout)
            else:
                made.settimeout(timeout)
                made.connect(where.socket)
        except OSError as failed:
            if made is not None:
                made.close()
            raise CountsError(f"Redis: {failed.strerror or failed}") from failed
        line = cls(made)
        try:
            if where.password:
                line.ask("AUTH", *([where.user] if where.user else []), where.password)
            if where.database:
                line.ask("SELECT", where.database)
        except CountsError:
            line.close()
            raise
        return line

    def ask(self, *words: Word) -> Reply:
        """The reply to one command."""
        return self.ask_all([words])[0]

    def ask_all(self, commands: Sequence[Sequence[Word]]) -> list[Reply]:
        """The replies to all of them. The first that is an error is raised, when all have been read."""
        try:
            self._socket.sendall(b"".join(map(_encoded, commands)))
            replies = [self._reply(0) for _ in commands]
        except (OSError, ValueError) as failed:
            raise CountsError(f"Redis: {failed}") from failed
        for reply in replies:
            if isinstance(reply, _Refusal):
                raise CountsError(f"Redis: {reply.decode('utf-8', 'replace')[:200]}")
        return replies

    def _reply(self, depth: int) -> Reply:
        head = self._file.readline(limits.REDIS_LINE)
        if not head.endswith(b"\r\n"):
            raise ValueError("the server closed the connection")
        kind, rest = head[:1], head[1:-2]
        match kind:
            case b"+":
                return rest
            case b"-":
                return _Refusal(rest)
            case b":":
                return int(rest)
            case b"$":
                size = int(rest)
                if size > limits.REDIS_OCTETS:
                    raise ValueError(f"a reply of {size} octets")
                return self._octets(size) if size >= 0 else None
            case b"*" if depth < 4:
                size = int(rest)
                if size > limits.REDIS_OCTETS:
                    raise ValueError(f"a reply of {size} items")
                return [self._reply(depth + 1) for _ in range(size)] if size >= 0 else None
        raise ValueError("no reply of Redis")

    def _octets(self, size: int) -> bytes:
        found = self._file.read(size + 2)
        if len(found) != size + 2:
            raise ValueError("the server closed the connection")
        return found[:-2]

    def close(self) -> None:
        """Ends it."""
        self._file.close()
        self._socket.close()


class _Refusal(bytes):
    """An error that the server replied."""


def _encoded(words: Sequence[Word]) -> bytes:
    out = [b"*%d\r\n" % len(words)]
    for word in words:
        octets = word if isinstance(word, bytes) else str(word).encode("utf-8", "surrogateescape")
        out.append(b"$%d\r\n%b\r\n" % (len(octets), octets))
    return b"".join(out)
