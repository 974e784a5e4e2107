"""The service as a whole: how it comes up, who is told, and how it ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.house import ROOT
from tests.support.service import NOT_TAKEN, Service, mail, program, running, until

ACTIVATE = shutil.which("systemd-socket-activate") or ""


def test_everybody_may_connect_and_its_owner_alone_may_ask_for_figures() -> None:
    with running() as service:
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (service.path, service.status_path)]
        assert modes == [0o666, 0o600]


@pytest.mark.slow
def test_a_second_one_does_not_start_in_its_place() -> None:
    with running() as service:
        command = [sys.executable, "-m", "mdafilter.cli.main", "serve", "--socket", f"unix:{service.path}"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 1
        assert "a service is running there already" in done.stderr
        assert service.deliver(mail()) == (0, "")


@pytest.mark.slow
def test_started_with_nothing_open_it_has_the_standard_descriptors() -> None:
    closed = ("/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")
    with program("--per-user", "1", before=closed) as service:
        until(service.status_path.exists)
        assert service.deliver(mail()) == (0, "")
        for pid in (service.pid, service.worker()):
            assert {os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)} == {"/dev/null"}
        assert service.stop() == 0


def test_one_that_cannot_start_leaves_no_socket(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mdafilter.cli.main", "serve", "--socket", f"unix:{tmp_path}/s"]
    command += ["--lmtp", f"unix:{tmp_path}/missing/s"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert list(tmp_path.iterdir()) == []


# --- the end ---


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_it_ends_at_once_and_takes_its_sockets_away(number: signal.Signals) -> None:
    with running() as service:
        assert service.deliver(mail()) == (0, "")
        service.signal(number)
        until(service.gone)
        assert service.code == 0
        assert [path.name for path in service.folder.iterdir() if not path.name.startswith("home")] == ["log"]


def test_a_delivery_in_progress_is_answered() -> None:
    with running(per_user=1) as service:
        read, write = os.pipe()
        with service.taken(read) as connection:
            service.signal(signal.SIGTERM)
            until(lambda: service.said("ending"))
            os.write(write, mail())
            os.close(write)
            assert connection.end() == (0, "")
            connection.acknowledge()
        os.close(read)
        until(service.gone)
        assert service.code == 0
        assert len(service.inbox()) == 1
        assert not service.traces()


def test_meanwhile_nobody_waits_for_it() -> None:
    """Who waits for a worker is refused, and who connects finds nobody: both deliver without it."""
    with running(per_user=1) as service:
        read, write = os.pipe()
        with service.taken(read) as connection, service.connect() as waiting:
            waiting.ask(mail(), service.request())
            until(lambda: service.status()["waiting"] == 1)
            service.signal(signal.SIGTERM)
            assert waiting.end() == (NOT_TAKEN, "")
            with pytest.raises((FileNotFoundError, ConnectionRefusedError)):
                service.connect()
            os.close(write)
            assert connection.end()[0] in (0, 75)
        os.close(read)


# --- what a worker needs is there from the beginning ---


@pytest.mark.slow
def test_a_worker_reads_no_code(tmp_path: Path) -> None:
    """Once it is the user it has all that it imports: a new version on the disk is none of its business."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "mdafilter", tree / "mdafilter", ignore=shutil.ignore_patterns("__pycache__"))
    with program("--per-user", "1", tree=tree) as service:
        service.ready()
        shutil.rmtree(tree)
        config = service.home() / ".config" / "mdafilter" / "mdafilter.toml"
        config.write_text('rules = []\n[spamd]\nenabled = "on"\nhosts = ["127.0.0.1:1"]\n[journal]\nsyslog = true\n')
        service.write(".mdafilter.sieve", EVERYTHING.replace("HOME", str(service.home())))
        for number in (1, 2):
            assert service.deliver(mail(number)) == (0, "")
        (service.home() / ".mdafilter.sieve").unlink()
        box = service.home() / "box"
        service.write(
            ".procmailrc", f"MAILDIR={service.home()}\n:0 fw\n| cat\n:0\n* ^Subject: number\n* ? test -n x\n{box}\n"
        )
        assert service.deliver(mail(3, 400_000)) == (0, "")
        assert box.stat().st_size > 400_000
        journal = next((service.home() / ".local/state/mdafilter").iterdir()).read_text()
        assert "Error" not in journal


EVERYTHING = """
require ["fileinto", "copy", "body", "regex", "imap4flags", "variables", "editheader", "date", "mailbox", "envelope"];
if allof(header :regex "subject" "^n.*([0-9])$", body :contains "x", not exists "x-nothing") {
    addheader "X-Seen" "yes";
    fileinto :copy :create "A";
}
keep;
"""


# --- systemd ---


@pytest.mark.slow
@pytest.mark.skipif(not ACTIVATE, reason="systemd-socket-activate is not installed")
def test_it_takes_the_sockets_that_systemd_has_made() -> None:
    """sd_listen_fds(3): they are there from descriptor 3 on; they stay when we end."""
    with program() as probe:
        given = probe.folder / "given.sock"
        before = (ACTIVATE, "--seqpacket", "--listen", str(given), "-E", "PYTHONPATH", "-E", "PYTHONDONTWRITEBYTECODE")
        with program(before=before) as service:
            until(given.exists)
            given.chmod(0o666)
            service.path = given
            assert service.deliver(mail()) == (0, "")
            service.ready()
            assert service.deliver(mail(2)) == (0, "")
            service.signal(signal.SIGHUP)
            service.ready(2)
            assert service.deliver(mail(3)) == (0, "")
            assert service.stop() == 0
            assert given.exists()


class Listener:
    """Where systemd would listen (sd_notify(3))."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(30)

    def heard(self) -> list[str]:
        return self.socket.recv(1000).decode().splitlines()


@pytest.mark.slow
def test_it_tells_systemd_how_it_is(tmp_path: Path) -> None:
    listener = Listener(tmp_path / "notify")
    with listener.socket, program(environ={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as service:
        assert listener.heard() == ["READY=1"]
        service.signal(signal.SIGHUP)
        first, second = listener.heard()
        assert first == "RELOADING=1"
        assert second.split("=")[0] == "MONOTONIC_USEC"
        assert second.split("=")[1].isdigit()
        assert listener.heard() == ["READY=1"]
        service.stop()
        assert listener.heard() == ["STOPPING=1"]


def test_no_worker_can_talk_to_systemd_in_its_name() -> None:
    with running(environ={"NOTIFY_SOCKET": "/run/nothing", "SECRET": "x"}, per_user=1) as service:
        service.write(".procmailrc", f":0\n| env >{service.home()}/env\n")
        assert service.deliver(mail()) == (0, "")
        names = {line.split("=")[0] for line in (service.home() / "env").read_text().splitlines()}
        assert not names & {"NOTIFY_SOCKET", "SECRET", "LISTEN_FDS", "MDAFILTER_HANDOVER"}


def figures(service: Service) -> dict[str, int]:
    told = service.status()
    return {name: told[name] for name in ("hired", "died", "refused", "waiting")}


def test_it_tells_what_it_has_done() -> None:
    with running(per_user=1) as service:
        for number in range(3):
            assert service.deliver(mail(number)) == (0, "")
        service.deliver(mail(), ("-c", "/nonexistent"))
        until(lambda: service.status()["messages"] == {"delivered": 3, "deferred": 1, "refused": 0, "declined": 0})
        assert figures(service) == {"hired": 1, "died": 0, "refused": 0, "waiting": 0}
        assert sum(service.status()["times"]) == 4
