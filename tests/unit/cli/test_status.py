"""mdafilter serve --status: asked over a real socket, shown as a table, also of a service of another version."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given

from mdafilter.cli import status
from mdafilter.errors import SettingsError
from mdafilter.serve.listen import Place
from tests.support import processes
from tests.support.commandline import invoke
from tests.unit.serve.test_status import TOLD

FULL: dict[str, Any] = {
    "version": "1.2",
    "pid": 123,
    "since": 1_800_000_000,
    "uptime": 90061.5,
    "messages": {"delivered": 1234, "deferred": 3, "refused": 0, "declined": 0},
    "buckets": [0.01, 0.1, 10.0],
    "times": [1100, 100, 30, 7],
    "seconds": 123.7,
    "workers": 3,
    "busy": 1,
    "longest": 2.25,
    "most": 150,
    "waiting": 2,
    "hired": 20,
    "died": 1,
    "refused": 4,
    "users": [
        {"uid": 1001, "workers": 2, "busy": 1, "longest": 2.25, "waiting": 2, "messages": 1200},
        {"uid": 7, "workers": 1, "busy": 0, "longest": 0.0, "waiting": 0, "messages": 37},
    ],
    "more_users": 5,
}


@contextmanager
def service(path: Path, says: bytes) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def tell() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(says)

        thread = threading.Thread(target=tell)
        thread.start()
        yield
        thread.join(30)


def name(uid: int) -> str:
    return {1001: "alice"}.get(uid, str(uid))


def test_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    assert status.render(FULL, name) == [
        "mdafilter 1.2, process 123, since 2027-01-15 08:00:00 (1 d 1 h)",
        "  messages     1234 delivered, 3 deferred, 0 refused, 0 declined",
        "  took         median 5.62 ms, 90% 22 ms, 99% 8.23 s, mean 100 ms",
        "  connections  2 waiting, 4 refused",
        "  workers      3 now, 1 busy, 150 at most",
        "               20 started, 1 died by themselves",
        "  longest      2.25 s",
        "",
        "user   workers  busy  longest  waiting  messages",
        "alice        2     1   2.25 s        2      1200",
        "7            1     0                 0        37",
        "and 5 more users",
    ]


def test_a_service_of_another_version_may_tell_less() -> None:
    assert status.render({}, name) == ["mdafilter of an unknown version"]
    assert status.render({"version": "9", "died": 2, "users": [{"uid": 7}, 3]}, name) == [
        "mdafilter 9",
        "               2 died by themselves",
        "",
        "user  workers  busy  longest  waiting  messages",
        "7                                              ",
    ]


@given(TOLD)
@example({"since": 1e300, "uptime": 10**400, "pid": float("nan"), "seconds": float("inf")})
@example({"uptime": float("inf")})
def test_whatever_is_told_each_line_prints(told: dict[str, Any]) -> None:
    assert all(line.isprintable() for line in status.render(told, status.account))


def test_all_three_forms(tmp_path: Path) -> None:
    told = json.dumps(FULL).encode() + b"\n"
    for option, begin in (
        ((), "mdafilter 1.2,"),
        (("--json",), '{"version": "1.2"'),
        (("--prometheus",), "# HELP mdafilter_"),
    ):
        path = tmp_path / f"s{len(option and option[0])}"
        with service(Path(f"{path}.status"), told):
            done = invoke(tmp_path, "serve", "--socket", f"unix:{path}", "--status", *option)
        assert done.exit_code == 0
        assert done.output.startswith(begin)


def test_no_service_is_said_and_is_exit_1(tmp_path: Path) -> None:
    done = invoke(tmp_path, "serve", "--socket", f"unix:{tmp_path}/d", "--status")
    assert done.exit_code == 1
    assert f"no service runs: nobody listens on unix:{tmp_path}/d.status" in done.output


def test_where_roots_may_deliver_it_is_not_said_that_none_does(tmp_path: Path) -> None:
    roots = tmp_path / "deliver.sock"
    roots.touch()
    with pytest.raises(SettingsError, match=r"no service of your own runs: .*; root's delivers your mail"):
        status.ask(Place(path=str(tmp_path / "s")), str(roots))


def test_who_may_not_ask_is_told_who_may(tmp_path: Path) -> None:
    path = tmp_path / "s"

    def work() -> int:
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)
        with pytest.raises(SettingsError, match="tells root alone, or the user whose own it is"):
            status.ask(Place(path=str(path)))
        return 0

    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        made.listen()
        path.chmod(0)
        assert processes.status(processes.child(work)) == 0


@pytest.mark.parametrize("says", [b"", b"220 mail.example.org\r\n\x1b[2J"])
def test_what_is_no_service_is_said(tmp_path: Path, says: bytes) -> None:
    with service(tmp_path / "d.status", says):
        done = invoke(tmp_path, "serve", "--socket", f"unix:{tmp_path}/d", "--status")
    assert done.exit_code == 1
    assert "is not the service" in done.output
    assert "\x1b" not in done.output


def test_the_forms_go_with_status(tmp_path: Path) -> None:
    assert invoke(tmp_path, "serve", "--json").exit_code == 2
