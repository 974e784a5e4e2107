"""A private Postfix, with users of its own, in a namespace: the machine's Postfix, users and mail are not touched.

Everything lies below one temporary folder: homes, queue, log, /var/mail, and what stands in the place of /etc/postfix and
/etc/passwd inside. Mail comes in by sendmail(1) as on a real host (`send`), goes to local users or, for the domain
virtual.test, through the transport that the test brings in its master.cf lines. Nothing can leave: the default transport
is error(8). What became of a message is read from the log (`fate`), as an admin would.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from mdafilter.values import Value
from tests.support import namespace

FIRST_UID = 23001
DOMAIN = "stage.test"
MASTER = """\
pickup    unix  n - n 60    1 pickup
cleanup   unix  n - n -     0 cleanup
qmgr      unix  n - n 300   1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n -     - trivial-rewrite
bounce    unix  - - n -     0 bounce
defer     unix  - - n -     0 bounce
trace     unix  - - n -     0 bounce
verify    unix  - - n -     1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -     - proxymap
showq     unix  n - n -     - showq
error     unix  - - n -     - error
retry     unix  - - n -     - error
local     unix  - n n -     - local
virtual   unix  - n n -     - virtual
anvil     unix  - - n -     1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""


def why_not() -> str:
    """The reason why there can be no private Postfix here, or ""."""
    if not Path("/usr/sbin/postfix").exists() or not Path("/usr/lib/postfix/sbin/master").exists():
        return "postfix is not installed"
    return namespace.why_not()


def settle(path: Path, text: str | None = None) -> Path:
    """A file that Postfix' programs read at once, with this text if there is one.

    What was changed in the last two seconds they read again every 300 ms, until it is older (dict_load_fp(), texthash).
    """
    if text is not None:
        path.write_text(text)
    os.utime(path, (1_000_000_000,) * 2)
    return path


def copy_own(etc: Path) -> None:
    """What Postfix itself needs in /etc/postfix. Debian 13 keeps the scripts elsewhere, and has no dynamicmaps.cf.d."""
    for name in ("dynamicmaps.cf", "postfix-files", "postfix-script", "post-install"):
        if Path("/etc/postfix", name).exists():
            shutil.copy2(f"/etc/postfix/{name}", etc)
    for name in ("dynamicmaps.cf.d", "postfix-files.d"):
        if Path("/etc/postfix", name).exists():
            shutil.copytree(f"/etc/postfix/{name}", etc / name, dirs_exist_ok=True)


class Fate(Value):
    """What became of one recipient of one message, from the log."""

    status: str  # sent, deferred, bounced
    dsn: str  # 2.0.0, 4.3.0, 5.7.1
    text: str  # what stands in parentheses


