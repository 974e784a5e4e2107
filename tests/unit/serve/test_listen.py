"""Sockets: where they are, whom they replace, whose they are."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mdafilter.errors import SettingsError
from mdafilter.serve import listen
from mdafilter.serve.listen import PATH_OCTETS, Place
from tests.support.daemons import free_port
from tests.support.processes import child, status

SEQPACKET, STREAM = socket.SOCK_SEQPACKET, socket.SOCK_STREAM


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is there stays there."""
    monkeypatch.setattr("mdafilter.limits.SERVE_LEAVING", 0.1)


# --- places ---


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("unix:/run/x.sock", Place(path="/run/x.sock")),
        ("unix:relative", Place(path="relative")),
        ("unix:/a:b", Place(path="/a:b")),
        ("inet:127.0.0.1:24", Place(host="127.0.0.1", port=24)),
        ("inet:[::1]:24", Place(host="::1", port=24)),
        ("inet:localhost:65535", Place(host="localhost", port=65535)),
    ],
)
def test_a_place(text: str, place: Place) -> None:
    assert Place.parse(text) == place
    assert str(place) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:",
        "/run/x",
        "inet:24",
        "inet::24",
        "inet:host:",
        "inet:h:0",
        "inet:h:65536",
        "inet:h:-1",
        "inet:h:٢٤",
        "x:y",
    ],
)
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match="neither unix:PATH"):
        Place.parse(text)


