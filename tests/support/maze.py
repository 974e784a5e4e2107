"""A private Postfix from the files of contrib/postfix as they are shipped, with a DNS of its own, and clients for it.

Nothing of the shipped files is changed but the places of the aliases and the addresses to listen at, which are of this
process alone (127.x.y.z), so that the ports stay those of the files. What a test needs beyond that is appended to
main.cf: XCLIENT for this host, no pauses after errors, and mail that cannot leave.
"""

from __future__ import annotations

import os
import re
import shutil
import smtplib
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support import namespace, postfix
from tests.support.house import ROOT

SHIPPED = ROOT / "contrib" / "postfix"
TABLES = ("header_checks", "mime_header_checks", "helo_access", "client_restrictions")
APPENDED = """
inet_interfaces = loopback-only
maillog_file = {top}/log/mail.log
maillog_file_prefixes = {top}/log
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_error_sleep_time = 0
default_transport = discard:
relay_transport = discard:
notify_classes =
biff = no
home_mailbox = Maildir/
"""


ZONE = [
    *(f"local=/{top}/" for top in ("test", "example", "org", "net", "com", "cn", "arpa", "invalid")),
    "host-record=mail.friend.test,192.0.2.10",
    "mx-host=friend.test,mail.friend.test,10",
    "host-record=onlyaddress.test,192.0.2.11",
    "host-record=mail.example.org,192.0.2.1",
    "mx-host=example.org,mail.example.org,10",
    "mx-host=takesnomail.test,.,0",
]
GOOD = {"address": "192.0.2.10", "helo": "mail.friend.test", "sender": "bob@friend.test", "to": "alice@example.org"}


class Reply(NamedTuple):
    code: int
    text: str

    @property
    def line(self) -> str:
        return f"{self.code} {self.text}"


def why_not() -> str:
    """The reason why there can be no maze here, or ""."""
    if not shutil.which("dnsmasq"):
        return "dnsmasq is not installed (apt-get install dnsmasq-base)"
    if not shutil.which("openssl"):
        return "openssl is not installed"
    return postfix.why_not()


@contextmanager
def started(made: Maze, *zone: str) -> Iterator[Maze]:
    """With alice, who reads mail, and reports; and these lines in the DNS. Until the end of the block."""
    try:
        for name in ("alice", "reports"):
            made.user(name)
        made.zone = [*ZONE, *zone]
        made.start()
        yield made
    finally:
        made.stop()


def address() -> str:
    """An address of the loopback network that no other process takes."""
    pid = os.getpid()
    return f"127.{64 + (pid >> 16) % 128}.{pid >> 8 & 255}.{pid & 255 or 1}"


