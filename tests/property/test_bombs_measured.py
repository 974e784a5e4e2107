"""What archives that are made to choke cost, all of it: the delivery's own memory, and that of the processes it starts.

Processor time and memory are measured in a process of its own, by the kernel. Memory is bounded by the test; time is
printed (pytest -rP), and bounded by what is looked at: limits.ARCHIVE_SECONDS ends the walk with a fact.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mdafilter import limits
from mdafilter.archives import rar, seven
from tests.support.archives import EXE, by_program, tarred, uu, zipped
from tests.support.attached import attached
from tests.support.compound import compound
from tests.support.house import ROOT
from tests.support.rar import block4, block5, file5, packed5, packed_rar5, rar4, rar5

MEGA = 1024 * 1024
OWN = 48_000  # KB that the process of a delivery may have at its peak, Python and its imports and all

MEASURE = """
import json, os, resource, sys, time
sys.path.insert(0, {root!r})
from mdafilter.engine import run
from mdafilter.message import Envelope, Message, Octets
from mdafilter.plan import Scene
from tests.support.scene import StillWorld
from tests.support.shipped import rule
plan = rule("attachments").plan
scene = Scene(Message.parse(Octets.map(os.open({path!r}, os.O_RDONLY))), Envelope("s@example.org", "r@example.net"), StillWorld())
begun = time.monotonic()
decision = run([plan], scene)
wall = time.monotonic() - begun
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
children = resource.getrusage(resource.RUSAGE_CHILDREN)
processor = time.process_time() + children.ru_utime + children.ru_stime
print(json.dumps([decision.decided[0].why, round(wall, 2), round(processor, 2), peak, children.ru_maxrss]))
"""


def zeros_rar(files: int, size: int) -> bytes:
    """So many files of so many zeros, each less than what is a bomb by itself."""
    zeros = size // 4097 * 4097
    one = file5("0.bin", packed5(b"\0", zeros), method=3, size=zeros + 1, checked=False)
    return rar5(*[one] * files)


def nested(pack: Callable[[bytes], bytes], times: int, data: bytes = EXE) -> bytes:
    for _ in range(times):
        data = pack(data)
    return data


def many_streams() -> bytes:
    """A compound file of which 9000 entries lead to the same large stream."""
    data = bytearray(compound(("PowerPoint Document", bytes(40_000)), *((f"s{n}", b"") for n in range(40))))
    at = data.index("PowerPoint Document".encode("utf-16-le"))
    entry = bytes(data[at : at + 68])
    start = bytes(data[at + 116 : at + 128])
    for place in range(at + 128, at + 40 * 128, 128):
        data[place : place + 68], data[place + 116 : place + 128] = entry, start
    return bytes(data)


SEVEN = "a", "-mx=1"
BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "rar: 255 MiB of zeros": lambda: ("x.rar", zeros_rar(17, 15 * MEGA)),
    "rar: 150 GB of zeros": lambda: ("x.rar", zeros_rar(9_000, 15 * MEGA)),
    "rar: a stream that is longer than stated": lambda: (
        "x.rar",
        rar5(file5("0", packed5(b"\0", 4097 * 200_000), method=3, size=1000, checked=False)),
    ),
    "rar: many small files": lambda: ("x.rar", packed_rar5(*((f"{n}.txt", b"x") for n in range(9_000)))),
    "rar: many rars": lambda: ("x.rar", rar5(*((f"{n}.rar", packed_rar5(("a", b"x"))) for n in range(2_000)))),
    "rar: nested": lambda: ("x.rar", nested(lambda data: packed_rar5(("a.rar", data)), 20)),
    "rar: three million headers": lambda: ("x.rar", rar4()[:20] + block4(0x79, 0, b"") * 3_000_000),
    "rar: two million headers of RAR 5": lambda: ("x.rar", rar5()[:16] + block5(b"\x63\0") * 2_000_000),
    "7z: 255 MiB of zeros": lambda: ("x.7z", by_program("7zz", *SEVEN, files=[("0", bytes(255 * MEGA))], name="x.7z")),
    "7z: 600 MiB of zeros": lambda: (
        "x.7z",
        by_program("7zz", *SEVEN, files=[(f"{n}", bytes(150 * MEGA)) for n in range(4)], name="x.7z"),
    ),
    "7z: nested": lambda: (
        "x.7z",
        nested(lambda data: by_program("7zz", "a", files=[("a.7z", data)], name="x.7z"), 12),
    ),
    "7z: many small files": lambda: (
        "x.7z",
        by_program("7zz", "a", files=[(f"{n}.txt", b"x") for n in range(9_000)], name="x.7z"),
    ),
    "zstd: 600 MiB of zeros": lambda: (
        "x.tar.zst",
        by_program("bsdtar", "-c", "--zstd", "-f", files=[("0", bytes(600 * MEGA))], name="x"),
    ),
    "zip: Deflate64, many files": lambda: (
        "x.zip",
        by_program(
            "7zz", "a", "-tzip", "-mm=Deflate64", files=[(f"{n}", b"x" * 999) for n in range(2_000)], name="x.zip"
        ),
    ),
    "zip: sixteen in each of sixteen": lambda: (
        "x.zip",
        nested(lambda data: zipped(*((f"{n:x}.zip", data) for n in range(16))), 6, zipped(("0", bytes(1000)))),
    ),
    "gzip: nested": lambda: ("x.gz", nested(gzip.compress, 40)),
    "gzip: a gigabyte": lambda: ("x.tar.gz", nested(gzip.compress, 2, tarred(("0", b""))[:512] + bytes(1000 * MEGA))),
    "bzip2: 255 MiB": lambda: ("x.tar.bz2", bz2.compress(tarred(("0", b""))[:512] + bytes(255 * MEGA))),
    "lzma: 255 MiB": lambda: (
        "x.tar.lzma",
        lzma.compress(tarred(("0", b""))[:512] + bytes(255 * MEGA), format=lzma.FORMAT_ALONE, preset=0),
    ),
    "tar: nothing but its end": lambda: ("x.tar", tarred(("0", b"x")) + bytes(20 * MEGA)),
    "ole: many entries, one stream": lambda: ("x.ppt", many_streams()),
    "rtf: a million objects": lambda: ("x.rtf", b"{\\rtf1" + b"\\objdata 01" * 1_000_000),
    "mail: a million parts": lambda: (
        "x.eml",
        b"From: a\nContent-Type: multipart/mixed; boundary=b\n" + b"\n--b\n" * 1_000_000,
    ),
    "uuencode: a million files": lambda: ("x.uue", uu("a", b"x") * 400_000),
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_what_it_costs(bomb: str, tmp_path: Path) -> None:
    if text := (rar.missing() if bomb.startswith("rar") else seven.missing() if bomb.startswith("7z") else ""):
        pytest.skip(text)
    path = tmp_path / "message"
    path.write_bytes(attached(BOMBS[bomb]()))
    code = MEASURE.format(root=str(ROOT), path=str(path))
    spool = tmp_path / "spool"
    spool.mkdir()
    env = {**os.environ, "TMPDIR": str(spool)}  # others write into /var/tmp meanwhile
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    why, wall, processor, own, children = json.loads(done.stdout)
    size = f"{path.stat().st_size:,} octets"
    print(f"{bomb}: {size}, {wall} s, {processor} s of processor, {own:,} KB and {children:,} KB in children: {why}")
    assert own < OWN
    assert children < limits.ARCHIVE_MEMORY // 1024
    assert os.listdir(spool) == []
