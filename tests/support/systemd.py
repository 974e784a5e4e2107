"""A private systemd, as process 1 of namespaces of its own: the units of this machine are not seen, and not touched.

Only the units that a test writes are there; /run, /var/spool, /etc/default and /etc/systemd/system are empty at first. Everything
ends with the process that holds the namespace.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support import namespace
from tests.support.house import ROOT

PROGRAM = "/lib/systemd/systemd"
KINDS = "--mount --pid --cgroup --ipc --uts --fork --mount-proc --kill-child"
# Two steps: a control group of its own, which is the root of the namespace that is made then, and the boot.
JOIN = f"""\
mount -t cgroup2 cgroup2 "$1/cgroup" && mkdir "$1/cgroup/$2" && echo $$ >"$1/cgroup/$2/cgroup.procs" &&
exec unshare {KINDS} sh -c "$3" boot "$1"
"""
LEAVE = """\
mount -t cgroup2 cgroup2 "$1/cgroup" && find "$1/cgroup/$2" -mindepth 1 -depth -type d -exec rmdir {} + ; rmdir "$1/cgroup/$2"
"""
# A boot that only waits: test.target needs nothing. /proc/sys is not to be tuned: it is the machine's.
BOOT = """\
mount --make-rprivate / &&
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys &&
mount -t tmpfs tmpfs /run && mkdir /run/lock &&
mount -t tmpfs tmpfs /var/spool && mkdir -p /var/spool/postfix/private &&
mount -t tmpfs tmpfs /etc/systemd/system && mount --bind "$1/default" /etc/default &&
mount -t tmpfs tmpfs /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
printf '[Unit]\\nDefaultDependencies=no\\n' >/etc/systemd/system/test.target &&
for unit in journald.service journald.socket journald-dev-log.socket tmpfiles-setup.service udevd.service; do
    ln -s /dev/null "/etc/systemd/system/systemd-$unit"
done &&
export container=other && exec /lib/systemd/systemd --unit=test.target --log-target=null --show-status=no
"""
# Without these a unit waits for the whole system.
ALONE = "[Unit]\nDefaultDependencies=no\n"


def why_not() -> str:
    """The reason why there can be no systemd here, or ""."""
    if not Path(PROGRAM).exists() or not shutil.which("systemctl"):
        return "systemd is not installed"
    return namespace.why_not()


def verified(folder: Path, units: Mapping[str, str]) -> str:
    """What systemd-analyze(1) has to say about these unit files, beside each other in `folder`; "" is nothing."""
    for name, text in units.items():
        (folder / name).write_text(text)
    verify = ["systemd-analyze", "verify", *(str(folder / name) for name in units)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr or (str(done.returncode) if done.returncode else "")


class NotPossible(Exception):
    """It did not come up; the text is the reason of a skip."""


class Systemd:
    """The instance: `top` is a folder of the test's, `run` enters."""

    def __init__(self) -> None:
        self.top = Path(tempfile.mkdtemp(prefix="mdafilter-systemd."))
        self.top.chmod(0o755)
        for name in ("default", "cgroup"):
            (self.top / name).mkdir()
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", JOIN, "join", str(self.top), self.top.name, BOOT],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.first = 0

    def start(self, seconds: float = 30) -> None:
        """Waits until units can be started."""
        end = time.monotonic() + seconds
        while not self._up():
            if self.holder.poll() is not None or time.monotonic() > end:
                raise NotPossible("systemd does not start in a namespace here")
            time.sleep(0.05)

    def _up(self) -> bool:
        children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text().split()
        if not children:
            return False
        self.first = int(children[0])
        return self.run("systemctl", "is-active", "test.target", check=False).returncode == 0

    def unit(self, name: str, text: str) -> None:
        """A unit, as it is shipped."""
        folder = f"/etc/systemd/system/{name}.d"
        self.run("mkdir", "-p", folder)
        for path, content in ((f"/etc/systemd/system/{name}", text), (f"{folder}/alone.conf", ALONE)):
            self.run("sh", "-c", 'cat >"$1"', "sh", path, data=content)

    def once(self, name: str, text: str) -> None:
        """A unit of Type=oneshot, run to its end; its program and its mail are in our /tmp."""
        self.unit(name, text.replace("PrivateTmp=yes", "PrivateTmp=no"))
        self.run("systemctl", "daemon-reload")
        self.run("systemctl", "start", name)
        assert self.show(name, "Result") == "success"

    def run(self, *argv: str, data: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a program inside, as root."""
        enter = ["nsenter", f"--target={self.first}", "--mount", "--pid", "--cgroup", "--ipc", "--uts", "--"]
        done = subprocess.run([*enter, *argv], input=data, capture_output=True, text=True, check=False, cwd="/")
        if check and done.returncode:
            raise AssertionError(f"{argv}: {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def bring(self) -> tuple[str, str]:
        """Our Python, and PYTHONPATH, where units see them that do not see /tmp, /home and /root."""
        here = "mount -t tmpfs tmpfs /mnt && mkdir /mnt/tree /mnt/python && "
        binds = 'mount --bind "$1" /mnt/tree && mount --bind "$2" /mnt/python'
        self.run("sh", "-c", here + binds, "sh", str(ROOT), sys.prefix)
        return "/mnt/python/bin/python", "/mnt/tree:/mnt/tree/contrib/postfix"

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).stdout.strip()

    def close(self) -> None:
        """Ends everything inside."""
        self.holder.kill()
        self.holder.wait()
        leave = ["unshare", "--mount", "sh", "-c", LEAVE, "leave", str(self.top), self.top.name]
        for _ in range(100):  # until the last process has gone
            if not subprocess.run(leave, stderr=subprocess.DEVNULL, check=False).returncode:
                break
            time.sleep(0.05)
        shutil.rmtree(self.top)
