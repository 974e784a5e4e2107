"""The web process: what it is made of, what it says is wrong, and that it runs and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from mdafilter_policyd import config as configuration
from mdafilter_policyd.errors import ConfigError
from mdafilter_policyd.web.options import Options
from mdafilter_policyd.web.run import bound, build
from tests.support.daemons import free_port
from tests.support.policyd_core import Lines
from tests.support.policyd_daemon import SECONDS, command, environment


def load(folder: Path, text: str) -> configuration.Config:
    file = folder / "policyd.toml"
    file.write_text(f'state_dir = "{folder}"\n{text}')
    return configuration.load(str(file))


def test_a_place_that_is_none(tmp_path: Path) -> None:
    config = load(tmp_path, '[web]\nlisten = ["x"]\n')
    with pytest.raises(ConfigError, match=r"policyd\.toml:3:1: \[web\]"):
        bound("x", config)


def test_where_no_secret_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "web.secret").mkdir()
    config = load(tmp_path, "")
    with pytest.raises(ConfigError, match="no secret can be kept"):
        build(config, Options(), Lines())
    build(config, Options(secret="0123456789abcdef"), Lines())


@pytest.mark.slow
def test_it_runs_and_ends(tmp_path: Path) -> None:
    port, socket = free_port(), tmp_path / "s"
    load(tmp_path, "")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mdafilter_policyd.cli", "web", "--config", str(tmp_path / "policyd.toml")),
            *("--listen", f"inet:127.0.0.1:{port}", "--listen", f"unix:{socket}"),
        ],
        env=environment(),
        stderr=subprocess.PIPE,
    )
    try:
        # Connections wait from the moment on that the socket is there.
        while not socket.exists():
            assert process.poll() is None
            time.sleep(0.02)
        with httpx.Client(timeout=SECONDS) as client:
            assert client.get(f"http://127.0.0.1:{port}/blocked?ip=192.0.2.1").status_code == 200
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), timeout=SECONDS) as client:
            answer = client.get("http://x/metrics")
        assert answer.status_code == 200 and "server" not in answer.headers
        assert (tmp_path / "web.secret").stat().st_uid == os.geteuid()
        process.send_signal(signal.SIGTERM)
        _out, said = process.communicate(timeout=SECONDS)
        assert (process.returncode, said) == (0, b"")
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_broken_configuration_is_told(tmp_path: Path) -> None:
    (tmp_path / "policyd.toml").write_text("\n[web]\nurl = 1\n")
    said = command("--config", str(tmp_path / "policyd.toml"), "web", code=1)
    assert "policyd.toml:3:1: url must be a text" in said