class Postfix:
    """The instance. Set it up (`user`, `main`, `master`), `start` it, `send`, look at `fate` and at the homes."""

    def __init__(self) -> None:
        self.top = Path(tempfile.mkdtemp(prefix="mdafilter-postfix."))
        self.top.chmod(0o755)
        for name in ("home", "log", "etc", "queue", "data", "mail", "run"):
            (self.top / name).mkdir(mode=0o755)
        self.main: dict[str, str] = {}
        self.master: list[str] = []
        self.users: dict[str, int] = {}
        self.inside: namespace.Namespace | None = None
        self.service: subprocess.Popen[bytes] | None = None
        self.sent = 0

    # --- before the start ---

    def user(self, name: str) -> Path:
        """Adds a user; returns the home directory."""
        home = self.top / "home" / name
        uid = self.users[name] = FIRST_UID + len(self.users)
        home.mkdir(mode=0o755)
        os.chown(home, uid, uid)
        return home

    def add_main(self, text: str) -> None:
        """Adds lines of a main.cf."""
        joined = re.sub(r"\n[ \t]+", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
        for line in filter(str.strip, joined.splitlines()):
            key, _, value = line.partition("=")
            self.main[key.strip()] = value.strip()

    def put(self, user: str, path: str, text: str, mode: int = 0o644) -> Path:
        """Writes a file into a user's home, owned by the user, and the folders above it."""
        home, uid = self.top / "home" / user, self.users[user]
        file = home / path
        for folder in reversed([p for p in file.parents if home in p.parents]):
            if not folder.exists():
                folder.mkdir(mode=0o755)
                os.chown(folder, uid, uid)
        file.write_text(text)
        file.chmod(mode)
        os.chown(file, uid, uid)
        return file

    def _settings(self) -> dict[str, str]:
        top = str(self.top)
        return {
            "compatibility_level": "3.6",
            "queue_directory": f"{top}/queue",
            "data_directory": f"{top}/data",
            "command_directory": "/usr/sbin",
            "daemon_directory": "/usr/lib/postfix/sbin",
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "myhostname": f"mail.{DOMAIN}",
            "mydomain": DOMAIN,
            "myorigin": DOMAIN,
            "mydestination": f"{DOMAIN}, mail.{DOMAIN}, localhost",
            "inet_interfaces": "loopback-only",
            "inet_protocols": "ipv4",
            "maillog_file": f"{top}/log/mail.log",
            "maillog_file_prefixes": f"{top}/log",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "default_transport": "error:nothing leaves the stage",
            "relay_transport": "error:nothing leaves the stage",
            "default_privs": "nobody",
            "message_size_limit": "40000000",
            "in_flow_delay": "0",
            # A retry happens when a test asks for it (flush), never by itself.
            "minimal_backoff_time": "3000s",
            "queue_run_delay": "3000s",
            "notify_classes": "",
            "biff": "no",
            **self.main,
        }

    # --- the life of the instance ---

    def start(self) -> None:
        """Writes the files, makes the namespace, starts Postfix."""
        etc, top = self.top / "etc", self.top
        copy_own(etc)
        settle(etc / "main.cf", "".join(f"{k} = {v}\n" for k, v in self._settings().items()))
        (etc / "master.cf").write_text(MASTER + "\n".join(self.master) + "\n")
        shutil.chown(top / "data", "postfix")
        (top / "mail").chmod(0o1777)
        known = "".join(f"{n}:x:{u}:{u}::{top}/home/{n}:/bin/sh\n" for n, u in self.users.items())
        (top / "passwd").write_text(namespace.accounts() + known)
        groups = "".join(f"{n}:x:{u}:\n" for n, u in self.users.items())
        (top / "group").write_text(namespace.accounts("/etc/group") + groups)
        over = {
            "/etc/passwd": top / "passwd",
            "/etc/group": top / "group",
            "/etc/postfix": etc,
            "/var/mail": top / "mail",
            "/run": top / "run",
        }
        self.inside = namespace.Namespace(over)
        self.run("postfix", "start")
        self.until(lambda: (top / "queue/public/pickup").exists(), "Postfix did not start")

    def run(self, *argv: str, data: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Runs a program inside, as root."""
        assert self.inside is not None
        return self.inside.run(*argv, data=data, check=check)

    def run_as(self, user: str, *argv: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Runs a program inside, as one of the users, with the environment of a login."""
        uid, home = self.users[user], f"{self.top}/home/{user}"
        environment = ["env", "-i", f"HOME={home}", f"USER={user}", f"LOGNAME={user}", "PATH=/usr/bin:/bin"]
        ids = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        return self.run(*ids, *environment, *argv, data=data, check=False)

    def serve(self, installation: Path, *options: str) -> None:
        """Starts the resident service inside, as root, on its usual socket; call it again after it has ended."""
        assert self.inside is not None
        program = [str(installation / "bin" / "python"), str(installation / "bin" / "mdafilter"), "serve", *options]
        (self.top / "run/mdafilter").mkdir(mode=0o755, exist_ok=True)
        before = self.served()
        with (self.top / "log/serve.log").open("ab") as log:
            self.service = subprocess.Popen(
                self.inside.command(*program), stdin=subprocess.DEVNULL, stderr=log, cwd="/"
            )
        self.until(lambda: "ready on" in self.served()[len(before) :], "the service did not start (log/serve.log)")

    def served(self) -> str:
        """What the service says of itself."""
        file = self.top / "log/serve.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def stop(self) -> None:
        """Stops Postfix and whatever is inside, and takes the folder away."""
        if self.inside is not None:
            self.inside.close()
        if self.service is not None:
            self.service.wait(60)
        shutil.rmtree(self.top, ignore_errors=True)

    # --- mail ---

    def send(self, recipient: str, message: bytes, sender: str = "") -> str:
        """Submits a message by sendmail(1) as it stands; returns its queue id. An address without @ is local."""
        before = self.log()
        address = recipient if "@" in recipient else f"{recipient}@{DOMAIN}"
        self.run("sendmail", "-i", "-f", sender or f"sender@{DOMAIN}", "--", address, data=message)
        found: list[str] = []

        def arrived() -> bool:
            found.extend(re.findall(r"postfix/pickup\[\d+\]: (\w+): uid=", self.log()[len(before) :]))
            return bool(found)

        self.until(arrived, f"the message to {recipient} was not picked up")
        return found[0]

    def smtp(self, service: str, recipient: str, message: bytes, sender: str = "") -> str:
        """Submits a message to the smtpd(8) of this name in master.cf (type unix); returns the last reply to DATA."""
        address = recipient if "@" in recipient else f"{recipient}@{DOMAIN}"
        stuffed = b"".join(b"." * line.startswith(b".") + line for line in message.splitlines(keepends=True))
        wire = stuffed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b".\r\n"
        commands = (b"", b"EHLO test\r\n", f"MAIL FROM:<{sender or f'sender@{DOMAIN}'}>\r\n".encode())
        reply = ""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(str(self.top / "queue/private" / service))
            answers = connection.makefile("rb")
            for command in (*commands, f"RCPT TO:<{address}>\r\n".encode(), b"DATA\r\n", wire):
                connection.sendall(command)
                while (line := answers.readline())[3:4] == b"-":
                    pass
                reply = line.decode().strip()
                if reply[:1] not in ("2", "3"):
                    break
            connection.sendall(b"QUIT\r\n")
        return reply

    def table(self, name: str, text: str) -> str:
        """Writes a lookup table before the start; returns its path inside."""
        (self.top / "etc" / name).write_text(text)
        return f"/etc/postfix/{name}"

    def fate(self, queue_id: str, seconds: float = 60, after: int = 0) -> Fate:
        """Waits for what becomes of a message, and returns the last that the log says from offset `after` on."""
        found: list[tuple[str, str, str]] = []
        line = re.compile(rf" {queue_id}: to=<.*?, dsn=([\d.]+), status=(\w+) \((.*)\)$", re.MULTILINE)

        def decided() -> bool:
            found[:] = line.findall(self.log()[after:])
            return bool(found)

        self.until(decided, f"nothing became of {queue_id}", seconds)
        dsn, status, text = found[-1]
        return Fate(status, dsn, text)

    def retry(self, queue_id: str) -> Fate:
        """Lets Postfix try a deferred message again, and returns what becomes of it."""
        after = len(self.log())
        self.run("postqueue", "-i", queue_id)
        return self.fate(queue_id, after=after)

    def bounce_of(self, queue_id: str) -> str:
        """The queue id of the bounce (non-delivery notification) of a message; "" if none was made."""
        found = re.findall(rf" {queue_id}: sender (?:non-)?delivery notification: (\w+)", self.log())
        return found[0] if found else ""

    def log(self) -> str:
        file = self.top / "log/mail.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def until(self, true: Callable[[], bool], complaint: str, seconds: float = 30) -> None:
        """Waits until something is so."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"{complaint} within {seconds:g} s\n{self.log()[-3000:]}\n{self.served()[-1000:]}")
            time.sleep(0.05)


def messages(maildir: Path) -> dict[str, list[Path]]:
    """The messages of a Maildir by folder ("" is the inbox); what lies in tmp/ is under "tmp"."""
    found: dict[str, list[Path]] = {}
    for folder in [maildir, *sorted(maildir.glob(".*"))]:
        name = "" if folder == maildir else folder.name
        files: Iterable[Path] = [*folder.glob("new/*"), *folder.glob("cur/*")]
        if ready := sorted(files):
            found[name] = ready
        if left := sorted(folder.glob("tmp/*")):
            found.setdefault("tmp", []).extend(left)
    return found
