"""The weekly digest by its unit, with a real systemd: it becomes the user, whose home nobody else may enter, and what
sends the letter has the rights of postdrop(1), which is setgid."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support import systemd

SENDMAIL = '#!/bin/sh\n{ id -un; "${0%/*}/id" -gn; echo "$@"; cat; } >"${0%/*}/sent"\n'


@pytest.mark.skipif(bool(systemd.why_not()), reason=systemd.why_not())
def test_the_unit_can_all_that_it_needs(shipped: dict[str, str], tmp_path: Path) -> None:
    service, timer = "mdafilter-report.service", "mdafilter-report.timer"
    assert systemd.verified(tmp_path, {name: shipped[name] for name in (service, timer)}) == ""
    inside = systemd.Systemd()
    try:
        inside.start()
        _someone_with_mail(inside.top)
        config = inside.top / "config.toml"
        config.write_text(f'maildir = "{inside.top}/home/Maildir"\n[journal]\npath = "{inside.top}/home/journal"\n')
        config.write_text(config.read_text() + f'[delivery]\nsendmail = "{inside.top}/sendmail"\n')
        (inside.top / "default/mdafilter-report").write_text(f'OPTIONS="--user nobody -c {config}"\n')
        inside.once(service, shipped[service])
        sent = (inside.top / "sent").read_text()
        assert sent.startswith("nobody\nmail\n-i -f <> -- nobody\nFrom: mdafilter <MAILER-DAEMON>\nTo: nobody\n")
        assert ": 1 delivered, 0 filed as spam\n" in sent
    except systemd.NotPossible as reason:
        pytest.skip(str(reason))
    finally:
        inside.close()


def _someone_with_mail(top: Path) -> None:
    home = top / "home"
    (home / "Maildir/cur").mkdir(parents=True)
    told = {"time": time.time(), "status": "delivered", "acts": [{"action": "keep", "done": True}]}
    (home / "journal").write_text(json.dumps(told, separators=(",", ":")) + "\n")
    home.chmod(0o700)
    subprocess.run(["chown", "-R", "nobody:nogroup", str(home)], check=True)
    (top / "sendmail").write_text(SENDMAIL)
    shutil.copy("/usr/bin/id", top / "id")
    shutil.chown(top / "id", group="mail")
    for name, mode in (("sendmail", 0o755), ("id", 0o2755), ("sent", 0o666)):
        (top / name).touch()
        os.chmod(top / name, mode)