def test_a_path_that_no_socket_can_have() -> None:
    """unix(7): sun_path has 108 octets, with the NUL at its end."""
    assert Place.parse("unix:" + "x" * PATH_OCTETS).path == "x" * PATH_OCTETS
    for text in ("x" * (PATH_OCTETS + 1), "ä" * (PATH_OCTETS // 2 + 1)):
        with pytest.raises(ValueError, match=f"up to {PATH_OCTETS} octets"):
            Place.parse(f"unix:{text}")


# --- files ---


def test_mode_and_group_of_the_file(tmp_path: Path) -> None:
    place = Place(path=str(tmp_path / "s"))
    group = os.getgid()
    with listen.listen(place, STREAM, 0o620, group) as made:
        state = (tmp_path / "s").stat()
        assert stat.S_IMODE(state.st_mode) == 0o620
        assert state.st_gid == group
        assert not made.getblocking()
        assert not os.get_inheritable(made.fileno())
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group")
def test_another_group(tmp_path: Path) -> None:
    with listen.listen(Place(path=str(tmp_path / "s")), STREAM, 0o660, 12345):
        assert (tmp_path / "s").stat().st_gid == 12345


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group")
def test_no_other_file_gets_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder may be somebody else's, as /var/spool/postfix/private is postfix', who puts a link in our place."""
    shadow = tmp_path / "shadow"
    shadow.touch()
    chown = os.chown

    def late(path: str, uid: int, gid: int, **how: Any) -> None:
        os.unlink(path)
        os.symlink(shadow, path)
        chown(path, uid, gid, **how)

    monkeypatch.setattr(os, "chown", late)
    listen.listen(Place(path=str(tmp_path / "s")), STREAM, 0o660, 12345).close()
    assert shadow.stat().st_gid != 12345


def test_the_folder_of_ours_in_run_is_for_everybody_to_enter(run_folder: Path) -> None:
    """Whatever the umask is: who cannot get there delivers without us, and nobody says so."""
    before = os.umask(0o077)
    try:
        listen.listen(Place(path=str(run_folder / "s")), STREAM).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(run_folder.stat().st_mode) == 0o755


@pytest.fixture
def run_folder() -> Iterator[Path]:
    """A folder in /run that is not there."""
    if os.geteuid() != 0:
        pytest.skip("only root makes folders in /run")
    folder = Path(tempfile.mkdtemp(prefix="mdafilter.", dir="/run"))
    folder.rmdir()
    yield folder
    shutil.rmtree(folder)


def test_the_umask_is_as_before(tmp_path: Path) -> None:
    before = os.umask(0o027)
    listen.listen(Place(path=str(tmp_path / "s")), STREAM).close()
    assert os.umask(before) == 0o027


@pytest.mark.parametrize("kind", [SEQPACKET, STREAM])
def test_one_that_nobody_listens_on_is_replaced(tmp_path: Path, kind: socket.SocketKind) -> None:
    place = Place(path=str(tmp_path / "s"))
    listen.listen(place, STREAM).close()
    with listen.listen(place, kind), socket.socket(socket.AF_UNIX, kind) as client:
        client.connect(place.path)


@pytest.mark.parametrize("kind", [SEQPACKET, STREAM])
@pytest.mark.parametrize("there", [SEQPACKET, STREAM])
def test_one_that_lives_is_left_alone(tmp_path: Path, kind: socket.SocketKind, there: socket.SocketKind) -> None:
    """Whatever it speaks: it may be another service's."""
    place = Place(path=str(tmp_path / "s"))
    with listen.listen(place, there):
        before = (tmp_path / "s").stat().st_ino
        with pytest.raises(SettingsError, match=f"cannot listen on {place}: a service is running there already"):
            listen.listen(place, kind)
        assert (tmp_path / "s").stat().st_ino == before
        with socket.socket(socket.AF_UNIX, there) as client:
            client.connect(place.path)


def test_one_whose_queue_is_full_lives(tmp_path: Path) -> None:
    place = Place(path=str(tmp_path / "s"))
    with socket.socket(socket.AF_UNIX, SEQPACKET) as living, socket.socket(socket.AF_UNIX, SEQPACKET) as client:
        living.bind(place.path)
        living.listen(0)
        client.connect(place.path)
        with pytest.raises(SettingsError, match="a service is running"):
            listen.listen(place, SEQPACKET)


@pytest.mark.parametrize("inet", [False, True])
def test_one_that_is_about_to_leave_is_waited_for(tmp_path: Path, inet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that a killed service was just making."""
    monkeypatch.setattr("mdafilter.limits.SERVE_LEAVING", 30.0)
    before = listen.listen(Place(host="127.0.0.1") if inet else Place(path=str(tmp_path / "s")), STREAM)
    place = Place(host="127.0.0.1", port=before.getsockname()[1]) if inet else Place(path=before.getsockname())
    leaving = threading.Timer(0.2, before.close)
    leaving.start()
    listen.listen(place, STREAM).close()
    assert before.fileno() == -1
    leaving.join()


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir], ids=["file", "folder"])
def test_what_is_no_socket_is_left_alone(tmp_path: Path, make: object) -> None:
    path = tmp_path / "something"
    make(path)  # type: ignore[operator]
    with pytest.raises(SettingsError, match="what is there is no socket"):
        listen.listen(Place(path=str(path)), SEQPACKET)
    assert path.exists()


def test_a_link_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "s").symlink_to(tmp_path / "target")
    with pytest.raises(SettingsError, match="what is there is no socket"):
        listen.listen(Place(path=str(tmp_path / "s")), SEQPACKET)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot listen on unix:.*/missing/s: there is no folder .*/missing; make"):
        listen.listen(Place(path=str(tmp_path / "missing" / "s")), SEQPACKET)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user: needs root")
def test_what_only_root_can_do(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    os.chown(mine, 65534, 65534)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root":
            folder.chmod(folder.stat().st_mode | 0o055)

    def said(path: Path, group: int = -1) -> str:
        with pytest.raises(SettingsError) as wrong:
            listen.listen(Place(path=str(path)), STREAM, 0o660, group)
        return str(wrong.value)

    def work() -> int:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        assert f"only who may write to {tmp_path} can make" in said(tmp_path / "s")
        assert "only root can give a file to a group" in said(mine / "s", 12345)
        assert not (mine / "s").exists()
        return 0

    assert status(child(work)) == 0


# --- the network ---


def test_a_port() -> None:
    place = Place(host="127.0.0.1", port=free_port())
    with listen.listen(place, STREAM) as made:
        assert place.has(made)
        socket.create_connection((place.host, place.port), 10).close()
        with pytest.raises(SettingsError, match=f"cannot listen on {place}: Address already in use; end what listens"):
            listen.listen(place, STREAM)


def test_packets_are_not_for_the_network() -> None:
    with pytest.raises(SettingsError, match="unix:PATH alone"):
        listen.listen(Place(host="127.0.0.1", port=free_port()), SEQPACKET)


def test_a_host_that_is_none() -> None:
    with pytest.raises(SettingsError, match=r"cannot listen on inet:host\.invalid:24"):
        listen.listen(Place(host="host.invalid", port=24), STREAM)


# --- systemd ---


def test_what_was_given_to_another_process_is_not_ours() -> None:
    """sd_listen_fds(3): "LISTEN_PID ... does not match the PID of the current process" means none."""
    assert listen.given({}) == []
    assert listen.given({"LISTEN_PID": "1", "LISTEN_FDS": "1"}) == []


def test_what_was_given_to_us_is_there_from_descriptor_3_on(tmp_path: Path) -> None:
    def work() -> int:
        made = [socket.socket(socket.AF_UNIX, kind) for kind in (SEQPACKET, STREAM)]
        for number, one in enumerate(made):
            one.bind(str(tmp_path / str(number)))
            one.listen()
        held = [fcntl.fcntl(one, fcntl.F_DUPFD, 100) for one in made]  # out of the way of 3 and 4
        for number, fd in enumerate(held):
            os.dup2(fd, 3 + number)
        found = listen.given({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"})
        assert [(one.fileno(), one.type) for one in found] == [(3, SEQPACKET), (4, STREAM)]
        assert not any(os.get_inheritable(one.fileno()) or one.getblocking() for one in found)
        return 0

    assert status(child(work)) == 0


@pytest.mark.parametrize("name", ["file", "abstract"])
def test_systemd_is_told(tmp_path: Path, name: str) -> None:
    """sd_notify(3): $NOTIFY_SOCKET is a path, or begins with "@" for the abstract namespace."""
    path = str(tmp_path / "notify") if name == "file" else f"\0mdafilter-test.{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(10)
        listen.notify({"NOTIFY_SOCKET": path.replace("\0", "@")}, "READY=1")
        assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nonexistent"}])
def test_nobody_to_tell_is_no_failure(environ: dict[str, str]) -> None:
    before = os.listdir("/proc/self/fd")
    listen.notify(environ, "READY=1")
    assert os.listdir("/proc/self/fd") == before
