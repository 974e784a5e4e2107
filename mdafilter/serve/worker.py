"""One user's process: it becomes the user for good, then delivers one connection after the other.

It is forked from the broker, which has imported everything, and gives up root before it sees a single octet of mail:
setgroups, setgid, setuid, umask 077, the user's home as current folder, limits. There is no way back. What comes over a
connection is said by that user (the broker has looked, SO_PEERCRED), or by the LMTP door about a message for that user;
so the user can say here what he could say to the one-shot, and the door can say the envelope alone.

A delivery is that of the one-shot (delivery.py), in the environment that the client sends. The traces for a retry are
removed when the client has acknowledged (wire.py): we wait for the end of its connection and not for what it writes,
lest it is held up by us while it still has to end with 0. Nor is the client woken up before the end: that its request
has been read is all that makes the message ours.

In:    CONTROL: packets from the broker, each a kind (CLIENT, LMTP or TIDY) and a connection beside it, or the slate of
       a dead worker.
Out:   on CONTROL, after each: DONE, the exit status, milliseconds, resident octets.
Fails: for one message, with "try again"; the process then goes on. At the end of CONTROL it ends.
Bugs:  the user's groups and home stay what they were at its start, for an hour at most (pool.Size.age).
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import struct
import syslog
import time

from mdafilter import delivery, limits, spare
from mdafilter.alarm import Alarm
from mdafilter.arguments import Arguments, parse
from mdafilter.delivery import Account
from mdafilter.errors import TryAgain
from mdafilter.serve import slate, wire
from mdafilter.serve.status import DECLINED
from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from mdafilter.receipts import Receipts
    from mdafilter.serve.slate import Slate

CLIENT, LMTP, TIDY = b"c", b"l", b"t"  # kinds of what the broker hands over
DONE = struct.Struct("<HIQ")
KIND = socket.AF_UNIX, socket.SOCK_SEQPACKET, 0  # of all that come over it
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred of unix(7)
GARBAGE = 64  # messages between two looks for garbage, and at our size
DESCRIPTORS = 512
PATH = "/usr/bin:/bin"  # as Postfix gives it to a command, besides export_environment (postconf(5))
OURS = 3  # of them: the standard ones
PAGE = os.sysconf("SC_PAGE_SIZE")
FOLDED = ("RECIPIENT", "EXTENSION", "LOCAL", "DOMAIN")  # else Bob@ and bob@ had a mailbox each


class Post(Value):
    """What a worker is told at its start. `maildir`: the template of virtual mailboxes, for mail from the LMTP door."""

    uid: int
    maildir: str = ""


def main(control: socket.socket, noted: Slate, post: Post) -> None:
    """The life of a worker. Returns at the end; the caller ends the process."""
    _signals()
    gc.disable()  # it is done between two messages
    account = become(post.uid)
    worker = Worker(noted, post, account)
    count = 0
    while True:
        try:
            packet, descriptors = wire.receive(control, slate.OCTETS + 1)
        except ConnectionResetError:
            return  # the broker has gone, and had not read what we said last
        if not packet:
            return
        began = time.monotonic()
        status = worker.work(packet, [socket.socket(*KIND, fd) for fd in descriptors])
        _clear_up({control.fileno(), spare.kept()} - {-1})
        count += 1
        if count % GARBAGE == 0:
            gc.collect()
        size = _resident() if count % GARBAGE == 1 else 0
        try:
            control.send(DONE.pack(status, int((time.monotonic() - began) * 1000), size))
        except OSError:
            return  # the broker is gone
        spare.keep(worker.tmp)


def become(uid: int) -> Account:
    """Gives up root's rights for those of a user, or of a number without a name; anybody else has only their own.

    TryAgain where that is not possible. On return no right of root is left.
    """
    import pwd

    try:
        entry = pwd.getpwuid(uid)
        name, home, shell, gid = entry.pw_name, entry.pw_dir, entry.pw_shell, entry.pw_gid
    except KeyError:
        name, home, shell, gid = "", "", "", uid
    if os.geteuid() == 0:
        if uid == 0 or gid < 0:
            raise TryAgain("will not deliver as root", "4.3.5")
        delivery.give_up_root(uid, gid, name)
    if os.getresuid() != (uid, uid, uid):
        raise TryAgain(f"cannot become the user {uid}", "4.3.5")
    _bounds()
    try:
        os.chdir(home or "/")
    except OSError:
        os.chdir("/")  # a home that is not there: each delivery finds that out for itself
    kept = {each: os.environ[each] for each in ("LANG", "TZ", "MAIL_CONFIG") if each in os.environ}
    os.environ.clear()
    os.environ.update({"HOME": home, "USER": name, "LOGNAME": name, "SHELL": shell or "/bin/sh", **kept, "PATH": PATH})
    return Account(name, home)


def _bounds() -> None:
    """The hard limits stay: programs of rules may need more than we do, and raise theirs."""
    import resource

    os.umask(0o077)
    for which, bound in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, DESCRIPTORS)):
        most = resource.getrlimit(which)[1]
        resource.setrlimit(which, (bound if most == resource.RLIM_INFINITY else min(bound, most), most))


def _signals() -> None:
    """Those of the broker are not ours."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


