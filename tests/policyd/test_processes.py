"""Several processes: see test_serve.py for the whole; here one that watches over what it forks."""

from __future__ import annotations

import subprocess
import sys

from tests.support.policyd_daemon import SECONDS, environment

PROGRAM = """
import os, signal, sys, time
from mdafilter_policyd.log import Log
from mdafilter_policyd.processes import Processes

def start(number, pipe):
    if number == 1:
        raise OSError("no luck")
    signal.signal(signal.SIGHUP, done)
    os.write(1, b"started\\n")
    while True:
        time.sleep(1)

def done(*_):
    os.write(1, b"hup\\n")
    os.kill(os.getppid(), signal.SIGTERM)

sys.exit(Processes(2, start, Log(mail=False, errors=True)).run())
"""


def test_signals_reach_all_and_who_fails_says_why() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    assert b"OSError: no luck" in process.stderr.readline()
    assert process.stdout.readline() == b"started\n"
    process.send_signal(1)
    out, _err = process.communicate(timeout=SECONDS)
    assert out == b"hup\n"
    assert process.returncode == 0
