"""Archives that are made to choke whoever opens them cost bounded work, and say what they are.

Work is counted in octets and files, and memory is measured: no clock decides whether a test holds.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
import tarfile
import zlib

import pytest

from mdafilter import limits
from mdafilter.archives import Entry
from mdafilter.archives.budget import Budget, Past
from tests.support.archives import deflated, facts, paths, seen, tarred, zeros, zipped
from tests.support.house import ROOT

MEGA = 1024 * 1024


def stored_as(name: str, packed: bytes, size: int, crc: int = 0) -> bytes:
    """A zip of one file whose deflate stream is given."""
    raw = name.encode()
    fixed = (8).to_bytes(2, "little") + bytes(4) + crc.to_bytes(4, "little")
    fixed += len(packed).to_bytes(4, "little") + size.to_bytes(4, "little") + len(raw).to_bytes(2, "little") + bytes(2)
    local = b"PK\x03\x04\x14\0\0\0" + fixed + raw + packed
    central = b"PK\x01\x02\x14\0\x14\0\0\0" + fixed + bytes(14) + raw  # comment, disk, attributes, position: 0
    end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0" + len(central).to_bytes(4, "little") + len(local).to_bytes(4, "little")
    return local + central + end + b"\0\0"


def test_the_maker_of_zips_makes_zips() -> None:
    data = b"hello" * 100
    assert paths(seen("x.zip", stored_as("a.txt", zlib.compress(data, wbits=-15), len(data)))) == ["x.zip/a.txt"]
    assert facts(seen("x.zip", stored_as("a.txt", zlib.compress(data, wbits=-15), len(data)))) == []


def test_a_file_of_zeros_is_a_ratio_and_not_unpacked() -> None:
    budget = Budget()
    found = seen("x.zip", stored_as("a.bin", deflated(100 * MEGA), 100 * MEGA), budget)
    assert facts(found) == ["ratio"]
    assert budget.unpacked == 0


def test_a_ratio_that_lies_about_its_size_is_met_while_it_is_unpacked() -> None:
    """The inner file is said to be small; it begins as a zip, so that all of it would be unpacked."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"PK\x03\x04" + bytes(600)) + b"".join(map(packer.compress, zeros(100 * MEGA)))
    packed += packer.flush()
    budget = Budget()
    found = seen("x.zip", stored_as("a.zip", packed, 1000), budget)
    assert facts(found) == ["ratio"]
    assert budget.unpacked <= max(limits.ARCHIVE_RATIO_FROM, limits.ARCHIVE_RATIO * len(packed)) + MEGA


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_tars_of_zeros(ending: str, pack: object) -> None:
    head = tarred(("zeros.bin", b"x"))[:512]
    data: bytes = pack(head + bytes(60 * MEGA))  # type: ignore[operator]
    budget = Budget()
    assert facts(seen(f"x.tar.{ending}", data, budget)) == ["ratio"]
    assert budget.unpacked <= limits.ARCHIVE_RATIO_FROM + 4 * MEGA


def test_forty_two_zips_in_each_other() -> None:
    """As 42.zip: sixteen zips in each of sixteen zips, and so on; nothing of it is large, all of it together is."""
    data = zipped(("0.txt", bytes(1000)))
    for level in range(6):
        data = zipped(*((f"lib {level} {n:x}.zip", data) for n in range(16)))
    budget = Budget()
    found = seen("42.zip", data, budget)
    assert set(facts(found)) & {"too-many", "too-large", "ratio"}
    assert budget.entries <= limits.ARCHIVE_ENTRIES + 1
    assert budget.unpacked <= limits.ARCHIVE_UNPACKED + MEGA


def test_a_zip_that_holds_itself_ends_at_the_depth() -> None:
    """A quine cannot be made by hand: one that is as deep as nobody looks does the same."""
    data = b"end"
    for _ in range(limits.ARCHIVE_DEPTH * 3):
        data = zipped(("r.zip", data))
    budget = Budget()
    assert facts(seen("r.zip", data, budget)) == ["too-deep"]
    assert budget.entries == limits.ARCHIVE_DEPTH


def many_entries(count: int, overlap: bool = False) -> bytes:
    """A zip with so many entries that all have the same content in the same place."""
    body = bytes(100) if not overlap else deflated(10 * MEGA)
    size = len(body) if not overlap else 10 * MEGA
    method = (8 if overlap else 0).to_bytes(2, "little")
    fixed = method + bytes(8) + len(body).to_bytes(4, "little") + size.to_bytes(4, "little") + b"\x01\0\0\0"
    local = b"PK\x03\x04\x14\0\0\0" + fixed + b"a" + body
    one = b"PK\x01\x02\x14\0\x14\0\0\0" + fixed + bytes(14) + b"a"
    size64, at64 = len(one) * count, len(local)
    end64 = b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(12) + count.to_bytes(8, "little") * 2
    end64 += size64.to_bytes(8, "little") + at64.to_bytes(8, "little")
    locator = b"PK\x06\x07" + bytes(4) + (at64 + size64).to_bytes(8, "little") + b"\x01\0\0\0"
    return local + one * count + end64 + locator + b"PK\x05\x06" + bytes(4) + b"\xff" * 12 + bytes(2)


def test_a_million_entries() -> None:
    budget = Budget()
    found = seen("x.zip", many_entries(1_000_000), budget)
    assert facts(found) == ["too-many"]
    assert len(paths(found)) == limits.ARCHIVE_ENTRIES