class Order(Value):
    """What a client wants: the message, or a descriptor that has it, and what belongs on top of it."""

    source: int | bytes
    arguments: Arguments
    environ: dict[str, str]
    top: bytes = b""


class Worker:
    """Delivers, as the user that it has become."""

    def __init__(self, noted: Slate, post: Post, account: Account) -> None:
        self.slate = noted
        self.post = post
        self.account = account
        self.environ = dict(os.environ)
        self.tmp = ""  # the directory in which the last draft was

    def work(self, packet: bytes, connections: list[socket.socket]) -> int:
        """Does what the broker hands over. Returns the exit status, for the books."""
        kind, rest = packet[:1], packet[1:]
        try:
            if kind == TIDY:
                _tidy(slate.paths(rest))
            elif connections:
                return self._serve(connections[0], kind)
        except OSError:
            return 75  # the client has gone, or never was; nothing of ours is left undone for it
        finally:
            for connection in connections:
                connection.close()
        return 0

    def _serve(self, connection: socket.socket, kind: bytes) -> int:
        """One connection, from its request to its end. OSError where it breaks; the message stays with the client."""
        packet, descriptors = _request(connection)
        try:  # if we end from here on without a packet, the client hears the end of the file: "try again"
            order = _understood(packet, descriptors, kind, self.post, self.account)
            if order is None or not self._may_ask(connection):
                connection.send(wire.NOT_TAKEN)
                return DECLINED
            return self._delivered(connection, order)
        finally:
            for fd in descriptors:
                os.close(fd)

    def _may_ask(self, connection: socket.socket) -> bool:
        """Whether who connected has our group, where only its number says which that is: it may be others'."""
        return bool(self.account.name) or behind(connection)[1] == os.getegid()

    def _delivered(self, connection: socket.socket, order: Order) -> int:
        """Delivers, answers, and removes the traces if the client took the answer."""
        receipts, status, text = self._outcome(connection, order)
        if receipts is None or status:
            if receipts is not None:
                receipts.forget()
            connection.send(wire.ended(status, text))
            return status
        receipts.release()
        self.tmp = os.path.dirname(next(iter(receipts.traces), ""))
        self.slate.write(receipts.traces)
        try:
            connection.send(wire.ended(status, text))
            if acknowledged(connection):
                receipts.forget()
        except OSError:
            self.slate.wipe()  # it has not heard of it, and comes again
            raise
        self.slate.wipe()  # whatever else is raised ends us, and the broker reads it
        return status

    def _outcome(self, connection: socket.socket, order: Order) -> tuple[Receipts | None, int, str]:
        """The receipts, the exit status and the text, as cli/deliver.py has them."""
        whole = {**self.environ, **order.environ}
        account = Account(order.arguments.user or self.account.name, whole.get("HOME", ""))
        try:
            with Alarm():
                receipts = delivery.deliver(
                    order.arguments, whole, order.source, account, lambda: not gone(connection), order.top
                )
        except TryAgain as failed:
            return None, 75, f"{failed.status} mdafilter: {failed.text}\n"
        except Exception as failed:  # noqa: BLE001 - a defect of ours: nothing is half done, Postfix tries again
            return None, 75, f"4.3.0 mdafilter: {type(failed).__name__}: {failed}\n"
        return receipts, receipts.exit_code, f"{receipts.reply}\n" if receipts.reply else ""


def _request(connection: socket.socket) -> tuple[bytes, list[int]]:
    """The first packet, which is there as nearly always; else it is waited for, and OSError if it does not come."""
    connection.setblocking(False)  # what we send has room: nobody else sends there
    try:
        return wire.receive(connection, wire.REQUEST_OCTETS + 1)
    except BlockingIOError:
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        poll.poll(limits.REQUEST_SECONDS * 1000)
        return wire.receive(connection, wire.REQUEST_OCTETS + 1)


