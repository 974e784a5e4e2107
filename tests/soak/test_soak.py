"""One process delivers 2000 messages of many kinds, and is left with nothing of them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support import bare, soak

COUNT = 2000
MOST = 8 * 1024 * 1024  # octets that memory may differ by: freed is not given back to the system at once


@pytest.mark.slow
def test_a_process_that_has_delivered_2000_messages_is_as_it_was_after_200() -> None:
    with bare.command() as (python, *options, door), tempfile.TemporaryDirectory() as home:
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        if user:
            os.chown(home, 65534, 65534)
        code = Path(soak.__file__).read_text()
        package = str(Path(door).parent.parent.parent)
        command = [python, *options, "-c", code, package, home, str(COUNT)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **user)  # type: ignore[call-overload]
    assert done.stderr == ""
    first, last = map(json.loads, done.stdout.splitlines())
    counted = {what: first["done"].get(what, 0) + last["done"].get(what, 0) for what in last["done"]}
    assert sum(counted.values()) == COUNT
    assert {what.partition(":")[0] for what in counted} == {"delivered", "refused", "deferred", "delivered; delivered"}
    before, after = first["state"], last["state"]
    grown = {what: after.pop(what) - before.pop(what) for what in ("memory", "objects")}
    assert after == before
    assert grown["memory"] < MOST
    assert grown["objects"] < 2000
