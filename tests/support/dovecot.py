"""A real Dovecot on the mailboxes of a private Postfix: IMAP on a free port of 127.0.0.1, and who may log in to submit.

Every user of /etc/passwd has the password PASSWORD, and ~/Maildir. Its state is in the folder of the stage, or in one that
the caller gives.
"""

from __future__ import annotations

import functools
import imaplib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support import daemons
from tests.support.postfix import Postfix

PASSWORD = "test"


class Dovecot(NamedTuple):
    """One that runs."""

    port: int
    settings: Path

    @contextmanager
    def session(self, user: str) -> Iterator[imaplib.IMAP4]:
        """The user's, logged in until the end of the block."""
        session = imaplib.IMAP4("127.0.0.1", self.port)
        session.login(user, PASSWORD)
        try:
            yield session
        finally:
            session.logout()


@contextmanager
def running(stage: Postfix, more: str = "", name: str = "dovecot") -> Iterator[Dovecot]:
    """Dovecot inside of the stage, until the end of the block. `name` is its folder: one that ended may go slowly."""
    port = daemons.free_port()
    file = settings(stage.top / name, port, more)
    assert stage.inside is not None
    command = stage.inside.command("/usr/sbin/dovecot", "-F", "-c", str(file))
    with daemons.running(command, port, stage.top / "log" / f"{name}.out"):
        yield Dovecot(port, file)


def why_not() -> str:
    """The reason why there can be no Dovecot here, or ""."""
    imap = Path("/usr/lib/dovecot/imap").exists() and Path("/usr/sbin/dovecot").exists()
    return "" if imap else "dovecot-imapd is not installed"


# What the settings of Dovecot 2.4 call differently from 2.3.
_OLD = """\
mail_location = maildir:~/Maildir
disable_plaintext_auth = no
passdb {
  driver = static
  args = password=test
}
userdb {
  driver = passwd
}
"""
_NEW = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
mail_driver = maildir
mail_path = ~/Maildir
auth_allow_cleartext = yes
passdb static {
  password = test
}
userdb passwd {
}
"""


@functools.cache
def is_new() -> bool:
    """Whether the settings are those of Dovecot 2.4."""
    if why_not():
        return False
    version = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    return not version.startswith("2.3.")


def settings(folder: Path, port: int, more: str = "") -> Path:
    """Writes a configuration: IMAP on the port, every user of passwd with the PASSWORD, ~/Maildir; and more."""
    for name in ("run", "lib"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    file = folder / "dovecot.conf"
    file.write_text(f"""\
{_NEW if is_new() else _OLD}
base_dir = {folder}/run
state_dir = {folder}/lib
instance_name = {folder.name}
listen = 127.0.0.1
protocols = imap
ssl = no
log_path = {folder}/dovecot.log
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
{more}""")
    (folder / "dovecot.log").touch()
    (folder / "dovecot.log").chmod(0o666)
    return file