def test_entries_that_overlap() -> None:
    """As zbsm.zip: one stream, and many entries that all lead to it."""
    budget = Budget()
    found = seen("x.zip", many_entries(250, overlap=True), budget)
    assert "too-large" in facts(found)
    assert budget.unpacked < 5 * MEGA


def test_a_sparse_tar_with_a_huge_size() -> None:
    info = tarfile.TarInfo("sparse.bin")
    info.size = 0
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[156:157] = b"S"
    head[483:495] = b"\x80" + (1 << 60).to_bytes(11, "big")
    head[148:156] = b"%06o\0 " % (sum(head[:148]) + 256 + sum(head[156:512]))
    budget = Budget()
    found = seen("x.tar", bytes(head) + bytes(1024), budget)
    assert paths(found) == ["x.tar/sparse.bin"]
    assert budget.unpacked == 0


def test_a_pax_header_of_a_size_that_nobody_has() -> None:
    head = bytearray(tarfile.TarInfo("x").tobuf(tarfile.GNU_FORMAT))
    head[156:157] = b"x"
    head[124:136] = b"\x80" + (1 << 40).to_bytes(11, "big")
    head[148:156] = b"%06o\0 " % (sum(head[:148]) + 256 + sum(head[156:512]))
    assert facts(seen("x.tar", bytes(head) + bytes(10_000))) == ["unreadable"]


def test_one_long_name_for_many_entries() -> None:
    """All entries of the directory lead to one local header, whose name has 64 KB: no more is kept than may be."""
    name = b"n" * 65_000 + b".exe"
    lengths = len(name).to_bytes(2, "little") + bytes(2)
    local = b"PK\x03\x04\x14\0\0\0" + bytes(18) + lengths + name
    one = b"PK\x01\x02\x14\0\x14\0\0\0" + bytes(18) + b"\x01\0" + bytes(16) + b"a"
    central = one * 20_000
    end = b"PK\x05\x06" + bytes(8) + len(central).to_bytes(4, "little") + len(local).to_bytes(4, "little") + bytes(2)
    budget = Budget()
    found = seen("x.zip", local + central + end, budget)
    assert "too-many" in facts(found)
    kept = sum(len(one.path) + sum(len(r.text) for r in one.readings) for one in found if isinstance(one, Entry))
    assert kept <= limits.ARCHIVE_TEXT
    assert any(r.text.endswith(".exe") for one in found if isinstance(one, Entry) for r in one.readings)


class Hurried(Budget):
    """A Budget that has time for so many looks at it."""

    looks = 100

    def check(self) -> None:
        self.looks -= 1
        if self.looks < 0:
            raise Past("too-long", "in this test")


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("x.zip", b"PK\x03\x04" * 100_000),
        ("x.tar", b"".join(tarred(("a" * 200, b""), form=tarfile.GNU_FORMAT)[:1024] for _ in range(1000))),
        ("x.dat", b"\x78\x9f\x3e\x22\0\0" + (b"\x01" + bytes(10)) * 100_000),
    ],
    ids=["zip", "tar", "tnef"],
)
def test_beginnings_that_go_nowhere_end_with_the_time(name: str, octets: bytes) -> None:
    """Also who finds no file for a long time looks at the budget while he goes on."""
    budget = Hurried()
    assert facts(seen(name, octets, budget)) == ["too-long"]
    assert budget.looks == -1


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("x.zip", b"PK\x05\x06" * 100_000),
        ("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT\0".encode("utf-16-le") * 100_000),
        ("x.gz", gzip.compress(b"") * 100_000),
        ("x.eml", b"From: a\n" * 100_000),
    ],
    ids=["zip", "ole", "gzip", "mail"],
)
def test_a_hundred_thousand_beginnings_are_few_files(name: str, octets: bytes) -> None:
    budget = Budget()
    assert paths(seen(name, octets, budget))[1:] == []
    assert budget.unpacked <= MEGA


MEASURE = """
import sys
sys.path.insert(0, {root!r})
from mdafilter.message import Message, Envelope, Octets
from mdafilter.plan import Scene
from mdafilter.engine import run
from tests.support.shipped import rule
from tests.support.scene import StillWorld
import os
fd = os.open({path!r}, os.O_RDONLY)
plan = rule("attachments").plan
def peak():  # in KB; ru_maxrss would begin with what the parent had
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
scene = Scene(Message.parse(Octets.map(fd)), Envelope("s@example.org", "r@example.net"), StillWorld())
decision = run([plan], scene)
print(peak(), before, len(decision.decided), decision.decided[0].why)
"""


@pytest.mark.parametrize("what", ["stored", "nested", "bomb", "entries"])
def test_a_large_attachment_is_not_held_in_memory(what: str, tmp_path: object) -> None:
    """25 MB of zip: less than 40 MB of memory, Python and its imports and all."""
    from tests.support.attached import attached

    big = os.urandom(25_000_000)
    data = {
        "stored": lambda: zipped(("a.bin", big), ("b.txt", b"x")),
        "nested": lambda: zipped(("inner.zip", zipped(("a.bin", big), ("evil.exe", b"MZ\0")))),
        "entries": lambda: many_entries(100_000),
        "bomb": lambda: gzip.compress(bytes(150 * MEGA)),
    }[what]()
    path = f"{tmp_path}/message"
    with open(path, "wb") as file:
        file.write(attached(("x.zip", data)))
    code = MEASURE.format(root=str(ROOT), path=path)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after, before, _count, *why = done.stdout.split()
    assert int(after) - int(before) < 16_000, f"{before} KB, then {after} KB: {why}"
    assert int(after) < 40_000
