"""The units of the policy daemon with a real systemd: the socket, what is allowed, what is not, reload and end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import systemd
from tests.support.house import ROOT
from tests.support.systemd import Systemd, verified

UNITS = ("mdafilter-policyd.service", "mdafilter-policyd.socket")
SHIPPED = {name: (ROOT / "contrib" / "postfix" / "systemd" / name).read_text() for name in UNITS}
COMMAND = "/opt/mdafilter/bin/mdafilter-policyd --config /etc/mdafilter-policyd.toml $OPTIONS"
ASK = """\
import socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.settimeout(20)
    asked.connect("/var/spool/postfix/private/mdafilter-policyd")
    asked.send(f"request=smtpd_access_policy\\nthing={sys.argv[1]}\\n\\n".encode())
    print(asked.recv(4096).decode().strip())
"""
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(systemd.why_not()), reason=systemd.why_not())]


def ask(inside: Systemd, thing: str) -> str:
    return inside.run(sys.executable, "-c", ASK, thing).stdout.strip().removeprefix("action=")


@pytest.fixture(scope="module")
def inside() -> Iterator[Systemd]:
    """Both units as they are shipped, but that tests/support/policydunit.py is the daemon, and nobody its user."""
    if subprocess.run(["getent", "group", "postfix"], capture_output=True, check=False).returncode:
        pytest.skip("there is no group postfix")
    readable = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", "import aiodns"]
    if subprocess.run([*readable], cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("nobody may not read this Python")
    service = SHIPPED["mdafilter-policyd.service"]
    assert COMMAND in service
    made = Systemd()
    try:
        made.start()
        python, path = made.bring()
        service = service.replace("User=mdafilter-policyd", f"User=nobody\nEnvironment=PYTHONPATH={path}")
        service = service.replace(COMMAND, f"{python} -B -m tests.support.policydunit")
        made.unit("mdafilter-policyd.service", service)
        made.unit("mdafilter-policyd.socket", SHIPPED["mdafilter-policyd.socket"])
        made.run("sh", "-c", "mount -t tmpfs tmpfs /var/lib")
        made.run("systemctl", "daemon-reload")
        made.run("systemctl", "start", "mdafilter-policyd.socket")
        yield made
    except systemd.NotPossible as reason:
        pytest.skip(str(reason))
    finally:
        made.close()


def test_systemd_has_nothing_to_say_about_them(tmp_path: Path) -> None:
    program = "/opt/mdafilter/bin/mdafilter-policyd"
    assert verified(tmp_path, {name: text.replace(program, "/bin/true") for name, text in SHIPPED.items()}) == ""


def test_the_socket_is_postfix_own_and_the_first_question_starts_the_daemon(inside: Systemd) -> None:
    seen = inside.run("stat", "--format=%A %U %G", "/var/spool/postfix/private/mdafilter-policyd").stdout
    assert seen == "srw-rw---- root postfix\n"
    assert inside.show("mdafilter-policyd.service", "ActiveState") == "inactive"
    assert ask(inside, "user") == "ok"
    assert inside.show("mdafilter-policyd.service", "ActiveState") == "active"


@pytest.mark.parametrize("thing", ["store", "dns", "reloaded", "connections"])
def test_it_may_do_what_it_needs(inside: Systemd, thing: str) -> None:
    assert ask(inside, thing) == "ok"


@pytest.mark.parametrize(
    ("thing", "why"),
    [("elsewhere", "OSError [Errno 30]"), ("packets", "OSError [Errno 97]"), ("root", "PermissionError [Errno 1]")],
)
def test_it_may_do_nothing_else(inside: Systemd, thing: str, why: str) -> None:
    assert ask(inside, thing).startswith(why)


def test_reload_ends_nothing(inside: Systemd) -> None:
    ask(inside, "user")
    pid = inside.show("mdafilter-policyd.service", "MainPID")
    inside.run("systemctl", "reload", "mdafilter-policyd.service")
    assert ask(inside, "user") == "ok"
    assert inside.show("mdafilter-policyd.service", "MainPID") == pid


def test_questions_wait_while_it_starts_anew(inside: Systemd) -> None:
    inside.run("systemctl", "restart", "mdafilter-policyd.service")
    assert ask(inside, "user") == "ok"
    inside.run("systemctl", "stop", "mdafilter-policyd.service")
    assert inside.show("mdafilter-policyd.service", "Result") == "success"
    assert ask(inside, "user") == "ok"
