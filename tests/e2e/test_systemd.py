"""The units of contrib/postfix/systemd with a real systemd: sockets, deliveries with all their rights, reload, end."""

from __future__ import annotations

import grp
import json
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import systemd
from tests.support.systemd import Systemd, verified

UNITS = ("mdafilter.service", "mdafilter.socket", "mdafilter-lmtp.socket")
NOBODY = 65534
RULES = """\
:0 c
* ^Subject: rights
| (./id; grep NoNewPrivs /proc/self/status; echo x >>/tmp/mdafilter-test.$$ && rm /tmp/mdafilter-test.$$) >said
"""
pytestmark = pytest.mark.skipif(bool(systemd.why_not()), reason=systemd.why_not())


class Host:
    """A systemd with the units, and a user whose home is in its folder."""

    def __init__(self, inside: Systemd, installation: Path) -> None:
        self.inside = inside
        self.installation = installation
        self.home = inside.top / "home"
        self.count = 0

    def deliver(self, subject: str = "hello") -> None:
        """By mdafilter-deliver, as Postfix starts it; the message arrives."""
        self.count += 1
        ids = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env", "-i", f"HOME={self.home}"]
        program = str(self.installation / "bin" / "mdafilter-deliver")
        self.inside.run(*ids, program, data=f"Subject: {subject}\n\n{self.count}\n")
        texts = [p.read_text() for p in (self.home / "Maildir/new").iterdir()]
        assert [t for t in texts if f"Subject: {subject}\n" in t and t.endswith(f"\n\n{self.count}\n")]

    def told(self) -> dict[str, Any]:
        python = [str(self.installation / "bin" / name) for name in ("python", "mdafilter")]
        told = json.loads(self.inside.run(*python, "serve", "--status", "--json").stdout)
        assert isinstance(told, dict)
        return told

    def active(self, unit: str) -> str:
        return self.inside.show(unit, "ActiveState")

    def pid(self) -> str:
        return self.inside.show("mdafilter.service", "MainPID")

    def clean(self) -> None:
        self.inside.run("systemctl", "stop", *UNITS)
        self.inside.run("systemctl", "reset-failed", check=False)


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def native(installation: Path) -> Path:
    """An installation whose mdafilter-deliver knows of a service."""
    if not (installation / "bin/mdafilter-deliver").read_bytes().startswith(b"\x7fELF"):
        pytest.skip("mdafilter-deliver could not be compiled here")
    return installation


@pytest.fixture(scope="module")
def booted(native: Path, shipped: dict[str, str]) -> Iterator[Host]:
    if subprocess.run(["getent", "group", "postfix"], capture_output=True, check=False).returncode:
        pytest.skip("there is no group postfix")
    inside = Systemd()
    try:
        inside.start()
        host = Host(inside, native)
        (inside.top / "default/mdafilter").write_text('OPTIONS="--workers 33"\n')
        host.home.mkdir()
        (host.home / ".procmailrc").write_text(RULES)
        shutil.copy("/usr/bin/id", host.home)
        for path in (host.home, *host.home.iterdir()):
            os.chown(path, NOBODY, grp.getgrnam("postfix").gr_gid if path.name == "id" else NOBODY)
        (host.home / "id").chmod(0o2755)
        for name in UNITS:
            inside.unit(name, shipped[name])
        inside.run("systemctl", "daemon-reload")
        yield host
    except systemd.NotPossible as reason:
        pytest.skip(str(reason))
    finally:
        inside.close()


@pytest.fixture
def host(booted: Host) -> Iterator[Host]:
    """With the sockets, and without the service."""
    booted.inside.run("systemctl", "start", "mdafilter.socket")
    yield booted
    booted.clean()


def test_systemd_has_nothing_to_say_about_them(installation: Path, shipped: dict[str, str], tmp_path: Path) -> None:
    assert verified(tmp_path, {name: shipped[name] for name in UNITS}) == ""


def test_the_sockets_are_for_whom_they_should_be(host: Host) -> None:
    host.inside.run("systemctl", "start", "mdafilter-lmtp.socket", "mdafilter.service")
    paths = ("/run/mdafilter/deliver.sock", "/var/spool/postfix/private/mdafilter", "/run/mdafilter/status.sock")
    seen = host.inside.run("stat", "--format=%A %U %G", *paths).stdout.splitlines()
    assert seen == ["srw-rw-rw- root root", "srw-rw---- root postfix", "srw------- root root"]


