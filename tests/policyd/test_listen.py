"""Sockets made here and given by systemd, and rights that are given up."""

from __future__ import annotations

import os
import pwd
import resource
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mdafilter_policyd import limits
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.listen import Place, drop, given, listen, notify, room
from tests.support.house import ROOT

root = pytest.mark.skipif(os.geteuid() != 0, reason="root is needed to become another user")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("unix:/run/policy", Place(path="/run/policy")),
        ("unix:/run/with:colon", Place(path="/run/with:colon")),
        ("inet:127.0.0.1:10040", Place(host="127.0.0.1", port=10040)),
        ("inet:[::1]:10040", Place(host="::1", port=10040)),
        ("inet:localhost:1", Place(host="localhost", port=1)),
    ],
)
def test_a_place_is_written_as_in_postfix(text: str, place: Place) -> None:
    """SMTPD_POLICY_README: "check_policy_service unix:private/policy", "inet:127.0.0.1:9998"."""
    assert Place.parse(text) == place
    assert str(place) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "unix:", "unix:relative", "unix:/" + "x" * 107, "unix:/a\0b"),
        *("inet:10040", "inet::1", "inet:h:0", "inet:h:65536", "inet:h:x", "inet:h:\u0661", "inet:h:" + "1" * 5000),
        *("tcp:h:1", "/run/policy", "inet:a\0b:25"),
    ],
)
def test_what_is_no_place_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is neither unix:/PATH"):
        Place.parse(text)


def connects(place: Place) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(place.path)
        except OSError:
            return False
    return True


def test_a_socket_of_the_file_system_has_its_mode(tmp_path: Path) -> None:
    place = Place(path=str(tmp_path / "socket"))
    with listen(place, mode=0o660) as made:
        assert stat.S_IMODE(os.stat(place.path).st_mode) == 0o660
        assert not made.getblocking()
        assert connects(place)


@root
def test_and_its_group(tmp_path: Path) -> None:
    place = Place(path=str(tmp_path / "socket"))
    with listen(place, mode=0o660, group="nogroup"):
        assert os.stat(place.path).st_gid == pwd.getpwnam("nobody").pw_gid


def test_one_that_nobody_listens_on_is_replaced(tmp_path: Path) -> None:
    place = Place(path=str(tmp_path / "socket"))
    listen(place).close()
    with listen(place):
        assert connects(place)
        with pytest.raises(ConfigError, match=f"^unix:{place.path}: cannot listen there: a daemon is running there"):
            listen(place)
        assert connects(place)


def test_what_is_no_socket_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(ConfigError, match=r"what is there is no socket \(remove it, or say another path\)"):
        listen(Place(path=str(tmp_path / "file")))
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize(
    ("name", "hint"), [("none/socket", "there is no folder"), ("file/socket", "there is no folder")]
)
def test_where_it_cannot_be_it_says_what_to_do(tmp_path: Path, name: str, hint: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=hint):
        listen(Place(path=str(tmp_path / name)))


def test_a_group_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no group 'nobody-has-this'"):
        listen(Place(path=str(tmp_path / "socket")), group="nobody-has-this")


@pytest.mark.parametrize("host", ["x" * 64 + ".example.org", "no-such-host.invalid"])
def test_a_host_that_is_none_is_told(host: str) -> None:
    with pytest.raises(ConfigError, match=f"^inet:{host}:1: cannot listen there: "):
        listen(Place(host=host, port=1))


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"^inet:127.0.0.1:{port}: .*ss -ltnp"):
            listen(Place(host="127.0.0.1", port=port))
    with listen(Place(host="127.0.0.1", port=port)) as made:
        socket.create_connection(made.getsockname()).close()


def python(code: str, *args: str, pass_fds: tuple[int, ...] = ()) -> str:
    """What another process says: one that may change its descriptors and rights."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "contrib" / "postfix")])
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(
        command, env={"PYTHONPATH": path}, pass_fds=pass_fds, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


GIVEN = """\
import os, socket, sys
from mdafilter_policyd.listen import given
for place, fd in enumerate(map(int, sys.argv[1:]), 3):
    os.dup2(fd, place + 100)
for place in range(3, 3 + len(sys.argv) - 1):
    os.dup2(place + 100, place)
made = given({"LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid())})
print(*[(each.fileno(), each.family.name, each.getblocking(), each.get_inheritable()) for each in made])
"""


def test_systemd_gives_sockets_from_descriptor_three_on(tmp_path: Path) -> None:
    """sd_listen_fds(3): SD_LISTEN_FDS_START is 3."""
    with listen(Place(path=str(tmp_path / "socket"))) as one, socket.create_server(("127.0.0.1", 0)) as two:
        fds = (one.fileno(), two.fileno())
        said = python(GIVEN, *map(str, fds), pass_fds=fds)
    assert said == "(3, 'AF_UNIX', False, False) (4, 'AF_INET', False, False)\n"


@pytest.mark.parametrize("environ", [{}, {"LISTEN_FDS": "2"}, {"LISTEN_FDS": "2", "LISTEN_PID": "1"}])
def test_what_is_given_to_others_is_not_ours(environ: dict[str, str]) -> None:
    """sd_listen_fds(3): "$LISTEN_PID ... is not equal to the PID" of the process that was meant."""
    assert given(environ) == []


def test_systemd_is_told_where_it_wants_to_know(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    notify({}, "READY=1")
    notify({"NOTIFY_SOCKET": path}, "READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        notify({"NOTIFY_SOCKET": path}, "READY=1")
        assert systemd.recv(100) == b"READY=1"


DROP = """\
import os
from mdafilter_policyd.listen import drop
os.setgroups([0, 4])
drop("nobody")
print(os.getresuid(), os.getresgid(), os.getgroups())
for back in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0])):
    try:
        back()
    except PermissionError:
        print("no")
drop("nobody")
"""


@root
def test_rights_are_given_up_for_good() -> None:
    account = pwd.getpwnam("nobody")
    uid, gid = account.pw_uid, account.pw_gid
    groups = os.getgrouplist("nobody", gid)
    assert python(DROP) == f"{(uid,) * 3} {(gid,) * 3} {groups}\nno\nno\nno\n"


def test_who_we_are_already_stays() -> None:
    before = (os.getresuid(), os.getresgid(), os.getgroups())
    drop(pwd.getpwuid(os.getuid()).pw_name)
    assert (os.getresuid(), os.getresgid(), os.getgroups()) == before


def test_a_user_that_is_none_is_told() -> None:
    with pytest.raises(ConfigError, match=r"there is no user 'nobody-has-this' \(useradd "):
        drop("nobody-has-this")


@root
def test_who_is_not_root_can_become_nobody() -> None:
    code = "from mdafilter_policyd.listen import drop\nimport os\nos.setresuid(1, 1, 1)\n"
    code += "try:\n drop('nobody')\nexcept Exception as failed:\n print(type(failed).__name__, failed)\n"
    assert python(code).startswith("ConfigError user: only root can become nobody")


def test_the_limit_of_open_files_is_raised_as_far_as_it_goes() -> None:
    code = "from mdafilter_policyd.listen import room\nimport resource\n"
    code += "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 1000))\n"
    code += "print(room(500), resource.getrlimit(resource.RLIMIT_NOFILE)[0], end=' ')\n"
    code += "print(room(5000), resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
    assert python(code) == f"500 {500 + limits.SPARE_FILES} {1000 - limits.SPARE_FILES} 1000\n"
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert room(1) == 1
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
