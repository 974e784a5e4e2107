"""The listening sockets: made here, or given by systemd (sd_listen_fds(3)); and the rights that were needed for it.

What is to be bound is bound first, as root; `drop` then gives all rights up for good. A socket of the file system
replaces one that nobody listens on any more; where somebody does, the daemon does not start. It stays when we end: who
has dropped his rights cannot remove it.

In:    a Place ("unix:PATH" or "inet:HOST:PORT"), the mode and the group of the file; the name of a user.
Out:   sockets that listen, non-blocking.
Fails: ConfigError that says which place or user, and what to do; ValueError for a text that is no place.
"""

from __future__ import annotations

import errno
import grp
import os
import pwd
import resource
import socket
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from mdafilter_policyd import limits
from mdafilter_policyd.errors import ConfigError, Fault

FIRST = 3  # SD_LISTEN_FDS_START
PATH_OCTETS = 107  # of a struct sockaddr_un, with its end


@dataclass(frozen=True, slots=True)
class Place:
    """Where a socket is: a path, or else a host and a port."""

    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> Place:
        """Of "unix:PATH" or "inet:HOST:PORT"; an IPv6 address stands in brackets."""
        kind, _, rest = text.partition(":")
        host, _, port = rest.rpartition(":")
        number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
        if kind == "unix" and rest.startswith("/") and "\0" not in rest and len(os.fsencode(rest)) <= PATH_OCTETS:
            return cls(path=rest)
        if kind == "inet" and host and host.isprintable() and 0 < number < 65536:
            return cls(host=host.strip("[]"), port=number)
        raise ValueError(f"{text!r} is neither unix:/PATH (up to {PATH_OCTETS} octets) nor inet:HOST:PORT")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"unix:{self.path}" if self.path else f"inet:{host}:{self.port}"


def listen(place: Place, mode: int = 0o666, group: str = "") -> socket.socket:
    """A socket that listens there. `mode` and `group` are those of a file; who may write to it may ask."""
    family = socket.AF_UNIX if place.path else socket.AF_INET6 if ":" in place.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if place.path:
            _bind(made, place.path, mode, _group(group) if group else -1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((place.host, place.port))
        made.listen(limits.BACKLOG)
    except OSError as failed:
        made.close()
        raise _failed(place, failed.strerror or str(failed), _hint(failed, place)) from failed
    except UnicodeError as failed:  # a label of a name has 63 octets (RFC 1035 section 2.3.4)
        made.close()
        raise _failed(place, "that is no name of a host", "say an address, or localhost") from failed
    except ConfigError:
        made.close()
        raise
    made.setblocking(False)
    return made


def given(environ: Mapping[str, str]) -> list[socket.socket]:
    """The sockets that systemd has made for us, in its order."""
    count = environ.get("LISTEN_FDS", "0") if environ.get("LISTEN_PID") == str(os.getpid()) else "0"
    taken = []
    for fd in range(FIRST, FIRST + int(count)):
        os.set_inheritable(fd, False)
        made = socket.socket(fileno=fd)
        made.setblocking(False)
        taken.append(made)
    return taken


def notify(environ: Mapping[str, str], text: str) -> None:
    """Tells systemd (sd_notify(3)), where it wants to know: READY=1, RELOADING=1, STOPPING=1, STATUS=..."""
    path = environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try:
            sender.connect(f"\0{path[1:]}" if path.startswith("@") else path)
            sender.send(text.encode())
        except OSError:
            pass  # systemd sees from the process itself whether it lives


def drop(user: str) -> None:
    """Becomes that user, with the groups of the account and no others, for good. Who is that user already stays."""
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        hint = f"useradd --system --home-dir /var/lib/mdafilter-policyd --shell /usr/sbin/nologin {user}"
        raise ConfigError([Fault("user", 0, 0, f"there is no user {user!r}", hint)]) from None
    if os.getresuid() == (account.pw_uid,) * 3:
        return
    if os.geteuid() != 0:
        raise ConfigError([Fault("user", 0, 0, f"only root can become {user}", "start it as root, or as that user")])
    os.setgroups(os.getgrouplist(user, account.pw_gid))
    os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)  # before setresuid: who is not root may not do it
    os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)


def room(connections: int) -> int:
    """How many connections there can be: the limit of open files is raised for so many, as far as that goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + limits.SPARE_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):  # more than fs.nr_open, or forbidden
            wanted = soft
    return max(1, wanted - limits.SPARE_FILES)


def _failed(place: Place, text: str, hint: str) -> ConfigError:
    return ConfigError([Fault(str(place), 0, 0, f"cannot listen there: {text}", hint)])


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigError([Fault("group", 0, 0, f"there is no group {name!r}", "say another, or make it")]) from None


def _bind(made: socket.socket, path: str, mode: int, group: int) -> None:
    """Nobody can connect before mode and group are right: it does not listen yet."""
    if os.path.lexists(path):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise FileExistsError(errno.EEXIST, "what is there is no socket")
        if _answers(path):
            raise OSError(errno.EADDRINUSE, "a daemon is running there already")
        os.unlink(path)
    mask = os.umask(0o777 & ~mode)
    try:
        made.bind(path)
    finally:
        os.umask(mask)
    if group >= 0:
        try:
            # The owner of the folder may have put a link there meanwhile.
            os.chown(path, -1, group, follow_symlinks=False)
        except OSError:
            os.unlink(path)
            raise


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # its queue is full, or it is a socket of another kind
    return True


def _hint(failed: OSError, place: Place) -> str:
    """What to do about it."""
    folder = os.path.dirname(place.path)
    if not place.path:
        if failed.errno == errno.EADDRINUSE:
            return "end what listens there (ss -ltnp shows it), or say another port"
        return "ports below 1024 are root's" if failed.errno == errno.EACCES else ""
    match failed.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"there is no folder {folder}; make it, or say another path"
        case errno.EACCES:
            return f"only who may write to {folder} can make a socket there"
        case errno.EPERM:
            return "only root can give a file to a group that it is not in"
        case errno.EADDRINUSE:
            return "end it first, or say another path"
        case errno.EEXIST:
            return "remove it, or say another path"
    return ""
