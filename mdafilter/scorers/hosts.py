"""Where a daemon listens, and talking to it: hosts as the settings spell them, connecting, and time limits.

    127.0.0.1:783     [::1]:783     mail.example:783       TCP
    tls:mail.example:783                                   TCP with TLS, the certificate checked for that name
    unix:/run/spamd.sock                                   UNIX socket

Every wait (for the resolver, a connection, room to send, an answer) ends at one Deadline. `_socket` and not `socket` is
what is used, because importing the latter costs as much as starting Python; only TLS needs it.

In:    Deadline and Outages read the clock that they are given (seconds, monotonic).
Out:   a Line that is connected, with send, receive and close.
Fails: Unanswered, with a text for people and a kind: "absent" (nothing listens there: refused, or no such socket),
       "late" (the deadline), "failed" (anything else). SettingsError for a host that is misspelled.
"""

from __future__ import annotations

from mdafilter import limits
from mdafilter.errors import MdafilterError, SettingsError
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias
    from typing import Protocol as _Protocol

    Address: TypeAlias = Any  # of a UNIX socket a path, of TCP a tuple: what getaddrinfo gives and connect takes

    class Socket(_Protocol):
        """What a `_socket.socket` and an SSLSocket have in common."""

        def settimeout(self, value: float | None, /) -> None: ...
        def send(self, data: bytes, /) -> int: ...
        def recv(self, size: int, /) -> bytes: ...
        def shutdown(self, how: int, /) -> None: ...
        def close(self) -> None: ...


_PIECE = 64 * 1024  # octets of one send or receive


class Unanswered(MdafilterError):
    """A host did not answer. `kind` is "absent", "late" or "failed"."""

    def __init__(self, text: str, kind: str = "failed") -> None:
        super().__init__(text)
        self.kind = kind


class Deadline:
    """The moment at which all waiting ends."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._at = clock() + seconds

    def left(self) -> float:
        """Seconds that are left, more than 0. Unanswered ("late") if there are none."""
        left = self._at - self._clock()
        if left <= 0:
            raise Unanswered("no answer in time", "late")
        return left

    def within(self, seconds: float) -> Deadline:
        """A deadline in so many seconds, but not after this one."""
        return Deadline(min(seconds, self._at - self._clock()), self._clock)

    def share(self, of: int) -> Deadline:
        """A deadline for one of so many that have to share the time that is left."""
        return Deadline((self._at - self._clock()) / of, self._clock)


class Host(Value):
    """A place where a daemon listens. `path` is that of a UNIX socket; "" is TCP."""

    text: str  # as the settings spell it
    name: str = ""
    port: int = 0
    path: str = ""
    tls: bool = False

    @classmethod
    def parse(cls, text: str) -> Host:
        """A host as the settings spell it. SettingsError if it is none of the forms above."""
        if text.startswith("unix:/") and "\0" not in text:
            return cls(text, path=text.removeprefix("unix:"))
        tls = text.startswith("tls:")
        name, _, port = text.removeprefix("tls:").rpartition(":")
        bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
        clean = bare.isprintable() and not set(bare) & set("[] /") and (":" not in bare or bare != name)
        if not bare or not clean or not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
            raise SettingsError(f"no host: {text!r} (host:port, [::1]:port, tls:host:port or unix:/path is meant)")
        return cls(text, bare, int(port), tls=tls)


def faults(daemon: str, hosts: tuple[str, ...]) -> list[str]:
    """What is wrong with the setting `hosts` of a daemon."""
    found = [] if hosts else [f"[{daemon}] hosts is empty; switch {daemon} off by enabled"]
    for text in hosts:
        try:
            Host.parse(text)
        except SettingsError as error:
            found.append(f"[{daemon}] hosts: {error}")
    return found


class Outages:
    """The hosts that failed of late, as one process remembers them: a dead host is not waited for at every message."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, str]] = {}
        self._nobody: tuple[tuple[str, ...], float, str] = ((), 0.0, "")

    def note(self, host: Host, kind: str, until: float) -> None:
        """The host failed; it is avoided until then."""
        self._until[host.text] = (until, kind)

    def forget(self, host: Host) -> None:
        """The host answered."""
        self._until.pop(host.text, None)

    def nobody(self, hosts: tuple[str, ...], until: float, why: str) -> None:
        """None of these hosts has a daemon; they are not asked until then."""
        self._nobody = (hosts, until, why)

    def absent(self, hosts: tuple[str, ...], now: float) -> str:
        """Why none of these hosts is asked now; "" if they are."""
        known, until, why = self._nobody
        return why if known == hosts and now < until else ""

    def order(self, hosts: tuple[Host, ...], now: float) -> tuple[Host, ...]:
        """The hosts to ask: those that are well, then those that failed quickly; not those that let us wait."""
        dead = {text: kind for text, (until, kind) in self._until.items() if until > now}
        well = tuple(h for h in hosts if h.text not in dead)
        return well + tuple(h for h in hosts if dead.get(h.text, "late") != "late")


