"""Real spamd and real Dovecot, each on a free port of 127.0.0.1, with their state in a folder that a test gives them."""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def running(argv: Sequence[str], port: int, log: Path, seconds: float = 60) -> Iterator[None]:
    """A foreground daemon, from when its port answers until the end of the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/")
    try:
        end = time.monotonic() + seconds
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(
                    f"{argv[0]} does not answer on port {port}:\n{log.read_text(errors='replace')[-2000:]}"
                )
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def why_no_spamd() -> str:
    """The reason why there can be no spamd here, or ""."""
    return "" if Path("/usr/sbin/spamd").exists() else "spamd is not installed"


@contextmanager
def spamd(folder: Path, settings: str = "") -> Iterator[int]:
    """spamd with the rules of the machine, local tests only, learning allowed; its port."""
    site, state = folder / "site", folder / "state"
    shutil.copytree("/etc/spamassassin", site, ignore=shutil.ignore_patterns("sa-update*", "local.cf"))
    state.mkdir()
    (site / "local.cf").write_text(
        f"use_bayes 1\nbayes_auto_learn 0\nbayes_path {state}/bayes\nskip_rbl_checks 1\ndns_available no\n{settings}\n"
    )
    owner = "debian-spamd" if "debian-spamd" in {e.pw_name for e in pwd.getpwall()} else "nobody"
    os.chown(state, pwd.getpwnam(owner).pw_uid, -1)
    for path in (folder, site, state):
        path.chmod(0o755)
    port = free_port()
    argv = ["/usr/sbin/spamd", "-L", "--allow-tell", "-i", "127.0.0.1", "-A", "127.0.0.1", "-p", str(port), "-u", owner]
    argv += ["-x", "-m", "2", "--min-spare=1", f"--siteconfigpath={site}", f"--helper-home-dir={state}", "-s", "stderr"]
    with running([*argv, "-r", str(folder / "spamd.pid")], port, folder / "spamd.log"):
        yield port


def why_no_dovecot() -> str:
    """The reason why there can be no Dovecot here, or ""."""
    imap = Path("/usr/lib/dovecot/imap").exists() and Path("/usr/sbin/dovecot").exists()
    return "" if imap else "dovecot-imapd is not installed"


# What the settings of Dovecot 2.4 call differently from 2.3.
_OLD_DOVECOT = """\
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
_NEW_DOVECOT = """\
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
def dovecot_is_new() -> bool:
    """Whether the settings are those of Dovecot 2.4."""
    if why_no_dovecot():
        return False
    version = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    return not version.startswith("2.3.")


def dovecot_settings(folder: Path, port: int, more: str = "") -> Path:
    """Writes a configuration: IMAP on the port, every user of passwd with the password "test", ~/Maildir; and more."""
    for name in ("run", "lib"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    file = folder / "dovecot.conf"
    file.write_text(f"""\
{_NEW_DOVECOT if dovecot_is_new() else _OLD_DOVECOT}
base_dir = {folder}/run
state_dir = {folder}/lib
instance_name = mdafilter
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
