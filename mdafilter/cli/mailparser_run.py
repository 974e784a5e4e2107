"""Runs mail-parser on a message in a child process with bounds: address space, processor time, wall clock, reply.

In:    the octets of a message; past limits.MAILPARSER_OCTETS it is not asked.
Out:   what mailparser_child.py wrote: a dict, with "error" (one line) where it has no answer.
Fails: never: a crash, a hang, or a missing package is an "error".
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from mdafilter import limits

if TYPE_CHECKING:
    from mdafilter.message import Octets

CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mailparser_child.py")


def ask(
    octets: Octets, seconds: int = limits.MAILPARSER_SECONDS, memory: int = limits.MAILPARSER_MEMORY
) -> dict[str, Any]:
    """What mail-parser sees."""
    if len(octets) > limits.MAILPARSER_OCTETS:
        return {"error": f"a message of more than {limits.MAILPARSER_OCTETS} octets is not given to mail-parser"}
    bounds = (limits.MAILPARSER_OCTETS, seconds, memory, limits.MAILPARSER_REPLY)
    with tempfile.TemporaryFile() as reply:
        try:
            done = subprocess.run(
                [sys.executable, "-I", CHILD, *map(str, bounds)],
                input=octets.slice(0, len(octets)),
                stdout=reply,
                stderr=subprocess.DEVNULL,
                env={},
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": f"mail-parser took longer than {seconds} s"}
        except OSError as error:
            return {"error": f"mail-parser cannot be started: {error.strerror}"}
        reply.seek(0)
        return _answer(done.returncode, reply.read(limits.MAILPARSER_REPLY))


def _answer(status: int, reply: bytes) -> dict[str, Any]:
    if status < 0:
        return {"error": f"mail-parser was ended by {signal.Signals(-status).name}"}
    if status:
        return {"error": f"mail-parser ended with {status}"}
    try:
        found = json.loads(reply)
    except (ValueError, RecursionError):
        return {"error": "mail-parser gave no answer that can be read"}
    return found if isinstance(found, dict) else {"error": "mail-parser gave no answer that can be read"}