KNOWN = Outages()  # of this process: it only saves waiting, and a delivery that knows nothing of it goes as well


class Line:
    """A connection to a host. Close it, or use it in a `with`."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Sends all of it. OSError if the other side has gone, Unanswered past the deadline."""
        view = memoryview(data)
        while view:
            self._socket.settimeout(deadline.left())
            view = view[self._socket.send(view[:_PIECE]) :]  # type: ignore[arg-type]  # any buffer will do

    def receive(self, deadline: Deadline) -> bytes:
        """The next octets, b"" at the end. OSError, Unanswered."""
        self._socket.settimeout(deadline.left())
        return self._socket.recv(_PIECE)

    def end(self) -> None:
        """Says that nothing more is sent; the answer can still be received. OSError. Not for TLS."""
        self._socket.shutdown(1)  # SHUT_WR


def connect(host: Host, deadline: Deadline, ca_file: str = "") -> Line:
    """A connection to the host. Each of its addresses has limits.SPAMD_CONNECT_SECONDS. Fails with Unanswered."""
    import _socket

    if host.path:
        return Line(_connected(_socket.AF_UNIX, host.path, deadline))
    failed: Unanswered | None = None
    for family, address in _addresses(host, deadline):
        try:
            plain = _connected(family, address, deadline.within(limits.SPAMD_CONNECT_SECONDS))
            return Line(_tls(plain, host.name, ca_file, deadline) if host.tls else plain)
        except Unanswered as unanswered:  # the next address is tried; the message waits in our hands
            failed = unanswered
    raise failed or Unanswered("the name has no address")


def reason(error: OSError) -> Unanswered:
    """What an error of a socket means."""
    import errno

    if isinstance(error, TimeoutError):
        return Unanswered("no answer in time", "late")
    # "No such file" is a socket that nobody has made; a name that is not resolved has numbers of its own.
    kind = "absent" if error.errno in (errno.ECONNREFUSED, errno.ENOENT) else "failed"
    return Unanswered((error.strerror or str(error) or type(error).__name__).lower(), kind)


def _connected(family: int, address: Address, deadline: Deadline) -> Socket:
    import _socket

    socket = _socket.socket(family, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        socket.settimeout(deadline.left())
        socket.connect(address)
    except OSError as error:
        socket.close()
        raise reason(error) from None
    except Unanswered:
        socket.close()
        raise
    return socket


def _addresses(host: Host, deadline: Deadline) -> list[tuple[int, Address]]:
    """The addresses of the host: at once where it is a number, else from the resolver, which knows no deadline."""
    import _socket

    try:
        number = host.name.encode("ascii")  # octets: for a str the codec of international names would be loaded
        found = _socket.getaddrinfo(number, host.port, 0, _socket.SOCK_STREAM, 0, _socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):  # not a number: it is a name
        found = _resolved(host, deadline)
    return [(family, address) for family, _, _, _, address in found][:16]


def _resolved(host: Host, deadline: Deadline) -> list[tuple[int, int, int, str, Address]]:
    """Asks the resolver in a thread, which is left behind if the deadline passes."""
    import _socket
    import _thread

    done = _thread.allocate_lock()
    done.acquire()
    found: list[tuple[int, int, int, str, Address]] = []
    failed: list[str] = []

    def ask() -> None:
        try:
            found.extend(_socket.getaddrinfo(host.name, host.port, 0, _socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed.append(str(getattr(error, "strerror", None) or error).lower())
        finally:
            done.release()

    _thread.start_new_thread(ask, ())
    if not done.acquire(timeout=deadline.left()):
        raise Unanswered("the name was not resolved in time", "late")
    if failed:
        raise Unanswered(f"the name is not resolved: {failed[0]}")
    return found


def _tls(plain: Socket, name: str, ca_file: str, deadline: Deadline) -> Socket:
    """TLS over a connected socket; the certificate must be good for the name."""
    import socket
    import ssl

    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        plain.close()
        raise Unanswered(f"ca_file {ca_file}: {error.strerror or error}") from None
    wrapped = socket.socket(fileno=plain.detach())  # type: ignore[attr-defined]  # it is a _socket.socket
    try:
        wrapped.settimeout(deadline.left())
        return context.wrap_socket(wrapped, server_hostname=name)
    except (OSError, ValueError) as error:  # ValueError: a name that cannot be one of a certificate
        wrapped.close()
        raise reason(error) if isinstance(error, TimeoutError) else Unanswered(f"TLS: {error}") from None
