"""rar: names from its headers, contents as they are stored, or by a program."""

from __future__ import annotations

import os

import pytest

from mdafilter import limits
from mdafilter.archives import Entry, Fact, program, rar
from mdafilter.archives.budget import Budget
from tests.support.archives import EXE, facts, paths, seen, zipped
from tests.support.rar import block5, file4, file5, packed5, packed_rar5, rar4, rar5, sample

INNER = zipped(("evil.exe", EXE))
FILES = (("evil.js", b"x"), ("a.zip", INNER), ("b.pdf", EXE))
KINDS = {"x.rar/evil.js": "", "x.rar/a.zip": "zip", "x.rar/a.zip/evil.exe": "pe", "x.rar/b.pdf": "pe"}


def kinds(found: list[Entry | Fact]) -> dict[str, str]:
    return {one.path: one.format for one in found if isinstance(one, Entry) and one.depth}


@pytest.fixture(params=["unar", "bsdtar"])
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the programs, and none of the others."""
    name: str = request.param
    if not program.path_of(name):
        pytest.skip(f"{name} is not installed")
    monkeypatch.setattr(rar, "PROGRAMS", tuple(line for line in rar.PROGRAMS if line[0] == name))
    return name


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program."""
    monkeypatch.setattr(program, "FOLDERS", ())


@pytest.mark.parametrize("data", [rar4(*FILES), rar5(*FILES)])
def test_what_is_stored_needs_no_program(data: bytes, nothing: None) -> None:
    found = seen("x.rar", data)
    assert kinds(found) == KINDS
    assert facts(found) == []


def test_what_is_packed_a_program_unpacks(by: str) -> None:
    found = seen("x.rar", packed_rar5(*FILES))
    assert kinds(found) == KINDS
    assert facts(found) == []


def test_without_a_program_the_names_are_known(nothing: None) -> None:
    found = seen("x.rar", packed_rar5(*FILES))
    assert paths(found) == ["x.rar/evil.js", "x.rar/a.zip", "x.rar/b.pdf"]
    assert [one for one in found if isinstance(one, Fact)] == [
        Fact("not-opened", "x.rar", "unar (or bsdtar) is not installed")
    ]
    assert rar.missing() == "unar (or bsdtar) is not installed"


def test_a_program_that_unpacks_itself(by: str) -> None:
    """Also where it is no program: most readers look for the beginning of the archive."""
    found = seen("x.rar", b"GIF89a" + bytes(3000) + packed_rar5(*FILES))
    assert "x.rar/a.zip/evil.exe" in paths(found)
    assert seen("x.exe", b"MZ" + bytes(3000) + rar4(*FILES))[0].kind == "executable"  # type: ignore[union-attr]


def test_solid_archives() -> None:
    """Of RAR 4 unar knows them, bsdtar does not."""
    if not program.path_of("unar"):
        pytest.skip("unar is not installed")
    for name in ("rar3-solid.rar", "rar5-solid.rar"):
        assert facts(seen("x.rar", sample(name))) == []


def test_what_no_program_can_unpack(by: str) -> None:
    data = rar5(file5("a.pdf", b"no such stream", method=3, content=EXE + b"."), file5("b.pdf", EXE))
    found = seen("x.rar", data)
    assert kinds(found) == {"x.rar/a.pdf": "", "x.rar/b.pdf": "pe"}
    assert facts(found) == ["unreadable"]


def test_a_file_in_front_cannot_make_the_next_one_look_another(by: str) -> None:
    """What the first one states is wrong, so that a reader that only counts would take the wrong octets for the next."""
    liar = file5("liar.txt", packed5(b"x" * 100), method=3, content=b"x" * 100, size=60)
    found = seen("x.rar", rar5(liar, file5("b.pdf", packed5(EXE), method=3, content=EXE)))
    assert kinds(found)["x.rar/b.pdf"] in ("pe", "")
    assert kinds(found)["x.rar/b.pdf"] == "pe" or "unreadable" in facts(found)


def test_files_without_a_checksum(by: str) -> None:
    data = rar5(file5("a", packed5(b"x" * 9), method=3, content=b"x" * 9, checked=False),
                file5("b.pdf", packed5(EXE), method=3, content=EXE, checked=False))  # fmt: skip
    assert kinds(seen("x.rar", data))["x.rar/b.pdf"] == "pe"