def test_enabled_the_socket_of_lmtp_comes_with_a_restart(host: Host) -> None:
    host.deliver()
    host.inside.run("systemctl", "enable", "mdafilter-lmtp.socket")
    host.inside.run("systemctl", "restart", "mdafilter.service")
    assert (host.active("mdafilter-lmtp.socket"), host.active("mdafilter.service")) == ("active", "active")
    host.inside.run("systemctl", "disable", "mdafilter-lmtp.socket")


def test_one_that_cannot_start_holds_up_no_mail(host: Host) -> None:
    options = host.inside.top / "default/mdafilter"
    before = options.read_text()
    options.write_text('OPTIONS="--nonsense"\n')
    try:
        host.deliver()
        until(lambda: host.active("mdafilter.socket") == "failed")
        host.deliver()
    finally:
        options.write_text(before)


def test_the_first_message_starts_the_service(host: Host) -> None:
    assert host.active("mdafilter.service") == "inactive"
    host.deliver()
    assert host.active("mdafilter.service") == "active"
    told = host.told()
    assert (told["messages"]["delivered"], told["users"][0]["uid"]) == (1, NOBODY)


def test_options_come_from_etc_default(host: Host) -> None:
    host.deliver()
    assert host.told()["most"] == 33


def test_a_program_of_a_rule_has_all_the_rights_of_the_user(host: Host) -> None:
    """sendmail(1) needs a setgid postdrop(1); and /tmp is the one that others see."""
    host.deliver("rights")
    assert host.told()["messages"]["delivered"] == 1
    first, second = (host.home / "said").read_text().splitlines()
    assert "(postfix)" in first
    assert second == "NoNewPrivs:\t0"


def test_a_reload_is_the_same_process_and_no_message_waits(host: Host) -> None:
    host.deliver()
    pid, since = host.pid(), host.told()["since"]
    host.inside.run("systemctl", "reload", "mdafilter.service")
    for _ in range(5):
        host.deliver()
    until(lambda: host.told()["since"] != since)
    host.deliver()
    until(lambda: host.inside.show("mdafilter.service", "SubState") == "running")
    assert (host.pid(), host.active("mdafilter.service")) == (pid, "active")


def test_one_that_is_killed_comes_back(host: Host) -> None:
    host.deliver()
    pid = host.pid()
    host.inside.run("kill", f"-{signal.SIGKILL}", pid)
    until(lambda: host.pid() not in (pid, "0") and host.active("mdafilter.service") == "active")
    host.deliver()
    assert host.told()["messages"]["delivered"] == 1


def test_the_service_alone_ended_is_started_again_by_mail(host: Host) -> None:
    host.deliver()
    host.inside.run("systemctl", "stop", "mdafilter.service")
    assert host.inside.show("mdafilter.service", "Result") == "success"
    host.deliver()
    assert host.told()["messages"]["delivered"] == 1


def test_without_both_mail_is_delivered_all_the_same(host: Host) -> None:
    host.inside.run("systemctl", "stop", "mdafilter.socket", "mdafilter.service")
    host.inside.run("test", "!", "-e", "/run/mdafilter/deliver.sock")
    host.deliver()
    assert host.active("mdafilter.service") == "inactive"


def test_systemd_socket_activate_gives_the_socket(native: Path, tmp_path: Path) -> None:
    """systemd-socket-activate(1), as anybody may start it."""
    if not shutil.which("systemd-socket-activate"):
        pytest.skip("systemd-socket-activate is not installed")
    top = Path("/tmp") / f"mdafilter-activate.{os.getpid()}"
    top.mkdir(mode=0o777)
    os.chown(top, NOBODY, NOBODY)
    try:
        path, ids = top / "socket", ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env", "-i"]
        activate = ["systemd-socket-activate", "--seqpacket", f"--listen={path}"]
        serve = [str(native / "bin" / "mdafilter"), "serve", "--socket", f"unix:{path}"]
        with subprocess.Popen([*ids, f"HOME={top}", *activate, *serve], stderr=subprocess.PIPE, cwd="/") as service:
            until(lambda: path.exists() and stat.S_ISSOCK(path.stat().st_mode))
            deliver = [*ids, f"HOME={top}", f"MDAFILTER_SOCKET={path}", str(native / "bin/mdafilter-deliver")]
            subprocess.run(deliver, input=b"Subject: x\n\nx\n", check=True, cwd="/")
            told = subprocess.run([*ids, *serve, "--status", "--json"], capture_output=True, check=True, cwd="/").stdout
            service.terminate()
            service.communicate(timeout=60)
        assert json.loads(told)["messages"]["delivered"] == 1
        assert path.exists(), "the socket is that of who made it"
        assert not Path(f"{path}.status").exists()
        assert service.returncode == 0
    finally:
        shutil.rmtree(top)
