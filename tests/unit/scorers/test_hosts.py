"""Hosts as the settings spell them, deadlines, and what a process remembers of hosts that failed."""

from __future__ import annotations

import errno
import socket
import time
from pathlib import Path

import pytest

from mdafilter.errors import SettingsError
from mdafilter.scorers.hosts import Deadline, Host, Line, Outages, Unanswered, connect, faults, reason
from tests.support.spamd import closed_port


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("127.0.0.1:783", Host("127.0.0.1:783", "127.0.0.1", 783)),
        ("mail.example:1", Host("mail.example:1", "mail.example", 1)),
        ("[::1]:783", Host("[::1]:783", "::1", 783)),
        ("[fe80::1%eth0]:783", Host("[fe80::1%eth0]:783", "fe80::1%eth0", 783)),
        ("unix:/run/spamd.sock", Host("unix:/run/spamd.sock", path="/run/spamd.sock")),
        ("unix:/a b:c", Host("unix:/a b:c", path="/a b:c")),
        ("tls:mail.example:783", Host("tls:mail.example:783", "mail.example", 783, tls=True)),
        ("tls:[::1]:65535", Host("tls:[::1]:65535", "::1", 65535, tls=True)),
    ],
)
def test_a_host(text: str, host: Host) -> None:
    assert Host.parse(text) == host


@pytest.mark.parametrize(
    "text",
    ["", ":783", "127.0.0.1", "host:", "host:0", "host:65536", "host:99999999999999999999", "host:７８３", "::1:783",
     "[]:783", "[::1:783", "unix:relative", "unix:/a\0b", "ho st:783", "host/x:783", "tls:", "tls:host", "a\r\nb:1"],
)  # fmt: skip
def test_no_host(text: str) -> None:
    with pytest.raises(SettingsError, match="is meant"):
        Host.parse(text)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_deadline_is_one_moment() -> None:
    clock = Clock()
    deadline = Deadline(10, clock)
    clock.now += 4
    assert deadline.left() == 6
    assert deadline.within(5).left() == 5
    assert deadline.within(50).left() == 6
    assert deadline.share(3).left() == 2
    clock.now += 6
    with pytest.raises(Unanswered) as caught:
        deadline.left()
    assert caught.value.kind == "late"
    with pytest.raises(Unanswered):
        deadline.share(2).left()


def test_hosts_that_failed_come_last_and_those_that_were_late_not_at_all() -> None:
    outages = Outages()
    a, b, c = hosts = tuple(Host.parse(f"h{i}:1") for i in range(3))
    outages.note(a, "absent", 100.0)
    outages.note(b, "late", 100.0)
    assert outages.order(hosts, 99.0) == (c, a)
    assert outages.order(hosts, 100.0) == hosts
    outages.forget(a)
    assert outages.order(hosts, 99.0) == (a, c)
    outages.note(a, "late", 100.0)
    outages.note(c, "late", 100.0)
    assert outages.order(hosts, 99.0) == ()


def kind_of(text: str, seconds: float = 5.0) -> tuple[str, str]:
    with pytest.raises(Unanswered) as caught:
        connect(Host.parse(text), Deadline(seconds, time.monotonic))
    return caught.value.kind, str(caught.value)


def test_nothing_listens_on_a_port() -> None:
    assert kind_of(closed_port()) == ("absent", "connection refused")


def test_there_is_no_such_socket(tmp_path: Path) -> None:
    assert kind_of(f"unix:{tmp_path}/none") == ("absent", "no such file or directory")


def test_a_socket_that_nobody_serves(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{tmp_path}/left")
    assert kind_of(f"unix:{tmp_path}/left") == ("absent", "connection refused")


def test_a_file_that_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert kind_of(f"unix:{tmp_path}/file")[0] == "absent"  # the kernel says "refused"


def test_a_path_that_is_too_long_is_no_crash(tmp_path: Path) -> None:
    assert kind_of(f"unix:{tmp_path}/{'x' * 200}")[0] == "failed"


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a..b", "x" * 64 + ".invalid", "é" * 300])
def test_a_name_that_cannot_be_resolved(name: str) -> None:
    kind, text = kind_of(f"{name}:783", 10)
    assert kind in ("failed", "late")
    assert "resolved" in text


def test_no_time_left_is_late_before_anything_is_tried() -> None:
    assert kind_of("127.0.0.1:783", -1)[0] == "late"
    assert kind_of("localhost:783", -1)[0] == "late"


def test_a_queue_that_is_full_is_waited_for_until_the_deadline() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        host = f"127.0.0.1:{full.getsockname()[1]}"
        lines: list[Line] = []
        try:
            with pytest.raises(Unanswered) as caught:  # noqa: PT012  # which of them fails is the kernel's choice
                for _ in range(50):
                    lines.append(connect(Host.parse(host), Deadline(0.2, time.monotonic)))
        finally:
            for line in lines:
                line.__exit__()
    assert caught.value.kind == "late"


def test_what_is_wrong_with_a_list_of_hosts() -> None:
    assert faults("clamd", ("127.0.0.1:3310", "unix:/run/clamd")) == []
    assert faults("clamd", ()) == ["[clamd] hosts is empty; switch clamd off by enabled"]
    assert [fault.partition(" (")[0] for fault in faults("clamd", ("x", "a:1", "b:0"))] == [
        "[clamd] hosts: no host: 'x'",
        "[clamd] hosts: no host: 'b:0'",
    ]


def test_what_errors_mean() -> None:
    assert reason(ConnectionRefusedError(errno.ECONNREFUSED, "x")).kind == "absent"
    assert reason(FileNotFoundError(errno.ENOENT, "x")).kind == "absent"
    assert reason(TimeoutError()).kind == "late"
    assert reason(PermissionError(errno.EACCES, "Permission denied")).kind == "failed"
    assert str(reason(OSError())) == "oserror"
