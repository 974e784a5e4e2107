"""Where it is measured: a private Postfix with users, the resident service and Dovecot beside it, all in one namespace.

The namespace has /etc/passwd and /run of its own; processor and memory are looked at from outside. What is measured is
what is asked: everybody else waits. Sockets for LMTP are in the folder `sockets`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.bench.agents import PEERS
from tests.support import daemons, dovecot, usage
from tests.support.postfix import Postfix

USERS = ("alice", "bob", "carol", "dave")
CROWD = tuple(f"user{number}" for number in range(100))
VIRTUAL = "virtual.test"
LMTPD = Path("/usr/lib/dovecot/lmtp")
SERVERS = ("service", "service-virtual", "dovecot", "dovecot-virtual")  # and their LMTP sockets
OLD_DOVECOT = """\
protocols =%s
mail_plugins =
postmaster_address = postmaster@stage.test
recipient_delimiter = +
auth_username_format = %s
protocol lda {
  mail_plugins = sieve
}
protocol lmtp {
  mail_plugins = sieve
}
plugin {
  sieve = file:%s
}
"""
NEW_DOVECOT = """\
protocols =%s
postmaster_address = postmaster@stage.test
recipient_delimiter = +
auth_username_format = %s
protocol lda {
  mail_plugins {
    sieve = yes
  }
}
protocol lmtp {
  mail_plugins {
    sieve = yes
  }
}
sieve_script personal {
  path = %s
}
"""
LISTENER = "service lmtp {\n  unix_listener %s {\n    mode = 0666\n  }\n}\n"
OLD_USERS = "userdb {\n  driver = passwd\n}\n"
OLD_VIRTUAL = "userdb {\n  driver = static\n  args = uid=vmail gid=vmail home=%s/%%d/%%n\n}\n"
NEW_USERS = "userdb passwd {\n}\n"
NEW_VIRTUAL = """\
userdb static {
  fields {
    uid = vmail
    gid = vmail
    home = %s/%%{user | domain}/%%{user | username}
  }
}
"""


class Place:
    """The stage. Use it in a `with`."""

    def __init__(self, installation: Path, rules: dict[str, str], *, crowd: bool, lmtp: bool) -> None:
        self.installation = installation
        self.stage = stage = Postfix()
        self.sockets = stage.top / "sockets"
        self.dovecot_settings = self.dovecot("dovecot")
        self.lmtp = lmtp
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.crowd = CROWD if crowd else ()
        self.done = 0
        for user in (*USERS, *self.crowd, "vmail"):
            stage.user(user)
            for path, text in (rules if user in self.crowd else {**PEERS, **rules}).items():
                stage.put(user, path, text)
            self.maildir(user)
        (stage.top / "mail" / VIRTUAL).mkdir()
        os.chown(stage.top / "mail" / VIRTUAL, stage.users["vmail"], stage.users["vmail"])
        for user in USERS:
            self.maildir(f"{user}@{VIRTUAL}")
        stage.master += ["clients unix n - n - - smtpd", "lmtp unix - - n - - lmtp", "scache unix - - n - 1 scache"]
        # Processes stay, so that what they used can be counted; nothing but the deliveries is to be waited for.
        stage.main |= {"max_use": "1000000", "max_idle": "3000s", "mailbox_size_limit": "0", "recipient_delimiter": "+"}

    def __enter__(self) -> Self:
        try:
            self.stage.start()
            self.sockets.mkdir(mode=0o755)
            options = self.listen("service") if self.lmtp else []
            self.stage.serve(self.installation, *options)
            assert self.stage.service is not None
            self.daemons["service"] = self.stage.service
            if self.lmtp:
                self._servers()
        except BaseException:
            self.stage.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.daemons.values():
            for child in usage.tree(process.pid)[1:2]:
                os.kill(child.pid, 15)
        self.stage.stop()
        for process in self.daemons.values():
            process.wait(60)

    # --- daemons ---

    def listen(self, name: str) -> list[str]:
        """The options of a service with an LMTP door."""
        return ["--lmtp", f"unix:{self.sockets}/{name}", "--lmtp-mode", "0666"]

    def _servers(self) -> None:
        stage = self.stage
        program = [str(self.installation / "bin" / "python"), str(self.installation / "bin" / "mdafilter"), "serve"]
        virtual = ["--socket", f"unix:{stage.top}/run/mdafilter/virtual.sock"]
        virtual += ["--virtual", f"vmail:{stage.top}/mail/%d/%n", *self.listen("service-virtual")]
        self._daemon("service-virtual", *program, *virtual)
        if LMTPD.exists():
            self._daemon("dovecot", "/usr/sbin/dovecot", "-F", "-c", str(self.dovecot_settings))
            self._daemon("dovecot-virtual", "/usr/sbin/dovecot", "-F", "-c", str(self.dovecot("dovecot-virtual")))
        for name in self.daemons:
            stage.until((self.sockets / name).exists, f"{name} did not start")
        time.sleep(1)

    def _daemon(self, name: str, *argv: str) -> None:
        assert self.stage.inside is not None
        with (self.stage.top / "log" / f"{name}.out").open("ab") as log:
            inside = self.stage.inside.command(*argv)
            self.daemons[name] = subprocess.Popen(inside, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")

    def dovecot(self, name: str) -> Path:
        """Writes a configuration: for users of passwd, or virtual ones."""
        virtual, new = name != "dovecot", dovecot.is_new()
        rule = f"{self.stage.top}/home/vmail/.dovecot.sieve" if virtual else "~/.dovecot.sieve"
        protocols = " lmtp" if LMTPD.exists() else ""
        if new:
            more = NEW_DOVECOT % (protocols, "%{user | lower}" if virtual else "%{user | username | lower}", rule)
        else:
            more = OLD_DOVECOT % (protocols, "%Lu" if virtual else "%Ln", rule)
        more += LISTENER % (self.sockets / name) if LMTPD.exists() else ""
        folder = self.stage.top / name
        file = dovecot.settings(folder, daemons.free_port(), more)
        text = file.read_text().replace("instance_name = mdafilter", f"instance_name = {name}")
        users, others = (NEW_USERS, NEW_VIRTUAL) if new else (OLD_USERS, OLD_VIRTUAL)
        assert users in text
        text = text.replace(users, others % (self.stage.top / "mail")) if virtual else text
        file.write_text(text)
        return file

    # --- mail ---

    def maildir(self, recipient: str) -> Path:
        """A recipient's Maildir; it is there beforehand."""
        local, _, domain = recipient.partition("@")
        top = self.stage.top
        folder = top / "mail" / domain / local if domain else top / "home" / local / "Maildir"
        owner = self.stage.users["vmail" if domain else local]
        if not folder.exists():
            for path in (folder, *(folder / sub for sub in ("cur", "new", "tmp"))):
                path.mkdir(mode=0o700, parents=True)
                os.chown(path, owner, owner)
        return folder

    def new(self, recipient: str) -> list[Path]:
        """The delivered messages of a recipient; Dovecot has a virtual user's in a Maildir of its own below."""
        folder = self.maildir(recipient)
        return [*folder.glob("new/*"), *folder.glob("Maildir/new/*")]

    def clean(self, recipient: str) -> None:
        """Puts the Maildir away, for a new one. To remove files would slow down whoever makes some (seats.py)."""
        self.maildir(recipient).rename(self.stage.top / f"done{self.done}")
        self.done += 1
        self.maildir(recipient)

    # --- what is used ---

    def children(self, server: str) -> list[usage.Process]:
        """The processes of a server, its first one first (without nsenter)."""
        return usage.tree(self.daemons[server].pid)[1:]

    def seconds(self, *servers: str) -> float:
        """Processor time of servers until now."""
        return usage.seconds(*(self.daemons[name].pid for name in servers))

    def postfix_seconds(self) -> tuple[float, float, float]:
        """Processor time of Postfix with all that it started; and of that local(8) or virtual(8), and what local(8)
        has started.

        A program that goes on when local(8) has its status is reaped by the first process of the namespace.
        """
        assert self.stage.inside is not None
        first = self.stage.inside.first
        there = usage.tree(first)
        local = sum(p.own for p in there if p.name in ("local", "virtual"))
        commands = sum(p.children for p in there if p.name == "local" or p.pid == first)
        return sum(p.seconds for p in there), local, commands

    def python(self, script: Path, data: bytes) -> bytes:
        """Runs a script of the standard library inside, as root; what it writes."""
        copied = self.stage.top / script.name
        shutil.copy(script, copied)
        return self.stage.run(str(self.installation / "bin" / "python"), "-I", str(copied), data=data).stdout