def test_two_files_of_one_name(by: str) -> None:
    found = seen("x.rar", packed_rar5(("a.pdf", b"text"), ("a.pdf", EXE)))
    assert [one.format for one in found if isinstance(one, Entry)] == ["rar", "", "pe"]


NAMES = (
    "-x",
    "--",
    "../../evil.pdf",
    "/etc/passwd.pdf",
    "@list",
    "*",
    "a\nb.pdf",
    "con",
    "C:\\x.pdf",
    "\u202e.pdf",
    "|id",
)


def test_names_that_a_program_could_take_for_something_else(by: str, tmp_path: object) -> None:
    found = seen("x.rar", packed_rar5(*((name, EXE) for name in NAMES)))
    assert [one.format for one in found if isinstance(one, Entry)] == ["rar"] + ["pe"] * len(NAMES)
    assert not os.path.exists("/etc/passwd.pdf")


def test_passwords(by: str) -> None:
    lock = b"\x01" + bytes(50)
    found = seen(
        "x.rar",
        rar5(file5("evil.js", b"x" * 16, method=3, extra=lock), file5("b", packed5(EXE), method=3, content=EXE)),
    )
    assert paths(found) == ["x.rar/evil.js", "x.rar/b"]
    assert "encrypted" in facts(found)
    assert facts(seen("x.rar", rar4(("evil.js", b"x"), locked=True))) == ["encrypted"]
    for data in (rar4(headers_locked=True), rar5()[:8] + block5(b"\x04\0\0\0\x0f" + bytes(16))):
        assert facts(seen("x.rar", data)) == ["encrypted"]


def test_volumes(by: str) -> None:
    """The first and the last file of a volume may be a piece; what is whole in it is opened."""
    pieces = (
        file5("a.pdf", b"end", flags=8),
        file5("b.pdf", packed5(EXE), method=3, content=EXE),
        file5("c.pdf", b"MZ", flags=16, size=999),
    )
    found = seen("x.part2.rar", rar5(*pieces))
    assert [name.rpartition("/")[2] for name in paths(found)] == ["a.pdf", "b.pdf", "c.pdf"]
    assert facts(found).count("not-opened") == 2
    assert facts(seen("x.rar", rar4()[:20] + file4(b"a.pdf", b"x", flags=2))) == ["not-opened"]


def test_bombs_are_not_unpacked() -> None:
    budget = Budget()
    zeros = 4097 * 10_000
    data = rar5(file5("0.bin", packed5(b"\0", zeros), method=3, size=zeros + 1, checked=False), file5("a.pdf", EXE))
    found = seen("x.rar", data, budget)
    assert facts(found) == ["ratio"]
    assert kinds(found)["x.rar/a.pdf"] == "pe"
    assert budget.unpacked < limits.WINDOW


def test_more_than_may_be_unpacked_is_not() -> None:
    budget = Budget()
    zeros = 4097 * 4000  # less than limits.ARCHIVE_RATIO_FROM
    file = file5("0.bin", packed5(b"\0", zeros) + bytes(zeros // 250), method=3, size=zeros + 1, checked=False)
    assert "too-large" in facts(seen("x.rar", rar5(*[file] * 17), budget))
    assert budget.unpacked < limits.WINDOW


def test_broken() -> None:
    assert facts(seen("x.rar", b"no archive")) == ["unreadable"]
    found = seen("x.rar", rar5(("evil.exe", EXE))[:-8] + b"abcd\xff\xff\x7f")
    assert (paths(found), facts(found)) == (["x.rar/evil.exe"], ["unreadable"])


def test_all_files_are_closed(by: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    seen("x.rar", b"before" + packed_rar5(*FILES))
    assert len(os.listdir("/proc/self/fd")) == before


def test_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_ENTRIES", 10)
    found = seen("x.rar", rar4(*((f"{n}", b"") for n in range(100))))
    assert (len(paths(found)), facts(found)) == (10, ["too-many"])


def test_headers_without_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ARCHIVE_HEADERS", 10)
    data = rar5()[:16] + block5(b"\x63\0") * 20 + file5("evil.exe", EXE)
    assert facts(seen("x.rar", data)) == ["too-many"]