class Maze(postfix.Postfix):
    """Set it up (`user`, `zone`), `start` it, `client` it."""

    def __init__(self) -> None:
        super().__init__()
        self.address = address()
        self.zone: list[str] = []
        self.replaced: dict[str, list[tuple[str, str]]] = {}
        self.names: subprocess.Popen[bytes] | None = None

    # --- before the start ---

    def replace(self, name: str, old: str, new: str) -> None:
        """Changes a shipped file, as an admin who takes one of its options would."""
        self.replaced.setdefault(name, []).append((old, new))

    def shipped(self, name: str) -> str:
        text = (SHIPPED / name).read_text()
        for old, new in self.replaced.get(name, ()):
            assert old in text, f"{name} has no {old!r}"
            text = text.replace(old, new)
        return text

    def policyd(self, *changes: tuple[str, str]) -> str:
        """The shipped configuration of the policy daemon, each check "on" instead of "warn", but for places and these changes."""
        name = "policyd.toml.example"
        for old, new in (
            ('mode = "warn"', 'mode = "on"'),
            ("/etc/postfix/", f"{self.top}/etc/"),
            ("# nameservers = []", f'nameservers = ["{self.address}"]'),
            ('# hostname = ""', 'hostname = "mail.example.org"'),
            ('# socket_mode = "0660"', 'socket_mode = "0666"'),
            ('# header_secret = ""', 'header_secret = "0123456789abcdef"'),
            *changes,
        ):
            self.replace(name, old, new)
        return self.shipped(name)

    def main_cf(self) -> str:
        text = self.shipped("main.cf.example").replace("hash:/etc/aliases", "hash:/etc/postfix/aliases")
        appended = {**dict(line.split(" = ", 1) for line in self._appended()), **self.main}
        return text + "".join(f"{name} = {value}\n" for name, value in appended.items())

    def master_cf(self) -> str:
        """At our address: smtp becomes 127.x.y.z:smtp, and 127.0.0.1:10525 127.x.y.z:10525."""
        place = re.compile(r"^(?:127\.0\.0\.1:)?(\w+)(?=[ ]+inet )", re.MULTILINE)
        return place.sub(rf"{self.address}:\1", self.shipped("master.cf.example"))

    def _appended(self) -> Sequence[str]:
        lines = APPENDED.format(address=self.address, top=self.top).strip().splitlines()
        return [line if " = " in line else line.replace(" =", " = ") for line in lines]

    # --- the life of the instance ---

    def start(self) -> None:
        etc, top = self.top / "etc", self.top
        postfix.copy_own(etc)
        for name in TABLES:
            (etc / name).write_text(self.shipped(name))
        postfix.settle(etc / "main.cf", self.main_cf())
        (etc / "master.cf").write_text(self.master_cf())
        (etc / "aliases").write_text(self.shipped("aliases.example"))
        certificate(etc / "mail.example.org.pem")
        shutil.chown(top / "data", "postfix")
        (top / "mail").chmod(0o1777)
        known = "".join(f"{n}:x:{u}:{u}::{top}/home/{n}:/bin/sh\n" for n, u in self.users.items())
        (top / "passwd").write_text(namespace.accounts() + known)
        groups = "".join(f"{n}:x:{u}:\n" for n, u in self.users.items())
        (top / "group").write_text(namespace.accounts("/etc/group") + groups)
        (top / "resolv.conf").write_text(f"nameserver {self.address}\noptions timeout:2 attempts:1\n")
        self.names = dns(self.address, self.zone, top)
        over = {
            "/etc/passwd": top / "passwd",
            "/etc/group": top / "group",
            "/etc/postfix": etc,
            "/etc/resolv.conf": top / "resolv.conf",
            "/var/spool/postfix": top / "queue",
            "/var/lib/postfix": top / "data",
            "/var/mail": top / "mail",
            "/run": top / "run",
        }
        self.inside = namespace.Namespace(over)
        self.run("newaliases")
        self.run("postfix", "start")
        self.until(lambda: (top / "queue/public/pickup").exists(), "Postfix did not start")

    def stop(self) -> None:
        super().stop()
        if self.names is not None:
            self.names.terminate()
            self.names.wait(30)

    @property
    def policy(self) -> Path:
        """Where the policy service listens, seen from outside."""
        return self.top / "queue/private/mdafilter-policyd"

    # --- clients ---

    def client(self, address: str = "", name: str = "[UNAVAILABLE]", port: int = 25) -> smtplib.SMTP:
        """A dialogue, as this client (XCLIENT) if an address is given. HELO is not said yet."""
        made = smtplib.SMTP(self.address, port, local_hostname="[127.0.0.1]", timeout=60)
        if address:
            made.ehlo()
            spelled = f"IPV6:{address}" if ":" in address else address
            code, text = made.docmd("XCLIENT", f"ADDR={spelled} NAME={name} REVERSE_NAME={name}")
            assert code == 220, text
            made.ehlo_resp = made.helo_resp = None
        return made


def certificate(path: Path) -> None:
    """The key and a certificate in one file, the key first."""
    key, own = path.with_suffix(".key"), path.with_suffix(".crt")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mail.example.org"]
    subprocess.run([*made, "-keyout", key, "-out", own], check=True, capture_output=True)
    path.write_bytes(key.read_bytes() + own.read_bytes())
    path.chmod(0o600)


def dns(address: str, zone: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """A dnsmasq with these lines of configuration, that asks nobody; returns when it answers."""
    fixed = ["--no-daemon", "--no-resolv", "--no-hosts", "--bind-interfaces", "--user=root", "--log-facility=-"]
    (folder / "dnsmasq.conf").write_text("\n".join(zone) + "\n")
    log = folder / "log/dnsmasq.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["dnsmasq", *fixed, f"--listen-address={address}", f"--conf-file={folder}/dnsmasq.conf"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    end = time.monotonic() + 30
    while "started" not in log.read_text():
        assert process.poll() is None and time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    return process


# --- what a client is answered ---


def ask(stage: Maze, **other: str) -> Reply:
    """The first answer to one who is good but for this: to EHLO, MAIL, or RCPT."""
    who = {**GOOD, **other}
    with stage.client(who["address"], who.get("name", "[UNAVAILABLE]")) as client:
        for command in (f"EHLO {who['helo']}", f"MAIL FROM:<{who['sender']}>", f"RCPT TO:<{who['to']}>"):
            code, text = client.docmd(command)
            if code >= 400:
                break
    return Reply(code, text.decode())


def send(stage: Maze, content: bytes, **other: str) -> Reply:
    """The answer to the end of the message, or the first no, to one who is good but for this."""
    who = {**GOOD, **other}
    with stage.client(who["address"]) as client:
        commands = (f"EHLO {who['helo']}", f"MAIL FROM:<{who['sender']}>", f"RCPT TO:<{who['to']}>", "DATA")
        for command in commands:
            code, text = client.docmd(command)
            if code >= 400:
                return Reply(code, text.decode())
        lines = [b"." * line.startswith(b".") + line for line in content.splitlines()]
        client.send(b"\r\n".join([*lines, b".", b""]))
        code, text = client.getreply()
    return Reply(code, text.decode())
