"""The unit of the pages with a real systemd: it answers, and what it starts as sendmail(1) may still be setgid."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import systemd
from tests.support.daemons import free_port
from tests.support.house import ROOT
from tests.support.systemd import Systemd

SHIPPED = (ROOT / "contrib" / "postfix" / "systemd" / "mdafilter-policyd-web.service").read_text()
COMMAND = "/opt/mdafilter/bin/mdafilter-policyd --config /etc/mdafilter-policyd.toml web"
STATE = "/var/lib/mdafilter-policyd"
SENDMAIL = f"""\
#!/bin/sh
{{ grep NoNewPrivs /proc/self/status; touch /etc/written && echo "/etc can be written to"; cat; }} >{STATE}/mail
"""
ASK = """\
import re, sys, time, urllib.parse, urllib.request
page = "http://127.0.0.1:" + sys.argv[1] + "/blocked"
for _ in range(300):
    try:
        shown = urllib.request.urlopen(page + "?ip=192.0.2.1").read().decode()
        break
    except OSError:
        time.sleep(0.05)
token = re.search('name="token" value="([^"]*)"', shown)[1]
form = {"ip": "192.0.2.1", "token": token, "contact": "me", "text": "Invoices"}
print(urllib.request.urlopen(page, urllib.parse.urlencode(form).encode()).read().decode())
"""
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(systemd.why_not()), reason=systemd.why_not())]


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[tuple[Systemd, int]]:
    """The unit as it is shipped, but for its user, its Python, and what is not in /etc here."""
    readable = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", "import uvicorn"]
    if subprocess.run(readable, cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("nobody may not read this Python")
    assert COMMAND in SHIPPED and "User=mdafilter-policyd" in SHIPPED
    port = free_port()
    configuration = f'[web]\nlisten = ["inet:127.0.0.1:{port}"]\nsendmail = "/run/sendmail"\npatience = 0.0\n'
    made = Systemd()
    try:
        made.start()
        python, path = made.bring()
        command = f"{python} -B -m mdafilter_policyd.cli --config /run/policyd.toml web"
        service = SHIPPED.replace("User=mdafilter-policyd", f"User=nobody\nEnvironment=PYTHONPATH={path}")
        made.run("sh", "-c", "cat >/run/policyd.toml", data=configuration)
        made.run(
            "sh", "-c", "cat >/run/sendmail && chmod 755 /run/sendmail && mount -o remount,exec /run", data=SENDMAIL
        )
        made.unit("mdafilter-policyd-web.service", service.replace(COMMAND, command))
        made.run("sh", "-c", "mount -t tmpfs tmpfs /var/lib")
        made.run("systemctl", "daemon-reload")
        made.run("systemctl", "start", "mdafilter-policyd-web.service")
        yield made, port
    except systemd.NotPossible as reason:
        pytest.skip(str(reason))
    finally:
        made.close()


def test_a_request_is_mailed_and_nothing_else_can_be_written(inside: tuple[Systemd, int]) -> None:
    stage, port = inside
    assert "has arrived" in stage.run(sys.executable, "-c", ASK, str(port)).stdout
    mail = stage.run("cat", f"{STATE}/mail").stdout
    assert mail.startswith("NoNewPrivs:\t0\n") and "Invoices" in mail and "can be written" not in mail
    assert stage.run("stat", "-c", "%U %a", f"{STATE}/web.secret").stdout.split() == ["nobody", "600"]
    stage.run("systemctl", "stop", "mdafilter-policyd-web.service")
    assert stage.show("mdafilter-policyd-web.service", "Result") == "success"
