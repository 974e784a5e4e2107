"""The daemon as a whole: it answers, reads anew what has changed, survives what is broken, and ends in good order."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter_policyd.decisions import entries
from tests.support.policyd_daemon import Daemon, ask, command, daemon, environment, until

TABLE = """
[client_access]
mode = "on"
tables = ["./clients"]
"""


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    file = tmp_path / "clients"
    file.write_text("198.51.100.0/24 REJECT go away\n")
    return file


def is_running(pid: str) -> bool:
    """A zombie is not; nobody may be there to take note of its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def bad(running: Daemon) -> str:
    return running.ask(client_address="198.51.100.7")


def test_it_answers_and_ends(tmp_path: Path, clients: Path) -> None:
    with daemon(tmp_path, TABLE) as running, running.connect() as connection:
        assert ask(connection) == "DUNNO"
        assert bad(running) == "554 5.7.1 go away"
        assert running.end() == 0
        assert connection.recv(1) == b""
        assert "ending: what is in hand is answered" in running.said
    decided = list(entries(f"{tmp_path}/state/decisions.jsonl"))
    assert [(one.action, one.by) for one in decided] == [("DUNNO", ""), ("554 5.7.1 go away", "client_access")]
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o660


def test_a_changed_table_is_read_and_a_broken_one_is_not(tmp_path: Path, clients: Path) -> None:
    with daemon(tmp_path, TABLE) as running:
        clients.write_text("198.51.100.0/24 REJECT other\n")
        running.wait_for("read again")
        assert bad(running) == "554 5.7.1 other"
        clients.write_text("198.51.100.0/24 REJECT other\n192.0.2.0/24 OOPS\n")
        running.wait_for(f"{clients}:2:")
        assert bad(running) == "554 5.7.1 other"
        clients.write_text("192.0.2.1 REJECT now\n")
        running.wait_for("read again", 2)
        assert (bad(running), running.ask()) == ("DUNNO", "554 5.7.1 now")


def test_a_changed_configuration_and_a_broken_one(tmp_path: Path, clients: Path) -> None:
    file = tmp_path / "policyd.toml"
    with daemon(tmp_path, TABLE) as running:
        good = file.read_text()
        file.write_text(good.replace('mode = "on"', 'mode = "perhaps"'))
        running.wait_for(f'{file}:4:1: mode must be one of "off", "warn", "on"')
        assert bad(running) == "554 5.7.1 go away"
        file.write_text(good.replace('mode = "on"', 'mode = "warn"'))
        running.wait_for("read again")
        assert bad(running) == "DUNNO"
        running.wait_for("would have by=client_access, action=554 5.7.1 go away")
        file.write_text('processes = 3\nlisten = ["unix:/x"]\n' + good)
        running.wait_for("these have changed and need a restart: listen, processes")
        assert bad(running) == "554 5.7.1 go away"


def test_hup_reads_everything_anew(tmp_path: Path, clients: Path) -> None:
    with daemon(tmp_path, TABLE) as running:
        running.signal(signal.SIGHUP)
        running.wait_for("read again: everything")
        assert bad(running) == "554 5.7.1 go away"


HASTY = """
import os, signal
from mdafilter_policyd import cli, log
say = log.Log.ready
def ready(*told):
    say(*told)
    os.kill(os.getpid(), signal.SIGHUP)
log.Log.ready = ready
signal.signal(signal.SIGHUP, signal.SIG_DFL)
cli.main()
"""


def test_hup_as_soon_as_it_is_ready_is_heard(tmp_path: Path, clients: Path) -> None:
    """systemd.service(5), Type=notify: after READY=1 it may be reloaded."""
    (tmp_path / "policyd.toml").write_text(f'state_dir = "{tmp_path}/state"\n{TABLE}')
    words = ["--verbose", "--config", f"{tmp_path}/policyd.toml", "--listen", f"unix:{tmp_path}/socket"]
    log = tmp_path / "log"
    with log.open("wb") as said:
        process = subprocess.Popen([sys.executable, "-c", HASTY, *words], env=environment(), stderr=said)
    running = Daemon(process, log, tmp_path / "socket")
    try:
        running.wait_for("read again: everything")
        assert bad(running) == "554 5.7.1 go away"
    finally:
        assert running.end() == 0


def test_several_processes_answer_and_one_that_dies_is_replaced(tmp_path: Path, clients: Path) -> None:
    with daemon(tmp_path, TABLE, "--processes", "2") as running:
        assert {bad(running) for _ in range(20)} == {"554 5.7.1 go away"}
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
        first, second = map(int, children.read_text().split())
        os.kill(first, signal.SIGKILL)
        running.wait_for(f"process {first} ended with -9; starting another one")
        assert {bad(running) for _ in range(20)} == {"554 5.7.1 go away"}
        until(lambda: len(children.read_text().split()) == 2)
        now = children.read_text().split()
        assert str(second) in now
        running.signal(signal.SIGHUP)
        running.wait_for("read again: everything")
        assert running.end() == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in now)


def test_processes_end_with_their_parent(tmp_path: Path, clients: Path) -> None:
    with daemon(tmp_path, TABLE, "--processes", "2") as running:
        assert bad(running) == "554 5.7.1 go away"
        children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        running.process.kill()
        running.process.wait()
        until(lambda: not any(is_running(pid) for pid in children))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up rights")
def test_it_gives_up_its_rights(tmp_path: Path, clients: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with daemon(tmp_path, 'user = "nobody"\n' + TABLE) as running:
        assert bad(running) == "554 5.7.1 go away"
        status = Path(f"/proc/{running.process.pid}/status").read_text()
        nobody = str(pwd.getpwnam("nobody").pw_uid)
        (uids,) = [line.split()[1:] for line in status.splitlines() if line.startswith("Uid:")]
        assert uids == [nobody] * 4
        assert (tmp_path / "state").stat().st_uid == int(nobody)
        said = command("--config", str(tmp_path / "policyd.toml"), "open", "bob@example.org", "10m")
        assert said.startswith("bob@example.org is open until ")
        assert {file.stat().st_uid for file in (tmp_path / "state").iterdir()} == {int(nobody)}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('listen = ["unix:relative"]', "1:1: listen: 'unix:relative' is neither unix:/PATH"),
        ('listen = ["inet:127.0.0.1:10"]\nuser = "nobody-at-all"', "2:1: user: there is no user 'nobody-at-all'"),
        ('store = "oracle:"\nlisten = ["unix:{tmp}/s"]', "1:1: store: there is no store oracle:"),
        ('nameservers = ["x:y"]\nlisten = ["unix:{tmp}/s"]', "1:1: nameservers"),
        ("", "nowhere to listen (set listen, or say --listen unix:PATH)"),
    ],
)
def test_it_does_not_start_and_says_why(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "policyd.toml"
    text = text.replace("{tmp}", str(tmp_path)).replace("inet:127.0.0.1:10", f"unix:{tmp_path}/other")
    file.write_text(f'{text}\nstate_dir = "{tmp_path}/state"\n')
    assert fault in command("--config", str(file), code=1)