def _understood(packet: bytes, descriptors: list[int], kind: bytes, post: Post, account: Account) -> Order | None:
    """What a request asks for; None for one that the one-shot answers better, or about mail for somebody else."""
    try:
        request = wire.decode(packet)
        arguments = parse(request.arguments if kind == CLIENT else ())
    except (ValueError, TryAgain):
        return None
    environ = dict(request.environ)
    source = descriptors[0] if descriptors else request.message if kind == LMTP else None
    if arguments.help or arguments.dry_run or source is None:
        return None
    if kind == LMTP:
        return _from_the_door(source, environ, post, account)
    environ.pop("QUEUE_ID", None)  # the one-shot does not know it either
    return Order(source, _absolute(arguments, request.folder), environ)


def _namesake(name: str) -> Account | None:
    """Another user with our number: passwd(5) may have several, each with a home of its own. None is somebody else."""
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except (KeyError, ValueError):
        return None
    return Account(entry.pw_name, entry.pw_dir) if entry.pw_uid == os.geteuid() else None


def behind(connection: socket.socket) -> tuple[int, int]:
    """User and group of the process that connected, as the kernel knows them (SO_PEERCRED, unix(7))."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, gid = _CREDENTIALS.unpack(found)
    return uid, gid


def on_top(envelope: dict[str, str]) -> bytes:
    """The fields that the last one on the way puts before a message (RFC 5321 section 4.4), as local(8) does it."""
    sender, original = envelope.get("SENDER", ""), envelope.get("ORIGINAL_RECIPIENT", "")
    fields = [f"Return-Path: <{sender}>", f"Delivered-To: {envelope.get('RECIPIENT', '')}"]
    if original:
        fields.insert(1, f"X-Original-To: {original}")
    return "".join(f"{field}\n" for field in fields).encode("utf-8", "surrogateescape")


def _from_the_door(source: int | bytes, environ: dict[str, str], post: Post, account: Account) -> Order | None:
    """The envelope, and no more; None for a user whose number is another one now."""
    envelope = {name: value for name, value in environ.items() if name not in wire.OWN}
    arguments, top = Arguments(maildir=post.maildir or None), on_top(envelope)
    if post.maildir:  # virtual(8): delivery decisions are made with the full address in lower case; pipe(8), flag u
        envelope |= {name: envelope[name].lower() for name in FOLDED if name in envelope}
    if envelope.get("USER", account.name) != account.name:
        other = _namesake(envelope["USER"])
        if other is None:
            return None
        arguments, envelope["HOME"] = arguments.replace(user=other.name), other.home
    return Order(source, arguments, envelope, top)


def _absolute(arguments: Arguments, folder: str) -> Arguments:
    """With paths that do not depend on where we are."""
    maildir = arguments.maildir
    if maildir and maildir != "~" and not maildir.startswith("~/"):
        maildir = os.path.join(folder, maildir)
    return arguments.replace(
        maildir=maildir,
        config=arguments.config and os.path.join(folder, arguments.config),
        rules=tuple(os.path.join(folder, rule) for rule in arguments.rules),
    )


def acknowledged(connection: socket.socket) -> bool:
    """Waits until the client has gone; whether it went with "delivered" (wire.ACKNOWLEDGED)."""
    if not gone(connection, limits.ACKNOWLEDGE_SECONDS):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == wire.ACKNOWLEDGED  # it stays for the broker, if we are killed now
    except OSError:
        return False


def gone(connection: socket.socket, seconds: float = 0) -> bool:
    """Waits until the client has gone, for so long; whether it has. What it writes does not wake us."""
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(seconds * 1000))


def _tidy(paths: list[str]) -> None:
    """Removes the traces of a delivery whose answer was acknowledged, for a worker that was killed before it could."""
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            pass  # it was done already, or is swept later; no retry comes for this message


def _clear_up(kept: set[int]) -> None:
    """Does what the end of the process would do.

    A program that hung when it was killed is reaped; a spooled message, the lock of a delivery that failed, and the
    socket of syslog(3) are closed.
    """
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass  # there is none, as nearly always
    syslog.closelog()  # by itself, since libc keeps its number
    try:
        # Linux 6.2 counts them as the size of that folder; before, the size is 0
        if (os.stat("/proc/self/fd").st_size or len(os.listdir("/proc/self/fd")) - 1) <= OURS + len(kept):
            return
    except OSError:
        pass  # there is not even one for that
    gc.collect()  # what closes by itself does so now, and not when its number is somebody else's
    last = 2
    for fd in sorted(kept):
        os.closerange(last + 1, fd)
        last = max(last, fd)
    os.closerange(last + 1, max(last + 1, DESCRIPTORS))


def _resident() -> int:
    """Octets; 0 where that cannot be told, as without a descriptor."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * PAGE
    except OSError:
        return 0
